#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# How long a sweep keeps preemption off, in instructions: hide_and_decide() of
# kmod/core/reclaim.c, which the library has, too, counted by callgrind. The
# locked instructions and the barriers are among them. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

# CLIENTS PARTS LIMIT: the parts of a batch, and the instructions that one may take.
cases="255 4 80000
2 1 5000"

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

# With $1 clients. Leaves in $dir/found the calls of the function, and the
# instructions of one.
measure() {
	rm -f "$dir/found"
	valgrind --tool=callgrind --toggle-collect='hide_and_decide*' \
		--compress-strings=no --callgrind-out-file="$dir/dump" \
		"$dir/sweep" "$1" >"$dir/log" 2>&1 || {
		cat "$dir/log"
		return 1
	}
	awk '/^cfn=hide_and_decide/ { getline; sub("calls=", ""); calls += $1 }
	     /^(summary|totals):/ { all = $2 }
	     END { print calls + 0, calls ? int(all / calls) : 0 }' \
		"$dir/dump" >"$dir/found"
}

check_case() {
	local clients=$1 parts=$2 limit=$3 calls=0 each=0

	check "it sweeps a batch, with $clients clients" measure "$clients"
	[ ! -f "$dir/found" ] || read -r calls each <"$dir/found"
	check "the batch is hidden in $calls of $parts parts" \
		[ "$calls" -eq "$parts" ]
	check "a part takes $each of at most $limit instructions" \
		[ "$each" -le "$limit" ]
}

echo 1..7
check "the program is compiled" compile
while read -r clients parts limit; do
	check_case "$clients" "$parts" "$limit"
done <<<"$cases"
