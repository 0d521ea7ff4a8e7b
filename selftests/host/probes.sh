#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# The probes of the library: Documentation/tracing.rst lists them all, and the
# library can be built without them. Prints TAP.
# shellcheck disable=SC2016,SC2317 # backquotes; check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

if ! gcc -include sys/sdt.h -fsyntax-only -xc /dev/null 2>/dev/null; then
	echo "1..0 # SKIP systemtap-sdt-dev is not installed"
	exit 0
fi

# The table of the section on probes.
documented() {
	sed -n '/^Probes of the library$/,$p' Documentation/tracing.rst |
		sed -n 's/^``\([a-z_]*\)`` .*/\1/p' | sort
}

# Those in file $1. A probe can be at several places.
probes_of() {
	readelf -n "$1" | awk '
		$1 == "Provider:" { ours = $2 == "rusted_ring" }
		$1 == "Name:" && ours { print $2 }' | sort -u
}

has_all() {
	[ "$(documented | wc -l)" -ge 6 ]
	diff <(documented) <(probes_of "$1")
}

sources() {
	grep -l 'ULIB_PROBE(' ulib/*.c ulib/*/*.c
}

can_do_without() {
	local source

	for source in $(sources); do
		gcc -std=gnu11 -D_GNU_SOURCE -DULIB_NO_PROBES -Wall -Wextra \
			-Werror -O2 -Iinclude/uapi -Iinclude -c "$source" \
			-o "$dir/without.o"
		[ -z "$(probes_of "$dir/without.o")" ]
	done
}

echo "TAP version 13"
echo "1..3"
check "the shared library has each probe that is documented" \
	has_all build/librusted_ring.so.0
check "so has the static one" has_all build/librusted_ring.a
check_each "the library can be built without probes" can_do_without
