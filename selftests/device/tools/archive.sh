#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples
# The example "archive", killed 100 times while three writers go on writing: the
# database has each of their lines once.
# shellcheck source=selftests/lib/script.sh
. /script.sh

kills=100
rings="archived.a archived.b archived.c"
dir=$(mktemp -d)
cd "$dir" || exit 1

# 0, 1, 2 and so on, until there is a file "stop".
count_up() {
	i=0
	until [ -e stop ]; do
		seq $i $((i + 999))
		i=$((i + 1000))
	done
}

# The writer waits for the first reader, and for each that is away.
write_ring() {
	count_up | rring pub --kind=inline --stride=64 --capacity=256 \
		--retain=0 --readers=1 "$1"
}

is_open() {
	rring stat --json | grep -q "\"$1\""
}

# Kill it at a random instant, or while it starts.
run_and_kill() {
	# shellcheck disable=SC2086 # a list
	/examples/archive lines.db $rings &
	archive=$!
	usleep $(($(random) * 2))
	kill -KILL $archive
	wait $archive 2>/dev/null
}

# The positions of each ring are 0, 1, 2 and so on, and so are its lines.
each_line_is_there_once() {
	/examples/archive lines.db | awk '
		$1 != ring { ring = $1; rings++; next_line = 0 }
		$2 != next_line || $3 != next_line { wrong = 1; print; exit }
		{ next_line++ }
		END { exit wrong || rings != 3 || next_line % 1000 }'
}

# The named readers would keep the rings, in the arena of the next tests.
forget_readers() {
	for ring in $rings; do
		rring ring forget "$ring" archive || return
	done
	! is_open "${rings%% *}"
}

echo 1..4
for ring in $rings; do
	write_ring "$ring" &
	writers="$writers $!"
done
for ring in $rings; do
	until is_open "$ring"; do
		usleep 10000
	done
done
i=0
while [ $i -lt $kills ]; do
	run_and_kill
	i=$((i + 1))
done
echo "# $(/examples/archive lines.db | wc -l) lines after $kills kills"
touch stop
# shellcheck disable=SC2086 # a list
/examples/archive lines.db $rings
report $? 1 "it ends when all streams have ended"
# shellcheck disable=SC2086 # a list
wait $writers
report $? 2 "the writers have published all lines"
each_line_is_there_once
report $? 3 "after $kills kills no line is lost, and none is there twice"
forget_readers
report $? 4 "nothing is left when its readers are forgotten"
