#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: tools build/selftests/host/replay/rring
#
# rring without the module: what it makes of each message that the netlink spec
# allows, of wrong arguments, of terminals; and that its manual and its
# completion are about what there is. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
unset RRING_BACKEND RRING_REPLAY NO_COLOR
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

rring=build/rring
replay=build/selftests/host/replay/rring
spec=Documentation/netlink/specs/rusted_ring.yaml

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# status WANTED COMMAND...: it ends with that.
status() {
	local wanted=$1 status=0

	shift
	"$@" || status=$?
	[ "$status" -eq "$wanted" ] ||
		{ echo "status $status, not $wanted: $*"; return 1; }
}

# Nothing comes in.
nothing() {
	! grep .
}

lacks() {
	! grep "$1"
}

one_line() {
	[ "$(wc -l <"$1")" -eq 1 ] || { cat "$1"; return 1; }
}

# ---- messages ----

messages() {
	/usr/bin/python3 selftests/host/netlink/messages.py "$spec" "$@"
}

# answer OPERATION: what is to come of it, in the form $form.
answer() {
	messages expected ${form:+"$form"} | jq -S ".\"$1\""
}

# answered OPERATION COMMAND...: the command's JSON is that.
answered() {
	local operation=$1

	shift
	diff <(answer "$operation") <("$replay" "$@" --json | jq -S .)
}

all_are_answered() {
	messages messages ${form:+"$form"} >"$dir/messages"
	answered arena-get arena
	answered pool-get pool list
	answered client-get client
	answered ring-get ring list
	answered reader-get ring readers
}

sparse_are_answered() {
	local form=sparse

	all_are_answered
}

# One of each kind, as lines, in the order of the spec.
notifications_are_printed() {
	local name

	"$replay" watch --json -n 12 >"$dir/lines"
	jq -r .event "$dir/lines" >"$dir/events"
	while read -r name; do
		diff <(answer "$name") \
		     <(jq -S "select(.event == \"$name\") |
			      del(.event, .time)" "$dir/lines") || return
	done <"$dir/events"
	jq -r 'keys[]' <<<"$(messages expected)" | grep -v -- -get |
		diff - <(sort "$dir/events")
}

notifications_are_chosen() {
	"$replay" watch -e pool-dry -e client-died -n 2 |
		awk '{ print $2 }' | diff - <(printf 'client-died\npool-dry\n')
	"$replay" watch -a bus -e arena-gone -n 1 |
		awk '{ print $2 }' | diff - <(echo arena-gone)
	# until there is nothing left
	status 1 "$replay" watch -i 7 2>"$dir/err" | wc -l | grep -x 12
	status 1 "$replay" watch -i 8 2>"$dir/err" | nothing
}

# The first three dumps change while they are made, and are asked for again.
changing_dumps_are_whole() {
	RRING_INTERRUPTED=3 answered client-get client
}

dump_that_never_stands_still_is_an_error() {
	RRING_INTERRUPTED=1000 status 1 "$replay" client 2>"$dir/err"
	one_line "$dir/err"
	grep -q 'try again' "$dir/err"
}

cut_messages_are_an_error() {
	# an attribute of four bytes that has two
	messages messages | /usr/bin/python3 -c '
import sys
data = bytearray(sys.stdin.buffer.read())
data[20:22] = (6).to_bytes(2, sys.byteorder)
sys.stdout.buffer.write(data)' >"$dir/cut"
	RRING_REPLAY=$dir/cut status 1 "$replay" arena 2>"$dir/err"
	one_line "$dir/err"
}

text_has_everything() {
	local word

	"$replay" "$@" >"$dir/text"
	for word in bus 7 ring-name reader-name; do
		grep -qw -- "$word" "$dir/text" ||
			{ echo "no $word"; return 1; }
	done
}

# A cell of `rring client': "xs 3, m 1".
clients_have_what_they_hold_by_class() {
	"$replay" client --json |
		jq -r '[.[0].pool[] | select(.held > 0) |
			"\(.class) \(.held)"] | join(", ")' >"$dir/wanted"
	grep -q . "$dir/wanted"
	"$replay" client | grep -Ff "$dir/wanted"
}

nothing_reaches_the_terminal() {
	"$replay" client | grep -F 'a "b\\\n\x1b[31m'
	"$replay" stat | lacks $'\033'
	"$replay" watch -n 7 | lacks $'\033'
	"$replay" top -b -d 10 | lacks $'\033'
}

