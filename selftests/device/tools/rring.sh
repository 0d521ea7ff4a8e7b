#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# programs: jq
# needs: examples build/selftests/device/tools/hoarder/hoarder
# needs: build/selftests/device/tools/ticker/ticker
# needs: build/selftests/device/tools/ticker/ticker.btf
# rring on running arenas: every command, its output, JSON and status.
dir=$(mktemp -d)
cd "$dir" || exit 1
mkfifo input

# shellcheck source=selftests/lib/tool.sh
. /tool.sh

# ---- arenas ----

arena_is_created() {
	rring arena create bus --capacity=s=1024,xl=8 --quota=50 --mode=0700 \
		--clients=8 --rings=4 --user=0 --group=nogroup
	is 'length == 1 and (.[0] | .name == "bus" and .quota == 50 and
	    .mode == "0700" and .uid == 0 and .gid == 65534 and .persistent and
	    .max_clients == 8 and .max_rings == 4 and .slots == 1032 and
	    .clients == 0 and .rings == 0 and .bytes > 0 and
	    (.may | contains(["administer"])))' rring arena -a bus
	is '[.[].name] | contains(["bus", "default"])' rring arena
	rring arena list | awk '$2 == "bus" && $5 == "0700"' | grep -q .
}

owned_arena_is_created() {
	rring arena create mine --owned --producers=2 --capacity=l=6,xs=321
	is '.[0].owned and .[0].slots == 390' rring arena -a mine
	is '.[0].owned == false' rring arena -a default
	rring arena remove mine
	refused 'too small for an owned arena' \
		rring arena create mine --owned --producers=3 --capacity=l=6
}

profile_is_used() {
	rring arena create big --profile=mobile --capacity=xs=5
	is '[.[] | select(.class == "xs")][0].capacity == 5 and
	    [.[] | select(.class == "s")][0].capacity > 99' rring pool -a big
	rring arena remove big
}

bad_arenas_are_refused() {
	refused 'one of that name' rring arena create bus
	refused 'max_bytes' rring arena create huge --capacity=xl=16777216
	refused "no arena 'none'" rring arena remove none
	refused "no arena 'none'" rring pool -a none
	refused "no such arena" rring tail -a none ring
}

pools_are_listed() {
	is 'length == 2 and .[0].class == "s" and .[0].slot_size == 256 and
	    .[0].capacity == 1024 and .[0].quota == 512 and
	    .[1].class == "xl" and (.[1].waited_for | not)' rring pool -a bus
	id=$(rring arena -a bus --json | jq '.[0].id')
	rring pool -a bus --json >by_name
	rring pool --id="$id" --json | cmp - by_name
	[ "$(rring pool -a bus | wc -l)" -eq 3 ]
}

# ---- pub and tail ----

# Names of 63 characters, with slashes and dots.
names_form_hierarchies() {
	arena=bus/eu.1/a-name-of-63-characters-is-the-longest-of-all-of-these
	ring=market/ticks.eu/a-name-of-63-characters-is-the-longest-of-rings
	rring arena create "$arena" --capacity=s=64
	is "[.[].name] | contains([\"$arena\"])" rring arena
	echo 1 | rring pub -a "$arena" --readers=1 "$ring" &
	pub=$!
	until_true is ".[0].name == \"$ring\"" rring ring -a "$arena"
	rring ring -a "$arena" | grep -qF " $ring "
	rring stat --openmetrics >metrics
	grep -qF "ring=\"$ring\"" metrics
	rring tail -a "$arena" --from=oldest "$ring" >shown
	wait $pub
	echo 1 | cmp - shown
	rring arena remove "$arena"
}

# What is published with the options $1 is printed with the options $2.
passes() {
	rm -f shown
	# shellcheck disable=SC2086 # several options
	rring tail -a bus --wait $2 stream >shown &
	tail=$!
	# shellcheck disable=SC2086 # several options
	rring pub -a bus --readers=1 $1 stream
	wait $tail
}

lines_pass() {
	seq 1 200 >lines
	passes "--retain=200" "" <lines
	cmp lines shown
	passes "--kind=inline --stride=64 --retain=200" "--from=oldest" <lines
	cmp lines shown
}

