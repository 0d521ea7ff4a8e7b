#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# How long a sweep keeps preemption off, in instructions: hide_and_decide() of
# kmod/core/reclaim.c, which the library has, too, counted by callgrind. The
# locked instructions and the barriers are among them. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

LIMIT=80000
PARTS=4		# of a batch, with 255 clients

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

compile() {
	gcc -O2 -g -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
		-Iinclude/uapi -Iinclude -o "$dir/sweep" \
		selftests/host/unpreempted/sweep.c build/librusted_ring.a -lpthread
}

# Leaves in $dir/found the calls of the function, and the instructions of one.
measure() {
	valgrind --tool=callgrind --toggle-collect='hide_and_decide*' \
		--compress-strings=no --callgrind-out-file="$dir/dump" \
		"$dir/sweep" >"$dir/log" 2>&1 || {
		cat "$dir/log"
		return 1
	}
	awk '/^cfn=hide_and_decide/ { getline; sub("calls=", ""); calls += $1 }
	     /^(summary|totals):/ { all = $2 }
	     END { print calls + 0, calls ? int(all / calls) : 0 }' \
		"$dir/dump" >"$dir/found"
}

echo 1..4
calls=0 each=0
check "the program is compiled" compile
check "it sweeps a batch, with 255 clients" measure
[ ! -f "$dir/found" ] || read -r calls each <"$dir/found"
check "the batch is hidden in $calls of $PARTS parts" [ "$calls" -eq "$PARTS" ]
check "a part takes $each of at most $LIMIT instructions" [ "$each" -le "$LIMIT" ]
