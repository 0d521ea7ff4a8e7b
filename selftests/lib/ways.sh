# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# Where tests run: the first part of their names, see selftests/names.

# The way is a kernel, as for tools/vm --kernel.
is_kernel() {
	case $1 in
	host | long | process | asan | tsan | valgrind | counted) false ;;
	esac
}

# tools/vm for the kernel that way $1 runs under, or that of this machine. It
# ends when this process does.
vm() {
	local way=$1

	shift
	case $way in
	smp8) set -- --cpus 8 "$@" ;;
	stock) ;;
	*) ! is_kernel "$way" || set -- --kernel "$way" "$@" ;;
	esac
	setpriv --pdeathsig TERM tools/vm "$@"
}

# The release that the module for kernel $1 is built for.
release() {
	sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		"$(vm "$1" --headers)/include/generated/utsrelease.h"
}