# As in the README.
all_lines_are_shown() {
	i=0
	seq 1 1000 >lines
	while [ $((i += 1)) -le 20 ]; do
		rm -f shown
		rring tail --wait numbers >shown &
		tail=$!
		rring pub --readers=1 numbers <lines
		wait $tail
		cmp lines shown
	done
}

# More than ring and pools have.
long_streams_are_shown() {
	seq 1 4000 >lines
	passes "" "" <lines
	cmp lines shown
	passes "--retain=0" "" <lines
	cmp lines shown
	passes "--kind=inline" "" <lines
	cmp lines shown
}

# A ring that overwrites waits for nobody; here tail can be overtaken.
every_event_is_shown_or_lost() {
	seq 1 3000 >lines
	tail_status=0
	passes "--policy=overwrite --capacity=16" --json <lines 2>said ||
		tail_status=$?
	[ "$(jq -s 'map(.lost // 1) | add' shown)" -eq 3000 ]
	if [ "$(wc -l <said)" -eq 1 ]; then
		[ $tail_status -eq 3 ]
		grep -q 'of 3000 events of .stream. were gone' said
	else
		[ $tail_status -eq 0 ]
		[ ! -s said ]
	fi
}

# Nobody but a ring names the slots, and then nothing does.
slots_of_clients_that_have_gone_are_free() {
	rring arena create left --capacity=s=64
	seq 60 >sixty
	rring pub -a left --retain=60 --capacity=64 stream <input &
	pub=$!
	exec 3>input
	cat sixty >&3
	until_true is '.[0].head == 60' rring ring -a left
	is '.[0] | .in_flight == 60 and .free + .in_magazines == 4' \
		rring pool -a left
	exec 3>&-
	wait $pub
	is '.[0] | .free == 64 and .held == 0 and .in_flight == 0' \
		rring pool -a left
	rring doctor >said || true
	if grep 'arena left' said | grep -v '^ok'; then
		return 1
	fi
	rring arena remove left
}

text_is_harmless() {
	printf 'a\033[31m\tb\377\\\n\n' | passes --retain=9 ""
	printf 'a\\x1b[31m\\tb\\xff\\\\\n\n' | cmp - shown
}

filters_choose() {
	printf 'a\nbbb\nccccc\ndddd\n' >lines
	passes "--retain=9 --type=7" "--min-length=2 --max-length=4" <lines
	printf 'bbb\ndddd\n' | cmp - shown
	passes "--retain=9 --type=7" "--type=8" <lines
	[ ! -s shown ]
	passes "--retain=9 --type=7" "--type=7 --count=2 --long" <lines
	printf '0 type 7 length 1: a\n1 type 7 length 3: bbb\n' | cmp - shown
}

bytes_are_shown() {
	printf '0123456789abcdef\001\n' | passes --retain=9 --hex
	cat >expected <<-'END'
	0 type 0 length 17
	  00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
	  00000010  01                                                |.|
	END
	cmp expected shown
	printf 'a\377b\n\nc\n' | passes --retain=9 --raw
	printf 'a\377bc' | cmp - shown
}

events_are_json() {
	printf 'a\377b\nk\303\251y\n' | passes "--retain=9 --type=3" --json
	jq -c . shown >plain
	cat >expected <<-'END'
	{"position":0,"type":3,"length":3,"text":null,"hex":"61ff62"}
	{"position":1,"type":3,"length":4,"text":"kéy","hex":null}
	END
	cmp expected plain
}

# start_ticker [TYPE SIZE]: its ring `ticks' has three events.
start_ticker() {
	ticker bus ticks "$@" <input &
	ticker=$!
	exec 3>input
	until_true is '.[] | select(.name == "ticks") | .head == 3' \
		rring ring -a bus
}

stop_ticker() {
	exec 3>&-
	wait "$ticker"
}

