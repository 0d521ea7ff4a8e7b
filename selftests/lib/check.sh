# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# One line of TAP for what a command says, and its output if it fails; in $dir,
# a directory of the test's own.
count=0

check() {
	local what=$1 status=0

	shift
	# shellcheck disable=SC2154 # $dir is the test's
	"$@" >"$dir/out" 2>&1 || status=$?
	count=$((count + 1))
	[ "$status" -eq 0 ] || sed 's/^/# /' "$dir/out"
	[ "$status" -eq 0 ] || printf 'not '
	echo "ok $count - $what"
}
