#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Each file has a copyright line and a licence, as REUSE wants it, and the texts of
# the licences are there. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

files() {
	git ls-files --cached --others --exclude-standard
}

# reuse(1) only prints what it cannot read, and then passes.
reuse_finds_nothing() {
	reuse lint >"$dir/lint" 2>"$dir/unreadable" || cat "$dir/lint"
	cat "$dir/unreadable"
	grep -q 'is compliant' "$dir/lint"
	[ ! -s "$dir/unreadable" ]
}

table_agrees() {
	! files | /usr/bin/python3 selftests/host/legal/licences.py | grep .
}

a_difference_shows() {
	mkdir -p "$dir/tree/.reuse"
	cp .reuse/dep5 "$dir/tree/.reuse"
	printf '# %s: BSD-2-Clause\n' SPDX-License-Identifier >"$dir/tree/file"
	(cd "$dir/tree" && echo file | /usr/bin/python3 \
		"$OLDPWD/selftests/host/legal/licences.py") >"$dir/found"
	grep -qx 'file: BSD-2-Clause, and MPL-2.0 in .reuse/dep5' "$dir/found"
}

# A paragraph for files that have gone would take in later ones unseen.
table_names_what_is_there() {
	local pattern

	sed -n '/^Files:/,/^Copyright:/{/^Copyright:/d;s/^Files://;p}' \
		.reuse/dep5 | xargs -n1 | grep -vx '\*' >"$dir/patterns"
	while read -r pattern; do
		[ -n "$(git ls-files "$pattern")" ] || echo "no $pattern"
	done <"$dir/patterns" >"$dir/missing"
	cat "$dir/missing"
	[ ! -s "$dir/missing" ]
}

# What MAINTAINERS says of folders and tests.
maintained_files_are_there() {
	local name

	sed -n 's/^F:\t//p' MAINTAINERS | grep -vx '\*' | while read -r name; do
		[ -e "$name" ] || { echo "no $name"; exit 1; }
	done
}

echo 1..5
check_each "every file has a copyright line, a licence, and its text" \
	reuse_finds_nothing
check_each "the table agrees with what each file says itself" table_agrees
check_each "a difference shows" a_difference_shows
check_each "the table names what is there" table_names_what_is_there
check_each "MAINTAINERS names what is there" maintained_files_are_there
