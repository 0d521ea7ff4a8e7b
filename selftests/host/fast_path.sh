#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Publish, consume, hold, drop and allocate, as the compiler has them from the
# header: no locked instruction, no fence, no system call. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP says something about x86-64 only"
	exit 0
fi

# An exchange with memory locks by itself.
slow='\<lock\>|\<[ml]fence\>|\<sfence\>|\<xchg.*\('
slow+='|\<syscall\>|\<sysenter\>'
paths=(publish consume hold drop allocate commit read)
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

compile() {
	"$1" -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude/uapi \
		-Iinclude -c "$2" -o "$3"
}

# The instructions of function $2 in $1, with what the compiler put aside.
code_of() {
	objdump -d --no-show-raw-insn "$1" |
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

compilers=()
for compiler in gcc clang; do
	! command -v "$compiler" >/dev/null || compilers+=("$compiler")
done
echo "TAP version 13"
echo "1..$((${#compilers[@]} * (${#paths[@]} + 3)))"
write_paths >"$dir/paths.c"
for compiler in "${compilers[@]}"; do
	compile "$compiler" "$dir/paths.c" "$dir/paths.o"
	compile "$compiler" ulib/client/pool.c "$dir/pool.o"
	for path in "${paths[@]}"; do
		check_path "$compiler" "$path"
	done
	check_control "$compiler" hold_threads '\<lock\>'
	check_control "$compiler" drop_threads '\<lock\>'
	check_control "$compiler" ulib_upgrade '\<mfence\>|\<lock\>'
done
