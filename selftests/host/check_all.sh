#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# selftests/all runs parts, remembers which have passed, and adds up the results.
# It runs in a tree with false parts. Prints TAP.
# shellcheck disable=SC2317 # functions are called by their names
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
unset PARTS FROM ROTATE SECONDS_LEFT LANES AGAIN LIST DEADLINE
tree=$dir/tree

# A part prints the file of its name, and leaves its name in "ran".
make_tree() {
	mkdir -p "$tree/selftests"
	cp selftests/all "$tree/selftests/"
	echo 'exit 0' >"$tree/selftests/build"
	cat >"$tree/selftests/run" <<-'EOF'
		echo "$WAYS" >>build/ran
		cat "result.$WAYS"
		! grep -q "^failed" "result.$WAYS"
	EOF
	sed -i '1i #!/bin/bash' "$tree/selftests/build" "$tree/selftests/run"
	chmod +x "$tree"/selftests/*
	echo "3 passed, 0 failed, 1 skipped" >"$tree/result.asan"
	echo "4 passed, 0 failed, 0 skipped" >"$tree/result.tsan"
	printf '%s\n' "failed: stock/broken" "" \
		"5 passed, 1 failed, 0 skipped" >"$tree/result.stock"
	echo "no sum" >"$tree/result.kcsan"
	echo build >"$tree/.gitignore"
	git -C "$tree" init -q
}

# ran [PART]...: these parts ran since the last call.
ran() {
	diff <(printf '%s\n' "$@") "$tree/build/ran"
	rm "$tree/build/ran"
}

# Each function below is one test: check_each() runs it.
adds_up() {
	LANES=1 "$tree/selftests/all" asan tsan >"$dir/table"
	grep -qx 'asan  *3  *0  *1  *[0-9]*' "$dir/table"
	grep -qx 'tsan  *4  *0  *0  *[0-9]*' "$dir/table"
	[ "$(tail -n 1 "$dir/table")" = "7 passed, 0 failed, 1 skipped" ]
	ran asan tsan
}

remembers_what_passed() {
	"$tree/selftests/all" asan tsan >"$dir/table"
	[ "$(tail -n 1 "$dir/table")" = "7 passed, 0 failed, 1 skipped" ]
	[ ! -e "$tree/build/ran" ]
	AGAIN=1 LANES=1 "$tree/selftests/all" asan
	ran asan
}

forgets_when_a_file_changes() {
	echo "6 passed, 0 failed, 0 skipped" >"$tree/result.tsan"
	LANES=1 "$tree/selftests/all" asan tsan
	ran asan tsan
}

# A text and a script of the host: only the part host reads them.
remembers_what_does_not_read_the_file() {
	echo "1 passed, 0 failed, 0 skipped" >"$tree/result.host"
	LANES=1 "$tree/selftests/all" asan host
	ran asan host
	mkdir -p "$tree/selftests/host"
	touch "$tree/selftests/host/test.sh" "$tree/README.md"
	LANES=1 "$tree/selftests/all" asan host
	ran host
}

fails_with_a_part() {
	! LANES=1 "$tree/selftests/all" stock asan >"$dir/table" || return 1
	grep -qx "failed: stock/broken" "$dir/table"
	[ "$(tail -n 1 "$dir/table")" = "8 passed, 1 failed, 1 skipped" ]
	ran stock
	! LANES=1 "$tree/selftests/all" stock asan || return 1
	ran stock
}

counts_a_part_without_a_sum_as_failed() {
	! "$tree/selftests/all" kcsan >"$dir/table" || return 1
	grep -qx "no sum" "$dir/table"
	[ "$(tail -n 1 "$dir/table")" = "0 passed, 1 failed, 0 skipped" ]
	ran kcsan
}

names_what_had_no_time() {
	AGAIN=1 SECONDS_LEFT=1 "$tree/selftests/all" stock asan >"$dir/table"
	grep -qx 'stock  *had no time' "$dir/table"
	[ "$(tail -n 1 "$dir/table")" = "0 passed, 0 failed, 0 skipped" ]
	[ ! -e "$tree/build/ran" ]
}

begins_where_it_is_told() {
	AGAIN=1 LANES=1 ROTATE=5 "$tree/selftests/all" asan tsan
	ran tsan asan
	AGAIN=1 LANES=1 FROM=tsan "$tree/selftests/all" asan tsan
	ran tsan
}

refuses_an_unknown_part() {
	local status=0

	"$tree/selftests/all" nothing 2>"$dir/message" || status=$?
	[ "$status" -eq 2 ]
	grep -q "no part 'nothing'" "$dir/message"
	[ ! -e "$tree/build/ran" ]
}

make_tree
echo TAP version 13
echo 1..9
check_each "parts that pass are added up in a table" adds_up
check_each "what has passed does not run again" remembers_what_passed
check_each "after a change it does" forgets_when_a_file_changes
check_each "it does not if the part does not read the file" \
	remembers_what_does_not_read_the_file
check_each "a failed part fails the whole, and runs again" fails_with_a_part
check_each "a part that ends without a sum has failed" \
	counts_a_part_without_a_sum_as_failed
check_each "what had no time is named, and fails nothing" \
	names_what_had_no_time
check_each "ROTATE and FROM choose the order" begins_where_it_is_told
check_each "an unknown part is an error" refuses_an_unknown_part
