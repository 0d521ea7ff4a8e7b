#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# programs: jq udevadm
# Declared arenas, those that are run, and who may use them after an
# installation: with the rule of udev and the declaration that are installed.
dir=$(mktemp -d)
cd "$dir" || exit 1
mkfifo input

# shellcheck source=selftests/lib/tool.sh
. /tool.sh

# declare LINE...: what the files say.
declare_arenas() {
	printf '%s\n' "$@" >arenas/a.conf
}

apply() {
	rring arena apply arenas >said
	cat said
}

# applied LINE...: apply prints that, and then has nothing more to do.
applied() {
	apply
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; fi | cmp - said
	apply
	[ ! -s said ]
}

remove_arenas() {
	for name; do
		rring arena remove "$name"
	done
}

# ---- apply ----

# The pool of XS gets whole groups: 1536 slots with pages of 4 KiB and of 16 KiB.
declared_arenas_are_created() {
	declare_arenas '[bus/a]' 'capacity = s=1024,xl=8' 'quota = 50' \
		'mode = 0750' 'group = nogroup' 'user = nobody' 'clients = 8' \
		'rings = 4' 'hold-limit = producer=20' 'on-hold-limit = evict' \
		'[own]' 'owned = yes' 'producers = 2' 'capacity = xl=6,xs=1500'
	applied 'bus/a: created' 'own: created'
	is '.[0] | .quota == 50 and .mode == "0750" and .gid == 65534 and
	    .uid == 65534 and .max_clients == 8 and .max_rings == 4 and
	    .slots == 1032 and .persistent and .hold_limit_producer == 20 and
	    .on_hold_limit == "evict"' rring arena -a bus/a
	is '.[0] | .owned and .slots == 1542' rring arena -a own
}

what_can_change_is_changed() {
	declare_arenas '[bus/a]' 'quota = 25' 'mode = 0770' 'group = root' \
		'hold-limit = observer=5' '[own]'
	applied 'bus/a: set up'
	is '.[0] | .quota == 25 and .mode == "0770" and .gid == 0 and
	    .hold_limit_producer == 0 and .hold_limit_observer == 5 and
	    .max_clients == 8' rring arena -a bus/a
	is '.[0] | .quota == 100 and .mode == "0700"' rring arena -a own
	declare_arenas '[bus/a]'
	applied
	is '.[0].quota == 25' rring arena -a bus/a
}

# differs KEY VALUE: this is reported, and all else is applied.
differs() {
	declare_arenas '[bus/a]' "$1 = $2" 'quota = 30' '[next]' \
		'capacity = s=1'
	refused "a.conf:1: .*'bus/a' exists with another $1," \
		rring arena apply arenas
	is '.[0].quota == 30' rring arena -a bus/a
	rring arena remove next
	rring arena set -a bus/a --quota=25
}

what_cannot_change_is_told() {
	differs capacity s=1024
	differs capacity s=1024,xl=9
	differs profile mobile
	differs clients 9
	differs rings 5
	differs owned yes
	differs user root
	differs on-hold-limit notice
}

owned_arenas_are_compared() {
	declare_arenas '[own]' 'owned = yes' 'capacity = xl=6,xs=1400'
	applied
	declare_arenas '[own]' 'capacity = xl=7,xs=1400'
	refused 'another capacity' rring arena apply arenas
	declare_arenas '[own]' 'owned = no'
	refused 'another owned' rring arena apply arenas
}

# The first of the files is right.
mistakes_change_nothing() {
	declare_arenas '[new]' 'capacity = s=1'
	echo '[newer' >arenas/b.conf
	refused 'b.conf:1: ' rring arena apply arenas
	rm arenas/b.conf
	is 'all(.[]; .name != "new")' rring arena
}

# Those that can be created are.
impossible_arenas_are_told() {
	declare_arenas '[huge]' 'capacity = xl=16777216' '[new]' \
		'capacity = s=1'
	refused "a.conf:1: .*'huge': .*max_bytes" rring arena apply arenas
	is 'any(.[]; .name == "new") and all(.[]; .name != "huge")' rring arena
	rring arena remove new
}

files_are_applied_without_a_directory() {
	rring arena apply
	mkdir -p /etc/rusted_ring/arenas.d
	printf '[etc]\ncapacity = s=1\n' >/etc/rusted_ring/arenas.d/etc.conf
	rring arena apply | grep -qx 'etc: created'
	rm /etc/rusted_ring/arenas.d/etc.conf
	rring arena apply
	remove_arenas etc
}

