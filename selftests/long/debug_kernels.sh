#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The debug kernels find what they are there for, and tools/vm sees that they
# do: a module commits one fault for each of their checkers. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh

# commit RUN KERNEL FAULT...: all of them on that kernel, the status in
# $dir/RUN.status, what tools/vm says of the kernel's log in $dir/RUN.said.
commit() {
	local run=$1 kernel=$2 headers file status=0

	shift 2
	headers=$(tools/vm --kernel "$kernel" --headers)
	make -s faulty KDIR="$headers" >&2
	file=build/faulty/$(release "$kernel")/rring_faulty.ko
	# shellcheck disable=SC2016 # the guest's
	tools/vm --kernel "$kernel" --name "kernels-$run" \
		--add "$file:/" -- sh -c 'for fault; do
			insmod /rring_faulty.ko fault=$fault
			rmmod rring_faulty
		       done' - "$@" 2>"$dir/$run.said" || status=$?
	echo "$status" >"$dir/$run.status"
}

fails() {
	[ "$(cat "$dir/$1.status")" = 70 ]
}

passes() {
	cat "$dir/$1.said"
	[ "$(cat "$dir/$1.status")" = 0 ]
}

finds() {
	grep -E "$2" "$dir/$1.said" || { cat "$dir/$1.said"; return 1; }
}

# It stands in the trace of a complaint, which the kernel's log has.
traces() {
	grep "$2+0x" "build/vm/kernels-$1.log"
}

echo 1..17
# Of lockdep no more is heard after its first report, or one of KASAN.
commit kasan kasan inversion use_after_free overrun shift leak sleep_locked list \
	timer refcount
commit kcsan kcsan race
# The lock below a raw one is found by both checkers. Of sleeps the kernel tells one a
# second, so the one that lockdep does not find comes first.
commit debug-rt debug-rt lock_unpreempted lock_below_raw
commit allowed kasan lock_unpreempted lock_below_raw
check "kasan: faults fail the run" fails kasan
check "kasan: use after free" finds kasan \
	"KASAN: (slab-)?use-after-free in use_after_free"
check "kasan: overrun of vmalloc'ed memory" \
	finds kasan "KASAN: (vmalloc-)?out-of-bounds in overrun"
check "kasan: impossible shift" finds kasan "UBSAN: shift-out-of-bounds"
check "kasan: leak" finds kasan "unreferenced object .*size 256"
check "kasan: sleep with a spinlock held" \
	finds kasan "BUG: sleeping function called from invalid context"
check "kasan: node that is in a list twice" \
	finds kasan "WARNING: .*__list_add_valid"
check "kasan: timer freed while it runs" finds kasan "ODEBUG: free active"
check "kasan: counter that was zero" finds kasan "refcount_t: addition on 0"
check "kasan: locks in two orders" \
	finds kasan "possible circular locking dependency"
check "kcsan: faults fail the run" fails kcsan
check "kcsan: plain accesses that race" \
	finds kcsan "KCSAN: data-race in increment"
check "debug-rt: faults fail the run" fails debug-rt
check "debug-rt: a lock that sleeps, with preemption off" \
	finds debug-rt "BUG: sleeping function called from invalid context"
check "debug-rt: and where that is" traces debug-rt lock_unpreempted
check "debug-rt: a lock that sleeps, below one that does not" \
	finds debug-rt "BUG: Invalid wait context"
check "kasan: complains of neither, as spinlocks do not sleep there" passes allowed
