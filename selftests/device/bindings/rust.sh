#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-rust
# The examples of the crate for Rust, on the device; each checks its own result.
# shellcheck source=selftests/lib/script.sh
. /script.sh

cd /bindings/rust || exit 1
export RRING_BACKEND=device TMPDIR=/tmp
echo 1..6
./fanout 200000 50
report $? 1 "consumers count 200,000 trades, and 50 times one or the feed is killed"
./pipeline 100 50
report $? 2 "100 frames go through a pipeline, and 50 times a stage is killed"
./archive 60000 50
report $? 3 "an archive has 60,000 lines of two rings, and its archivist is killed 50 times"
./seed_distribution 20000
report $? 4 "the seed's example 1 shares 20,000 events among four actors"
./seed_pipeline 20000
report $? 5 "the seed's example 2 moves 20,000 events through three stages"
./seed_batch 20000
report $? 6 "the seed's example 3 works on 20,000 items in batches"