stat_is_all_of_it() {
	"$replay" stat --json >"$dir/stat"
	jq -e '.arenas[0] | .id == 7 and .nr_clients == 111 and
	       .pools[0].class == "l" and .clients[0].serial == 104 and
	       .clients[0].pool[1].class and .rings[0].nr_readers == 118 and
	       .rings[0].readers[0].state == "frozen"' "$dir/stat"
}

# ---- requests ----

# asked LINE COMMAND...: the last thing that it asks of the kernel.
asked() {
	local line=$1

	shift
	rm -f "$dir/requests"
	RRING_REQUESTS=$dir/requests "$replay" "$@"
	messages requests <"$dir/requests" | tail -n 1 | diff - <(echo "$line")
}

changes_are_asked_for() {
	asked "arena-set id=7 quota=30" arena set -a bus --quota=30
	asked "arena-set id=7 mode=448" arena set -a bus --mode=0700
	asked "arena-set id=7 quota=5 mode=0" arena set -a bus -m 0 -q 5
	asked "arena-set id=7 gid=5 mode=0" arena set -a bus -m 0 --group=5
	asked "arena-set id=7 hold-limit-observer=10 hold-limit-producer=0" \
		arena set -a bus --hold-limit=producer=0,observer=10
	asked "client-set arena=7 id=5 quota=0" client set -i 7 5 -q 0
	asked "client-evict arena=7 id=103 serial=104" evict -a bus --pid=105
	asked "reader-get arena=7" ban -a bus 106
	messages requests <"$dir/requests" >"$dir/asked"
	grep -qx "arena-ban id=7 banned=106" "$dir/asked"
	grep -qx "client-evict arena=7 id=103 serial=104" "$dir/asked"
	asked "arena-unban id=7 banned=106" ban -a bus --lift 106
	asked "ring-set arena=7 id=3 name=ring-name stall-ns=250000000" \
		ring set -a bus 3 --stall-ms=250
	asked "reader-forget arena=7 ring=3 id=104 serial=105" \
		ring forget -a bus ring-name reader-name
}

refused_changes_are_errors() {
	RRING_REFUSED=1 status 1 "$replay" arena set -a bus -q 5 2>"$dir/err"
	one_line "$dir/err"
	grep -q CAP_SYS_ADMIN "$dir/err"
}

another_version_is_an_error() {
	RRING_VERSION=2 status 1 "$replay" arena 2>"$dir/err"
	one_line "$dir/err"
	grep -q 'version 2 of its netlink family, and this program 1' "$dir/err"
}

# ---- OpenMetrics, Prometheus ----

# As both read it; the numbers and labels of one of each kind.
metrics_are_valid() {
	"$replay" stat --openmetrics >"$dir/metrics"
	[ "$(tail -n 1 "$dir/metrics")" = '# EOF' ]
	answer pool-get >"$dir/pool"
	/usr/bin/python3 - "$dir/metrics" "$dir/pool" <<-'END'
	import json
	import sys
	from prometheus_client import parser
	from prometheus_client.openmetrics import parser as openmetrics

	text = open(sys.argv[1], encoding="utf-8").read()
	families = {f.name: f for f in
	            openmetrics.text_string_to_metric_families(text)}
	plain = [s for f in parser.text_string_to_metric_families(text)
	         for s in f.samples]
	assert len(families) == text.count("# TYPE"), "a family in pieces"
	samples = [s for f in families.values() for s in f.samples]
	assert len(samples) == len(families) == len(plain), samples
	pool, = families["rring_pool_lent"].samples
	assert pool.labels == {"arena": "bus", "arena_id": "7", "class": "l"}
	assert pool.value == json.load(open(sys.argv[2]))[0]["lent"], pool
	client, = families["rring_client_held_slots"].samples
	assert client.labels["comm"] == 'a "b\\\n\x1b[31m\u00fc', client
	reader, = families["rring_reader_lag_entries"].samples
	assert reader.labels["ring"] == "ring-name", reader
	assert reader.labels["reader"] == "reader-name", reader
	END
}

# ---- top ----

top_ends_with_q() {
	printf q | TERM=xterm script -qec "stty rows 40 cols 120
		$replay top" /dev/null >"$dir/screen"
	grep -q ring-name "$dir/screen"
}

colours_are_for_terminals() {
	TERM=xterm script -qec "$replay pool" /dev/null </dev/null |
		grep $'\033'
	NO_COLOR=1 TERM=xterm script -qec "$replay pool" /dev/null </dev/null |
		lacks $'\033'
	TERM=dumb script -qec "$replay pool" /dev/null </dev/null |
		lacks $'\033'
}

top_has_rates_as_json() {
	"$replay" top --json -d 10 |
		jq -e '.arenas[0].rings[0].head_rate == 0'
}

