#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Programs that must not compile, and for which reason: types that no event can
# be, static rings that no ring can be. Each in C11 and C++17 (without casts of
# C), beside one that differs only in being right. And what has 32 bits: programs,
# and the module. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
count=0

# Body $2 in a program, in language $1, with $3 in front.
program() {
	cat <<-EOF
	${3:-}
	#include <rusted_ring.h>
	#include <stddef.h>

	struct small { char byte[64]; };
	struct largest { char byte[64 << 20]; };
	struct too_large { char byte[(64 << 20) + 1]; };
	#ifdef __cplusplus
	struct aligned { alignas(64) char byte[64]; };
	struct too_aligned { alignas(128) char byte[128]; };
	struct not_bytes { not_bytes(); ~not_bytes(); void *owned; };
	#else
	struct aligned { _Alignas(64) char byte[64]; };
	struct too_aligned { _Alignas(128) char byte[128]; };
	#endif

	int use(struct rring_event *event, const struct rring_event *seen);

	int use(struct rring_event *event, const struct rring_event *seen)
	{
		$2
	}
	EOF
}

compile() {
	local flags=(-O1 -Wall -Wextra -Wpedantic -Werror -Iinclude/uapi
		     -Iinclude -fsyntax-only)

	case $1 in
	*++*) "$1" -std=c++17 -x c++ -Wold-style-cast "${flags[@]}" - ;;
	*) "$1" -std=c11 -x c "${flags[@]}" - ;;
	esac
}

report() {
	count=$((count + 1))
	if [ "$1" = yes ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		sed 's/^/# /' "$dir/errors"
	fi
}

# $2 compiles.
good() {
	local compiler=$1 body=$2 what=$3 first=${4:-}

	if program "$compiler" "$body" "$first" |
	   compile "$compiler" 2>"$dir/errors"; then
		report yes "$compiler: $what"
	else
		report no "$compiler: $what"
	fi
}

# $2 does not, and what the compiler says has $3 in it.
bad() {
	local compiler=$1 body=$2 why=$3 what=$4

	if program "$compiler" "$body" | compile "$compiler" 2>"$dir/errors"
	then
		echo "it compiles" >"$dir/errors"
		report no "$compiler: $what"
	elif grep -q "$why" "$dir/errors"; then
		report yes "$compiler: $what"
	else
		report no "$compiler: $what"
	fi
}

typed() {
	echo "return RRING_EVENT(struct $1, event) && RRING_EVENT(struct $1, seen);"
}

ring() {
	echo "RRING_STATIC_RING(ring, $1, $2); (void)event; (void)seen; return ring.capacity != 0;"
}

check_types() {
	local cc=$1

	good "$cc" "$(typed small)" "a struct of 64 bytes is a type of event"
	good "$cc" "$(typed largest)" "a type may have 64 MiB"
	good "$cc" "$(typed aligned)" "a type may be aligned to 64 bytes"
	good "$cc" "return RRING_OFF(RRING_REGION_RING, 1) && event && seen;" \
		"the offset of a region is a number"
	bad "$cc" "$(typed too_large)" "larger than any event" \
		"a type of 64 MiB and a byte is refused"
	bad "$cc" "$(typed too_aligned)" "aligned to more than" \
		"a type that is aligned to 128 bytes is refused"
	bad "$cc" "struct small *p = RRING_EVENT(struct small, seen); return !p + !event;" \
		"const\|qualifier" "a const event is not made writable"
}

check_rings() {
	local cc=$1

	good "$cc" "$(ring 64 16384)" "a static ring of 1 MiB is one"
	good "$cc" "$(ring 16384 1024)" "a larger one is, if the program says so" \
		"#define RRING_STATIC_RING_BYTES (16u << 20)"
	bad "$cc" "$(ring 64 16385)" "more than RRING_STATIC_RING_BYTES" \
		"a static ring above 1 MiB is refused"
	bad "$cc" "$(ring 0 1)" "a stride is" "a stride of 0 is refused"
	bad "$cc" "$(ring 96 1)" "a stride is" "a stride of 96 is refused"
	bad "$cc" "$(ring 16448 1)" "a stride is" \
		"a stride above 16384 is refused"
	bad "$cc" "$(ring 64 0)" "a capacity is" "a capacity of 0 is refused"
	bad "$cc" "$(ring 64 '(1 << 24) + 1')" "a capacity is" \
		"a capacity above 2^24 is refused"
}

# A 32-bit program. The C library may have no headers for it.
check_32_bits() {
	local cc=$1 model

	for model in -m32 -mx32; do
		echo '#include <linux/rusted_ring.h>' |
			"$cc" "$model" -Iinclude/uapi -fsyntax-only -x c - \
			2>"$dir/errors" || true
		if grep -q "needs a 64-bit system" "$dir/errors"; then
			report yes "$cc: $model is refused"
		else
			report no "$cc: $model is refused"
		fi
	done
}

# The module, for a kernel of 32 bits: one line, before anything is compiled.
check_kbuild() {
	local bits=$1 what=$2 expected=$3

	make -f Kbuild -n src=. CONFIG_64BIT="$bits" none \
		>"$dir/errors" 2>&1 || true
	if grep -q "$expected" "$dir/errors" &&
	   [ "$(wc -l <"$dir/errors")" -eq 1 ]; then
		report yes "$what"
	else
		report no "$what"
	fi
}

compilers=()
plus=0
for compiler in gcc clang g++ clang++; do
	command -v "$compiler" >/dev/null || continue
	# clang++ without a C++ library is none
	echo 'int main() { return 0; }' | compile "$compiler" 2>/dev/null ||
		continue
	case $compiler in
	*++) plus=$((plus + 1)) ;;
	esac
	compilers+=("$compiler")
done
echo "TAP version 13"
echo "1..$((${#compilers[@]} * 17 + plus + 2))"
for compiler in "${compilers[@]}"; do
	check_types "$compiler"
	check_rings "$compiler"
	check_32_bits "$compiler"
	case $compiler in
	*++) bad "$compiler" "$(typed not_bytes)" "more than its bytes" \
		"a type with a constructor is refused" ;;
	esac
done
check_kbuild "" "a module for a kernel of 32 bits is refused" \
	"needs a 64-bit kernel"
check_kbuild y "a module for a kernel of 64 bits is not" \
	"No rule to make target 'none'"
