#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Which lines and branches of kmod/, ulib/ and include/ tests reach: those that
# selftests/coverage/tests lists, on the device of the kasan kernel, whose
# allocations can be made to fail, and the rows in a process, too. What they do
# not reach is in selftests/coverage/uncovered, with the reason. Prints TAP and
# a table, which is kept as build/coverage/table.
#
#   COVERAGE_TESTS="NAME..."  these, or all
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
built=build/coverage

wanted() {
	case ${COVERAGE_TESTS:-} in
	'')  sed 's/#.*//' selftests/coverage/tests | xargs ;;
	all) printf '%s\n' selftests/{,kasan/,rows/}*.c selftests/guest/*.sh |
		     sed 's|.*/||; s|\.[a-z]*$||' | sort -u | xargs ;;
	*)   echo "$COVERAGE_TESTS" ;;
	esac
}

build() {
	make -s counted KDIR="$(tools/vm --kernel kasan --headers)" &&
		find $built -name '*.gcda' -delete
}

# Its marks are not those of the run that this is a part of.
on_device() {
	local status=0

	# shellcheck disable=SC2046 # names have no blanks
	BUILD=$built COUNTERS=$dir/counters KERNELS=kasan WAYS=device \
		selftests/run $(wanted) | sed 's/^#: //' || status=1
	tar -xzf "$dir/counters" -C $built || status=1
	return "$status"
}

# After those of the device, to which they add.
in_process() {
	local row status=0

	for row in selftests/rows/*.c; do
		selftests/way coverage "rows/$(basename -s .c "$row")" ||
			status=1
	done
	return "$status"
}

echo 1..4
check "all is built with counters" build
check "the tests pass on the device" on_device
check "the rows pass in a process" in_process
check "what they do not reach is listed, with the reason" \
	/usr/bin/python3 selftests/coverage/table.py $built \
		selftests/coverage/uncovered $built/table
sed 's/^/# /' $built/table
