#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Faults put into the code on purpose (selftests/mutants/*.patch), each in a
# copy of the tree, where the test that is to catch it has to fail. The first
# lines of a patch say which test that is, and what is wrong. With names as
# arguments: these alone. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD
trees=$root/build/mutants
at_once=${MUTANTS_AT_ONCE:-2}

# Objects are taken along, so that a mutant costs what it changes. Not those of
# the module, in whose commands are the paths of this tree.
make_tree() {
	mkdir -p "$1/build"
	cp -a Kbuild Makefile mk include kmod ulib tools selftests Documentation \
		"$1"
	find build -mindepth 1 -maxdepth 1 ! -name module ! -name mutants \
		! -name vm ! -name coverage ! -name check -exec cp -a -t "$1/build" {} +
}

field() {
	sed -n "s/^$2: //p" "$root/selftests/mutants/$1.patch"
}

# The test of mutant $1 in this tree. Its log says "mutant:" and what became
# of it: the fault is to be found by the test, not by the compiler.
try() {
	local test

	test=$(field "$1" Test)
	patch -s -F0 -p1 <"$root/selftests/mutants/$1.patch" || return 0
	export FORM=full	# some are caught by chance
	export PATIENCE=1	# many are caught by a timeout
	export WAYS=${test%%/*}
	if ! selftests/build "$test"; then
		echo "mutant: does not build"
	elif selftests/run "$test"; then
		echo "mutant: lives"
	else
		echo "mutant: is caught"
	fi
	patch -s -R -p1 <"$root/selftests/mutants/$1.patch"
}

# By a test that began and failed, not because something was missing. A mutant
# that kills the guest in the first case leaves none that has passed.
is_caught() {
	grep -qs '^[0-9]* passed, [1-9][0-9]* failed' "$1" &&
		grep -qE '^[1-9][0-9]* passed|# +RUN ' "$1" &&
		grep -q '^mutant: is caught$' "$1"
}

# Lane $1 of $at_once takes every $at_once-th of the mutants in $2...
run_lane() {
	local lane=$1 i=0 name

	shift
	make_tree "$trees/$lane"
	cd "$trees/$lane"
	for name; do
		[ $((i++ % at_once)) -eq "$lane" ] || continue
		try "$name" >"$trees/$name.log" 2>&1 </dev/null
	done
}

main() {
	local lane name count=0 lanes=()

	# shellcheck disable=SC2046 # names have no blanks
	[ $# -gt 0 ] || set -- $(basename -s .patch selftests/mutants/*.patch)
	rm -rf "$trees"
	mkdir -p "$trees"
	for ((lane = 0; lane < at_once; lane++)); do
		run_lane "$lane" "$@" &
		lanes+=($!)
	done
	wait "${lanes[@]}" || true
	for name; do
		count=$((count + 1))
		if is_caught "$trees/$name.log"; then
			echo "ok $count $name is caught by $(field "$name" Test)"
		else
			tail -n 20 "$trees/$name.log" | sed 's/^/# /'
			echo "not ok $count $name is caught by" \
			     "$(field "$name" Test)"
		fi
	done
	echo "1..$count"
}

main "$@"
