#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: module samples
#
# What `make install-module` installs is what modprobe finds, for the kernel of
# KDIR, and `make uninstall` takes it away. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
headers=$(tools/vm ${KERNEL:+--kernel "$KERNEL"} --headers)
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	  "$headers/include/generated/utsrelease.h")
modules=$dir/lib/modules/$release

run_make() {
	make -s "$@" DESTDIR="$dir" KDIR="$headers"
}

modprobe_finds_them() {
	local name

	depmod -b "$dir" "$release" 2>"$dir/warnings"
	for name in rusted_ring rring_nftap rring_sched; do
		modprobe -d "$dir" -S "$release" --show-depends "$name" |
			tail -n 1 | grep "/updates/$name.ko"
	done
	modprobe -d "$dir" -S "$release" --show-depends rring_nftap |
		grep -q /rusted_ring.ko
}

nothing_is_left() {
	! find "$modules" -name '*.ko*' | grep .
}

echo 1..4
check "make install-module" run_make install-module
check_each "modprobe finds the module and the samples" modprobe_finds_them
check "make uninstall" run_make uninstall
check "no module is left" nothing_is_left
