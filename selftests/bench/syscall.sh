#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# An event beside a system call, on this machine: in the virtual one, where the
# device is, calls cost but the instructions of them.
set -eu

cd "$(dirname "$0")/../.."
BENCH_PLACEMENT=one build/guest/selftests/bench/vm/cycle process
