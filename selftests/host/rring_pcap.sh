#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: tools
#
# rring-pcap without the module: what it makes of its arguments; and that its
# manual and its completion are about what there is. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

pcap=build/rring-pcap
page=Documentation/man/rring-pcap.1

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Each with what it is told.
wrong_arguments() {
	cat <<-'END'
	--write is wanted:
	--write is wanted: ring
	what is this?: -w file a b
	one of these is wanted: pcapng, pcap: -w file --format=text
	a number from 1: -w file --count=0
	a number from 1: -w file --count=x
	a name has 1 to 63 characters: -w file --arena=1234567890123456789012345678901234567890123456789012345678901234
	a name has 1 to 63 characters: -w file 1234567890123456789012345678901234567890123456789012345678901234
	a name is printable ASCII: -w file é
	no part of a name: -w file a/../b
	not both: -w - --json
	END
}

# said STATUS WORDS ARGUMENT...: it ends so, one line has the words.
said() {
	local wanted=$1 words=$2 status=0

	shift 2
	"$pcap" "$@" >"$dir/stdout" 2>"$dir/err" </dev/null || status=$?
	cat "$dir/err"
	[ "$status" -eq "$wanted" ] && [ ! -s "$dir/stdout" ] &&
		[ "$(wc -l <"$dir/err")" -eq 1 ] &&
		grep -qF -- "$words" "$dir/err"
}

wrong_arguments_are_refused() {
	local line

	while read -r line; do
		# shellcheck disable=SC2086 # words
		said 2 "${line%:*}" ${line##*:} || return
	done < <(wrong_arguments)
}

terminal_is_spared() {
	! script -qec "$pcap -w -" /dev/null </dev/null >"$dir/said" &&
		grep 'nothing for a terminal' "$dir/said"
}

missing_module_is_told() {
	[ -e /dev/rusted_ring ] || said 1 'load the module' -w "$dir/file"
}

options() {
	"$pcap" --help | grep -oE '^ +(-.,)? *--[a-z-]+' |
		grep -oE -- '--[a-z-]+' | sed -E '/^--(help|usage|version)$/d' |
		sort -u
}

options_of_manual() {
	sed 's/\\-/-/g' "$page" | grep '^\\fB-.*, .*--' |
		grep -oE -- '--[a-z-]+' | sort -u
}

complete_words() {
	bash -c '
		. tools/pcap/rring-pcap.bash
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_rring_pcap
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

manual_has_all_options() {
	options | grep . >"$dir/options" && options_of_manual |
		diff "$dir/options" -
}

completion_has_all_options() {
	complete_words rring-pcap -- | grep -vx -e --help | sort |
		diff <(options) - &&
		complete_words rring-pcap --format = p | grep -x pcapng
}

echo "TAP version 13"
echo "1..5"
check "wrong arguments: status 2, one line" wrong_arguments_are_refused
check "no packets for a terminal" terminal_is_spared
check "without the module, one line says what to do" missing_module_is_told
check "the manual has all options and no others" manual_has_all_options
check "the completion, too, and their words" completion_has_all_options
