#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Documentation/seed.rst and security.rst name what there is. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
page=Documentation/seed.rst
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Functions, types, constants and macros, in full.
names() {
	grep -oE '\b(rring|RRING)_[A-Za-z_]+\b' "$page" | sort -u
}

names_are_there() {
	local name missing=0

	while read -r name; do
		grep -rqw -- "$name" include || { echo "# no $name"; missing=1; }
	done < <(names)
	return $missing
}

# The last column of the tables that end in one for tests.
tests() {
	awk '/^=+ =+ =+$/ && length($3) == 10 {
		     at = length($1) + length($2) + 3
		     next
	     }
	     /^$/ { at = 0 }
	     at && length >= at { print substr($0, at) }' "$page" |
		tr -d ', ' | grep -vx test | sort -u
}

tests_are_there() {
	local name missing=0 found=0

	while read -r name; do
		found=$((found + 1))
		[ -f "selftests/api/$name.c" ] ||
			{ echo "# no selftests/api/$name.c"; missing=1; }
	done < <(tests)
	[ "$found" -gt 10 ] && [ "$missing" -eq 0 ]
}

files() {
	grep -oE '(selftests|Documentation)/[a-z_/]+\.(c|sh|rst)' "$page" |
		sort -u
}

files_are_there() {
	local name missing=0

	while read -r name; do
		[ -f "$name" ] || { echo "# no $name"; missing=1; }
	done < <(files)
	return $missing
}

# Those in brackets, behind each claim.
tests_of_security() {
	tr '\n' ' ' <Documentation/security.rst | grep -oE '\[[a-z_/, ]+\]' |
		tr -d '[] ' | tr ',' '\n' | sort -u
}

tests_of_security_are_there() {
	local name missing=0 found=0

	while read -r name; do
		found=$((found + 1))
		[ -f "selftests/device/$name.c" ] ||
			[ -f "selftests/device/$name.sh" ] || [ -d "$name" ] ||
			{ echo "no selftests/device/$name.c"; missing=1; }
	done < <(tests_of_security)
	[ "$found" -gt 20 ] && [ "$missing" -eq 0 ]
}

echo 1..4
check "every name of ours is in the headers" names_are_there
check "every test that it names is there" tests_are_there
check "every file that it names is there" files_are_there
check "every test that security.rst names is there" tests_of_security_are_there
