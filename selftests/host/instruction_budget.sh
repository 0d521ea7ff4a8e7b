#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# How many instructions each operation takes, and how many of them are locked:
# no more than selftests/host/budget/limits allows, and not so much less that the
# limit says nothing; and how many times as many as another operation. Counted by
# callgrind, so that every run on any machine finds the same; what the loop around
# it takes is counted, too. Prints TAP, and leaves what it found in
# build/selftests/budget.
set -eu

cd "$(dirname "$0")/../.."
limits=selftests/host/budget/limits
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP the budget is one of x86-64 instructions"
	exit 0
fi

# Static, and at a fixed address, so that objdump and callgrind speak of the
# same addresses, the C library's among them.
compile() {
	gcc -O2 -g -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
		-Iinclude/uapi -Iinclude -static -no-pie -o "$dir/operations" \
		selftests/host/budget/*.c build/librusted_ring.a -lpthread
}

# A file for each operation, dump.N.
count() {
	valgrind --tool=callgrind --collect-atstart=no --dump-instr=yes \
		--compress-pos=no --callgrind-out-file="$dir/dump" \
		"$dir/operations" >"$dir/log" 2>&1 || {
		sed 's/^/# /' "$dir/log"
		return 1
	}
}

# Addresses, one a line. An exchange with memory locks by itself.
locked_addresses() {
	objdump -d --no-show-raw-insn "$dir/operations" |
		awk '/[ \t]lock |[ \t]xchg .*\(/ { sub(":", "", $1); print "0x" $1 }'
}

# "OPERATION INSTRUCTIONS LOCKED", for each time that it was done.
costs() {
	local dump

	locked_addresses >"$dir/locked"
	for dump in "$dir"/dump.*; do
		awk '
		FILENAME != ARGV[2] { locked[$1]; next }
		/^desc: Trigger: Client Request: / { name = $5; times = $6 }
		/^calls=/ { getline; next }
		/^0x/ {
			all += $3
			if ($1 in locked)
				slow += $3
		}
		END {
			if (times)
				printf "%s %.1f %.2f\n", name, all / times,
				       slow / times
		}' "$dir/locked" "$dump"
	done
}

# The order is that of the limits.
judge() {
	awk '
	function report(right, what) {
		printf "%s %d %s\n", right ? "ok" : "not ok", ++n, what
	}
	FILENAME == ARGV[1] { all[$1] = $2; slow[$1] = $3; next }
	/^#/ || !NF { next }
	$1 ~ /\// {
		split($1, pair, "/")
		ratio = pair[2] in all ? all[pair[1]] / all[pair[2]] : 0
		what = sprintf("%s: %.2f of %.2f times", $1, ratio, $2)
		report(ratio > 0 && ratio <= $2, what)
		next
	}
	{
		known[$1]
		if (!($1 in all)) {
			report(0, $1 " is not measured")
			next
		}
		what = sprintf("%-34s %8.1f of %6d instructions, %5.2f of %5.2f locked",
			       $1, all[$1], $2, slow[$1], $3)
		report(all[$1] <= $2 && slow[$1] <= $3 + 0.005 &&
		       all[$1] >= $2 * 0.8 - 4, what)
		if (all[$1] > $2 || slow[$1] > $3 + 0.005)
			print "# that is too much: see callgrind_annotate"
		else if (all[$1] < $2 * 0.8 - 4)
			print "# lower the limit in selftests/host/budget/limits"
	}
	END {
		for (name in all)
			if (!(name in known))
				report(0, name " has no limit")
		print "1.." n
	}' "$dir/costs" "$limits"
}

echo "TAP version 13"
if [ ! -f build/librusted_ring.a ]; then
	printf '%s\n' "not ok 1 there is no library: make" "1..1"
elif compile && count; then
	costs >"$dir/costs"
	mkdir -p build/selftests
	cp "$dir/costs" build/selftests/budget
	judge
else
	printf '%s\n' "not ok 1 the operations are done and counted" "1..1"
fi
