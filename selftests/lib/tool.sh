# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=sh
#
# For scripts of device/tools/, in a guest, where it is /tool.sh: what commands
# do and print, as lines of TAP. The script is in a directory of its own.

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
}

# status WANTED COMMAND...: it ends with that.
status() {
	wanted=$1
	got=0
	shift
	"$@" || got=$?
	[ $got -eq "$wanted" ] ||
		{ echo "status $got, not $wanted: $*"; return 1; }
}

# The command fails, and one line that has the words $1 says why.
refused() {
	words=$1
	shift
	status 1 "$@" 2>err
	cat err
	[ "$(wc -l <err)" -eq 1 ]
	grep -q "$words" err
}

until_true() {
	until "$@" >/dev/null 2>&1; do
		usleep 10000
	done
}

# is FILTER COMMAND...: what the command prints as JSON is so.
is() {
	filter=$1
	shift
	"$@" --json >json
	jq -e "$filter" json >verdict || { cat json; return 1; }
}

# Without a right to anything. Its words have no blanks.
as_nobody() {
	su -s /bin/sh nobody -c "$*"
}