# Not the bytes beyond the type, and no event that is shorter.
events_are_decoded() {
	start_ticker
	rring tail -a bus --from=oldest -n 3 --btf=/bin/ticker.btf ticks >shown
	rring tail -a bus --from=oldest -n 3 --btf=/bin/ticker.btf --json \
		ticks >json
	stop_ticker
	tick='(struct tick){
	  .time = (uint64_t)1700000000,
	  .price = (int32_t)-25,
	  .volume = (uint16_t[2])[
	    3,
	    4,
	  ],
	}'
	tick=$(echo "$tick" | sed 's/^\t//')
	cat >expected <<-END
	0 type 7 length 16
	$tick
	1 type 7 length 24
	$tick
	2 type 7 length 3
	END
	head -n -1 shown | diff expected -
	tail -n 1 shown | grep -q '00000000  '
	jq -r 'select(.position == 1).text' json >text
	echo "$tick" | diff - text
	jq -e 'select(.position == 2) | .text == null and .hex' json
}

types_are_listed() {
	start_ticker
	is '.[0] | .type == "struct tick" and .type_size == 16 and .epoch > 0' \
		rring ring -a bus
	rring ring -a bus | grep -qF ' struct tick (16)'
	stop_ticker
}

events_that_cannot_be_decoded_are_refused() {
	start_ticker
	refused 'cannot read BTF' rring tail -a bus --btf=/bin/jq ticks
	refused 'cannot read BTF' rring tail -a bus --btf=/none ticks
	stop_ticker
	start_ticker 'struct tock' 16
	refused "does not describe 'struct tock'" \
		rring tail -a bus --btf=/bin/ticker.btf ticks
	stop_ticker
	start_ticker 'struct tick' 24
	refused '16 bytes in /bin/ticker.btf, and 24 in the ring' \
		rring tail -a bus --btf=/bin/ticker.btf ticks
	stop_ticker
	rring pub -a bus lines <input &
	pub=$!
	exec 3>input
	until_true is '.[0].name == "lines" and .[0].type == null' \
		rring ring -a bus
	refused 'has no type' rring tail -a bus --btf=/bin/ticker.btf lines
	exec 3>&-
	wait $pub
}

streams_go_on() {
	rring tail -a bus --wait stream >shown &
	tail=$!
	seq 1 5 | rring pub -a bus --readers=1 --retain=9 --await stream
	is '.[0].state == "awaited" and .[0].head == 5 and .[0].writer == 0' \
		rring ring -a bus
	# tail sleeps, and has not looked at the ring since
	seq 6 9 | rring pub -a bus --readers=1 --retain=9 --json stream >json
	wait $tail
	seq 1 9 | cmp - shown
	jq -e '.ring == "stream" and .published == 4 and .dropped == 0' json
}

long_lines_pass() {
	{ head -c 100000 /dev/zero | tr '\0' x; echo; } >long
	rring arena create large --capacity=m=1,xxl=4
	is '.[1].class == "xxl" and .[1].slot_size == 0' rring pool -a large
	rring tail -a large --wait stream >shown &
	tail=$!
	rring pub -a large --readers=1 --retain=9 stream <long
	wait $tail
	cmp long shown
	refused 'class XXL is 5000' rring arena create none -c xxl=5000
	rring arena remove large
	head -c 20000 long >medium
	refused 'line 1 ' rring pub -a bus stream <medium
}

bad_streams_are_refused() {
	refused 'no ring' rring tail -a bus nothing
	refused "no ring '7'" rring tail -a bus 7
	seq 1 3 >lines
	rring tail -a bus --wait stream >shown &
	tail=$!
	rring pub -a bus --readers=1 --retain=9 stream <input &
	exec 3>input
	until_true is '.[0].readers == 1' rring ring -a bus
	refused 'it has a writer' rring pub -a bus stream <lines
	exec 3>&-
	wait $tail
	head -c 100 /dev/zero | tr '\0' x >long
	refused 'stride=64 is too small' \
		rring pub -a bus --kind=inline --stride=64 stream <long
}

# ---- a running pair: `lines' writes, `lines' reads, in the arena default ----

start_pair() {
	/examples/lines write <input &
	writer=$!
	exec 3>input
	until_true is 'length == 1' rring ring -a default
	/examples/lines >lines_read 3>&- &
	reader=$!
	until_true is 'length == 1' rring ring readers -a default
	echo 'one
two
three' >&3
	until_true is '.[0].head == 3' rring ring -a default
	until_true is '.[0].lag == 0' rring ring readers -a default
}

stop_pair() {
	exec 3>&-
	wait $writer $reader
}

