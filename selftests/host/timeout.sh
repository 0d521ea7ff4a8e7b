#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# A test that takes too long is ended, with all processes that it has started.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# A test that waits for ever, and has a child in a session of its own.
make_test() {
	mkdir -p "$dir/selftests/api"
	cat >"$dir/selftests/api/endless" <<-END
		#!/bin/bash
		setsid sleep 1000 &
		echo \$! >$dir/child
		sleep 1000
	END
	chmod +x "$dir/selftests/api/endless"
}

# 124, as timeout(1) has it.
is_ended() {
	local status=0

	BUILD=$dir SECONDS_EACH=1 selftests/one process/api/endless || status=$?
	[ "$status" -eq 124 ] || { echo "status $status"; return 1; }
}

# A kill takes a moment. A zombie, which has no command line, may wait for its parent.
child_is_gone() {
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		grep -qs . "/proc/$(cat "$dir/child")/cmdline" || return 0
		sleep 0.1
	done
	return 1
}

echo "TAP version 13"
echo "1..2"
make_test
check "a test that takes too long is ended" is_ended
check "its child, in a session of its own, too" child_is_gone