# ---- arguments ----

# Each is refused with status 2, nothing on standard output, and one line.
wrong_arguments() {
	cat <<-'END'

	nothing
	arena nothing
	arena create
	arena create a b
	arena create a -c q=1
	arena create a -c xs
	arena create a -c xs=-1
	arena create a -c xs=16777217
	arena create a --mode=0888
	arena create a --mode=1777
	arena create a --quota=101
	arena create a --quota=0
	arena create a --quota=+3
	arena create a --hold-limit=10
	arena create a --hold-limit=observer
	arena create a --hold-limit=observer=101
	arena create a --on-hold-limit=kill
	arena create a --profile=huge
	arena create a --clients=256
	arena create a --user=nobody-is-called-that
	arena remove
	arena remove a b
	arena remove a/.
	arena run
	arena run a
	arena run a -- 
	arena run --quota=0 a -- true
	arena set
	arena set b --quota=3
	arena set --quota=0
	arena set --mode=1000
	arena set --hold-limit=all=10
	arena list a
	arena create a//b
	arena create ../a
	arena create é
	arena create 1234567890123456789012345678901234567890123456789012345678901234
	arena -a a/
	arena -a a -i 3
	arena -i 0
	arena -i x
	pool nothing
	client set 5
	client set --quota=4
	client set 0 --quota=4
	client set 5 6 --quota=4
	ring set a
	ring set --stall-ms=3
	ring set a --stall-ms=1h
	ring set a --stall-ms=0
	ring forget a
	ring forget a b c
	stat a
	stat --json --openmetrics
	stat --openmetrics --prometheus
	top a
	top --delay=0
	watch a
	watch --event=something
	watch --count=0
	tail
	tail a b
	tail a/
	tail .
	tail a -i 3
	tail a --from=middle
	tail a --type=-1
	pub
	pub a b
	pub /a
	pub a -i 3
	pub a --kind=both
	pub a --policy=maybe
	pub a --capacity=0
	pub a --kind=inline --stride=65
	pub a --stride=64
	pub a --capacity=8 --retain=8
	pub a --policy=overwrite --retain=4
	evict
	evict 3 4
	evict 3 --pid=4
	evict 256
	doctor a
	END
}

wrong_arguments_are_refused() {
	local words

	while read -r words; do
		# shellcheck disable=SC2086 # words
		status 2 "$rring" $words >"$dir/said" 2>"$dir/err" </dev/null
		[ ! -s "$dir/said" ] || cat "$dir/said" >>"$dir/err"
		one_line "$dir/err"
		grep -e '--help)$' "$dir/err"
	done < <(wrong_arguments)
}

unknown_options_are_refused() {
	local command

	for command in $(commands); do
		status 2 "$rring" "$command" --no-such-option >"$dir/said" \
			2>"$dir/err"
		grep -q 'unrecognized option' "$dir/err"
	done
}

# Those that want the kernel, where there is nothing.
# ---- declared arenas ----

declare_arena() {
	printf '%s\n' "$@" >"$dir/arenas.d/b.conf"
}

# mistaken WORDS LINE...: the second file has a mistake in its last line, and
# says so in one line.
mistaken() {
	local words=$1 n

	shift
	n=$#
	declare_arena "$@"
	status 1 "$rring" arena apply --check "$dir/arenas.d" >"$dir/said" \
		2>"$dir/err"
	[ ! -s "$dir/said" ]
	one_line "$dir/err"
	grep "^$dir/arenas.d/b.conf:$n: .*$words" "$dir/err"
}

files_that_declare_are_read() {
	mkdir -p "$dir/arenas.d"
	printf '[first]\nmode = 0770' >"$dir/arenas.d/a.conf"
	echo nonsense | tee "$dir/arenas.d/.b.conf" >"$dir/arenas.d/b.conf~"
	declare_arena '# a comment' '; another' '' ' [ some/bus ] ' \
		'capacity=s=16,xl=2' '  quota = 25' 'owned = yes' 'user = root' \
		'hold-limit = producer=5,observer=0' '[last]' 'owned = no'
	"$rring" arena apply --check "$dir/arenas.d" | nothing
	"$rring" arena apply --check "$dir"/arenas.d/[ab].conf | nothing
	sed 's/= rring/= root/' packaging/system/default.conf >"$dir/default"
	"$rring" arena apply --check "$dir/default" | nothing
}

