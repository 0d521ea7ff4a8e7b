#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Promises of tools/vm. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export TMPDIR
TMPDIR=$(mktemp -d)
trap 'rm -rf "$TMPDIR"' EXIT
out=$TMPDIR/out
mkdir "$out"

count=0

check() {
	local what=$1

	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count $what"
	else
		tail -n 5 "$out"/*.status "$out"/*.err | sed 's/^/# /'
		echo "not ok $count $what"
	fi
}

# Runs in the guest; leaves .status, .out, .err and .seconds below $out/NAME.
boot() {
	local name=$1 status=0 start=$SECONDS

	shift
	tools/vm --name "vm_runner-$name" "$@" \
		>"$out/$name.out" 2>"$out/$name.err" </dev/null || status=$?
	echo "$status" >"$out/$name.status"
	echo $((SECONDS - start)) >"$out/$name.seconds"
}

# As boot, but tools/vm gets signal $2 in the middle.
boot_and_kill() {
	local name=$1 pid

	mkdir "$TMPDIR/$name"
	TMPDIR=$TMPDIR/$name tools/vm --name "vm_runner-$name" \
		--timeout 60 -- sleep 1000 >/dev/null 2>&1 &
	pid=$!
	sleep 4
	our_guests "$TMPDIR/$name" >"$out/$name.before"
	kill -s "$2" "$pid"
	wait "$pid" 2>/dev/null || true
	sleep 1
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
	[ "$(cat "$out/$1.status")" = "$2" ]
}

says() {
	grep -q -- "$2" "$out/$1.err"
}

lacks() {
	! says "$@"
}

ran_before_the_kill() {
	[ -s "$out/term.before" ] && [ -s "$out/kill.before" ]
}

none_left() {
	[ -z "$(our_guests "$TMPDIR")" ]
}

no_files_left() {
	[ -z "$(ls "$TMPDIR/term")" ]
}

run_all() {
	head -c 100000 /dev/urandom >"$out/bytes"
	# shellcheck disable=SC2016 # nothing is to be expanded
	arguments=("a b" "it's" '$HOME "*"' $'two\nlines' '' '\n')
	printf '%s\n' "${arguments[@]}" >"$out/arguments"

	# Two at a time: that is a promise, too.
	boot bytes --add "$out/bytes:/bytes" --save "$out/bytes.saved" -- \
		sh -c 'cat /bytes; cat /bytes >&3; exit 7' &
	boot same --add "$(command -v bash)" -- \
		bash -c 'printf "%s\n" "$@"' - "${arguments[@]}"
	wait
	boot late --timeout 45 -- sh -c 'echo early; sleep 1000' &
	boot warning -- sh -c 'echo "WARNING: made up" >/dev/kmsg' &
	boot crash -- sh -c 'echo before; echo c >/proc/sysrq-trigger'
	boot unbootable --append rdinit=/none -- true
	boot_and_kill term TERM
	boot_and_kill kill KILL
	wait
}

echo 1..20
run_all
check "status 0 is passed on" status_is same 0
check "status 7 is passed on" status_is bytes 7
check "100 kB of output arrive as they are" \
	cmp -s "$out/bytes" "$out/bytes.out"
check "and as many of what it saves" cmp -s "$out/bytes" "$out/bytes.saved"
check "arguments arrive as they are, in a program with shared libraries" \
	cmp -s "$out/arguments" "$out/same.out"
check "start to result takes less than 30 s" \
	[ "$(cat "$out/same.seconds")" -lt 30 ]
check "a warning fails the run" status_is warning 70
check "the warning is shown" says warning "WARNING: made up"
check "a crash fails the run" status_is crash 70
check "the crash is shown" says crash "Kernel panic"
check "a kernel that does not boot fails the run" status_is unbootable 70
check "it is tried twice" says unbootable "once more"
check "but not one that does" lacks crash "once more"
check "output before the crash arrives" grep -qx before "$out/crash.out"
check "a late command has status 124" status_is late 124
check "output before the deadline arrives" grep -qx early "$out/late.out"
check "the guest ran before it was killed" ran_before_the_kill
check "an interrupted run leaves no file" no_files_left
check "the guest's kernel log is kept" \
	grep -q "Kernel panic" build/vm/vm_runner-crash.log
check "no virtual machine is left" none_left
