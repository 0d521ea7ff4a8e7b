#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-python-guest
# The package for Python, on the device: its tests, its examples with kills, a
# client that is evicted, and a reader that goes on after each kill.
# shellcheck source=selftests/lib/script.sh
. /script.sh
home=/python
export RRING_BACKEND=device PYTHONHOME=$home PYTHONPATH=$home/package
export LD_LIBRARY_PATH=$home/lib PYTHONDONTWRITEBYTECODE=1
dir=$(mktemp -d)
cd "$dir" || exit 1

python="$home/bin/python3 -S"

unit() {
	$python -X dev $home/tests/test_"$1".py 2>out || { cat out; return 1; }
}

# A writer of numbered events, which waits for the reader.
write_numbers() {
	$python -c '
import struct, sys, rusted_ring as rr
with rr.Client("mixed") as client:
    writer = client.writer("numbers", stride=64, capacity=256)
    client.reader("numbers", "python").close()
    for i in range(int(sys.argv[1])):
        writer.add(struct.pack("<Q56x", i))
' "$1"
}

# Killed at random instants until one run comes to the end.
read_numbers() {
	kills=0
	while [ $kills -lt 10 ]; do
		$python $home/examples/mixed.py numbers python "$1" >sum &
		reader=$!
		usleep $(($(random) * 150))
		kill -KILL $reader 2>/dev/null
		wait $reader 2>/dev/null && return
		kills=$((kills + 1))
	done
	$python $home/examples/mixed.py numbers python "$1" >sum
}

mixed() {
	count=$1
	rring arena create mixed || return
	write_numbers "$count" &
	writer=$!
	until rring stat -a mixed --json | grep -q '"numbers"'; do
		usleep 10000
	done
	read_numbers "$count"
	wait $writer || return
	rring arena remove mixed
	[ "$(cat sum)" = "python $count $((count * (count - 1) / 2))" ]
}

echo 1..9
unit views
report $? 1 "views of events, batches and reservations end as they should"
unit rings
report $? 2 "clients, rings, sets, watches, pipes and services"
unit waits
report $? 3 "waits, threads, signals, fork and asyncio"
unit evict
report $? 4 "a client that is evicted gets exceptions"
$python $home/examples/fanout.py 20000 10
report $? 5 "consumers count 20,000 trades, and 10 times one or the feed is killed"
$python $home/examples/pipeline.py 60 10 320 240
report $? 6 "60 frames go through a pipeline, and 10 times a stage is killed"
$python $home/examples/archive.py 5000 10
report $? 7 "three rings go to a database, and 10 times an actor is killed"
mixed 100000
report $? 8 "a reader that is killed goes on: the sum of its numbers is right"
unit stubs
report $? 9 "the stubs name all that is there"