others_apply_what_is_theirs() {
	declare_arenas '[theirs]' 'capacity = s=1' 'group = nogroup'
	chmod 755 . arenas
	as_nobody rring arena apply arenas
	is '.[0].uid == 65534' rring arena -a theirs
	as_nobody rring arena apply arenas >said
	[ ! -s said ]
	declare_arenas '[theirs]' 'group = root'
	refused 'member of the group' as_nobody rring arena apply arenas
	declare_arenas '[default]' 'mode = 0777'
	refused 'one of that name' as_nobody rring arena apply arenas
	remove_arenas theirs
}

# ---- run ----

command_attaches_by_descriptor() {
	cat >pipeline <<-'END'
		rring tail --wait a >shown & tail=$!
		rring pub --readers=1 a <lines
		wait $tail
	END
	seq 9 >lines
	rring arena run work --capacity=s=64 -- sh pipeline
	cmp lines shown
	is 'all(.[]; .name != "work")' rring arena
}

# The name is not known in another network namespace; the descriptor is.
descriptor_is_for_all_namespaces() {
	cat >pipeline <<-'END'
		unshare -n rring tail --wait a >shown & tail=$!
		unshare -n rring tail -a work a 2>err
		rring pub --readers=1 a <lines
		wait $tail
	END
	seq 9 >lines
	rring arena run work --capacity=s=64 -- sh pipeline
	cmp lines shown
	cat err
	grep -q 'no such arena' err
}

command_has_its_status() {
	status 7 rring arena run work --capacity=s=64 -- sh -c 'exit 7'
	refused 'cannot run /none' rring arena run work -c s=64 -- /none
	refused 'one of that name' rring arena run default -c s=64 -- true
	rring arena run -c s=64 work test -n -x
	refused 'descriptor 1, ' env RRING_ARENA_FD=1 rring tail a
	refused 'descriptor x, ' env RRING_ARENA_FD=x rring tail a
}

# ---- after an installation ----

start_udev() {
	mkdir -p /etc/udev/rules.d /run/udev
	cp /system/60-rusted-ring.rules /etc/udev/rules.d
	echo 'rring:x:990:member' >>/etc/group
	echo 'member:x:1001:1001:member:/:/bin/sh' >>/etc/passwd
	ln -s "$(command -v udevadm)" systemd-udevd
	./systemd-udevd --resolve-names=early 2>udev_said &
	udev=$!
}

# Other tests of the guest find what was there before.
stop_udev() {
	kill $udev
	wait $udev
	rm -r /etc/udev
	sed -i '/^rring:/d' /etc/group
	sed -i '/^member:/d' /etc/passwd
}

reload() {
	until_true rmmod rusted_ring
	insmod /rusted_ring.ko "$@"
}

device_is_for_the_group() {
	[ "$(stat -c '%a %g' /dev/rusted_ring)" = '660 990' ]
}

as_member() {
	su -s /bin/sh member -c "$*"
}

# By what is installed alone: no parameter of the module opens anything.
members_use_the_default_arena() {
	reload profile=auto
	until_true device_is_for_the_group
	refused 'mode does not let you' as_member rring pub a </dev/null
	rring arena apply /system/default.conf | grep -qx 'default: set up'
	is '.[0] | .gid == 990 and .mode == "0770" and .uid == 0' \
		rring arena -a default
	seq 9 >lines
	as_member rring tail --wait a >shown &
	tail=$!
	as_member rring pub --readers=1 a <lines
	wait $tail
	cmp lines shown
}

others_do_not_open_the_device() {
	refused 'not open to you' as_nobody rring pub a </dev/null
	status 1 as_nobody test -r /dev/rusted_ring
}

mkdir arenas
echo 1..14
check "declared arenas are created as they say" declared_arenas_are_created
check "what differs and can change is changed, and no other" \
	what_can_change_is_changed
check "what cannot change is told" what_cannot_change_is_told
check "the capacities of owned arenas are at least those" \
	owned_arenas_are_compared
check "a mistake in one file: no arena changes" mistakes_change_nothing
check "an arena that cannot be is told" impossible_arenas_are_told
check "without a path it is /etc/rusted_ring/arenas.d" \
	files_are_applied_without_a_directory
check "a user applies what the user may" others_apply_what_is_theirs
check "arena run gives a command an arena" command_attaches_by_descriptor
check "also in another network namespace" descriptor_is_for_all_namespaces
check "and ends with the command's status" command_has_its_status
start_udev
check "a member of rring uses the arena default" members_use_the_default_arena
check "others do not even open the device" others_do_not_open_the_device
stop_udev
check "the module goes, and comes again as it was" reload dev_mode=0666
