#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# selftests/all runs parts, remembers which folders of them have passed, and adds up
# the results. It runs in a tree with false parts. Prints TAP.
# shellcheck disable=SC2317 # functions are called by their names
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
unset PARTS FROM ROTATE SECONDS_LEFT LANES AGAIN LIST STATE DEADLINE
tree=$dir/tree

# A folder of tests has one, which passes if it has the word "right". It leaves its
# name in "ran". All tests of kcsan end without a word.
make_tree() {
	local test

	mkdir -p "$tree"/selftests/{api,host,long,device/rings,device/wait}
	cp selftests/all selftests/names "$tree/selftests/"
	cp -r selftests/configs "$tree/selftests/"
	echo 'exit 0' >"$tree/selftests/build"
	cat >"$tree/selftests/run" <<-'EOF'
		echo "$@" >>build/ran
		[ "$WAYS" != kcsan ] || exit 1
		echo
		echo "folder  passed  failed skipped seconds"
		[ ! -f result.kernel ] || cat result.kernel
		for folder; do
			folder=${folder%/test}
			if [ "$WAYS" = long ]; then
				echo "long 1 0 0 2"
			elif grep -q right selftests/"${folder#*/}"/test.*; then
				echo "$folder 3 0 1 2"
			else
				echo "$folder 2 1 0 2"
				failed+=("failed: $folder/test")
			fi
		done
		echo
		[ -z "${failed+.}" ] || printf '%s\n' "${failed[@]}"
		[ ! -f build/status ] || exit 1
	EOF
	sed -i '1i #!/bin/bash' "$tree/selftests/build" "$tree/selftests/run"
	chmod +x "$tree"/selftests/{build,run}
	for test in api/test.c device/rings/test.c device/wait/test.c; do
		echo right >"$tree/selftests/$test"
	done
	echo right >"$tree/selftests/host/test.sh"
	touch "$tree/selftests/long/model.sh"
	echo build >"$tree/.gitignore"
	git -C "$tree" init -q
}

# ran [FOLDERS]...: these were the folders of the runs since the last call.
ran() {
	diff <(printf '%s\n' "$@") "$tree/build/ran"
	rm "$tree/build/ran"
}

# sum_is PASSED FAILED SKIPPED
sum_is() {
	[ "$(tail -n 1 "$dir/table")" = "$1 passed, $2 failed, $3 skipped" ]
}

# Each function below is one test: check_each() runs it.
adds_up() {
	LANES=1 "$tree/selftests/all" asan 6.12 >"$dir/table"
	grep -qx 'asan  *3  *0  *1  *2' "$dir/table"
	grep -qx '6.12  *9  *0  *3  *6' "$dir/table"
	sum_is 12 0 4
	ran asan/api "6.12/api 6.12/device/rings 6.12/device/wait"
}

remembers_what_passed() {
	"$tree/selftests/all" asan 6.12 >"$dir/table"
	sum_is 12 0 4
	[ ! -e "$tree/build/ran" ]
	AGAIN=1 LANES=1 "$tree/selftests/all" asan
	ran asan/api
}

forgets_when_a_file_changes() {
	echo all >"$tree/Makefile"
	LANES=1 "$tree/selftests/all" asan 6.12
	ran asan/api "6.12/api 6.12/device/rings 6.12/device/wait"
}

remembers_the_other_folders() {
	echo "right, too" >"$tree/selftests/device/rings/test.c"
	LANES=1 "$tree/selftests/all" asan 6.12 >"$dir/table"
	sum_is 12 0 4
	ran 6.12/device/rings
}

# A text, and a script of the host: only the part host reads them.
remembers_what_does_not_read_the_file() {
	LANES=1 "$tree/selftests/all" asan host
	ran host
	echo "right, too" >"$tree/selftests/host/test.sh"
	touch "$tree/HACKING.md"
	LANES=1 "$tree/selftests/all" asan host
	ran host
}

remembers_a_long_script() {
	LANES=1 "$tree/selftests/all" model >"$dir/table"
	sum_is 1 0 0
	LANES=1 "$tree/selftests/all" model
	ran long/model
	echo changed >"$tree/selftests/long/model.sh"
	LANES=1 "$tree/selftests/all" model
	ran long/model
}

fails_with_a_folder() {
	echo wrong >"$tree/selftests/device/wait/test.c"
	! LANES=1 "$tree/selftests/all" 6.12 asan >"$dir/table" || return 1
	grep -qx "failed: 6.12/device/wait/test" "$dir/table"
	sum_is 11 1 3
	rm "$tree/build/ran"
	! LANES=1 "$tree/selftests/all" 6.12 || return 1
	ran 6.12/device/wait
	echo right >"$tree/selftests/device/wait/test.c"
}