clients_are_listed() {
	is "[.[] | select(.pid == $writer)] | length == 1 and (.[0] |
	    .role == \"producer\" and .comm == \"lines\" and .state == \"live\"
	    and .rings == 1 and .uid == 0 and .refills >= 1)" \
		rring client -a default
	is "[.[] | select(.pid == $reader)] | length == 1 and (.[0] |
	    .role == \"consumer\" and .readers == 1 and .held == 0)" \
		rring client -a default
	rring client -a default | awk -v pid=$writer '$3 == pid' | grep -q lines
}

rings_are_listed() {
	is ".[0] | .name == \"lines\" and .kind == \"handles\" and .head == 3
	    and .state == \"open\" and .capacity == 256 and .retain == 64 and
	    .readers == 1 and .fill == 3" rring ring -a default
	is '.[0] | .state == "live" and .position == 3 and .lag == 0' \
		rring ring readers -a default
	rring ring -a default | grep -qw lines
	rring ring readers -a default | grep -qw live
}

stat_has_all() {
	is ".arenas[] | select(.name == \"default\") |
	    (.rings[0].readers[0].position == 3) and .nr_clients == 2 and
	    ([.clients[].pid] | sort == ([$writer, $reader] | sort)) and
	    (.pools | length > 3)" rring stat
	rring stat -a default >text
	grep -qw $writer text
	grep -qw lines text
}

metrics_are_told() {
	rring stat --openmetrics >metrics
	[ "$(tail -n 1 metrics)" = '# EOF' ]
	grep -q '^rring_ring_events_total{.*ring="lines".*} 3$' metrics
	grep -q "^rring_client_held_slots{.*pid=\"$reader\".*} 0\$" metrics
	grep -q '^rring_pool_slots{arena="bus",.*class="xl"} 8$' metrics
}

top_shows_it() {
	rring top --batch --delay=10 -a default >frame
	cat frame
	grep -q '^arena default' frame
	grep -q " $writer *lines *producer" frame
	! grep -q bus frame
}

# ---- changes ----

# A client that sits on what it may have of the arena `tight', 48 slots of 64:
# it wants to keep 60.
start_hoarder() {
	rring arena create tight --capacity=s=64 --quota=75
	hoarder tight 60 2>hoarder_said &
	hoarder=$!
	until_true is '.[0].pool[0] | .charged == 48 and .quota == 48' \
		rring client -a tight
	id=$(rring client -a tight --json | jq '.[0].id')
}

hoarder_was_told() {
	status 1 wait "$hoarder"
	grep -q 'event 49: .*has ended' hoarder_said
}

hoarder_is_found() {
	start_hoarder
	is '.[0].waited_for' rring pool -a tight
	rring client -a tight | grep -q " $hoarder .* 100% s "
	status 1 rring doctor >said
	grep -q "^warning *clients .*process $hoarder, hoarder.*all 48 slots" said
}

quotas_are_set() {
	hoarder_is_found
	rring client set -a tight --quota=100 "$id"
	wait $hoarder
	rring arena set -a tight --quota=50
	is '.[0].quota == 50' rring arena -a tight
	rring arena set -a tight --mode=0750
	is '.[0].mode == "0750" and .[0].quota == 50' rring arena -a tight
	is '.[0].quota == 32' rring pool -a tight
	refused 'gone' rring client set -a tight --quota=100 "$id"
	rring arena remove tight
}

evicted_client_gives_all_back() {
	start_hoarder
	rring evict -a tight "$id" >said
	grep -q "^evicted client $id (process $hoarder, hoarder)" said
	hoarder_was_told
	seq 48 >all
	rring pub -a tight --retain=48 --json next <all >next_said
	jq -e '.published == 48' next_said
	is '.[0].evictions == 1' rring arena -a tight
	refused 'no such client' rring evict -a tight "$id"
	refused 'no such client' rring evict -a tight --pid=$hoarder
	rring arena remove tight
}

process_is_evicted() {
	start_hoarder
	is ".id == $id and .comm == \"hoarder\"" \
		rring evict -a tight --pid=$hoarder
	hoarder_was_told
	rring arena remove tight
}