# A name may have 63 characters.
mistakes_in_files_are_told() {
	local long

	long=$(printf 'a%.0s' {1..63})
	mkdir -p "$dir/arenas.d"
	printf '[first]\nmode = 0770' >"$dir/arenas.d/a.conf"
	declare_arena "[$long]"
	"$rring" arena apply --check "$dir/arenas.d"
	mistaken 'a name has' "[${long}a]"
	mistaken 'a name has' '[]'
	mistaken 'no part of a name' '[a//b]'
	mistaken 'has to come first' 'mode = 0770'
	mistaken 'KEY = VALUE' '[a]' 'mode'
	mistaken 'KEY = VALUE' '[a'
	mistaken "no key 'modes'" '[a]' 'modes = 0770'
	mistaken "no key 'help'" '[a]' 'help = yes'
	mistaken 'a second time' '[a]' 'quota = 3' 'quota = 3'
	mistaken "declared in $dir/arenas.d/a.conf:1, too" '[a]' '[first]'
	mistaken 'octal' '[a]' 'mode = 1777'
	mistaken 'from 1 to 100' '[a]' 'quota ='
	mistaken 'CLASS=SLOTS' '[a]' 'capacity = huge=3'
	mistaken 'no, yes' '[a]' 'owned = maybe'
	mistaken 'notice, evict' '[a]' 'on-hold-limit = kill'
	status 1 "$rring" arena apply --check "$dir/none" 2>"$dir/err"
	one_line "$dir/err"
}

missing_module_is_told() {
	local words

	[ ! -e /sys/module/rusted_ring ] || return 0
	for words in arena pool client ring stat "top -b" watch "evict 3" \
		     "tail a" "pub a" "arena create a" "arena remove a"; do
		# shellcheck disable=SC2086 # words
		status 1 "$rring" $words >"$dir/said" 2>"$dir/err" </dev/null
		[ ! -s "$dir/said" ]
		one_line "$dir/err"
	done
	status 1 "$rring" doctor >"$dir/said"
	grep -q '^bad *module' "$dir/said"
	status 1 "$rring" doctor --json >"$dir/json"
	jq -e 'any(.check == "module" and .status == "bad" and
	       (.advice | length > 0))' "$dir/json"
}

full_disk_is_told() {
	status 1 "$replay" stat >/dev/full 2>"$dir/err"
	one_line "$dir/err"
}

# ---- the manual, the completion ----

commands() {
	"$rring" --help | sed -n 's/^  \([a-z]*\) \+[a-z].*/\1/p'
}

# "arena create" and so on, and those that have one form alone.
forms() {
	local command verbs

	for command in $(commands); do
		verbs=$({ "$rring" "$command" no-such-verb 2>&1 || true; } |
			sed -n "s/.*'no-such-verb', but: \(.*\) (.*/\1/p" |
			tr -d ,)
		for verb in $verbs; do
			echo "$command $verb"
		done
		[ -n "$verbs" ] || echo "$command"
	done
}

# options FORM...
options() {
	"$rring" "$@" --help | grep -oE '^ +(-.,)? *--[a-z-]+' |
		grep -oE -- '--[a-z-]+' | sed -E '/^--(help|usage|version)$/d' |
		sort -u
}

page_of() {
	local page=Documentation/man/rring-$1.1

	[ "$1" != top ] || page=Documentation/man/rring-stat.1
	[ -f "$page" ] || page=Documentation/man/rring.1
	echo "$page"
}

manual_has_all_options() {
	local command verb option page

	while read -r command verb; do
		page=$(page_of "$command")
		grep "rring $command" "$page"
		# shellcheck disable=SC2086 # perhaps none
		for option in $(options $command $verb); do
			grep -qF -- "${option//-/\\-}" "$page" ||
				{ echo "$page: no $option"; return 1; }
		done
	done <"$dir/forms"
}

manual_has_no_others() {
	local page option

	while read -r command verb; do
		# shellcheck disable=SC2086 # perhaps none
		options $command $verb
	done <"$dir/forms" | sort -u >"$dir/options"
	for page in Documentation/man/rring*.1; do
		! is_a_program "$page" || continue
		sed 's/\\-/-/g' "$page" | grep -oE -- '\B--[a-z-]+' |
		while read -r option; do
			grep -qx -e "$option" "$dir/options" ||
				[[ $option =~ ^--(help|usage|version)$ ]] ||
				{ echo "$page: $option"; exit 1; }
		done
	done
}

# Pages of rring's commands have the same form of a name.
is_a_program() {
	[ "$1" != Documentation/man/rring.1 ] &&
		[ -x "build/$(basename "$1" .1)" ]
}

