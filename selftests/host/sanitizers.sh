#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: build/selftests/host/faulty/faulty
#
# The ways in which selftests/api runs find what they are there for: in a
# program with one fault per test, each fails those tests that it should, and no
# other.
set -u

cd "$(dirname "$0")/../.." || exit
found=$(mktemp)
trap 'rm -f "$found"' EXIT
count=0

# faults WAY [TEST]...
faults() {
	local way=$1

	shift
	count=$((count + 1))
	selftests/one "$way/host/faulty/faulty" 2>&1 |
		sed -n 's/^not ok [0-9]* global\.//p' >"$found"
	if [ "$(xargs <"$found")" = "$*" ]; then
		echo "ok $count - $way finds: ${*:-nothing}"
	else
		sed 's/^/# found: /' "$found"
		echo "not ok $count - $way finds: ${*:-nothing}"
	fi
}

make -s asan tsan ONLY=selftests/host/faulty/faulty >&2 || exit
echo 1..4
faults process
faults asan leak overrun overflow
faults tsan race
faults valgrind leak overrun
