#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# What selftests/bench/report says of samples.
# shellcheck disable=SC2317 # functions are called by their names
set -eu
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
samples=$dir/samples

# sample WHO ROUND VALUE [PLACEMENT [LINE_NS [UNIT]]]: of a figure that is to be
# less than that of its best peer.
sample() {
	echo "{\"figure\": \"broadcast\", \"placement\": \"${4:-near}\"," \
	     "\"who\": \"$1\", \"round\": $2, \"value\": $3," \
	     "\"line_ns\": ${5:-100}, \"unit\": \"${6:-ns}\"}" \
	     >>"$samples/broadcast.jsonl"
}

# samples WHO VALUE...: a round each
samples() {
	local who=$1 value round=0

	shift
	for value; do
		sample "$who" "$((round++))" "$value"
	done
}

# said COLUMN...: the report of the samples has these words in its one row.
said() {
	local row word

	row=$(selftests/bench/report "$samples" | grep ^broadcast)
	rm -rf "$samples"
	mkdir "$samples"
	echo "$row"
	for word; do
		grep -qw -- "$word" <<<"$row"
	done
}

all_rounds_agree() {
	samples "rusted_ring inline" 10 11 12 13 14 15 16
	samples peer 11 12 13 14 15 16 17
	said ahead met
	samples "rusted_ring inline" 11 12 13 14 15 16 17
	samples peer 10 11 12 13 14 15 16
	said behind MISSED
}

one_round_contradicts() {
	samples "rusted_ring inline" 10 10 10 10 10 10 10
	samples peer 20 20 20 20 20 20 9
	said undecided
	samples "rusted_ring inline" 10 10 10 10 10 10 10 10 10
	samples peer 20 20 20 20 20 20 20 20 9
	said ahead met
}

too_few_rounds() {
	samples "rusted_ring inline" 10 10 10 10 10
	samples peer 20 20 20 20 20
	said undecided
}

a_count() {
	sample "rusted_ring inline" 0 10 vm 100 instructions
	sample peer 0 20 vm 100 instructions
	said ahead met
}

rounds_are_paired() {
	samples "rusted_ring inline" 10 20 30 40 50 60 70
	samples peer 11 21 31 41 51 61 71
	said ahead met
}

even_rounds() {
	samples "rusted_ring inline" 10 10 10 10 10 10 10
	samples peer 10 10 10 10 10 10 10
	said undecided met
}

one_was_not_measured_there() {
	local i

	for i in 0 1 2 3 4 5 6; do
		sample "rusted_ring inline" "$i" 10
		sample "rusted_ring inline" "$i" 10 far 500
		sample peer "$i" 20
	done
	selftests/bench/report "$samples" | grep "^broadcast .*far" >"$dir/far"
	said ahead met
	grep -qw incomplete "$dir/far"
}

near_and_far_cost_the_same() {
	local i

	for i in 0 1 2 3 4 5 6; do
		sample "rusted_ring inline" "$i" 10 near 249
		sample peer "$i" 20 "$([ "$i" = 3 ] && echo near || echo far)" 251
	done
	said ahead met
}

named_ones() {
	samples "rusted_ring inline" 10
	sed 's/broadcast/waiting/' "$samples/broadcast.jsonl" \
		>"$samples/waiting.jsonl"
	selftests/bench/report "$samples" waiting >"$dir/report"
	grep -q ^waiting "$dir/report"
	[ "$(grep -c ^broadcast "$dir/report")" = 0 ]
	rm -rf "$samples"
	mkdir "$samples"
}

the_machine() {
	selftests/bench/machine >"$samples/machine.json"
	samples "rusted_ring inline" 10
	selftests/bench/report "$samples" >"$dir/report"
	grep -q "^CPU: ." "$dir/report"
	grep -q "^compiler: ." "$dir/report"
	grep -q "^kernel: Linux" "$dir/report"
	grep -q "^load before: " "$dir/report"
	grep -q "^a line there and back, near: 100 ns" "$dir/report"
}

# scale CLIENTS VALUE: instructions with so many clients.
scale() {
	echo "{\"figure\": \"scale\", \"placement\": \"vm\"," \
	     "\"operation\": \"alloc, publish, receive\"," \
	     "\"clients\": $1, \"slots\": 100000, \"who\": \"rusted_ring\"," \
	     "\"round\": 0, \"value\": $2, \"unit\": \"instructions\"}" \
		>>"$samples/scale.jsonl"
}

# A target of rows whose key has commas, in terms of another row.
another_row() {
	scale 1 600
	scale 16 830
	scale 64 850
	selftests/bench/report "$samples" >"$dir/report"
	rm "$samples/scale.jsonl"
	grep -q "^scale .*clients 16,.* met$" "$dir/report"
	grep -q "^scale .*clients 64,.* MISSED$" "$dir/report"
}

# A peer that is quicker without pauses has one bar, of that.
the_overview() {
	local who value

	selftests/bench/machine >"$samples/machine.json"
	while IFS=: read -r who value; do
		echo "{\"figure\": \"stream\", \"placement\": \"far\"," \
		     "\"who\": \"$who\", \"round\": 0, \"value\": $value," \
		     "\"size\": 64, \"batch\": 1, \"line_ns\": 300," \
		     "\"unit\": \"M events/s\"}"
	done >"$samples/stream.jsonl" <<-'EOF'
		rusted_ring inline:20
		queue:10
		queue, eager:15
	EOF
	selftests/bench/report "$samples" >"$dir/report"
	grep -q '>rusted_ring inline<' "$samples/overview-far.svg"
	grep -q '>queue<' "$samples/overview-far.svg"
	! grep -q eager "$samples/overview-far.svg" || return 1
	grep -qF "$(sed -n 's/^CPU: //p' "$dir/report")" \
		"$samples/overview-far.svg"
	rm "$samples/stream.jsonl"
}

mkdir "$samples"
echo 1..12
check_each "what all seven rounds agree in is a verdict" all_rounds_agree
check_each "one of seven rounds makes it undecided, one of nine does not" \
	one_round_contradicts
check_each "five rounds decide nothing" too_few_rounds
check_each "a count needs one round" a_count
check_each "rounds are compared with each other, not medians" rounds_are_paired
check_each "what is even is neither ahead nor behind" even_rounds
check_each "a placement without a contender is incomplete" \
	one_was_not_measured_there
check_each "placements that cost the same are one" near_and_far_cost_the_same
check_each "a row is compared with another one of its figure" another_row
check_each "the table has the benchmarks that are named" named_ones
check_each "the machine is named" the_machine
check_each "the overview has all contenders and the machine" the_overview
