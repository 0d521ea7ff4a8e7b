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

# All FAULTs on kernel $1, the status in $dir/$1.status, what tools/vm says of
# the kernel's log in $dir/$1.said.
commit() {
	local kernel=$1 headers file status=0

	shift
	headers=$(tools/vm --kernel "$kernel" --headers)
	make -s faulty KDIR="$headers" >&2
	file=build/faulty/$(release "$kernel")/rring_faulty.ko
	# shellcheck disable=SC2016 # the guest's
	tools/vm --kernel "$kernel" --name "kernels-$kernel" \
		--add "$file:/" -- sh -c 'for fault; do
			insmod /rring_faulty.ko fault=$fault
			rmmod rring_faulty
		       done' - "$@" 2>"$dir/$kernel.said" || status=$?
	echo "$status" >"$dir/$kernel.status"
}

fails() {
	[ "$(cat "$dir/$1.status")" = 70 ]
}

finds() {
	grep -E "$2" "$dir/$1.said" || { cat "$dir/$1.said"; return 1; }
}

echo 1..12
# Of lockdep no more is heard after its first report, or one of KASAN.
commit kasan inversion use_after_free overrun shift leak sleep_locked list \
	timer refcount
commit kcsan race
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
