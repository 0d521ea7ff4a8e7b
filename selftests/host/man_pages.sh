#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: examples
#
# The manual pages: every public function is in one, in the form that the
# headers have, and the program in each page builds and does what it says,
# without the module. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process LC_ALL=C.UTF-8
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

pages=(Documentation/man/*.[1-9])
# Those of programs and files have none of their own.
with_program=(Documentation/man/*.[347])
flags=(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -Iinclude
       -Iinclude/uapi)

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# ---- as a page ----

silent() {
	{
		groff -man -Tutf8 -ww -z "${pages[@]}"
		man --warnings -l "${pages[@]}" >/dev/null
	} 2>"$dir/words"
	! grep . "$dir/words"
}

complete() {
	local page part

	for page in "${pages[@]}"; do
		for part in NAME SYNOPSIS DESCRIPTION NOTES EXAMPLES HISTORY \
			    'SEE ALSO'; do
			[ "$part" != NOTES ] || [[ $page != *.7 ]] || continue
			grep -qx "\.SH $part" "$page" ||
				{ echo "$page: no $part"; return 1; }
		done
		grep -qx 'Available since rusted_ring 0\.[0-9]*\.' "$page" ||
			{ echo "$page: since when?"; return 1; }
	done
}

# What a program says by its exit status.
programs_have_statuses() {
	! grep -L '^\.SH EXIT STATUS' Documentation/man/*.1 | grep .
}

names() {
	tools/man-names "${pages[@]}" | cut -d' ' -f2 | sort -u
}

# Of the pages that are ours, that is.
references_lead_somewhere() {
	sed -n 's/^\.BR \([Rr][a-zA-Z_-]*\) (\([0-9]\)).*/\1.\2/p' \
		"${pages[@]}" | sort -u >"$dir/references"
	! comm -23 "$dir/references" <(names) | grep .
}

# Names of the kernel's side and of the library's inside, and their fields.
nothing_private() {
	! grep -nEw '(kring|kclient|kwriter|kreader|ulib|host)_[a-z_]+' \
		"${pages[@]}" &&
		! grep -nE '(writer|reader|client|pipe)(\\)?->' "${pages[@]}"
}

# ---- as the headers have it ----

public_functions() {
	selftests/host/install/declared | awk '$3 != "inline.h" { print $2 }' |
		sort -u
}

documented_functions() {
	names | sed -n 's/^\(rring_[a-z_]*\)\.3$/\1/p'
}

# Some pages have the name of a family, which is a type or a mode.
types() {
	printf '%s\n' rring_debug rring_factory rring_pipe rring_set \
		rring_service rring_watch
}

all_are_documented() {
	! comm -23 <(public_functions) <(documented_functions) | grep .
}

nothing_else_is() {
	! comm -13 <(sort <(public_functions) <(types)) \
		<(documented_functions) | grep .
}

# The lines of the SYNOPSIS, as C, but for macros.
synopsis() {
	awk '/^\.SH/ { inside = $2 == "SYNOPSIS"; next }
	     inside && !/^\./' "$1" |
		sed -e 's/\\f[BIPR]//g' -e 's/\\%//g' -e 's/\\-/-/g' |
		grep -v -e '^RRING_' -e '^cc '
}

# The compiler refuses a declaration that differs from the header's.
synopsis_is_right() {
	local page

	for page in "${with_program[@]}"; do
		synopsis "$page" >"$dir/synopsis.c"
		gcc "${flags[@]}" -fsyntax-only "$dir/synopsis.c" ||
			{ echo "in $page"; return 1; }
	done
}

# The text between .EX and .EE, as C.
shown() {
	awk '/^\.E[XE]/ { inside = $1 == ".EX"; next }
	     inside && !/^\./' "$1" |
		sed -e 's/\\f[BIPR]//g' -e 's/\\[%&]//g' -e 's/\\-/-/g'
}

# preprocessed FILE OPTION...: constants are numbers, and comments are gone.
preprocessed() {
	gcc "${flags[@]}" -E -P "${@:2}" -xc "$1" 2>/dev/null
}

# The members of struct $1 in file $2, which is preprocessed.
members() {
	sed -n "/^ *struct $1 {/,/^ *};/p" "$2" | tr -s '[:space:]' ' ' |
		tr ';' '\n'
}

# A structure of the headers that a page shows has their members, in that order.
structures_are_right() {
	local page name

	preprocessed /dev/null -include rusted_ring.h >"$dir/headers"
	for page in "${with_program[@]}"; do
		shown "$page" >"$dir/shown.c"
		preprocessed "$dir/shown.c" -imacros rusted_ring.h >"$dir/page"
		sed -n 's/^ *struct \(rring_[a-z_]*\) {$/\1/p' "$dir/page" |
		while read -r name; do
			diff --label headers --label "${page##*/}" -U0 \
				<(members "$name" "$dir/headers") \
				<(members "$name" "$dir/page") || exit
		done || return
	done
}

# A page has the prototype of each name that it has.
synopsis_is_whole() {
	local page name

	while read -r page name; do
		name=${name%.*}
		[[ $name == rring_* ]] || continue
		! types | grep -qx "$name" || continue
		synopsis "$page" | grep -q "\<$name(" ||
			{ echo "$page: no prototype of $name"; return 1; }
	done < <(tools/man-names "${pages[@]}")
}

# ---- as a program ----

# Built by make examples, with -Wall -Wextra -Werror.
example_runs() {
	timeout 60 "build/examples/man/${1##*/}"
}

echo "TAP version 13"
echo "1..$((10 + ${#with_program[@]}))"
check "roff has nothing to say about the pages" silent
check "each page has all its sections" complete
check "pages of programs have their exit statuses" programs_have_statuses
check "pages that are referred to are there" references_lead_somewhere
check "no page names what is private" nothing_private
check "every public function has a page" all_are_documented
check "no page is about a function that is not there" nothing_else_is
check "every SYNOPSIS agrees with the headers" synopsis_is_right
check "every name of a page has its prototype there" synopsis_is_whole
check "structures have the members that the headers say" structures_are_right
for page in "${with_program[@]}"; do
	check "the program in ${page##*/} does what it says" example_runs "$page"
done
