#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Systems that are not Debian 12, in a mount namespace: tools/setup where there is no
# dpkg, the kernels that tools/vm finds, those that tools/backport and tools/kernel get,
# and what the demonstration publishes. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
if [ -z "${RRING_TEST_UNSHARED:-}" ]; then
	RRING_TEST_UNSHARED=1 exec unshare -m "$0"
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/other_system.sh
. selftests/lib/other_system.sh
export XDG_CACHE_HOME=$dir/cache

# without_dpkg COMMAND...: and without apt. Leaves its status and its output.
without_dpkg() {
	local status=0

	PATH=$dir/bin "$@" >"$dir/setup" 2>&1 || status=$?
	echo "$status" >"$dir/status"
}

groups() {
	sed -n 's/^#   \([a-z0-9]*\) .*/\1/p' tools/setup
}

# ---- tools/setup ----

every_package_has_a_line() {
	local package

	# shellcheck disable=SC2046 # a list
	for package in $(tools/setup --names $(groups)); do
		grep -q "^$package " tools/needs ||
			{ echo "tools/needs has no $package"; return 1; }
	done
}

says() {
	cat "$dir/status" "$dir/setup"
	[ "$(cat "$dir/status")" = 0 ] && grep -qxF "tools/setup: $1" "$dir/setup"
}

# What this machine lacks may be said.
installed_is_found() {
	local package

	# shellcheck disable=SC2046 # a list
	without_dpkg tools/setup $(groups)
	sed -n 's/.*(Debian: \(.*\))/\1/p' "$dir/setup" |
	while read -r package; do
		! dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -x installed || { cat "$dir/setup"; exit 1; }
	done
}

nothing_is_said() {
	without_dpkg tools/setup build vm
	cat "$dir/status" "$dir/setup"
	[ "$(cat "$dir/status")" = 0 ] && [ ! -s "$dir/setup" ]
}

# A compiler that does not find sqlite3.h.
take_away() {
	rm "$dir"/bin/{qemu-system-x86_64,cpio,gcc}
	cat >"$dir/bin/gcc" <<-'END'
		#!/bin/sh
		case "$*" in *sqlite3.h*) exit 1 ;; esac
		exec /usr/bin/gcc "$@"
	END
	chmod +x "$dir/bin/gcc"
	without_dpkg tools/setup build vm
}

wrong_group_is_refused() {
	without_dpkg tools/setup build nothing
	[ "$(cat "$dir/status")" = 2 ] && grep "no group 'nothing'" "$dir/setup"
}

# ---- tools/vm ----

# kernel IMAGE: there is none but this, and its headers.
kernel() {
	find /boot /lib/modules -mindepth 1 -delete
	mkdir -p "${1%/*}" /lib/modules/9.1.2-3-lts/build
	touch "$1" /lib/modules/9.1.2-3-lts/build/Makefile
}

finds() {
	kernel "$1" && prints '^/lib/modules/9.1.2-3-lts/build$' tools/vm --headers
}

finds_none() {
	! tools/vm --headers 2>"$dir/line" &&
		grep 'no kernel in /boot with headers' "$dir/line"
}

# ---- tools/backport and tools/kernel ----

# An apt-get that reads no lists, and a make that compiles no kernel, and keeps its
# options in $dir/options.
make_false_programs() {
	mkdir "$dir/false"
	ln -s /usr/bin/false "$dir/false/apt-get"
	cat >"$dir/false/make" <<-END
		#!/bin/sh
		cp "\$2/.fragment" "$dir/options"
		exit 1
	END
	chmod +x "$dir"/false/*
	touch "$dir/os-release"
	mount --bind "$dir/os-release" /etc/os-release
}

# looks_in SUITE RELEASE KERNEL: there tools/backport looks for it on this release.
looks_in() {
	echo "VERSION_CODENAME=$2" >"$dir/os-release"
	! PATH=$dir/false:$dir/bin tools/backport "$3" 2>"$dir/line" || return
	cat "$dir/line"
	grep -q "cannot read what $1 has" "$dir/line"
}

debian_12s_are_found() {
	looks_in bookworm-backports bookworm 6.12
	looks_in bookworm-backports bookworm linux-source-6.12
	looks_in bookworm bookworm rt
	looks_in bookworm-backports "" 6.12
}

debian_13s_are_found() {
	looks_in trixie trixie 6.12
	looks_in trixie trixie linux-source-6.12
	looks_in trixie trixie rt
	looks_in trixie-backports trixie newest
}

# options_of VERSION: those that tools/kernel has for a source of this version, of
# which there is no file.
options_of() {
	local source=$XDG_CACHE_HOME/rusted_ring/kernels/linux-source-6.12

	mkdir -p "$source" "$dir/source/linux"
	tar -cJf "$source/linux-source-6.12.tar.xz" -C "$dir/source" linux
	echo "$1" >"$source/version"
	rm -f "$dir/options"
	PATH=$dir/false:$dir/bin tools/kernel debug-rt >/dev/null 2>&1 || true
	cat "$dir/options"
}

options_are_those_of_the_source() {
	options_of 6.6.9-1 | grep -x CONFIG_DEBUG_CREDENTIALS=y
	options_of 6.12.9-1 | grep -x CONFIG_PROVE_LOCKING=y
	! grep CONFIG_DEBUG_CREDENTIALS= "$dir/options"
}

# ---- the demonstration ----

records_are_there() {
	tools/demo/records >"$dir/records"
	grep -c '^Package: .' "$dir/records"
	[ "$(grep -c '^Package: .' "$dir/records")" -gt 100 ]
	! grep '^Status: ' "$dir/records"
}

make_path "$dir/bin"
echo 1..15
check "each package has a line in tools/needs" every_package_has_a_line
check "without dpkg, what is installed is found" installed_is_found
check "and nothing is said, if all is there" nothing_is_said
take_away
check "a header that is not there is named" \
	says "no header sqlite3.h (Debian: libsqlite3-dev)"
check "and a command" \
	says "no command qemu-system-x86_64 (Debian: qemu-system-x86)"
check "it is said that these are Debian's names" \
	says "there is no dpkg here, and other systems have other names for\
 packages; going on without these"
check "a group that there is not is refused" wrong_group_is_refused

mount -t tmpfs tmpfs /boot
mount -t tmpfs tmpfs /lib/modules
check "a kernel in /boot is found by its version" \
	finds /boot/vmlinuz-9.1.2-3-lts
check "or by the last part of it" finds /boot/vmlinuz-lts
check "one beside its modules is found" finds /lib/modules/9.1.2-3-lts/vmlinuz
find /lib/modules -mindepth 1 -delete
check "one without headers is not" finds_none

make_false_programs
check_each "on Debian 12, and where there is no Debian, tools/backport takes 12's" \
	debian_12s_are_found
check_each "on Debian 13 it takes 13's" debian_13s_are_found
check_each "tools/kernel asks for no option that a newer source has not" \
	options_are_those_of_the_source

mount -t tmpfs tmpfs /var/lib/dpkg
check_each "without dpkg, the demonstration has records" records_are_there
