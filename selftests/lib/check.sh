# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# For scripts: one line of TAP for what a command does. If it fails, its output
# and the place of the call stand before that. The script sets $dir, a directory
# of its own.
count=0

# report STATUS WHAT: for the caller of the caller.
report() {
	count=$((count + 1))
	if [ "$1" -ne 0 ]; then
		echo "# ${BASH_SOURCE[2]}:${BASH_LINENO[1]}: status $1"
		# shellcheck disable=SC2154 # $dir is the script's
		sed 's/^/# /' "$dir/out"
		printf 'not '
	fi
	echo "ok $count - $2"
}

# check WHAT COMMAND...: the command ends with status 0.
check() {
	local what=$1 status=0

	shift
	"$@" >"$dir/out" 2>&1 || status=$?
	report "$status" "$what"
}

# check_each WHAT FUNCTION...: so does every command in the function. It runs in
# a subshell, and stands in no condition, where bash ignores all but the last.
check_each() {
	local what=$1 status

	shift
	set +e
	(set -eo pipefail; "$@") >"$dir/out" 2>&1
	status=$?
	set -e
	report "$status" "$what"
}

# skip WHAT WHY: what cannot be checked here.
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# prints LINE COMMAND...: it ends with status 0 and one line that matches.
prints() {
	local line=$1

	shift
	"$@" >"$dir/line" && cat "$dir/line" &&
		[ "$(wc -l <"$dir/line")" -eq 1 ] && grep -q "$line" "$dir/line"
}
