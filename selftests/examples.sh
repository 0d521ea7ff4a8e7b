#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The seed's examples 1 to 3, without the module; each checks its own result.
# Prints TAP.
set -eu

cd "$(dirname "$0")/.."
export RRING_BACKEND=process
dir=build/examples
out=$(mktemp)
trap 'rm -f "$out"' EXIT

count=0

# Ends with status 0 and one line of result that matches $2.
check() {
	local what=$1 line=$2 status=0

	shift 2
	"$@" >"$out" || status=$?
	sed 's/^/# /' "$out"
	count=$((count + 1))
	[ "$status" -eq 0 ] && [ "$(wc -l <"$out")" -eq 1 ] &&
		grep -q "$line" "$out" || printf 'not '
	echo "ok $count - $what"
}

echo 1..6
check "example 1 shares 100,000 events among four actors" \
	' 100000 events .* all accounted for' "$dir/distribution"
check "example 2 moves 10,000,000 events through three stages" \
	' 10000000 events .* none lost, none repeated' "$dir/pipeline"
check "example 3 works on 1,000,000 items in batches" \
	' 1000000 items in 245 batches' "$dir/batch"
check "example 1 with one event" ' 1 events ' "$dir/distribution" 1
check "example 2 with no event" ' 0 events ' "$dir/pipeline" 0
check "example 3 with a ring full, and one more" ' 4097 items in 2 batches' \
	"$dir/batch" 4097