# Two clients in the arena `held': $hoarder has all 64 slots and wants one more,
# and $waiter wants one. A producer may hold 32.
start_hoarder_and_waiter() {
	rring arena create held --capacity=s=64 --hold-limit=producer=50 "$@"
	hoarder held 65 2>hoarder_said &
	hoarder=$!
	until_true is '.[0].pool[0].held == 64' rring client -a held
	id=$(rring client -a held --json | jq '.[0].id')
	hoarder held 1 &
	waiter=$!
}

over_limit_is_found() {
	start_watch
	start_hoarder_and_waiter
	is '.[0] | .hold_limit_producer == 50 and .hold_limit_observer == 0 and
	    .on_hold_limit == "notice"' rring arena -a held
	rring arena -a held | grep -q ' producer=50 '
	has_happened ".event == \"client-over-limit\" and .client.id == $id and
		      .client.pid == $hoarder and .client.class == \"s\" and
		      .client.claimed == 64 and .client.hold_limit == 32"
	is "[.[] | select(.pool[0].over_limit) | .pid] == [$hoarder]" \
		rring client -a held
	rring client -a held | grep -q " $hoarder .* s "
	status 1 rring doctor >said
	grep -q "^bad *clients .*process $hoarder, hoarder.* 64 slots.* is 32" said
	rring arena set -a held --hold-limit=producer=0,consumer=10
	is '.[0] | .hold_limit_producer == 0 and .hold_limit_consumer == 10' \
		rring arena -a held
	is '[.[].pool[0] | .hold_limit, .over_limit] |
	    all(. == null or . == false)' rring client -a held
	kill -9 $hoarder
	wait $waiter
	kill $watch
	rring arena remove held
}

over_limit_is_evicted() {
	start_hoarder_and_waiter --on-hold-limit=evict
	wait $waiter
	status 1 wait "$hoarder"
	grep -q 'has ended' hoarder_said
	is '.[0] | .evictions == 1 and .on_hold_limit == "evict"' \
		rring arena -a held
	rring arena remove held
}

# One that sleeps, and one that touches the arena later.
evicted_rring_says_so() {
	rring arena create small --capacity=s=64
	rring pub -a small one <input 2>pub_said &
	pub=$!
	exec 3>input
	until_true is 'length == 1' rring ring -a small
	rring tail -a small one 2>tail_said 3>&- &
	tail=$!
	until_true is 'length == 1' rring ring readers -a small
	rring evict -a small --pid=$tail
	status 1 wait $tail
	rring evict -a small --pid=$pub
	echo line >&3 || true
	exec 3>&-
	status 1 wait $pub
	cat pub_said tail_said
	[ "$(wc -l <pub_said)" -eq 1 ]
	[ "$(wc -l <tail_said)" -eq 1 ]
	grep -q -e evicted -e 'has ended' pub_said
	grep -q -e evicted -e 'has ended' tail_said
	rring arena remove small
}

# Nobody publishes, is banned, and is let in again.
user_is_banned() {
	rring arena create open --capacity=s=64 --mode=0777
	as_nobody rring pub -a open one <input 2>pub_said &
	pub=$!
	exec 3>input
	until_true is 'length == 1' rring ring -a open
	rring ban -a open nobody >said
	echo line >&3 || true
	exec 3>&-
	status 1 wait $pub
	cat said pub_said
	grep -q '^banned user 65534, evicted 1 clients, and forgot 0 named' said
	is '.[0].banned == [65534]' rring arena -a open
	refused 'you are banned' as_nobody rring tail -a open one
	is '. == []' rring ban -a open nobody
	rring ban -a open --lift 65534
	is '.[0].banned == []' rring arena -a open
	refused 'is not banned' rring ban -a open --lift nobody
	refused "the arena's owner" rring ban -a open root
	seq 3 >all
	as_nobody rring pub -a open two <all
	rring arena remove open
}

doctor_says() {
	rring doctor >said || true
	grep "$1" said
}