# The options in a page, and in the completion, are those of --help.
programs_have_their_options() {
	local page program

	for page in Documentation/man/rring-*.1; do
		is_a_program "$page" || continue
		program=$(basename "$page" .1)
		rring=build/$program options >"$dir/options"
		sed 's/\\f[BIPR]//g; s/\\-/-/g' "$page" |
			grep -oE -- '\B--[a-z-]+' |
			sed -E '/^--(help|usage|version)$/d' | sort -u |
			diff "$dir/options" -
		complete_words "$program" -- | sed 's/=$//' |
			grep -vx -e --help | sort | diff "$dir/options" -
	done
}

# Each key of each object has its line in rring-json(5), and nothing else has.
json_page_has_all_keys() {
	{
		messages expected | jq -r '.. | objects | keys[]' |
			grep -v -e '-'
		"$replay" top --json -d 10 | jq -r '.. | objects | keys[]'
		"$replay" watch --json -n 1 | jq -r 'keys[]'
		status 1 "$rring" doctor --json | jq -r '.[] | keys[]'
		# of tail and pub, see guest/rring.sh
		printf '%s\n' type length hex published dropped
	} | sort -u >"$dir/keys"
	awk '/^\.SS/ { inside = 1 } /^\.SH NOTES/ { inside = 0 }
	     inside && tag { print } { tag = /^\.TP/ }' \
		Documentation/man/rring-json.5 | grep -oE 'B[a-z_]+' |
		sed 's/^B//' | sort -u >"$dir/documented"
	diff "$dir/keys" "$dir/documented"
}

complete_words() {
	bash -c '
		for file in tools/*/*.bash; do . "$file"; done
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		"$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/")"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

completion_has_all() {
	local command verb

	diff <(commands | sort) <(complete_words rring '' | sort)
	while read -r command verb; do
		# shellcheck disable=SC2086 # perhaps none
		diff <(options $command $verb) \
		     <(complete_words rring $command $verb -- | sed 's/=$//' |
			grep -vx -e --help | sort) ||
			{ echo "rring $command $verb"; return 1; }
		[ -z "$verb" ] ||
			complete_words rring "$command" '' | grep -x "$verb"
	done <"$dir/forms"
}

completion_has_words() {
	complete_words rring watch --event = po | grep -x pool-dry
	complete_words rring pub --kind = '' | grep -x inline
	complete_words rring tail --from = o | grep -x oldest
	complete_words rring arena create --profile = a | grep -x auto
}

echo "TAP version 13"
echo "1..31"
messages messages >"$dir/messages"
forms >"$dir/forms"
grep -qx 'ring forget' "$dir/forms"
grep -qx 'tail' "$dir/forms"
export RRING_REPLAY=$dir/messages
check_each "every attribute of the spec is in the JSON, as it says" all_are_answered
check_each "what is absent is null, false or empty" sparse_are_answered
messages messages >"$dir/messages"
check_each "every notification is printed" notifications_are_printed
check_each "those that are not asked for are not" notifications_are_chosen
check_each "dumps that change are asked for again" changing_dumps_are_whole
check_each "and not for ever" dump_that_never_stands_still_is_an_error
check_each "a malformed message is an error" cut_messages_are_an_error
check_each "stat shows all as text" text_has_everything stat
check_each "top, too" text_has_everything top --batch -d 10 -a bus
check_each "what a client holds is listed by class" \
	clients_have_what_they_hold_by_class
check_each "no process's name reaches the terminal" nothing_reaches_the_terminal
check_each "stat has everything in its place" stat_is_all_of_it
check_each "changes are asked for as the spec has them" changes_are_asked_for
check_each "a change that is refused is an error" refused_changes_are_errors
check_each "so is a family of another version" another_version_is_an_error
check_each "stat --openmetrics is OpenMetrics, and Prometheus'" metrics_are_valid
check_each "top draws on a terminal, and q ends it" top_ends_with_q
check_each "colours are for terminals alone" colours_are_for_terminals
check_each "top has rates" top_has_rates_as_json
check_each "wrong arguments: status 2, one line" wrong_arguments_are_refused
check_each "unknown options: status 2" unknown_options_are_refused
check_each "files that declare arenas are read" files_that_declare_are_read
check_each "a mistake in one: its file and line" mistakes_in_files_are_told
check_each "output that cannot be written is an error" full_disk_is_told
check_each "the manual has all options" manual_has_all_options
check_each "and no others" manual_has_no_others
check_each "rring-json(5) has all keys" json_page_has_all_keys
check_each "the completion has all commands and options" completion_has_all
check_each "the other programs' pages and completion have theirs" \
	programs_have_their_options
check_each "and the words that options take" completion_has_words
unset RRING_REPLAY
check_each "without the module, one line says what to do" missing_module_is_told
