#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# programs: jq redis-server redis-cli
# needs: build/selftests/device/tools/numbers/numbers
# rring relay between two network namespaces, each with an arena of its own: publisher,
# relays and broker are killed at random, and each event arrives once, in order. Also
# what relays take, idle and under load.
dir=$(mktemp -d)
cd "$dir" || exit 1

# shellcheck source=selftests/lib/tool.sh
. /tool.sh
# shellcheck source=selftests/lib/script.sh
. /script.sh

if ! command -v rring-relay >/dev/null; then
	echo "1..0 # SKIP there is no rring-relay, as there was no hiredis"
	exit
fi
events=4000 kills=10
[ "${RRING_TEST_SCALE:-2}" -gt 1 ] || events=40000 kills=100
[ -z "${TORTURE:-}" ] || events=1000000 kills=400

# ---- two machines ----

# A network namespace of its own stands for a machine: it has arenas of its own.
make_machine() {
	unshare -n sleep 1000000 &
	machine=$!
	until [ "$(readlink /proc/$machine/ns/net)" != \
		"$(readlink /proc/self/ns/net)" ]; do
		usleep 10000
	done
	nsenter -t $machine -n ip link set lo up
}

# By a wire, where the kernel has its module; else by a socket that both see.
join_machines() {
	url="redis+unix://$dir/socket?stream=events"
	insmod /veth.ko 2>/dev/null || return 0
	ip link add wire0 type veth &&	# the other end is veth0
	ip link set veth0 netns $machine &&
	ip addr add 10.9.9.1/24 dev wire0 &&
	ip link set wire0 up &&
	nsenter -t $machine -n ip addr add 10.9.9.2/24 dev veth0 &&
	nsenter -t $machine -n ip link set veth0 up &&
	url=redis://10.9.9.1/events
}

there() {
	nsenter -t $machine -n "$@"
}

# ---- the parts ----

# Each part is started again until there is a file $1.end. Its pid is in $1.pid, and
# each status in $1.statuses.
keep_running() {
	part=$1
	shift
	until [ -e "$part.end" ]; do
		"$@" >>"$part.said" 2>&1 &
		echo $! >"$part.pid"
		status=0
		wait $! || status=$?
		echo $status >>"$part.statuses"
		usleep 10000
	done
	touch "$part.ended"
}

# only_died PART STATUS...: it has ended by SIGKILL, or with one of these, and has said
# nothing but that it tries again.
only_died() {
	if grep -v 'trying again$' "$1.said"; then
		return 1
	fi
	while read -r ended; do
		case " 137 $2 " in
		*" $ended "*) ;;
		*)
			echo "$1 has ended with status $ended"
			return 1 ;;
		esac
	done <"$1.statuses"
}

start_part() {
	rm -f "$1.end" "$1.ended"
	keep_running "$@" &
}

kill_part() {
	kill -9 "$(cat "$1.pid")" 2>/dev/null || true
}

# All at once.
kill_parts() {
	pids=
	for part; do
		pids="$pids $(cat "$part.pid")"
	done
	# shellcheck disable=SC2086 # a list
	kill -9 $pids 2>/dev/null || true
}

end_part() {
	touch "$1.end"
	until [ -e "$1.ended" ]; do
		kill_part "$1"
		usleep 10000
	done
}

start_broker() {
	start_part broker redis-server --bind 0.0.0.0 --protected-mode no \
		--unixsocket "$dir/socket" --dir "$dir" --save '' \
		--appendonly yes --appendfsync always --loglevel warning
	until_true broker_answers
}

# Also while it still loads its file, redis-cli ends with status 0.
broker_answers() {
	[ "$(redis-cli -s socket PING)" = PONG ]
}

# A number from 0 to $1 - 1.
below() {
	echo $(($(random) % $1))
}

# The value of $1 for the stream.
of_stream() {
	until_true broker_answers
	redis-cli -s socket XINFO STREAM events | grep -A 1 "^$1$" | tail -n 1
}

# What the reader has had goes, as by a person who wants the broker to stay small.
trim() {
	epoch=$(of_stream last-generated-id) || return 0
	redis-cli -s socket XTRIM events MINID \
		"${epoch%-*}-$(cat sink.count)" >trimmed 2>&1 || true
}

# After each kill some events arrive, so that none comes before the last has passed.
kill_at_random() {
	n=0
	while [ $n -lt $kills ] && [ ! -e sink.status ]; do
		before=$(cat sink.count)
		case $(below 5) in
		0) kill_part source ;;
		1) kill_part out ;;
		2) kill_part broker ;;
		3) kill_part in ;;
		4) kill_parts source out broker in ;;
		esac
		wanted=$((before + $(below $((events / kills)))))
		until [ -e sink.status ] || [ "$(cat sink.count)" -ge $wanted ]; do
			usleep 100000
		done
		trim
		n=$((n + 1))
	done
	echo "killed $n times"
}