fails_with_the_kernel() {
	echo "stock 1 1 0 0" >"$tree/result.kernel"
	! LANES=1 "$tree/selftests/all" stock || return 1
	rm "$tree/build/ran" "$tree/result.kernel"
	LANES=1 "$tree/selftests/all" stock
	ran "stock/api stock/device/rings stock/device/wait"
}

fails_with_the_run() {
	touch "$tree/build/status"
	! AGAIN=1 LANES=1 "$tree/selftests/all" asan >"$dir/table" || return 1
	sum_is 3 1 1
	rm "$tree"/build/{ran,status}
	LANES=1 "$tree/selftests/all" asan
	ran asan/api
}

counts_a_part_without_a_table_as_failed() {
	! "$tree/selftests/all" kcsan >"$dir/table" || return 1
	sum_is 0 2 0
	rm "$tree/build/ran"
}

names_what_had_no_time() {
	AGAIN=1 SECONDS_LEFT=1 "$tree/selftests/all" stock asan >"$dir/table"
	grep -qx 'stock  *had no time' "$dir/table"
	sum_is 0 0 0
	[ ! -e "$tree/build/ran" ]
}

begins_where_it_is_told() {
	AGAIN=1 LANES=1 ROTATE=5 "$tree/selftests/all" asan tsan
	ran tsan/api asan/api
	AGAIN=1 LANES=1 FROM=tsan "$tree/selftests/all" asan tsan
	ran tsan/api
}

says_what_has_passed() {
	LANES=1 "$tree/selftests/all" asan tsan
	rm -f "$tree/build/ran"
	! STATE=1 "$tree/selftests/all" asan process tsan >"$dir/state" || return 1
	diff - "$dir/state" <<-'EOF'
		asan has passed
		process has not passed
		tsan has passed
	EOF
	STATE=1 "$tree/selftests/all" asan tsan
	[ ! -e "$tree/build/ran" ]
}

takes_a_folder_or_a_test_for_a_part() {
	local parts=(6.12/device/rings 6.12/device/wait/test)

	AGAIN=1 LANES=1 "$tree/selftests/all" "${parts[@]}" >"$dir/table"
	grep -qx '6.12/device/rings  *3  *0  *1  *2' "$dir/table"
	grep -qx '6.12/device/wait/test  *3  *0  *1  *2' "$dir/table"
	sum_is 6 0 2
	ran "${parts[@]}"
	echo "right, too, as ever" >"$tree/selftests/device/wait/test.c"
	LANES=1 "$tree/selftests/all" "${parts[@]}"
	ran 6.12/device/wait/test
}

# refuses PART MESSAGE
refuses() {
	local status=0

	"$tree/selftests/all" "$1" 2>"$dir/message" || status=$?
	[ "$status" -eq 2 ] || return
	grep -q "$2" "$dir/message" || return
	[ ! -e "$tree/build/ran" ]
}

refuses_an_unknown_part() {
	refuses nothing "no part 'nothing'"
	refuses nothing/api "no part 'nothing/api'"
	refuses 6.12/device/nothing "no test is named '6.12/device/nothing'"
}

# Those of this tree, not of the false one.
parts_of_ci_are_parts() {
	local parts

	mapfile -t parts < <(LIST=1 .ci/run | grep -v '^no time')
	[ "${#parts[@]}" -gt 5 ]
	LIST=1 selftests/all "${parts[@]}" | diff - <(printf '%s\n' "${parts[@]}")
}

make_tree
echo TAP version 13
echo 1..16
check_each "parts that pass are added up in a table" adds_up
check_each "what has passed does not run again" remembers_what_passed
check_each "after a change it does" forgets_when_a_file_changes
check_each "after a change of a test, its folder does" remembers_the_other_folders
check_each "it does not if the part does not read the file" \
	remembers_what_does_not_read_the_file
check_each "so it is with a long script" remembers_a_long_script
check_each "a failed folder fails the whole, and runs again" fails_with_a_folder
check_each "nothing has passed on a kernel that complains" fails_with_the_kernel
check_each "nor in a run that fails without a test that did" fails_with_the_run
check_each "a part that ends without a table has failed" \
	counts_a_part_without_a_table_as_failed
check_each "what had no time is named, and fails nothing" \
	names_what_had_no_time
check_each "ROTATE and FROM choose the order" begins_where_it_is_told
check_each "STATE says what has passed, and runs nothing" says_what_has_passed
check_each "a folder or a test of a part is one" \
	takes_a_folder_or_a_test_for_a_part
check_each "an unknown part is an error" refuses_an_unknown_part
check_each "the parts that rotate in CI are parts" parts_of_ci_are_parts
