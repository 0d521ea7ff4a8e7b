#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The packages in a Debian system that boots: a virtual machine with Debian's kernel
# and systemd. They install by apt, all works after a reboot, they are upgraded while
# an arena is in use, and purge leaves nothing. debian/steps does this in the machine,
# in three boots. Prints TAP.
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

root=$dir/root
version=$(sed -n 's/^VERSION\t*:= //p' Makefile)

# build_packages SOURCE NAME
build_packages() {
	make -s -C "$1" deb O="$dir/build/$2" DEB_FLAGS=-b >&2
}

# The same source with a later version, so its module has another srcversion.
copy_as_next() {
	copy_source "$dir/next"
	(
		cd "$dir/next"
		sed -i "1,/^VERSION/s/$version/$version.1/" Makefile
		sed -i "s/^\(MODULE_VERSION(\"\)$version/\1$version.1/" \
			kmod/main.c
		sed -i "1s/($version)/($version.1)/" debian/changelog
	)
}

build_next() {
	copy_as_next && build_packages "$dir/next" next
}

# The system, the packages, and what takes the steps at each boot.
make_files() {
	unpack_system "$root"
	copy_packages "$dir/build/first/deb" "$root/debs/first"
	copy_packages "$dir/build/next/deb" "$root/debs/next"
	cp selftests/long/debian/{boot,steps} selftests/lib/{check,debian}.sh \
		"$root/debs"
	sed -n 's/^Package: //p' debian/control >"$root/debs/packages"
	cp selftests/long/debian/steps.service "$root/etc/systemd/system"
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -s ../steps.service \
		"$root/etc/systemd/system/multi-user.target.wants"
	echo rring >"$root/etc/hostname"
}

make_disk() {
	make_files
	mke2fs -q -t ext4 -d "$root" "$dir/disk" 6G
	rm -rf "$root" "$dir/build" "$dir/next"
}

# boot NAME: prints what the steps of this name print.
boot() {
	local status=0 kept

	kept=$(kept_system)
	tools/vm --disk "$dir/disk" --kernel "$kept/vmlinuz" \
		--initrd "$kept/initrd.img" --name "debian-$1" --memory 2048 \
		--timeout 3600 --append "steps=$1 count=$count" \
		>"$dir/steps" 2>"$dir/said" || status=$?
	cat "$dir/steps"
	count=$((count + $(grep -cE '^(not )?ok ' "$dir/steps" || true)))
	check "$1: the machine ends its boot, and its kernel complains of nothing" \
		ended "$status"
}

ended() {
	cat "$dir/said"
	return "$1"
}

echo 1..38
check "make deb builds the packages" build_packages . first
check "and those of a next version" build_next
check_each "a system on a disk" make_disk
for name in install upgrade purge; do
	boot "$name"
done
