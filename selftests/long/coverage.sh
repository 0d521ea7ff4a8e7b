#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Which lines and branches of kmod/, ulib/ and include/ tests reach: those that
# selftests/long/coverage/tests lists, on the device of the kasan kernel, whose
# allocations can be made to fail, and those of api/ in a process, too. What they do
# not reach is in selftests/long/coverage/uncovered, with the reason. Prints TAP and
# a table, which is kept as build/coverage/table.
#
#   COVERAGE_TESTS="NAME..."  these, or all
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
built=build/coverage

wanted() {
	case ${COVERAGE_TESTS:-} in
	'')  sed 's/#.*//' selftests/long/coverage/tests | xargs ;;
	all) ;;
	*)   echo "$COVERAGE_TESTS" ;;
	esac
}

build() {
	make -s counted KDIR="$(tools/vm --kernel kasan --headers)" &&
		find $built -name '*.gcda' -delete
}

on_device() {
	local status=0

	# shellcheck disable=SC2046 # names have no blanks
	BUILD=$built COUNTERS=$dir/counters WAYS=kasan \
		selftests/run $(wanted) || status=1
	tar -xzf "$dir/counters" -C $built || status=1
	return "$status"
}

# After those of the device, to which they add.
in_process() {
	local program

	BUILD=$built WAYS=counted selftests/run || return
	for program in selftests/host/*.c; do
		"$built/${program%.c}" || return
	done
}

echo 1..4
check "all is built with counters" build
check "the tests pass on the device" on_device
check "the tests of api/ pass in a process" in_process
check "what they do not reach is listed, with the reason" \
	/usr/bin/python3 selftests/long/coverage/table.py $built \
		selftests/long/coverage/uncovered $built/table
sed 's/^/# /' $built/table
