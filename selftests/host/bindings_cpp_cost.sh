#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# The C++ binding takes as many instructions for each event as C does, and at most
# two more. Counted by callgrind, so that every run on any machine finds the same.
# Prints TAP, and leaves what it found in build/selftests/bindings_cpp_cost.
set -eu

cd "$(dirname "$0")/../.."
sources=selftests/host/bindings_cpp
more=2	# instructions
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

flags="-O2 -DNDEBUG -Wall -Wextra -Werror -Iinclude/uapi -Iinclude
       -Iulib/bindings/cpp"

compile() {
	# shellcheck disable=SC2086 # flags are words
	gcc -std=gnu11 $flags "$sources/cost.c" -o "$dir/c" \
		build/librusted_ring.a -lpthread &&
	for standard in 17 20; do
		g++ "-std=c++$standard" $flags "$sources/cost.cc" \
			-o "$dir/c++$standard" build/librusted_ring.a \
			-lpthread || return
	done
}

# A file for each operation, $dir/$1.dump.N.
count() {
	valgrind --tool=callgrind --collect-atstart=no \
		--callgrind-out-file="$dir/$1.dump" "$dir/$1" \
		>"$dir/log" 2>&1 || {
		sed 's/^/# /' "$dir/log"
		return 1
	}
}

# "LANGUAGE OPERATION INSTRUCTIONS"
costs() {
	local dump

	for dump in "$dir/$1".dump.*; do
		awk -v language="$1" '
		/^desc: Trigger: Client Request: / { name = $5; times = $6 }
		/^summary: / { all = $2 }
		END {
			if (times)
				printf "%s %s %.2f\n", language, name,
				       all / times
		}' "$dump"
	done | sort
}

judge() {
	awk -v more="$more" '
	$1 == "c" { c[$2] = $3; next }
	{
		split($2, part, "/")
		right = part[1] in c && $3 - c[part[1]] <= more
		printf "%s %d - %s %s: %.1f instructions, in C %.1f\n",
		       right ? "ok" : "not ok", ++n, $1, $2, $3, c[part[1]]
	}
	END {
		print "1.." n
	}' "$dir/costs"
}

echo "TAP version 13"
if [ ! -f build/librusted_ring.a ]; then
	printf '%s\n' "not ok 1 there is no library: make" "1..1"
elif compile && count c && count c++17 && count c++20; then
	for language in c c++17 c++20; do
		costs "$language"
	done >"$dir/costs"
	mkdir -p build/selftests
	cp "$dir/costs" build/selftests/bindings_cpp_cost
	judge
else
	printf '%s\n' "not ok 1 the operations are done and counted" "1..1"
fi
