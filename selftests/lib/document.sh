# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=sh
#
# For scripts that run the commands which a page shows, on the host and in a guest.
# selftests/host/documents/commands has found the blocks. In a block,
#
#   "$ " or "# "  begins a command, and "> " continues it
#   other lines   are what the command prints. "..." is any text. If there are no
#                 such lines, it may print anything
#
# and each command has to end with status 0. All blocks of a page run in one shell,
# but for those in another terminal, which have one of their own.
doc_count=0

# doc_report STATUS WHAT: a line of TAP; what went wrong is in $doc_dir/why.
doc_report() {
	doc_count=$((doc_count + 1))
	if [ "$1" -ne 0 ]; then
		sed 's/^/# /' "$doc_dir/why"
		printf 'not '
	fi
	echo "ok $doc_count - $2"
}

# Does the output $1 fit the lines of file $2?
doc_fits() {
	doc_pattern=$(sed 's/[][*?\\]/\\&/g; s/\.\.\./*/g' "$2")
	# shellcheck disable=SC2254 # a pattern
	case $(cat "$1") in
	$doc_pattern) return 0 ;;
	esac
	return 1
}

# Run $doc_command, of which the lines that it prints are in the file $1.wanted.
# Programs that it leaves in the background may go on to write to its output.
doc_run() {
	[ -n "$doc_command" ] || return 0
	doc_number=$((doc_number + 1))
	doc_got=$1.got.$doc_number
	doc_status=0
	eval "$doc_command" >"$doc_got" 2>&1 </dev/null || doc_status=$?
	[ $doc_status -eq 0 ] && {
		[ ! -s "$1.wanted" ] || doc_fits "$doc_got" "$1.wanted"
	} && return 0
	{
		echo "$doc_command: status $doc_status; it has printed"
		cat "$doc_got"
		[ ! -s "$1.wanted" ] || {
			echo "and not"
			cat "$1.wanted"
		}
	} >>"$1.why"
	return 1
}

# Run the block in the file $1. Returns 1 if one of its commands failed.
doc_block() {
	doc_failed=0
	doc_number=0
	doc_command=
	: >"$1.wanted"
	: >"$1.why"
	# shellcheck disable=SC2094 # doc_run writes files beside it
	while IFS= read -r doc_line <&8; do
		case $doc_line in
		'$ '* | '# '*)
			doc_run "$1" || doc_failed=1
			doc_command=${doc_line#??}
			: >"$1.wanted" ;;
		'> '*)
			doc_command="$doc_command
${doc_line#??}" ;;
		*)
			echo "$doc_line" >>"$1.wanted" ;;
		esac
	done 8<"$1"
	doc_run "$1" || doc_failed=1
	return $doc_failed
}

# Files $doc_dir/N of the blocks, and the list of them, "N LINE WHERE".
doc_split() {
	awk -v dir="$doc_dir" '
		/^@ / {
			file = dir "/" ++n
			printf "" >file
			print n, substr($0, 3)
			next
		}
		{ print >file }' "$1" >"$doc_dir/list"
}

# Start the block in the file $1 in another terminal: a session of its own.
doc_start() {
	# shellcheck disable=SC2016 # for the other shell
	setsid sh -c '. "$0"; doc_block "$1"; echo $? >"$1.status"' \
		"$doc_library" "$1" &
	echo $! >"$1.pid"
}

# What the end of a page waits for, or ends.
doc_end() {
	while read -r doc_n doc_at doc_where <&9; do
		doc_file=$doc_dir/$doc_n
		[ -f "$doc_file.pid" ] || continue
		doc_pid=$(cat "$doc_file.pid")
		case $doc_where in
		*"until the end")
			kill -TERM -"$doc_pid" 2>/dev/null
			wait "$doc_pid"
			doc_status=$?
			# it had ended by itself
			[ ! -s "$doc_file.status" ] ||
				doc_status=$(cat "$doc_file.status") ;;
		*)
			wait "$doc_pid"
			doc_status=$(cat "$doc_file.status") ;;
		esac
		case $doc_where$doc_status in
		*" until the end143") doc_status=0 ;;
		esac
		cp "$doc_file.why" "$doc_dir/why" 2>/dev/null || : >"$doc_dir/why"
		doc_report "$doc_status" "$2:$doc_at, beside"
	done 9<"$doc_dir/list"
}

# Run the block in the file $1 as block $2 of the page; $3: where.
doc_show() {
	doc_result=0
	doc_tries=1
	case $3 in
	*"until it fits") doc_tries=600 ;;
	esac
	until doc_block "$1"; do
		doc_tries=$((doc_tries - 1))
		[ $doc_tries -gt 0 ] || { doc_result=1; break; }
		usleep 100000 2>/dev/null || sleep 0.1
	done
	[ $doc_result -eq 1 ] || : >"$1.why"
	cp "$1.why" "$doc_dir/why"
	doc_report $doc_result "$2"
}

# document WHERE FILE LIBRARY: run the blocks of a page that are for WHERE, in the
# current directory. LIBRARY is the path of this file.
document() {
	doc_dir=$(mktemp -d)
	doc_library=$3
	doc_page=${2##*/}
	doc_split "$2"
	while read -r doc_n doc_at doc_where <&9; do
		case $doc_where in
		"$1" | "$1 until it fits")
			doc_show "$doc_dir/$doc_n" "$doc_page:$doc_at" \
				"$doc_where" ;;
		"$1 "*)
			doc_start "$doc_dir/$doc_n" ;;
		esac
	done 9<"$doc_dir/list"
	doc_end "$1" "$doc_page"
	rm -rf "$doc_dir"
}
