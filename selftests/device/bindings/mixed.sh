#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-mixed bindings-cpp bindings-rust bindings-python-guest
# One ring, a writer in C, and readers in C, C++, Rust and Python, which are killed at
# random instants: each counts each event once.
# shellcheck source=selftests/lib/script.sh
. /script.sh
home=/python
export RRING_BACKEND=device PYTHONHOME=$home PYTHONPATH=$home/package
export LD_LIBRARY_PATH=$home/lib PYTHONDONTWRITEBYTECODE=1
count=$((1000000 / ${RRING_TEST_SCALE:-1}))
kills=10
dir=$(mktemp -d)
cd "$dir" || exit 1

# read_in LANGUAGE: its name is that of the language. The program takes the place of
# the shell, so that a kill of the shell is one of the program.
read_in() {
	case $1 in
	c)	exec /bindings/mixed/mixed_c read numbers c $count ;;
	cpp)	exec /bindings/cpp/examples/mixed_cpp numbers cpp $count ;;
	rust)	exec /bindings/rust/mixed_rust numbers rust $count ;;
	python)	exec $home/bin/python3 -S $home/examples/mixed.py numbers \
			python $count ;;
	esac
}

# One run that is killed, or has ended before.
killed_run() {
	read_in "$1" >"$1.out" &
	reader=$!
	usleep $(($(random) * 10))
	kill -KILL $reader 2>/dev/null
	wait $reader 2>/dev/null
}

read_with_kills() {
	i=0
	while [ $i -lt $kills ]; do
		killed_run "$1"
		i=$((i + 1))
	done
	read_in "$1" >"$1.out"
}

is_exact() {
	[ "$(cat "$1.out")" = "$1 $count $((count * (count - 1) / 2))" ] ||
		{ cat "$1.out"; return 1; }
}

echo 1..5
/bindings/mixed/mixed_c feed numbers $count c cpp rust python &
feed=$!
until rring ring -a mixed 2>/dev/null | grep -q numbers; do
	usleep 10000
done
for language in c cpp rust python; do
	read_with_kills $language &
done
wait $feed
report $? 1 "the writer in C ends when all have released all events"
wait
n=2
for language in c cpp rust python; do
	is_exact $language
	report $? $n "the reader in $language counts each event once"
	n=$((n + 1))
done
