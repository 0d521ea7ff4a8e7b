#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Faults put into the code on purpose (selftests/mutants/*.patch), each in a
# copy of the tree, where the test that is to catch it has to fail. The first
# lines of a patch say which test that is, and what is wrong. A mutant that was
# caught runs again only when the code or its patch has changed. With names as
# arguments: these alone, in any case. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD
trees=$root/build/mutants
caught=$root/build/mutants_caught
at_once=${MUTANTS_AT_ONCE:-2}

# Objects are taken along, so that a mutant costs what it changes. Not those of
# the module, in whose commands are the paths of this tree.
make_tree() {
	mkdir -p "$1/build"
	cp -a Kbuild Makefile mk include kmod ulib tools packaging selftests \
		Documentation "$1"
	find build -mindepth 1 -maxdepth 1 ! -name module ! -name mutants \
		! -name vm ! -name coverage ! -name check -exec cp -a -t "$1/build" {} +
}

# The sum of all that the tests of mutants read, of the files that git knows or
# would add.
code() {
	git ls-files -z --cached --others --exclude-standard -- . ':!*.md' \
		':!Documentation/*.rst' ':!ulib/bindings' \
		':!selftests/'{all,mutants,long/mutants.sh} |
		xargs -0 sha256sum 2>/dev/null | sha256sum
}

# The file that is there if mutant $1 was caught in code $2.
memory_of() {
	local sum

	sum=$({ echo "$2"; cat "$root/selftests/mutants/$1.patch"; } | sha256sum)
	echo "$caught/$1.${sum:0:16}"
}

# Sets before to the mutants that were caught in code $1, and left to the others.
look_back() {
	local name

	for name in selftests/mutants/*.patch; do
		name=$(basename -s .patch "$name")
		if [ -f "$(memory_of "$name" "$1")" ]; then
			before+=("$name")
		else
			left+=("$name")
		fi
	done
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
	unset WERROR		# a fault may leave a variable unused
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

# Lane $1 of $at_once takes every $at_once-th of the mutants in $3... of code $2.
run_lane() {
	local lane=$1 code=$2 i=0 name

	shift 2
	[ $# -gt "$lane" ] || return 0
	make_tree "$trees/$lane"
	cd "$trees/$lane"
	for name; do
		[ $((i++ % at_once)) -eq "$lane" ] || continue
		try "$name" >"$trees/$name.log" 2>&1 </dev/null
		! is_caught "$trees/$name.log" ||
			touch "$(memory_of "$name" "$code")"
	done
}

main() {
	local lane name code count=0 lanes=() before=() left=()

	code=$(code)
	if [ $# -eq 0 ]; then
		look_back "$code"
		set -- ${left[@]+"${left[@]}"}
	fi
	rm -rf "$trees"
	mkdir -p "$trees" "$caught"
	for ((lane = 0; lane < at_once; lane++)); do
		run_lane "$lane" "$code" "$@" &
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
	for name in ${before[@]+"${before[@]}"}; do
		count=$((count + 1))
		echo "ok $count $name was caught before"
	done
	echo "1..$count"
}

main "$@"
