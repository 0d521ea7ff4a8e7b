#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Small stacks: selftests/api/stack_size.c makes every call that there is, and no
# function of the library has a frame that would not let it be so.
set -u

cd "$(dirname "$0")/../.." || exit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0
FRAME_MAX=2560

# report STATUS DESCRIPTION, with what is in $scratch/wrong
report() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		sed 's/^/# /' "$scratch/wrong"
		echo "not ok $count - $2"
	fi
}

# Those of inline.h are the halves of others, which call them.
declared() {
	bash selftests/host/install/declared | awk '$3 != "inline.h" { print $2 }' |
		sort -u
}

called() {
	sed -n 's/^X(\(rring_[a-z_]*\),.*/\1/p' selftests/api/stack_size.c | sort -u
}

every_call_is_made() {
	declared >"$scratch/declared"
	called >"$scratch/called"
	[ -s "$scratch/declared" ] || return 1
	comm -3 "$scratch/declared" "$scratch/called" >"$scratch/wrong"
	[ ! -s "$scratch/wrong" ]
}

# "BYTES NAME" of each function, with the flags $@.
frames() {
	make -s B="$scratch/build" WERROR=1 CFLAGS="-O2 -g -fstack-usage $*" \
		"$scratch/build/librusted_ring.a" >"$scratch/wrong" 2>&1 ||
		return 1
	find "$scratch/build" -name '*.su' -exec cat {} + |
		awk -F '\t' '{ split($1, place, ":"); print $2, place[4], $3 }'
}

# What grows at run time without a bound says "dynamic" alone.
every_frame_is_small() {
	frames -Wframe-larger-than=$FRAME_MAX >"$scratch/frames" || return 1
	awk -v max=$FRAME_MAX '$1 > max || $3 == "dynamic"' \
		"$scratch/frames" >"$scratch/wrong"
	[ "$(wc -l <"$scratch/frames")" -gt 100 ] && [ ! -s "$scratch/wrong" ]
}

# With a limit below the largest, the same compilation fails.
a_large_frame_is_found() {
	rm -rf "$scratch/build"
	! frames -Wframe-larger-than=512 >/dev/null
}

echo 1..3
every_call_is_made
report $? "the stack of every public call is measured"
every_frame_is_small
report $? "no frame of the library is above $FRAME_MAX bytes, nor grows"
a_large_frame_is_found
report $? "a frame that is too large would be found"
