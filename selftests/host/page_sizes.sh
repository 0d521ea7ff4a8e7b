#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: pages
#
# Arenas in a process, on machines whose pages are larger than the 4 KiB in which
# the ABI counts: QEMU emulates them for one program. Prints TAP.
set -u

cd "$(dirname "$0")/../.." || exit
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
build=${BUILD:-build}
sizes=(4096 16384 65536)

emulator=qemu-$(uname -m)
if ! command -v "$emulator" >/dev/null; then
	echo "1..0 # SKIP there is no $emulator: tools/setup check"
	exit
fi
export RRING_BACKEND=process RRING_TEST_SCALE=50
tests=$(find "$build/selftests/pages" -type f -executable | sort)
echo "1..$((${#sizes[@]} * $(wc -w <<<"$tests")))"
for size in "${sizes[@]}"; do
	for test in $tests; do
		check "${test##*/} on pages of $size bytes" \
			timeout 600 "$emulator" -p "$size" "$test"
	done
done
