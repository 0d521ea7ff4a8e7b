#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# ulib/bindings/api.json describes the headers as they are. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
api=ulib/bindings/api.json

in_step() {
	tools/api | diff $api -
}

# Those in public headers: the others are for inline functions.
declared() {
	selftests/host/install/declared | while read -r kind name header; do
		[ "$kind" != "$1" ] ||
			[ ! -f "include/rusted_ring/$header" ] || echo "$name"
	done | sort -u
}

described() {
	jq -r --arg library "$1" '.functions | to_entries[] |
		select(.value.library == $library) | .key' $api | sort
}

functions_are_those_of_the_header() {
	diff <(declared function) <(described rusted_ring) &&
		diff <(declared inline) <(described rusted_ring-ffi)
}

# A program that a compiler accepts: sizes, offsets, values and prototypes.
assertions() {
	echo '#include <stddef.h>'
	echo '#include <rusted_ring.h>'
	jq -r '
		(.structs | to_entries[] | select(.value.size) |
		 .key as $struct |
		 "_Static_assert(sizeof(struct \(.key)) == \(.value.size), \"\");",
		 (.value.fields[] |
		  "_Static_assert(offsetof(struct \($struct), \(.name)) == \(.offset), \"\");")),
		(.enums[].constants, .constants | to_entries[] |
		 select(.value | type == "number") | select(.value < 4294967296) |
		 "_Static_assert(\(.key) == \(.value), \"\");"),
		(.functions | to_entries[] | [.value.parameters[] | .type] as $types |
		 "__typeof__(\(.value.returns)) (*const f_\(.key))(\(
			if $types == [] then "void" else
			$types | map("__typeof__(\(.))") | join(", ") end)) = \(.key);")
	' $api
}

compiler_agrees() {
	assertions >"$dir/api.c"
	[ "$(wc -l <"$dir/api.c")" -gt 250 ] &&
		gcc -std=gnu11 -Wall -Wextra -Werror -Wno-unused-const-variable \
			-DRRING_NO_INLINE -Iinclude -Iinclude/uapi \
			-fsyntax-only "$dir/api.c"
}


echo TAP version 13
echo 1..3
check "it is what tools/api makes of the headers" in_step
check "it has the functions of the headers, and no others" \
	functions_are_those_of_the_header
check "a compiler agrees with its types, offsets and values" compiler_agrees
