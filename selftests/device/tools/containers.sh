#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# programs: jq
# Arenas of containers, as Documentation/containers.rst has them: processes with
# namespaces and a root directory of their own, and the device in it.
dir=$(mktemp -d)
cd "$dir" || exit 1

# shellcheck source=selftests/lib/tool.sh
. /tool.sh

# ./container COMMAND...: with nothing but the programs and the device, unless
# DEVICE=none.
mkdir root
cat >container <<-'END'
	#!/bin/sh
	exec unshare -m -p -f sh -c '
		mount --bind / root
		mount -t tmpfs tmpfs root/dev
		: >root/dev/null
		mount --bind /dev/null root/dev/null
		[ "$DEVICE" = none ] || {
			: >root/dev/rusted_ring
			mount --bind /dev/rusted_ring root/dev/rusted_ring
		}
		exec chroot root "$@"' sh "$@"
END
chmod +x container

# start_pod: $pod is a process that has a network namespace of its own.
start_pod() {
	unshare -n sleep 1000 &
	pod=$!
	until [ "$(readlink /proc/$pod/ns/net)" != \
		"$(readlink /proc/self/ns/net)" ]; do
		usleep 10000
	done
}

# in_pod COMMAND...: a container in the network namespace of $pod.
in_pod() {
	nsenter -t "$pod" -n ./container "$@"
}

# lines_pass READER WRITER ARENA: lines that one command publishes are what the
# other one shows.
lines_pass() {
	seq 9 >lines
	"$1" rring tail --wait -a "$3" stream >shown &
	tail=$!
	"$2" rring pub --readers=1 -a "$3" stream <lines
	wait $tail
	cmp lines shown
}

containers_of_a_pod_share_an_arena() {
	in_pod rring arena create bus --capacity=s=64
	lines_pass in_pod in_pod bus
}

others_do_not_know_it() {
	refused 'no such arena' ./container rring tail -a bus stream
	in_pod rring arena --json | jq -e '[.[].name] == ["bus"]'
}

host_network_has_the_arenas_of_the_host() {
	lines_pass ./container ./container default
}

# What --preserve-fds does: the descriptor comes in, the name does not.
lines_pass_by_descriptor() {
	cat >pipeline <<-'END'
		unshare -n ./container rring tail --wait stream >shown & tail=$!
		./container rring pub --readers=1 stream <lines
		wait $tail
	END
	seq 9 >lines
	rring arena run work --capacity=s=64 -- sh pipeline
	cmp lines shown
}

device_is_needed() {
	refused 'no /dev/rusted_ring' env DEVICE=none \
		./container rring pub stream </dev/null
}

# Its root is nobody's root: of the host's arenas it has what its user has.
root_of_a_user_namespace_has_its_own() {
	unshare -U -r -n sh -c '
		rring arena create mine --capacity=s=64 --mode=0
		rring arena -a mine --json
		seq 3 | rring pub -a mine stream' >json
	jq -e '.[0].uid == 0 and (.[0].may | contains(["administer", "produce"]))' \
		json
	chmod 755 .
	refused 'mode does not let you' \
		as_nobody unshare -U -r rring tail -a default stream
	refused "no arena 'mine'" rring arena remove mine
}

echo 1..6
start_pod
check "containers of a pod share an arena" containers_of_a_pod_share_an_arena
check "of which others know nothing" others_do_not_know_it
check "with the host's network they share the host's arenas" \
	host_network_has_the_arenas_of_the_host
kill $pod
check "a descriptor is an arena in any namespace" lines_pass_by_descriptor
check "without the device they are told what is missing" device_is_needed
check "a container without rights has rights to its own arenas" \
	root_of_a_user_namespace_has_its_own