# Of the demonstration, whose supervisor is stopped, the auditor dies, and is
# not replaced. Its name keeps its place, until the ring is full, or a pool dry.
lost_reader_is_forgotten() {
	demo --events 1000000 --kills 0 >demo_out 2>&1 &
	demo=$!
	until_true is 'length == 4' rring ring readers
	id=$(rring ring --json | jq '.[] | select(.name == "packages").arena')
	kill -STOP $demo
	is '.[] | select(.name == "audit")' rring ring readers --id="$id"
	auditor=$(rring client --id="$id" --json |
		  jq ".[] | select(.id == $(jq .client verdict)).pid")
	kill -9 "$auditor"
	until_true is 'any(.[]; .name == "audit" and .state == "frozen" and
		       .client == 0 and .lag > 0)' \
		rring ring readers --id="$id"
	until_true doctor_says '^warning *readers .* audit is away, and keeps'
	head=$(rring ring --id="$id" --json | jq '.[0].head')
	rring ring forget --id="$id" packages audit
	until_true is ".[0].head > $head + 600" rring ring --id="$id"
	is 'length == 3' rring ring readers --id="$id"
	# its actors die with it, or are dead already
	kill -9 $demo
	for pid in $(rring client --id="$id" --json | jq '.[].pid'); do
		kill -9 "$pid" || true
	done
	until_true is "all(.[]; .id != $id)" rring arena
}

limits_are_set() {
	rring pub -a bus --stall-ms=600000 --retain=1 slow <input &
	pub=$!
	exec 3>input
	until_true is '.[0].stall_ns == 600000000000' rring ring -a bus
	rring ring set -a bus --stall-ms=50 slow
	is '.[0].stall_ns == 50000000' rring ring -a bus
	rring ring set -a bus --stall-ms=60 1
	is '.[0].stall_ns == 60000000' rring ring -a bus
	refused "no ring 'fast'" rring ring set -a bus --stall-ms=60 fast
	refused "no ring '0'" rring ring set -a bus --stall-ms=60 0
	refused "no reader 'a'" rring ring forget -a bus slow a
	exec 3>&-
	wait $pub
	rring pub -a bus --retain=1 slow <input &
	pub=$!
	exec 3>input
	until_true is 'length == 1' rring ring -a bus
	refused 'without a limit' rring ring set -a bus --stall-ms=50 slow
	exec 3>&-
	wait $pub
}

# ---- what happens ----

# Until it shows something it may not have joined yet.
start_watch() {
	: >seen
	rring watch --json >>seen 2>watch_said &
	watch=$!
	until [ -s seen ]; do
		rring arena create probe --capacity=s=1
		rring arena remove probe
		usleep 10000
	done
}

# happened FILTER: one that was seen is so.
happened() {
	jq -es "any(.[]; $1)" seen
}

has_happened() {
	until_true happened "$1"
}

notifications_are_shown() {
	start_watch
	evicted_client_gives_all_back
	has_happened '.event == "arena-created" and .arena.name == "tight" and
		      .arena.slots == 64 and .arena.uid == 0'
	has_happened ".event == \"client-evicted\" and .client.id == $id and
		      .client.comm == \"hoarder\" and .client.state == \"dead\"
		      and .client.pool[0].charged == 48 and
		      (.client | has(\"pid\") | not)"
	has_happened '.event == "arena-gone" and .arena.name == "tight"'
	start_hoarder
	kill -9 $hoarder
	has_happened ".event == \"client-died\" and .client.id == $id and
		      .client.role == \"producer\" and .client.rings == 0 and
		      .client.pool[0].charged == 48"
	rring arena remove tight
	kill $watch
	[ ! -s watch_said ]
}

notifications_are_chosen() {
	start_watch		# so that the second one has joined, too
	: >died
	rring watch -e client-died -n 1 >>died &
	died=$!
	rring watch -a bus >bus_said 2>&1 &
	bus=$!
	until [ "$(wc -l <died)" -eq 1 ]; do
		rring pub -a default other </dev/null
		usleep 10000
	done
	wait $died
	grep -q ' client-died arena=1 .* comm=rring role=producer' died
	kill $watch $bus
	! grep . bus_said
}

# The first thing that somebody hears is about an arena of his own.
others_hear_of_their_own() {
	: >seen
	as_nobody rring watch --json -n 1 >>seen &
	watch=$!
	until [ -s seen ]; do
		rring arena create hidden --capacity=s=1
		rring arena remove hidden
		as_nobody rring arena create mine --capacity=s=1
		as_nobody rring arena remove mine
		usleep 10000
	done
	wait $watch
	cat seen
	jq -e '.arena.name == "mine"' seen
}

# ---- the doctor ----

health_is_found() {
	is 'all(.status == "ok") and ([.[].check] | contains(["kernel",
	    "signature", "module", "device", "abi", "memory", "user", "backend",
	    "netlink", "arena"]))' rring doctor
	rring doctor | grep -q '^ok *user .*256 arenas, take 50 percent .* 64 sockets'
	rring doctor | grep -q '^ok *module'
}

