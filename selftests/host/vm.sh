#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# tools/vm keeps its promises: output, status and saved data arrive as they are;
# a complaint of the kernel, a crash and a deadline fail the run; nothing is left
# when it is interrupted. FORM=full: a kernel that does not boot, and SIGKILL.
# long/debian boots disks. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export TMPDIR
TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
dir=$TMPDIR/results
mkdir "$dir"
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Runs in the guest; leaves .status, .stdout and .stderr below $dir/NAME.
boot() {
	local name=$1 status=0

	shift
	tools/vm --name "vm-$name" "$@" \
		>"$dir/$name.stdout" 2>"$dir/$name.stderr" </dev/null ||
		status=$?
	echo "$status" >"$dir/$name.status"
}

# tools/vm gets signal $2 once its guest is there.
boot_and_kill() {
	local name=$1 pid

	mkdir "$TMPDIR/$name"
	TMPDIR=$TMPDIR/$name tools/vm --name "vm-$name" \
		--timeout 600 -- sleep 1000 >/dev/null 2>&1 &
	pid=$!
	until [ -n "$(our_guests "$TMPDIR/$name")" ]; do
		kill -0 "$pid" || return
		sleep 0.1
	done
	our_guests "$TMPDIR/$name" >"$dir/$name.before"
	kill -s "$2" "$pid"
	wait "$pid" 2>/dev/null || true
}

# The guests whose files are below $1.
our_guests() {
	local file words

	for file in /proc/[0-9]*/cmdline; do
		words=$({ tr '\0' ' ' <"$file"; } 2>/dev/null) || continue
		case $words in
		qemu-system*"$1"*) echo "$words" ;;
		esac
	done
}

status_is() {
	cat "$dir/$1.status" "$dir/$1.stderr"
	[ "$(cat "$dir/$1.status")" = "$2" ]
}

says() {
	cat "$dir/$1.stderr"
	grep -q -- "$2" "$dir/$1.stderr"
}

lacks() {
	! says "$@"
}

says_nothing() {
	cat "$dir/$1.stderr"
	[ ! -s "$dir/$1.stderr" ]
}

# The deadline of the test ends this, if anything.
none_is_left() {
	while [ -n "$(our_guests "$TMPDIR")" ]; do
		sleep 0.1
	done
}

no_files_are_left() {
	[ -z "$(ls "$TMPDIR/term")" ]
}

boot_all() {
	head -c 100000 /dev/urandom >"$dir/bytes"
	# shellcheck disable=SC2016 # nothing is to be expanded
	arguments=("a b" "it's" '$HOME "*"' $'two\nlines' '' '\n')
	printf '%s\n' "${arguments[@]}" >"$dir/arguments"

	# Several at a time: that is a promise, too.
	boot late --timeout 90 -- sh -c 'echo early; sleep 1000' &
	boot bytes --add "$dir/bytes:/bytes" --save "$dir/bytes.saved" -- \
		sh -c 'cat /bytes; cat /bytes >&3; exit 7' &
	boot same --add "$(command -v bash)" -- \
		bash -c 'printf "%s\n" "$@"' - "${arguments[@]}"
	boot warning -- sh -c 'echo "WARNING: made up" >/dev/kmsg'
	boot crash -- sh -c 'echo before; echo c >/proc/sysrq-trigger'
	boot disk --disk "$dir/bytes"
	boot_and_kill term TERM
	wait
	[ "${FORM:-}" = full ] || return 0
	boot unbootable --append rdinit=/none -- true
	boot_and_kill kill KILL
}

full=0
[ "${FORM:-}" != full ] || full=3
echo "1..$((19 + full))"
boot_all
check "status 0 is passed on" status_is same 0
check "what succeeds says nothing else" says_nothing same
check "status 7 is passed on" status_is bytes 7
check "100 kB of output arrive as they are" \
	cmp -s "$dir/bytes" "$dir/bytes.stdout"
check "and as many of what it saves" cmp -s "$dir/bytes" "$dir/bytes.saved"
check "arguments arrive as they are, in a program with shared libraries" \
	cmp -s "$dir/arguments" "$dir/same.stdout"
check "a warning fails the run" status_is warning 70
check "the warning is shown" says warning "WARNING: made up"
check "a crash fails the run" status_is crash 70
check "the crash is shown" says crash "Kernel panic"
check "a kernel that has booted is not tried twice" lacks crash "once more"
check "output before the crash arrives" grep -qx before "$dir/crash.stdout"
check "a late command has status 124" status_is late 124
check "output before the deadline arrives" grep -qx early "$dir/late.stdout"
check "the guest's kernel log is kept" \
	grep -q "Kernel panic" build/vm/vm-crash.log
check "a disk without an initramfs is refused" status_is disk 2
check "the guest ran before SIGTERM" test -s "$dir/term.before"
check "no virtual machine is left after SIGTERM" none_is_left
check "no file is left after SIGTERM" no_files_are_left
[ "${FORM:-}" = full ] || exit 0
check "a kernel that does not boot fails the run" status_is unbootable 70
check "it is tried twice" says unbootable "once more"
check "no virtual machine is left after SIGKILL" none_is_left
