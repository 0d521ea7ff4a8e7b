#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: build/selftests/host/pair/rring
#
# rring pub and rring tail in an arena of one process: tail prints all lines, or
# says what it has lost. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
unset RRING_BACKEND
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

pair=build/selftests/host/pair/rring

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# passes OPTION...: tail prints what pub reads from $dir/in, with these options.
passes() {
	"$pair" --readers=1 "$@" stream -- --wait stream <"$dir/in" >"$dir/shown"
	cmp "$dir/in" "$dir/shown"
}

readme_shows_all_lines() {
	local i

	seq 1000 >"$dir/in"
	for i in {1..20}; do
		passes || { echo "round $i"; return 1; }
	done
}

long_streams_are_shown() {
	seq 50000 >"$dir/in"
	passes
	passes --kind=inline
	passes --retain=0
	seq 3000 >"$dir/in"
	passes --capacity=3 --retain=1
	passes --kind=inline --capacity=1
}

# From 1 byte to more than 16 KiB.
lines_of() {
	awk -v n="$1" 'BEGIN {
		for (x = "."; length(x) < 40000; x = x x)
			;
		for (i = 0; i < n; i++)
			print i substr(x, 1, 7 ^ (i % 6) * 2);
	}'
}

lines_of_all_lengths_are_shown() {
	lines_of 600 >"$dir/in"
	passes --retain=0
	passes --retain=0 --capacity=2
	passes --retain=2
}

# Lines that pub publishes before tail joins, and others when it has.
late_tail_shows_what_is_kept() {
	mkfifo "$dir/late"
	"$pair" stream -- --wait --from=oldest stream <"$dir/late" \
		>"$dir/shown" &
	exec 3>"$dir/late"
	seq 100 >&3
	until [ "$(wc -l <"$dir/shown")" -eq 100 ]; do :; done
	seq 101 2000 >&3
	exec 3>&-
	wait $!
	seq 2000 | cmp - "$dir/shown"
}

# All that tail prints waits until pub has read nearly all lines.
lost_lines_are_told() {
	local lines=3000 status=0 lost

	rm -f "$dir/input" "$dir/output"
	mkfifo "$dir/input" "$dir/output"
	"$pair" --readers=1 "$@" stream -- --wait stream >"$dir/output" \
		<"$dir/input" 2>"$dir/said" &
	exec 3<"$dir/output"
	seq -f "%200g" "$lines" >"$dir/input"
	cat <&3 >"$dir/shown"
	exec 3<&-
	wait $! || status=$?
	cat "$dir/said"
	[ "$status" -eq 3 ]
	[ "$(wc -l <"$dir/said")" -eq 1 ]
	lost=$(sed -n "s/^rring: \(.*\) of $lines events of 'stream' .*/\1/p" \
		"$dir/said")
	[ "$((lost + $(wc -l <"$dir/shown")))" -eq "$lines" ]
}

overwritten_lines_are_told() {
	lost_lines_are_told --policy=overwrite --capacity=16
	lost_lines_are_told --policy=overwrite
	lost_lines_are_told --policy=overwrite --kind=inline --capacity=16
}

lines_that_are_not_retained_are_told() {
	lost_lines_are_told --policy=fail --retain=16
	lost_lines_are_told --policy=fail --kind=inline --capacity=32
}

# The output is full, so tail stops in its first line. Then nobody reads the
# output any more, so tail loses lines and ends with an error. It counts what
# has been published by then: the last lines may still be in the input.
lost_lines_are_told_after_an_error() {
	local status=0

	rm -f "$dir/input" "$dir/output"
	mkfifo "$dir/input" "$dir/output"
	(
		trap '' PIPE
		exec "$pair" --readers=1 --policy=overwrite --capacity=16 \
			stream -- --wait stream >"$dir/output" \
			<"$dir/input" 2>"$dir/said"
	) &
	exec 3<"$dir/output"
	head -c 65536 /dev/zero >"$dir/output"
	seq -f "%5000g" 300 >"$dir/input"
	exec 3<&-
	wait $! || status=$?
	cat "$dir/said"
	[ "$status" -eq 1 ]
	grep -q "cannot write the output" "$dir/said"
	grep -Eq "of [0-9]+ events of 'stream' were gone" "$dir/said"
}

# As under nohup(1).
an_ignored_signal_stays_ignored() {
	rm -f "$dir/late" "$dir/shown"
	mkfifo "$dir/late"
	(
		trap '' HUP
		exec "$pair" --readers=1 stream -- --wait stream <"$dir/late" \
			>"$dir/shown"
	) &
	exec 3>"$dir/late"
	echo 1 >&3
	until [ -s "$dir/shown" ]; do :; done
	trap '' PIPE
	kill -HUP $!
	echo 2 >&3
	exec 3>&-
	wait $!
	seq 2 | cmp - "$dir/shown"
}

echo "TAP version 13"
echo "1..8"
check_each "tail prints 1000 of 1000 lines, 20 times" readme_shows_all_lines
check_each "and more than ring and pools have" long_streams_are_shown
check_each "and lines of all lengths" lines_of_all_lengths_are_shown
check_each "a tail that joins late prints what is kept" \
	late_tail_shows_what_is_kept
check_each "overwritten lines: one line says how many and why, status 3" \
	overwritten_lines_are_told
check_each "lines that are not retained: the same" \
	lines_that_are_not_retained_are_told
check_each "lost lines are told after an error, too" \
	lost_lines_are_told_after_an_error
check_each "a signal that is ignored does not end tail" \
	an_ignored_signal_stays_ignored
