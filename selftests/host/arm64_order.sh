#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The litmus tests of the lettered barriers, compiled for arm64 with the accessors of the
# library: what each says never happens is forbidden by the architecture's memory model
# for the instructions that the compiler has made. Without the barriers of a letter, it
# is allowed in one test at least. The tests with these instructions are left in
# build/litmus, for herd7. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
litmus=selftests/model/litmus
order=selftests/host/arm64_order
kept=${BUILD:-build}/litmus

if ! command -v aarch64-linux-gnu-gcc >/dev/null; then
	echo "1..0 # SKIP there is no compiler for arm64: tools/setup arm64"
	exit 0
fi

# compile TEST [LETTER]: without the barriers of that letter.
compile() {
	"$order/translate" "$litmus/$1.litmus" ${2:+"$2"} >"$dir/$1.c" &&
		aarch64-linux-gnu-gcc -O2 -Wall -Werror -Iinclude/uapi -Iinclude \
			-c -o "$dir/$1.o" "$dir/$1.c"
}

# Prints Never or Sometimes, for a compiler that takes ldapr where it can.
decide() {
	compile "$@" && "$order/decide" --rcpc "$litmus/$1.litmus" "$dir/$1.o"
}

# Q and R are atomic operations of the kernel, which are fully ordered there.
tests() {
	basename -s .litmus "$litmus"/*.litmus | grep -v '^Q-R'
}

never_happens() {
	decide "$1" >"$dir/verdict"
	cat "$dir/verdict"
	[ "$(cat "$dir/verdict")" = Never ] || return
	mkdir -p "$kept"
	"$order/decide" --herd "$litmus/$1.litmus" "$dir/$1.o" >"$kept/$1.litmus"
}

# is_needed LETTER
is_needed() {
	local test

	for test in $(tests | grep -e "\b$1\b"); do
		! decide "$test" "$1" | grep Sometimes || return 0
	done
	echo "without $1, nothing happens that must not"
	return 1
}

letters="A B C D E F G H I J K L M N O P"

# shellcheck disable=SC2046,SC2086 # lists
echo "1..$(printf '%s\n' $(tests) $letters | wc -l)"
for name in $(tests); do
	check "$name never happens" never_happens "$name"
done
for letter in $letters; do
	check "$letter is needed" is_needed "$letter"
done
