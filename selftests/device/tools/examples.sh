#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples
# The seed's examples 1 to 3, on the device; each checks its own result.
report() {
	status=$1
	shift
	[ "$status" -eq 0 ] || printf 'not '
	echo "ok $*"
}

export RRING_BACKEND=device
echo 1..3
/examples/distribution 20000
report $? 1 - example 1 shares 20,000 events among four actors
/examples/pipeline 200000
report $? 2 - example 2 moves 200,000 events through three stages
/examples/batch 200000
report $? 3 - example 3 works on 200,000 items in batches
