#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-cpp
# The C++ binding on the device: its tests, its examples, whose actors are killed, and
# a reader that is killed and goes on.
# shellcheck source=selftests/lib/script.sh
. /script.sh
export RRING_BACKEND=device
built=/bindings/cpp
dir=$(mktemp -d)
cd "$dir" || exit 1

# Their lines of TAP would be taken for ours.
run_tests() {
	for test in "$built"/c++20/*; do
		case $test in
		*.d) continue ;;
		esac
		"$test" >out 2>&1 || { sed "s|^|# |" out; return 1; }
	done
}

count=$((2000000 / ${RRING_TEST_SCALE:-1}))

# One that has ended already needs no kill.
kill_reader() {
	$built/examples/mixed_cpp numbers a $count >a.out &
	reader=$!
	usleep "$(random)"
	kill -KILL $reader 2>/dev/null
	wait $reader 2>/dev/null
}

numbers_are_exact() {
	sum=$((count * (count - 1) / 2))
	[ "$(cat a.out)" = "a $count $sum" ] && [ "$(cat b.out)" = "b $count $sum" ]
}

echo 1..7
run_tests
report $? 1 "the tests pass"
$built/examples/fanout 200000 50
report $? 2 "consumers count 200,000 trades, and 50 times one or the feed is killed"
$built/examples/pipeline 120 50 320 240
report $? 3 "120 frames go through a pipeline, and 50 times a stage is killed"
$built/examples/archive 100000 50
report $? 4 "100,000 events are in a file once, and 50 times an actor is killed"
$built/examples/ticker 100000
report $? 5 "coroutines read 100,000 ticks"

$built/examples/mixed_feed numbers 2 $count &
feed=$!
until rring arena | grep -q mixed; do
	usleep 10000
done
$built/examples/mixed_cpp numbers b $count >b.out &
other=$!
i=0
while [ $i -lt 20 ]; do
	kill_reader
	i=$((i + 1))
done
$built/examples/mixed_cpp numbers a $count >a.out
numbers=$?
wait $feed
report $? 6 "the feed ends when all of its events were released"
wait $other
[ $numbers -eq 0 ] && numbers_are_exact
report $? 7 "a reader that is killed 20 times counts each event once"
