#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The C library musl in place of glibc: the library and the examples compile and
# link, the tools compile (Debian has none of their libraries for musl), and the
# tests of api/ pass, which are static programs here. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

build=$dir/build
# Tests that put a function in place of one of the C library need a shared one, and
# musl has no backtrace(), by which reports name lines.
tests=$(grep -L -e RTLD_NEXT -e SYS_sched_setaffinity -e ADDR2LINE selftests/api/*.c |
	xargs -n 1 basename -s .c)
triplet=$(gcc -print-multiarch)

# Headers of the kernel, and of libraries that do not look into the C library: after
# those of musl, and nothing else of glibc.
link_headers() {
	mkdir -p "$dir/include/bits" && : >"$dir/include/bits/floatn.h" &&
		ln -s /usr/include/{linux,asm-generic,libmnl,nettle,pcap,bpf,hiredis} \
			"/usr/include/$triplet/asm" \
			/usr/include/{sqlite3,jansson,curses,ncurses_dll,unctrl}.h \
			/usr/include/{pcap,argp}.h \
			"/usr/include/$triplet/jansson_config.h" \
			"$dir/include"
}

# argp.h is that of glibc, which expects some macros, and bits/floatn.h.
with_musl() {
	make -s -j"$(nproc)" O="$build" WERROR=1 CC=musl-gcc CPPFLAGS="\
		-idirafter $dir/include -D__THROW= \
		-D__BEGIN_DECLS= -D__END_DECLS=" "$@"
}

library_is_built() {
	with_musl lib
}

# No symbol has a version of glibc.
library_is_without_glibc() {
	local file

	for file in "$build"/librusted_ring*.so.*; do
		readelf -d "$file" | grep -F '[libc.so]' || return
		! readelf -V "$file" | grep GLIBC || return
	done
}

# The one with SQLite cannot be linked.
examples_are_built() {
	local file goals=()

	for file in Documentation/examples/*.c; do
		file=$(basename "$file" .c)
		[ "$file" = archive ] || goals+=("$build/examples/$file")
	done
	with_musl "${goals[@]}"
}

# Only a hiredis with TLS, which Debian 12's is not, has the header of tls.c.
tools_compile() {
	local goals without=none

	[ -e /usr/include/hiredis/hiredis_ssl.h ] || without=tls.c
	mapfile -t goals < <(find tools -mindepth 2 -name '*.c' \
		! -name "$without" | sed "s|^|$build/|; s|c$|o|")
	with_musl "${goals[@]}"
}

tests_are_built() {
	local test goals=()

	for test in $tests; do
		goals+=("$build/selftests/pages/$test")
	done
	with_musl "${goals[@]}"
}

passes() {
	timeout 900 "$build/selftests/pages/$1"
}

if ! command -v musl-gcc >/dev/null; then
	echo "1..0 # SKIP there is no musl-gcc: tools/setup check"
	exit
fi
export RRING_BACKEND=process RRING_TEST_SCALE=10
echo "1..$((6 + $(wc -w <<<"$tests")))"
check "headers" link_headers
check "the library is built" library_is_built
check "it needs nothing of glibc" library_is_without_glibc
check "the examples are built" examples_are_built
check "the tools compile" tools_compile
check "the tests of api/ are built" tests_are_built
for test in $tests; do
	check "api/$test" passes "$test"
done
