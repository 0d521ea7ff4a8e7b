#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: examples
#
# The examples, without the module; each checks its own result.
# Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process
examples=build/examples
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

echo 1..10
check "example 1 shares 100,000 events among four actors" \
	prints ' 100000 events .* all accounted for' "$examples/distribution"
check "example 2 moves 10,000,000 events through three stages" \
	prints ' 10000000 events .* none lost, none repeated' "$examples/pipeline"
check "example 3 works on 1,000,000 items in batches" \
	prints ' 1000000 items in 245 batches' "$examples/batch"
check "64 clients call a service, and 50 end in the middle of a request" \
	prints ' 64 clients had 1000 requests each answered, in 114 sessions; 50 ' \
	"$examples/keyvalue"
check "a subscriber finds 1,000 topics that come and go, and 50 publishers end" \
	prints ' 1000 topics came and went, each with its 100 events; 50 ' \
	"$examples/topics"
check "four consumers count 1,000,000 trades, and 50 times one or the feed ends" \
	prints ' 4 consumers have each of 1000000 trades once; 50 ' \
	"$examples/fanout"
check "300 frames go through a pipeline, and 50 times a stage ends" \
	prints ' 300 frames of 1280 x 720, each seen and found once; 50 ' \
	"$examples/camera"
check "example 1 with one event" prints ' 1 events ' "$examples/distribution" 1
check "example 2 with no event" prints ' 0 events ' "$examples/pipeline" 0
check "example 3 with a ring full, and one more" prints ' 4097 items in 2 batches' \
	"$examples/batch" 4097
