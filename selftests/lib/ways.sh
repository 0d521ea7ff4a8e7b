# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# Where tests run: the first part of their names, see selftests/names.

# The way is a kernel, as for tools/vm --kernel.
is_kernel() {
	case $1 in
	host | long | process | asan | tsan | fenced | valgrind | counted) false ;;
	esac
}

# Is way $1 a kernel for arm64?
is_arm64() {
	[[ $1 == arm64* ]]
}

# Where all is built that way $1 runs.
build_of() {
	if is_arm64 "$1"; then
		echo "${BUILD:-build}/arm64"
	else
		echo "${BUILD:-build}"
	fi
}

# The path of program $2 for the guest of way $1.
program_of() {
	if is_arm64 "$1"; then
		echo "$(tools/arm64)/bin/$2"
	else
		command -v "$2"
	fi
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
