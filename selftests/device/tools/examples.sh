#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples
# The examples, on the device; each checks its own result.
# shellcheck source=selftests/lib/script.sh
. /script.sh
export RRING_BACKEND=device
echo 1..7
/examples/distribution 20000
report $? 1 "example 1 shares 20,000 events among four actors"
/examples/pipeline 200000
report $? 2 "example 2 moves 200,000 events through three stages"
/examples/batch 200000
report $? 3 "example 3 works on 200,000 items in batches"
/examples/keyvalue 64 1000 50
report $? 4 "64 clients call a service 1000 times each, and 50 are killed"
/examples/topics 300 50 20 20
report $? 5 "a subscriber finds 300 topics, and 20 publishers are killed"
/examples/fanout 200000 50
report $? 6 "consumers count 200,000 trades, and 50 times one or the feed is killed"
/examples/camera 120 50 320 240
report $? 7 "120 frames go through a pipeline, and 50 times a stage is killed"
