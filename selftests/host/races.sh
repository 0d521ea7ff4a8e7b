#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: valgrind
#
# helgrind and drd find the data races of a program, and none that the library
# prevents. Without the module. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

build() {
	gcc -std=gnu11 -g -O1 -Wall -Wextra -Werror -DRRING_NO_INLINE -Iinclude \
		-Iinclude/uapi selftests/host/races/threads.c -o "$dir/threads" \
		build/librusted_ring-ffi.so.0 -lpthread "-Wl,-rpath,$PWD/build"
}

# under TOOL STATUS [ARGUMENT]: it ends with this status, 9 for an error
under() {
	local tool=$1 status=0

	LD_PRELOAD=$PWD/build/librusted_ring-valgrind.so \
		timeout 120 valgrind --tool="$tool" --error-exitcode=9 \
		--suppressions=ulib/valgrind/rusted_ring.supp \
		"$dir/threads" "${@:3}" >"$dir/$tool" 2>&1 || status=$?
	[ "$status" -eq "$2" ] || { cat "$dir/$tool"; return 1; }
}

finds_the_race() {
	under "$1" 9 race && grep -q 'count (threads.c' "$dir/$1"
}

echo TAP version 13
echo 1..6
check "a program builds" build
installs() {
	make -s install-valgrind DESTDIR="$dir/root" PREFIX=/some &&
		[ -f "$dir/root/some/lib/librusted_ring-valgrind.so" ] &&
		[ -f "$dir/root/some/share/rusted_ring/rusted_ring.supp" ] &&
		make -s uninstall DESTDIR="$dir/root" PREFIX=/some &&
		! find "$dir/root" -type f | grep .
}

check "what the tools need is installed and removed" installs
for tool in helgrind drd; do
	check "$tool finds nothing in a program that has no race" under $tool 0
	check "$tool finds the race of a program" finds_the_race $tool
done
