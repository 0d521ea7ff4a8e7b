#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The netlink spec has the form that the kernel's tools take, by the kernel's own
# schema where a source of it is; it and the header say the same: every command,
# attribute and value. FORM=full fetches a source. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
spec=Documentation/netlink/specs/rusted_ring.yaml
header=include/uapi/linux/rusted_ring_netlink.h
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# has_form SPEC
has_form() {
	/usr/bin/python3 selftests/host/netlink/form.py "$1"
}

# lacks_form_without LINE: a spec that lacks the first line that matches has no such form.
lacks_form_without() {
	! has_form <(sed "0,/$1/{/$1/d}" "$spec")
}

mistakes_show() {
	lacks_form_without '^doc:' &&
		lacks_form_without '^      doc: The clients of' &&
		lacks_form_without '^        type: u32' &&
		! has_form <(echo 'version: 1' | cat "$spec" -) &&
		! has_form <(sed 's/type: u64/type: u65/' "$spec")
}

# Linux 6.1 has none yet, so the newest source comes first.
sources() {
	local cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/rusted_ring

	[ "${FORM:-}" != full ] || tools/backport linux-source-6.12 >&2
	{
		compgen -G "$cache/kernels/linux-source-*/linux-source-*.tar.xz"
		compgen -G '/usr/src/linux-source-*.tar.xz'
	} | awk -F/ '{ print $NF, $0 }' | sort -rV | cut -d' ' -f2-
}

# Leaves the kernel's schema, if there is one, in $schema.
find_schema() {
	local source name

	while read -r source; do
		name=${source##*/}
		tar -xJOf "$source" --occurrence=1 \
			"${name%.tar.xz}/Documentation/netlink/genetlink-c.yaml" \
			>"$schema" 2>/dev/null && return
	done < <(sources)
	return 1
}

fits_schema() {
	/usr/bin/python3 selftests/host/netlink/form.py "$1" "$schema"
}

misfits_show() {
	fits_schema "$spec" &&
		! fits_schema <(sed '0,/^        type: u32/{//d}' "$spec") &&
		! fits_schema <(sed 's/type: u64/type: u65/' "$spec")
}

values_are_equal() {
	/usr/bin/python3 selftests/host/netlink/spec.py "$spec" |
		gcc -Wall -Wextra -Werror -Iinclude/uapi -fsyntax-only -xc -
}

# Those with two underscores count for the header itself alone.
names_of_header() {
	grep -oE '^	RRING_[A-Z_]+\b' "$header" | tr -d '\t' | sort -u
}

names_are_the_same() {
	diff <(/usr/bin/python3 selftests/host/netlink/spec.py --names "$spec") \
	     <(names_of_header)
}

# So that the first one sees it if it is not so.
a_change_shows() {
	! /usr/bin/python3 selftests/host/netlink/spec.py <(sed \
		'0,/^ *name: gid$/s//&\n        value: 17/' "$spec") |
		gcc -Iinclude/uapi -fsyntax-only -xc - 2>/dev/null
}

header_is_cxx() {
	gcc -xc++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
		"$header"
}

schema=$dir/schema
echo 1..8
check "the spec has the form that the kernel has for specs" has_form "$spec"
check "a mistake in the form shows" mistakes_show
if find_schema; then
	check "the kernel's own schema finds nothing" fits_schema "$spec"
	check "and finds a mistake" misfits_show
else
	for what in "the kernel's own schema finds nothing" "and finds a mistake"; do
		skip "$what" "no kernel source has it: tools/backport linux-source-6.12"
	done
fi
check "the values of the spec are those of the header" values_are_equal
check "and the names" names_are_the_same
check "a spec that differs does not pass" a_change_shows
check "the header is C++ as well" header_is_cxx
