#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples
# The README's program: one writes, two read, one of them from late on.
lines=40
dir=$(mktemp -d)
cd "$dir" || exit 1

# In the background, without the input: the writer is to see its end.
read_into() {
	exec 3>&-
	until /examples/lines >"$1"; do	# until somebody writes
		usleep 10000
	done
}

wait_for() {
	until grep -q "^$1\$" "$2" 2>/dev/null; do
		usleep 10000
	done
}

write_lines() {
	i=$1
	while [ "$i" -le "$2" ]; do
		echo "line $i"
		i=$((i + 1))
	done
}

same() {
	if cmp -s "$1" expected; then
		echo "ok $2 - $3"
	else
		echo "not ok $2 - $3"
	fi
}

echo 1..2
mkfifo input
/examples/lines write <input &
exec 3>input
read_into first &
first=$!
write_lines 1 $((lines / 2)) >&3
wait_for "line $((lines / 2))" first
read_into second &
second=$!
wait_for "line $((lines / 2))" second
write_lines $((lines / 2 + 1)) $lines >&3
exec 3>&-
wait $first $second
write_lines 1 $lines >expected
same first 1 "a reader gets every line, and the end"
same second 2 "a late one gets what is kept, and the rest"