run_sink() {
	status=0
	there numbers read there ring $events sink.count 2>sink.said ||
		status=$?
	echo $status >sink.status.new
	mv sink.status.new sink.status
}

# numbers write goes on at the position that the ring has; numbers read checks each.
all_events_arrive_once() {
	start_broker
	rring arena create here --capacity=xs=4096,s=4096,m=1024,l=512
	there rring arena create there --capacity=xs=4096,s=4096,m=1024,l=512
	echo 0 >sink.count
	run_sink &
	until_true [ -e sink.count.ready ]
	start_part source numbers write here ring $events
	until_true is 'length == 1' rring ring -a here
	start_part out rring relay out --wait here/ring "$url"
	start_part in nsenter -t $machine -n rring relay in --wait "$url" there/ring
	kill_at_random
	until_true [ -e sink.status ]
	end_part source
	end_part out
	end_part in
	cat sink.said
	[ "$(cat sink.status)" -eq 0 ]
	only_died source 0
	only_died out
	only_died in
	[ "$(of_stream entries-added)" -eq $events ]
	last=$(of_stream last-generated-id)
	[ "${last#*-}" -eq $((events - 1)) ]
	rring arena remove here
	there rring arena remove there
	end_part broker
}

# ---- what an idle relay takes ----

# Ticks of 10 ms that process $1 has used.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

relays_are_small() {
	for relay in $out $in; do
		awk '/^VmHWM/ { print; exit !($2 < 32768) }' "/proc/$relay/status"
	done
}

end_relays() {
	kill "$out" "$in"
	wait "$out"
	wait "$in"
}

idle_relay_takes_little() {
	start_broker
	rring arena create calm --capacity=s=64
	rring relay out --wait calm/ring \
		"redis+unix://$dir/socket?stream=calm" &
	out=$!
	echo line | rring pub -a calm --readers=1 --await ring
	rring relay in "redis+unix://$dir/socket?stream=calm" calm/copy &
	in=$!
	rring tail -a calm --wait --from=oldest -n 1 copy
	before=$(($(ticks $out) + $(ticks $in)))
	since=$(awk '{ print int($1 * 100) }' /proc/uptime)
	sleep 10
	used=$(($(ticks $out) + $(ticks $in) - before))
	passed=$(($(awk '{ print int($1 * 100) }' /proc/uptime) - since))
	echo "$used of $passed ticks"
	[ $((used * 20)) -lt $((2 * passed)) ]
	relays_are_small
	end_relays
	rring arena remove calm
	end_part broker
}

# ---- what relays take under load ----

# begin_relays RING OPTION...: from RING of the arena `large' to RING.copy there. The
# options are for relay in.
begin_relays() {
	url="redis+unix://$dir/socket?stream=$1"
	rring relay out --wait --window=65536 --batch=65536 "large/$1" "$url" &
	out=$!
	ring=$1
	shift
	rring relay in --wait --batch=65536 "$@" "$url" "large/$ring.copy" &
	in=$!
}

# Lines of almost 16 KiB.
lines() {
	awk 'BEGIN {
		line = sprintf("%16000s", "")
		gsub(" ", "x", line)
		for (i = 0; i < '"$1"'; i++)
			print line i
	}'
}

busy_relays_stay_small() {
	start_broker
	rring arena create large
	begin_relays lines --kind=inline --stride=16384 --capacity=64 \
		--metrics=lines.counts
	lines 1000 | rring pub -a large --kind=inline --stride=16384 \
		--capacity=256 --readers=1 --await lines
	until_true grep '^rring_relay_acknowledged_total{.*} 1000$' lines.counts
	relays_are_small
	end_relays
}

one_large_event_passes() {
	begin_relays event
	{
		od -An -v -tx1 -N1000000 /dev/urandom | tr -d ' \n'
		echo
	} >event.text
	rring pub -a large --readers=1 --await event <event.text
	rring tail -a large --wait --from=oldest -n 1 event.copy >copy
	cmp event.text copy
	end_relays
	rring arena remove large
	end_part broker
}

echo 1..4
make_machine
join_machines
echo "# by $url"
check "each of $events events arrives once, in order, whoever is killed" \
	all_events_arrive_once
check "an idle relay takes less than 5 % of a CPU, and 32 MiB" \
	idle_relay_takes_little
check "busy relays take less than 32 MiB" busy_relays_stay_small
check "an event of 2 MB passes" one_large_event_passes
kill $machine
