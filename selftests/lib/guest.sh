#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
#
# What a guest runs: guest SECONDS TEST...: load the module, run each TEST, of
# /selftests, unload the module. Each stands between two marks, which
# selftests/one looks for. The last one is called "kernel".
#
#   RRING_PARAMETERS=   of the module
#   RRING_COUNTERS=     a folder for what programs with counters have counted
seconds=$1
shift

load() {
	# shellcheck disable=SC2086 # a list
	insmod /rusted_ring.ko dev_mode=0666 ${RRING_PARAMETERS:-}
}

report() {
	if [ "$1" -eq 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; fi
}

in_use() {
	read -r count </sys/module/rusted_ring/refcnt && [ "$count" != 0 ]
}

# A process that died may still be on its way out.
module_is_idle() {
	tries=30
	while in_use; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
}

# What the next test needs is there, whatever this one left. Else it has failed.
clean_up() {
	if [ ! -d /sys/module/rusted_ring ]; then
		echo "# the test left the module unloaded"
		load
		return 1
	fi
	module_is_idle && return
	echo "# the module is still in use after the test:"
	ps -o pid,ppid,stat,args | sed '/\[/d; s/^/# /'
	kill -9 -1
	return 1
}

# Tests of api/ run on the device, with fewer repetitions, as here is only what
# the device adds.
run() {
	program=/selftests/$1
	[ -f "$program" ] || program=$program.sh
	(
		case $1 in
		api/*)
			export RRING_BACKEND=device
			export RRING_TEST_SCALE=$((10 * RRING_TEST_SCALE)) ;;
		esac
		exec timeout -s KILL "$seconds" "$program" 3>&-
	)
}

# The kernel keeps what modules with counters have counted, even of those that
# are unloaded.
save_counters() {
	kept=/sys/kernel/debug/gcov
	find $kept -name '*.gcda' | while read -r file; do
		mkdir -p "$(dirname "${file#"$kept"}")"
		cat "$file" >"${file#"$kept"}"
	done
	tar -czf - -C "$RRING_COUNTERS" . >&3
}

if [ -n "${RRING_COUNTERS:-}" ]; then
	umask 0
	mkdir -p "$RRING_COUNTERS"
fi
load
loaded=$?
for name; do
	echo "#: begin $name"
	run "$name"
	status=$?
	clean_up || status=99
	echo "#: end $name $status"
done
echo "#: begin kernel"
echo "1..3"
report $loaded 1 "the module loads"
rmmod rusted_ring
report $? 2 "the module unloads"
[ -z "${RRING_COUNTERS:-}" ] || save_counters
