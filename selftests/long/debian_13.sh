#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Debian 13: in a system of this release, which mmdebstrap makes, tools/setup knows
# all packages by the names that they have there, and `make demo` ends as README.md
# says. The module is built for the kernel of that system, which the virtual machine
# boots. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL WERROR
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
# shellcheck source=selftests/lib/demo.sh
. selftests/lib/demo.sh
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh

root=$dir/root
release=trixie
needed=make,linux-image-amd64,linux-headers-amd64
needed+=,$(tools/setup --names build vm | paste -sd,)

new_system() {
	unpack_system "$root" && copy_source "$root/debs"
}

# All groups, also those that are not installed.
groups() {
	sed -n 's/^#   \([a-z]*\) .*/\1/p' tools/setup
}

each_package_is_there() {
	cp -L --remove-destination /etc/resolv.conf "$root/etc/resolv.conf"
	in_root apt-get update -q || return
	# shellcheck disable=SC2046 # lists
	in_root apt-get install --dry-run --no-install-recommends \
		$(tools/setup --names $(groups)) linux-source
}

make_demo() {
	in_root make -C /debs --no-print-directory demo | tee "$dir/demo"
}

built_for_its_kernel() {
	local image

	image=$(basename "$root"/boot/vmlinuz-*)
	ls "$root/debs/build/module"
	[ -f "$root/debs/build/module/${image#vmlinuz-}/rusted_ring.ko" ]
}

echo 1..5
check "a system of Debian 13" new_system
check "it has all packages that tools/setup names" each_package_is_there
check "make demo ends" make_demo
check "it shows that no event was lost" shows_the_table "$dir/demo"
check "the module is for the kernel of that system" built_for_its_kernel
