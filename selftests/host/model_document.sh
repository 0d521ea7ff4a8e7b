#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Documentation/model.rst knows every lettered barrier of the code and every
# mutation of the models, and each barrier is where it says. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
page=Documentation/model.rst
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# "LETTER FILE" for each file of the code that has a lettered barrier.
letters_of_code() {
	grep -roE '\b[A-R]: |\([A-R], which pairs' --include='*.[ch]' \
		--exclude-dir=tests kmod ulib include |
		awk -F : '{ gsub(/[^A-R]/, "", $2); print $2, $1 }' |
		grep -v ' include/rusted_ring/internal/atomic.h$' | sort -u
}

# "LETTER FILE MODEL INLINE" of the document's table.
letters_of_page() {
	awk 'NF == 4 && $1 ~ /^[A-R]$/ && $2 ~ /\.[ch]$/' "$page"
}

letters_are_the_same() {
	diff <(letters_of_code) \
	     <(letters_of_page | awk '{ print $1, $2 }' | sort -u)
}

# The model has that inline, and the letter stands above it.
letters_are_in_the_models() {
	local letter model inline missing=0 found=0

	while read -r letter _ model inline; do
		found=$((found + 1))
		grep -B 1 -A 2 "^inline $inline(" "selftests/model/$model" |
			grep -q "\b$letter: " ||
			{ echo "# no $letter at $model: $inline"; missing=1; }
	done < <(letters_of_page)
	[ "$found" -ge 30 ] && [ "$missing" -eq 0 ]
}

# So does each of them have a litmus test, with the same two letters.
pairs_have_a_litmus_test() {
	local pair missing=0

	for pair in A-B C-D E-F G-H I-J K-L M-N O-P Q-R; do
		compgen -G "selftests/model/litmus/$pair*.litmus" >/dev/null ||
			{ echo "# no litmus test of $pair"; missing=1; }
	done
	return $missing
}

mutations_are_on_the_page() {
	local option missing=0

	while read -r _ option _; do
		grep -q "\`\`$option\`\`" "$page" ||
			{ echo "# no $option"; missing=1; }
	done < <(grep -v '^#' selftests/model/mutations)
	return $missing
}

echo 1..4
check "the document has the letters of the code, and no others" \
	letters_are_the_same
check "each of them is in the model that it names" letters_are_in_the_models
check "each pair has a litmus test" pairs_have_a_litmus_test
check "the document has each mutation" mutations_are_on_the_page
