#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The benchmarks of the device, selftests/bench/vm/*.c, in a virtual machine:
# in time, and again by a clock that counts instructions. Where QEMU emulates
# the processor, times are ten times those of a real one: only what stands
# beside each other in one run says something.
set -eu

cd "$(dirname "$0")/../.."
programs=build/guest/selftests/bench
headers=$(tools/vm --headers)
release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	  "$headers/include/generated/utsrelease.h")

# run NAME OPTION... -- SCRIPT: prints what the guest does.
run() {
	local name=$1 adds=() program

	shift
	for program in "$programs"/{vm/{kernel,cycle,death,owned,scale},mechanism,frames}; do
		adds+=(--add "$program:/bin/")
	done
	tools/vm --name "bench-$name" --timeout 600 "${adds[@]}" \
		--add "build/module/$release/rusted_ring.ko:/" \
		--add "build/producer/$release/rring_producer.ko:/" \
		--add "$programs/vm/ringbuf.bpf.o:/" "$@"
}

# Ends with the status of the first program of $1 that fails.
in_guest() {
	echo "insmod /rusted_ring.ko && insmod /rring_producer.ko && $1"
}

run time -- env BENCH_PLACEMENT=vm ${BENCH_ROUNDS:+BENCH_ROUNDS="$BENCH_ROUNDS"} \
	${BENCH_SECONDS:+BENCH_SECONDS="$BENCH_SECONDS"} \
	sh -c "$(in_guest "kernel && mechanism && cycle && death")"
# What is counted is nearly the same each time.
run count --count -- env BENCH_PLACEMENT=vm BENCH_ROUNDS=3 \
	sh -c "$(in_guest "kernel count && cycle count && owned && frames")"
run scale --count --memory 3072 -- env BENCH_PLACEMENT=vm BENCH_ROUNDS=1 \
	sh -c "$(in_guest scale)"
