#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: build/selftests/device/tools/packets/packets
# programs: tshark tcpdump jq
# rring_nftap and rring-pcap: every packet of a namespace, and no other, is in
# the capture as it was sent, or counted.
packets=$((100000 / ${RRING_TEST_SCALE:-1}))
dir=$(mktemp -d)
cd "$dir" || exit 1
parameters=/sys/module/rring_nftap/parameters

count=0

# Any command in the function that fails makes it fail.
# shellcheck disable=SC3040 # busybox has pipefail
check() {
	what=$1
	shift
	(set -e -o pipefail; "$@") >out 2>&1
	status=$?
	count=$((count + 1))
	[ $status -eq 0 ] || sed 's/^/# /' out
	[ $status -eq 0 ] || printf 'not '
	echo "ok $count - $what"
	cut -d" " -f1 /proc/uptime
}

until_true() {
	until "$@" >/dev/null 2>&1; do
		usleep 10000
	done
}

# ---- a namespace of the test's own ----

is_elsewhere() {
	[ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# It lives as long as the process $holder. What it sends all arrives, however
# long the queue.
new_namespace() {
	unshare -n sleep 1000000 &
	holder=$!
	until_true is_elsewhere
	there ip link set lo up
	echo 1000000 >/proc/sys/net/core/netdev_max_backlog
}

end_namespace() {
	kill $holder
	wait $holder || true
}

there() {
	nsenter -t "$holder" -n "$@"
}

# ---- the module and the capture ----

load() {
	insmod /rring_nftap.ko hooks=prerouting "$@"
}

# is_read N: so many read the ring. (jq takes its time in a virtual machine.)
is_read() {
	rring ring --json | tr -d ' \n' |
		grep -q "\"name\":\"nftap\".*\"readers\":$1,"
}

# Until the process $pcap does, as the only one or the second.
until_it_reads() {
	until is_read "${1:-1}" >/dev/null 2>&1; do
		readlink "/proc/$pcap/exe"
		usleep 10000
	done
}

# capture NAME [OPTION]...: its result is in NAME.json, its process in $pcap.
capture() {
	name=$1
	shift
	rring-pcap -w "$name" --json "$@" >"$name.json" &
	pcap=$!
}

# number NAME KEY: of its result.
number() {
	sed "s/.*\"$2\":\([0-9]*\)[,}].*/\1/" "$1.json"
}

# became NAME CAPTURED DROPPED LOST
became() {
	cat "$1.json"
	[ "$(number "$1" captured)" -eq "$2" ]
	[ "$(number "$1" dropped)" -eq "$3" ]
	[ "$(number "$1" dropped_full)" -eq "$3" ]
	[ "$(number "$1" lost)" -eq "$4" ]
}

stat_is() {
	awk -v name="$1" '$1 == name { print $2 }' $parameters/stat |
		grep -x "$2"
}

# All N have passed: a slow kernel may have some in its queue still.
passed() {
	awk -v n="$1" '{ sum += $2 } END { exit sum != n }' $parameters/stat
}

# What tshark sees of a file: lengths, and all bytes.
seen() {
	tshark -n -r "$1" --disable-protocol ip --disable-protocol ipv6 \
		-T fields -e frame.len -e frame.cap_len -e data.data 2>/dev/null
}

# The same of "packets expect", with 20 bytes of a header that tshark takes off.
expected() {
	packets expect "$@" |
		awk -v OFS='\t' '{ print $1 + 20, $2 + 20, $3 }'
}

# What tcpdump does, who shows all bytes from the IP header on.
dumped() {
	tcpdump -Z root -n -t -x -r "$1" | awk '
		/^\t0x/ {
			gsub(/^\t0x[0-9a-f]*:|[^0-9a-f]/, "")
			hex = hex $0
			next
		}
		n++ { print hex; hex = "" }
		END { if (n) print hex }'
}

same() {
	cmp "$1" "$2" ||
		{ diff "$1" "$2" | cut -c1-200 | head -n 6; return 1; }
}

# has FILE ARGUMENTS_OF_EXPECT...: these packets, in that order, and no other.
has() {
	file=$1
	shift
	dumped "$file" >shown
	packets expect "$@" | cut -f3 >want
	same want shown
}

# ---- every packet ----

all_are_captured() {
	load capacity=131072 pid="$holder"
	capture many.pcapng
	until_it_reads
	first=$pcap
	capture many.pcap --format=pcap
	until_it_reads 2
	there packets send 4 600 0 "$packets"
	until_true passed "$packets"
	rmmod rring_nftap
	wait "$first"
	wait "$pcap"
	for file in many.pcapng many.pcap; do
		became $file "$packets" 0 0
	done
}

tshark_finds_them() {
	seen many.pcapng >shown
	expected 4 600 0 "$packets" 208 >want
	same want shown
}

tcpdump_finds_them() {
	tcpdump -Z root -r many.pcapng --time-stamp-precision=nano -w again
	cmp again many.pcap
	tcpdump -Z root -n -r many.pcap -c 1 |
		grep '127.0.0.1.4950 > 127.0.0.1.4950: UDP'
	rm many.* again
}

# Both families, whole, in pages of their own; by name and direction.
large_ones_are_whole() {
	load pid="$holder" snaplen=16336 capacity=512
	capture large
	until_it_reads
	there packets send 6 15000 1 20
	there packets send 4 15000 1 20
	until_true passed 40
	kill "$pcap"
	wait "$pcap"
	rmmod rring_nftap
	became large 40 0 0
	{ packets expect 6 15000 1 20 16336
	  packets expect 4 15000 1 20 16336; } | cut -f3 >want
	dumped large >shown
	same want shown
	tshark -n -r large -T fields -e frame.interface_name \
		-e frame.packet_flags_direction -e udp.dstport -e frame.protocols \
		2>/dev/null | sort | uniq -c | awk '{ $1 = $1; print }' >kinds
	cat kinds
	grep -qx '20 lo 0x00000001 4950 .*ipv6:udp.*' kinds
	grep -qx '20 lo 0x00000001 4950 .*:ip:udp.*' kinds
	rm large
}

# In and out, each where it was told to look; of one family.
hooks_are_chosen() {
	insmod /rring_nftap.ko pid="$holder" family=ipv6
	capture both --count=40
	until_it_reads
	there packets send 4 600 0 20
	there packets send 6 600 0 20
	wait "$pcap"
	became both 40 0 0
	tshark -n -r both -T fields -e ipv6.src -e frame.packet_flags_direction \
		2>/dev/null | sort | uniq -c | awk '{ $1 = $1; print }' >kinds
	cat kinds
	printf '20 ::1 0x0000000%d\n' 1 2 | cmp - kinds
	stat_is sent 40
	rmmod rring_nftap
}

foreign_ones_are_not_seen() {
	load pid="$holder"
	capture own
	until_it_reads
	packets send 4 600 0 1000
	unshare -n sh -c 'ip link set lo up; packets send 6 600 0 1000'
	there packets send 4 600 5 10
	rmmod rring_nftap
	wait "$pcap"
	became own 10 0 0
	has own 4 600 5 10 208
}

# ---- what is not captured ----

is_stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

stop() {
	kill -STOP "$1"
	until_true is_stopped "$1"
}

# A reader that is held up gets the oldest, and knows of the others.
drops_are_counted() {
	load capacity=1000 pid="$holder"
	there packets send 4 600 0 20	# nobody's
	capture slow
	until_it_reads
	stop "$pcap"
	there packets send 4 600 0 3000
	stat_is full 2000
	stat_is sent 1020
	kill -CONT "$pcap"
	rmmod rring_nftap
	wait "$pcap"
	became slow 1000 2000 0
	has slow 4 600 0 1000 208
}

# One that must not hold anybody up loses packets itself.
losses_are_counted() {
	load capacity=1000 pid="$holder"
	capture observed --observe
	until_it_reads
	stop "$pcap"
	there packets send 4 600 0 3000
	kill -CONT "$pcap"
	rmmod rring_nftap
	wait "$pcap"
	captured=$(number observed captured)
	[ "$captured" -le 1000 ]
	became observed "$captured" 0 $((3000 - captured))
	has observed 4 600 $((3000 - captured)) "$captured" 208
}

oldest_are_overwritten() {
	load capacity=1000 pid="$holder" overwrite=1
	status=0
	rring-pcap -w over 2>said || status=$?
	cat said
	[ $status -eq 1 ]
	grep -q "'nftap': .*overwrites" said
	capture over --observe
	until_it_reads
	stop "$pcap"
	there packets send 4 600 0 3000
	stat_is sent 3000
	stat_is full 0
	kill -CONT "$pcap"
	rmmod rring_nftap
	wait "$pcap"
	captured=$(number over captured)
	[ "$captured" -le 1000 ]
	became over "$captured" 0 $((3000 - captured))
}

# ---- ends ----

namespace_ends_the_stream() {
	new_namespace
	load pid="$holder"
	capture gone --format=pcap
	until_it_reads
	there packets send 6 600 0 50
	end_namespace
	wait "$pcap"
	became gone 50 0 0
	has gone 6 600 0 50 208
	stat_is sent 50
	rmmod rring_nftap
}

# Its own namespace, and the arena's name there.
loader_says_which() {
	new_namespace
	there rring arena create inside --capacity=s=1
	there insmod /rring_nftap.ko arena=inside hooks=output
	there rring-pcap -a inside -w inside --json >inside.json &
	pcap=$!
	until there rring ring -a inside --json | tr -d ' \n' |
	      grep -q '"readers":1,'; do
		readlink "/proc/$pcap/exe"
		usleep 10000
	done
	packets send 4 600 0 10
	there packets send 4 600 3 10
	rmmod rring_nftap
	wait "$pcap"
	end_namespace
	became inside 10 0 0
	has inside 4 600 3 10 208
}

# Nothing came, and still it is a file.
empty_ones_are_files() {
	load pid="$holder"
	capture empty
	until_it_reads
	capture empty.pcap -f pcap
	until_it_reads 2
	rmmod rring_nftap
	wait
	for file in empty empty.pcap; do
		tcpdump -Z root -r $file >shown
		[ ! -s shown ]
	done
}

full_disk_is_told() {
	mkdir small
	mount -t tmpfs -o size=64k tmpfs small
	load pid="$holder"
	rring-pcap -w small/file 2>said &
	pcap=$!
	until_it_reads
	there packets send 4 600 0 1000
	status=0
	wait "$pcap" || status=$?
	rmmod rring_nftap
	umount small
	cat said
	[ $status -eq 1 ]
	[ "$(wc -l <said)" -eq 1 ]
	grep -q 'small/file: No space left' said
}

output_goes_into_a_pipe() {
	load pid="$holder"
	rring-pcap -w - -n 30 2>said | cat >piped &
	pcap=$!
	until_it_reads
	there packets send 4 600 0 100
	wait "$pcap"
	rmmod rring_nftap
	cat said
	grep -qx '30 packets captured, 0 dropped by the ring' said
	has piped 4 600 0 30 208
}

# ---- what is refused ----

# refused ERROR WORDS PARAMETER...: one line says why. (busybox tries twice, by
# finit_module and by init_module.)
refused() {
	error=$1 words=$2
	shift 2
	dmesg >before
	if load "$@" 2>said; then
		return 1
	fi
	cat said
	grep -q "$error" said
	dmesg | tail -n +$(($(wc -l <before) + 1)) | sed 's/^\[[^]]*\] //' |
		grep rring_nftap: | sort -u >why
	cat why
	[ "$(wc -l <why)" -eq 1 ]
	grep -q "$words" why
	[ ! -d /sys/module/rring_nftap ]
}

bad_parameters_are_refused() {
	refused 'Invalid argument' "hooks= has 'x'" hooks=input,x
	refused 'Invalid argument' 'family= takes' family=ipx
	refused 'Invalid argument' 'snaplen= takes 1 to' snaplen=0
	refused 'Invalid argument' 'snaplen= takes 1 to' snaplen=16337
	refused 'Invalid argument' 'capacity= takes 1 to' capacity=0
	refused 'Invalid argument' 'pid= takes' pid=-1
	# busybox's words for ESRCH and ENOENT
	refused 'wrong symbol version' 'pid=4194304' pid=4194304
	refused 'unknown symbol in module' "arena 'none'" arena=none
	refused 'Invalid argument' "ring 'a//b'" ring=a//b
	refused 'not permitted' 'stat' stat=1
}

other_rings_are_refused() {
	mkfifo input
	rring pub --kind=inline --retain=9 nftap <input &
	pub=$!
	exec 3>input
	until_true is_read 0
	refused 'busy' "ring 'nftap'"
	rring-pcap -w other 2>said &
	pcap=$!
	until_it_reads
	echo line >&3
	status=0
	wait "$pcap" || status=$?
	exec 3>&-
	wait $pub
	cat said
	[ $status -eq 1 ]
	[ "$(wc -l <said)" -eq 1 ]
	grep -q "'nftap' has other events" said
}

echo 1..16
new_namespace
check "$packets packets: all are captured" all_are_captured
check "tshark finds them, in order, byte by byte" tshark_finds_them
check "tcpdump, too; and pcap and pcapng are the same" tcpdump_finds_them
check "large ones are whole, of both families" large_ones_are_whole
check "hooks and family are chosen" hooks_are_chosen
check "what other namespaces send is not seen" foreign_ones_are_not_seen
check "sent = captured + dropped" drops_are_counted
check "sent = captured + lost, of an observer" losses_are_counted
check "and of a ring that overwrites" oldest_are_overwritten
check "a namespace that ends ends the stream" namespace_ends_the_stream
check "the loading process's namespace is the default" loader_says_which
check "a capture without packets is a file" empty_ones_are_files
check "a full disk is told" full_disk_is_told
check "packets go into a pipe, as many as are asked for" output_goes_into_a_pipe
check "bad parameters are refused" bad_parameters_are_refused
check "a ring of others is not taken for it" other_rings_are_refused
end_namespace
