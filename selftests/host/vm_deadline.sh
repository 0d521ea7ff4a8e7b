#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The deadline of tools/vm counts the time that a guest has, and not that in which it
# waits for a CPU of its host. host/vm_deadline/qemu stands for QEMU here: a guest that
# has to compute for a moment, and one that never ends. Fifteen loops have the same CPU.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'end_loops; rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
loops=()
# Nothing is known of this machine here, nor kept.
export XDG_CACHE_HOME=$dir PATH=$dir/bin:$PATH
export CPU WORK
CPU=$(taskset -pc $$ | sed 's/.*[ ,-]//')

begin_loops() {
	while [ ${#loops[@]} -lt 15 ]; do
		taskset -c "$CPU" sh -c 'while :; do :; done' &
		loops+=($!)
	done
}

end_loops() {
	kill ${loops[@]+"${loops[@]}"} 2>/dev/null || true
	loops=()
}

# boot NAME SECONDS: leaves NAME.status and NAME.stderr.
boot() {
	local status=0

	tools/vm --kernel "$dir/image" --name "deadline-$1" \
		--timeout "$2" -- "$1" >/dev/null 2>"$dir/$1.stderr" ||
		status=$?
	echo "$status" >"$dir/$1.status"
}

status_is() {
	cat "$dir/$1.status" "$dir/$1.stderr"
	[ "$(cat "$dir/$1.status")" = "$2" ]
}

mkdir "$dir/bin"
ln -s "$PWD/selftests/host/vm_deadline/qemu" "$dir/bin/qemu-system-x86_64"
echo image >"$dir/image"

echo 1..3
begin_loops
WORK=0.3 boot compute 3
end_loops
WORK=0 boot hang 3
check "a guest that waits for its host has its time nevertheless" \
	status_is compute 0
check "a guest that takes more time than it may is ended" status_is hang 124
check "and that is said" grep -q 'not done after 3 s' "$dir/hang.stderr"
