#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The packages, examined by the tools that Debian's archive has for this. piuparts
# installs, removes and purges them in a minimal system, in which nothing is that
# they do not depend on. reprotest builds them again, and varies all that it can.
# autopkgtest runs the tests of debian/tests with them. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
export PATH=$PATH:/usr/sbin:/sbin
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP only root makes a system"
	exit
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/debian.sh
. selftests/lib/debian.sh
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh

debs=$dir/build/deb
root=$dir/root
tests=$(sed -n 's/^Tests: //p' debian/tests/control)

build() {
	make -s deb O="$dir/build" >&2
}

# ---- piuparts ----

# systemd is there before and after: its own purge leaves folders behind.
minimal_system() {
	mmdebstrap --quiet --variant=minbase --include=systemd \
		"$release" "$dir/minimal"
}

# Each of them alone would need an archive that has the others.
piuparts_finds_nothing() {
	piuparts --existing-chroot="$dir/minimal" --keep-sources-list \
		--distribution="$release" --no-eatmydata \
		--no-upgrade-test --fail-on-broken-symlinks \
		--log-level=info --log-file="$dir/piuparts" \
		"$debs"/rusted-ring_*.changes
}

# ---- reprotest ----

# What make deb has built is what reprotest compares with.
as_control() {
	mkdir -p "$dir/control/source-root"
	cp "$debs"/*.deb "$dir/control/source-root"
}

# The user and the group stay the same: reprotest would need others that it may use.
# It would vary the name of the host by an option of sudo that Debian's no longer has.
# Without .faketimes it chooses at random whether to vary the time.
# shellcheck disable=SC2016 # the other shell's
the_same_with_all_varied() {
	as_control
	PATH=/usr/sbin:/usr/bin:/sbin:/bin unshare --uts \
		sh -c 'hostname elsewhere && exec "$@"' sh \
		reprotest --verbosity=1 --control-build="$dir/control" \
		--vary=-user_group,-domain_host,time.faketimes=+400days+5hours \
		"$debs"/rusted-ring_*.dsc -- null </dev/null
}

# ---- autopkgtest ----

# It runs in $root, in which $1 is the folder of the packages, and $2 the source.
run_autopkgtest() {
	local status=0

	# shellcheck disable=SC2016 # the other shell's
	unshare --mount --pid --fork --mount-proc sh -c '
		mount -t proc proc "$0/proc"
		mount --bind /dev "$0/dev"
		exec "$@"' "$root" \
		autopkgtest --summary-file="$dir/summary" --no-built-binaries \
			--setup-commands="apt-get update" \
			"$1"/*.deb "$2" -- chroot "$root" </dev/null \
			>"$dir/autopkgtest" 2>&1 || status=$?
	# 2: a test was skipped
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ]
}

tests_run() {
	unpack_system "$root" &&
		copy_packages "$debs" "$dir/packages" &&
		copy_source "$dir/source" &&
		run_autopkgtest "$dir/packages" "$dir/source" && return
	cat "$dir/autopkgtest"
	return 1
}

# A line of the summary is "TEST PASS", "TEST SKIP WHY" or "TEST FAIL WHY".
result_of() {
	awk -v test="$1" '$1 == test { $1 = ""; print substr($0, 2) }' \
		"$dir/summary" 2>/dev/null
}

passes() {
	result_of "$1"
	[ "$(result_of "$1")" = PASS ]
}

check_test() {
	local result

	result=$(result_of "$1")
	case $result in
	SKIP*)	count=$((count + 1))
		echo "ok $count - autopkgtest: $1 # SKIP ${result#SKIP }" ;;
	*)	check "autopkgtest: $1" passes "$1" ;;
	esac
}

echo "1..$((5 + $(wc -w <<<"$tests")))"
check "make deb builds the packages" build
check "a minimal system" minimal_system
check "piuparts: they install there, and purge leaves nothing" \
	piuparts_finds_nothing
check "reprotest: they are the same when all is varied" \
	the_same_with_all_varied
check "autopkgtest ends" tests_run
for test in $tests; do
	check_test "$test"
done
