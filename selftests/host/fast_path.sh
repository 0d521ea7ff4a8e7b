#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Publish, consume, hold, drop and allocate, as the compiler has them from the
# header: no locked instruction, no fence, no system call. For arm64, by a cross
# compiler: no atomic operation and no system call, and the releases and the fences
# that the source has. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# An exchange with memory locks by itself.
slow_x86='\<lock\>|\<[ml]fence\>|\<sfence\>|\<xchg.*\('
slow_x86+='|\<syscall\>|\<sysenter\>'
slow_arm64='\<(ld|st)a?l?x[rp]\>|\<(cas|swp|ld(add|clr|eor|set))[alp]*\>'
slow_arm64+='|__aarch64_|\<svc\>'
paths=(publish consume hold drop allocate commit read)
# What each path has on arm64, in this order: C or G, and L behind it. The head is
# loaded by a function, see below.
declare -A ordered=(
	[publish]="stlr dmb ish" [consume]="stlr dmb ish" [hold]="stlr"
	[drop]="stlr dmb ish" [allocate]="stlr dmb ish"
	[commit]="stlr dmb ish" [read]="stlr dmb ish"
)
count=0

write_paths() {
	cat <<-'EOF'
	#include <rusted_ring.h>

	int hot_publish(struct rring_writer *writer,
			const struct rring_event *event)
	{
		return rring_publish(writer, event);
	}

	int hot_consume(struct rring_reader *reader, struct rring_event *event)
	{
		int err;

		if (rring_peek(reader, 1) != 1)
			return -EAGAIN;
		err = rring_entry(reader, 0, event);
		return err ? err : rring_release(reader, 1);
	}

	int hot_hold(struct rring_client *client,
		     const struct rring_event *event)
	{
		return rring_hold(client, event);
	}

	int hot_drop(struct rring_client *client,
		     const struct rring_event *event)
	{
		return rring_drop(client, event);
	}

	int hot_allocate(struct rring_client *client, size_t len,
			 struct rring_event *event)
	{
		return rring_alloc(client, len, 1, event);
	}

	int hot_commit(struct rring_writer *writer, uint64_t value)
	{
		int err = rring_reserve(writer, 1);

		if (err)
			return err;
		*(uint64_t *)rring_reserved(writer, 0, 8, 1) = value;
		rring_commit(writer, 1);
		return 0;
	}

	uint64_t hot_read(struct rring_reader *reader)
	{
		struct rring_event event;
		uint64_t value = 0;

		if (rring_peek(reader, 1) == 1 &&
		    !rring_entry(reader, 0, &event))
			value = *(const uint64_t *)event.data;
		rring_release(reader, 1);
		return value;
	}
	EOF
}

# compile COMPILER SOURCE TO [-S]
compile() {
	"$1" -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude/uapi \
		-Iinclude "${4:--c}" "$2" -o "$3"
}

# Sets arch and objdump for code of compiler $1.
choose() {
	arch=x86
	objdump=objdump
	if [ "$1" = aarch64-linux-gnu-gcc ]; then
		arch=arm64
		objdump=aarch64-linux-gnu-objdump
	fi
	slow=slow_$arch
	slow=${!slow}
}

# The instructions of function $2 in $1, with what the compiler put aside.
code_of() {
	"$objdump" -d --no-show-raw-insn "$1" |
		awk -v name="$2" '
		/^[0-9a-f]+ <.*>:$/ {
			inside = $2 == "<" name ">:" ||
				 index($2, "<" name ".") == 1
			next
		}
		inside && NF'
}

report() {
	local right=$1 what=$2

	count=$((count + 1))
	if [ "$right" = yes ]; then
		echo "ok $count $what"
	else
		echo "not ok $count $what"
	fi
}

check_path() {
	local compiler=$1 path=$2 code found line

	code=$(code_of "$dir/paths.o" "hot_$path")
	found=$(grep -E "$slow" <<<"$code" || true)
	if grep -qw ret <<<"$code" && [ -z "$found" ]; then
		report yes "$compiler: $path makes no locked access and no system call"
	else
		report no "$compiler: $path makes no locked access and no system call"
		while read -r line; do
			echo "# $line"
		done <<<"${found:-there is no such function}"
	fi
}

# What this script looks for is found where it is known to be.
check_control() {
	local compiler=$1 function=$2 wanted=$3

	if code_of "$dir/pool.o" "$function" | grep -E "$slow" |
	   grep -qE "$wanted"; then
		report yes "$compiler: what is slow in $function is found"
	else
		report no "$compiler: what is slow in $function is found"
	fi
}

# Read instructions, and print those that order accesses. A fence has what it
# orders behind it: "ish" all, "ishld" and "ishst" less.
orders() {
	grep -oE '\<(ldar|ldapr|stlr)[bh]?\>|\<dmb[[:space:]]+[a-z]+' | xargs
}

# has_orders OBJECT FUNCTION WANTED: that function has these, in this order. Leaves
# all that it has in found.
has_orders() {
	found=$(code_of "$1" "$2" | orders)
	[[ " $found " == *" $3 "* ]]
}

check_orders() {
	local found

	if has_orders "$@"; then
		report yes "$compiler: $2 has $3"
	else
		report no "$compiler: $2 has $3"
		echo "# $found"
	fi
}

# With the fence $1 instead of each full one, no path has what it has to have.
check_weaker() {
	local path found right=yes

	sed "s/\<dmb\tish\$/dmb\t$1/" "$dir/paths.s" >"$dir/weaker.s"
	"$compiler" -c "$dir/weaker.s" -o "$dir/weaker.o"
	for path in "${paths[@]}"; do
		[[ ${ordered[$path]} == *dmb* ]] || continue
		! has_orders "$dir/weaker.o" "hot_$path" "${ordered[$path]}" ||
			right=no
	done
	report "$right" "$compiler: $1 instead of a full fence is found"
}

check_x86() {
	compile "$compiler" ulib/client/pool.c "$dir/pool.o"
	check_control "$compiler" hold_threads '\<lock\>'
	check_control "$compiler" drop_threads '\<lock\>'
	check_control "$compiler" ulib_upgrade '\<mfence\>|\<lock\>'
}

# B is in ulib/reader/head.c, and I in ulib/client/pool.c.
check_arm64() {
	local path

	compile "$compiler" ulib/client/pool.c "$dir/pool.o"
	compile "$compiler" ulib/reader/head.c "$dir/head.o"
	for path in "${paths[@]}"; do
		check_orders "$dir/paths.o" "hot_$path" "${ordered[$path]}"
	done
	check_orders "$dir/head.o" rring_peek_slow ldar
	check_orders "$dir/pool.o" ulib_upgrade "dmb ish"
	compile "$compiler" "$dir/paths.c" "$dir/paths.s" -S
	check_weaker ishst
	check_weaker ishld
	check_control "$compiler" hold_threads __aarch64_
}

compilers=()
for compiler in gcc clang aarch64-linux-gnu-gcc; do
	case $compiler:$(uname -m) in
	aarch64-*:* | *:x86_64)
		! command -v "$compiler" >/dev/null ||
			compilers+=("$compiler") ;;
	esac
done
echo "TAP version 13"
write_paths >"$dir/paths.c"
for compiler in "${compilers[@]}"; do
	choose "$compiler"
	compile "$compiler" "$dir/paths.c" "$dir/paths.o"
	for path in "${paths[@]}"; do
		check_path "$compiler" "$path"
	done
	"check_$arch"
done
echo "1..$count"
