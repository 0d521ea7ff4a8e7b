#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: fuzz
#
# libFuzzer, with the address and undefined behaviour sanitizers: the library on
# pages that a liar writes, and rring on messages and arguments that nobody
# would send. Some seconds each, from the seed that is printed; TORTURE=1: ten
# minutes. What fails is kept as build/fuzz/NAME-*. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. selftests/lib/check.sh

seed=${RRING_SEED:-$((RANDOM << 15 | RANDOM))}
seconds=15
[ -z "${TORTURE:-}" ] || seconds=600

# fuzz NAME RUNS [OPTION]...: from what is in selftests/fuzz/NAME, and $dir/NAME
fuzz() {
	local name=$1 runs=$2 status=0 seeds=()

	shift 2
	[ ! -d "selftests/fuzz/$name" ] || seeds+=("selftests/fuzz/$name")
	mkdir -p "$dir/$name"
	[ -z "${TORTURE:-}" ] || runs=-1
	UBSAN_OPTIONS=print_stacktrace=1 timeout $((seconds * 2 + 60)) \
		"build/fuzz/selftests/fuzz/$name" -runs="$runs" \
		-max_total_time=$seconds -timeout=20 \
		-seed=$((seed % 4294967296)) \
		-artifact_prefix="build/fuzz/$name-" "$@" "$dir/$name" \
		${seeds[@]+"${seeds[@]}"} >"$dir/log" 2>&1 || status=$?
	done_runs=$(grep -a '^Done ' "$dir/log" | cut -d' ' -f2)
	[ "$status" -eq 0 ] || tail -n 60 "$dir/log"
	return "$status"
}

pages() {
	fuzz pages 20000 -max_len=1000
}

# One of each message, for each command; and some numbers.
tool() {
	local command

	mkdir -p "$dir/tool"
	/usr/bin/python3 selftests/host/netlink/messages.py \
		Documentation/netlink/specs/rusted_ring.yaml messages \
		>"$dir/messages"
	for command in $(seq 0 12); do
		{
			printf '%b' "\\x$(printf %x "$command")"
			cat "$dir/messages"
		} >"$dir/tool/$command"
	done
	printf '\xff0777' >"$dir/tool/mode"
	printf '\xff16777216' >"$dir/tool/number"
	# where it gives up it does not free
	export ASAN_OPTIONS=detect_leaks=0
	fuzz tool 50000 -max_len=16384 -detect_leaks=0 -close_fd_mask=1
}

make -s fuzz >&2 || exit
echo 1..2
done_runs=0
check "the library survives any page, from seed $seed" pages
echo "# $done_runs runs"
check "and rring any message, number and byte" tool
echo "# $done_runs runs"