illness_is_found() {
	status 1 as_nobody rring doctor >said
	grep -q '^warning *abi' said
	RRING_BACKEND=process status 1 rring doctor >said
	grep -q '^warning *backend .*RRING_BACKEND' said
	chmod 600 /dev/rusted_ring
	as_nobody rring doctor >said || true
	as_nobody rring arena create mine 2>err || true
	chmod 666 /dev/rusted_ring
	cat said err
	grep -q '^bad *device' said
	grep -q dev_mode err
}

# ---- who may ----

others_do_not_see_it() {
	is 'length == 0' as_nobody rring arena
	refused 'not for you to see' as_nobody rring client -a bus
	id=$(rring arena -a bus --json | jq '.[0].id')
	refused 'gone' as_nobody rring arena set --id="$id" --quota=1
	refused 'mode does not let you' as_nobody rring tail -a bus a
	refused 'owner or CAP_SYS_ADMIN' as_nobody rring arena remove bus
}

arena_is_removed() {
	rring arena remove bus
	is '[.[].name] | contains(["bus"]) | not' rring arena
	refused "no arena 'bus'" rring arena remove bus
}

echo 1..42
check "arena create makes what is asked for, arena shows it" arena_is_created
check "an owned arena has whole groups, and enough of them" owned_arena_is_created
check "a profile has what --capacity does not say" profile_is_used
check "what cannot be made, removed or found is refused" bad_arenas_are_refused
check "pool lists pools, by name and by id" pools_are_listed
check "names form hierarchies, and every list shows them" \
	names_form_hierarchies
check "lines that are published are what tail prints" lines_pass
check "1000 of 1000 lines, 20 times" all_lines_are_shown
check "more lines than ring and pools have" long_streams_are_shown
check "slots of clients that have gone are free" \
	slots_of_clients_that_have_gone_are_free
check "an overwritten event is lost, and is counted" \
	every_event_is_shown_or_lost
check "no event reaches the terminal" text_is_harmless
check "tail chooses by type, length and number" filters_choose
check "tail shows bytes" bytes_are_shown
check "tail --json is JSON, whatever the bytes" events_are_json
check "ring shows the type of a ring" types_are_listed
check "tail --btf decodes events by the type of their ring" events_are_decoded
check "without a description of that type it says so" \
	events_that_cannot_be_decoded_are_refused
check "a stream that is left goes on with the next writer" streams_go_on
check "lines of any length pass" long_lines_pass
check "rings that cannot be read or written are refused" bad_streams_are_refused
start_pair
check "client shows who is attached" clients_are_listed
check "ring shows rings and readers" rings_are_listed
check "stat shows all of it" stat_has_all
check "and as OpenMetrics" metrics_are_told
check "top --batch shows it" top_shows_it
stop_pair
check "a client at its quota is found, and its quota raised" quotas_are_set
check "evicted, it gives all back" evicted_client_gives_all_back
check "a client is evicted by its process" process_is_evicted
check "tail and pub say that they were evicted" evicted_rring_says_so
check "a banned user is evicted, and kept out" user_is_banned
check "a named reader that is away is found and forgotten" \
	lost_reader_is_forgotten
check "the limit of a ring is set" limits_are_set
check "watch shows what happens" notifications_are_shown
check "a client above its hold limit is found" over_limit_is_found
check "and evicted, if the arena says so" over_limit_is_evicted
check "and what is asked for alone" notifications_are_chosen
check "others hear of their own arenas" others_hear_of_their_own
check "the doctor finds nothing wrong here" health_is_found
check "and what is, where something is" illness_is_found
check "others neither see nor change it" others_do_not_see_it
check "arena remove removes it" arena_is_removed
