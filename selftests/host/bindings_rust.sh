#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-rust lib tools
#
# The crate for Rust, without the module: it is in step with the header, keeps its
# promises, and takes few instructions more than C. FORM=full: also under valgrind and
# sanitizers, with each compiler that is here, and as a crate finds it that only has what
# `make install` puts there; this takes minutes. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process
unset MAKEFLAGS MAKELEVEL
crate=$PWD/ulib/bindings/rust
target=$PWD/build/bindings/rust
examples=$target/release/examples
oldest=1.63
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# ---- compilers ----

# cargo with the library of build/, in a folder of its own for each compiler.
cargo_in() {
	local where=$1

	shift
	(
		cd "$crate"
		nice -n 10 env RUSTED_RING_LIB_DIR="$target/../.." \
			RUSTED_RING_STATIC=1 CARGO_TARGET_DIR="$target$where" "$@"
	)
}

# Debian's compiler, whatever else is first in PATH.
with_debian() {
	PATH=/usr/bin:$PATH "$@"
}

has_oldest() {
	with_debian rustc --version 2>/dev/null | grep -q "^rustc $oldest\."
}

builds_with_the_oldest() {
	with_debian cargo_in "-$oldest" env RUSTFLAGS=-Dwarnings \
		cargo build --locked --offline --all-targets
}

has() {
	cargo "$@" --version >/dev/null 2>&1
}

# A nightly compiler, which has the sanitizers.
has_nightly() {
	has +nightly
}

# ---- promises ----

in_step() {
	ulib/bindings/rust/generate | diff - ulib/bindings/rust/src/sys.rs
}

# The program in the document is the example.
hello_is_documented() {
	local example=ulib/bindings/rust/examples/hello.rs

	awk '/^   use rusted_ring/ { on = 1 } /^[^ ]/ { on = 0 }
	     on { sub("^   ", ""); print }' Documentation/bindings_rust.rst |
		diff -B - <(grep -v '^//' $example)
}

tests_pass() {
	cargo_in "" env RUSTFLAGS=-Dwarnings cargo test --locked --offline "$@"
}

documents_build() {
	cargo_in "" env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --offline
}

clippy_is_silent() {
	cargo_in "" cargo clippy --locked --offline --all-targets -- -D warnings
}

# The programs of the tests, which cargo names in its messages.
test_programs() {
	cargo_in "" cargo test --locked --offline --tests --no-run \
		--message-format=json | jq -r '.executable // empty' 2>/dev/null
}

valgrind_finds_nothing() {
	local program programs

	programs=$(test_programs)
	[ -n "$programs" ] || return
	for program in $programs; do
		nice -n 10 valgrind --quiet --error-exitcode=1 \
			--leak-check=full --errors-for-leak-kinds=definite \
			"$program" --test-threads=1 || return
	done
}

sanitizer_finds_nothing() {
	nice -n 10 make -s "bindings-rust-$1"
}

# ---- what it costs ----

sources=selftests/host/bindings_rust
operations="alloc hold publish add batch"
times=64000

compile_costs() {
	local flags="-O2 -std=gnu11 -Wall -Wextra -Werror -Iinclude/uapi -Iinclude"

	# shellcheck disable=SC2086 # flags are words
	gcc $flags $sources/cost.c -o "$dir/c" build/librusted_ring.a -lpthread &&
	gcc $flags -DRRING_NO_INLINE $sources/cost.c -o "$dir/c-ffi" \
		build/librusted_ring-ffi.a -lpthread &&
	crate=$PWD/$sources cargo_in "" cargo build --locked --offline --release &&
	cp "$target/release/cost" "$dir/rust"
}

# Instructions of program $1 for operation $2, $3 times.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dir/$1" "$2" \
		"$3" 2>&1 >/dev/null | sed -n 's/.*Collected : //p'
}

# OPERATION LANGUAGE INSTRUCTIONS NANOSECONDS, for each event
costs() {
	local operation language few many

	for operation in $operations; do
		for language in c c-ffi rust; do
			few=$(instructions $language "$operation" 640)
			many=$(instructions $language "$operation" \
				$((times + 640)))
			echo "$operation $language $(((many - few) / times))" \
				"$("$dir/$language" "$operation" 1000000)"
		done
	done
}

# Rust calls the functions that a program in C without inline functions calls. Beyond
# them it takes at most so many instructions for an event.
more=40

cost_is_small() {
	costs >"$dir/costs" && mkdir -p build/selftests &&
		cp "$dir/costs" build/selftests/bindings_rust_cost &&
		cat "$dir/costs" &&
		awk -v more=$more '
			$2 == "c-ffi" { c = $3 }
			$2 == "rust" && $3 > c + more { wrong = 1 }
			END { exit wrong || NR != 15 }' "$dir/costs"
}

# ---- installed ----

# The crate depends on the binding by its path, and nothing names build/.
builds_from_what_is_installed() {
	make -s install PREFIX="$dir/prefix" || return
	(
		cd $sources
		unset RUSTED_RING_LIB_DIR RUSTED_RING_STATIC
		nice -n 10 env PKG_CONFIG_PATH="$dir/prefix/lib/pkgconfig" \
			CARGO_TARGET_DIR="$dir/target" \
			cargo build --locked --offline
	) && prints '^[0-9.]*$' env LD_LIBRARY_PATH="$dir/prefix/lib" \
		"$dir/target/debug/cost" publish 1000
}

says_what_is_missing() {
	! (
		cd $sources
		env PKG_CONFIG_PATH=/nonexistent PKG_CONFIG_LIBDIR=/nonexistent \
			CARGO_TARGET_DIR="$dir/missing" cargo build --locked --offline
	) 2>"$dir/said" && grep "set RUSTED_RING_LIB_DIR" "$dir/said"
}

# ---- the full form ----

compilers_agree() {
	if has_oldest; then
		check "all of it builds with rustc $oldest, without a warning" \
			builds_with_the_oldest
	else
		skip "all of it builds with rustc $oldest" \
			"rustc $oldest is not here"
	fi
	check "its documentation builds without a warning" documents_build
	if has clippy; then
		check "clippy finds nothing" clippy_is_silent
	else
		skip "clippy finds nothing" "clippy is not here"
	fi
}

checkers_find_nothing() {
	local sanitizer

	check "valgrind finds nothing in its tests" valgrind_finds_nothing
	for sanitizer in asan tsan; do
		if has_nightly; then
			check "$sanitizer finds nothing in its tests" \
				sanitizer_finds_nothing $sanitizer
		else
			skip "$sanitizer finds nothing in its tests" \
				"no nightly compiler is here"
		fi
	done
}

echo TAP version 13
check "src/sys.rs is what generate makes of the header" in_step
check "its tests pass" tests_pass --tests
check "its examples in the documentation run, and those that must not compile do not" \
	tests_pass --doc
check "the program in its page says hello" prints '^hello$' "$examples/hello"
check "it is the one of the example" hello_is_documented
if has fmt; then
	check "it has the format of rustfmt" \
		cargo_in "" cargo fmt --check
else
	skip "it has the format of rustfmt" "cargo fmt is not here"
fi
check "four consumers count 1,000,000 trades, and 50 times one or the feed ends" \
	prints ' 4 consumers have each of 1000000 trades once; 50 ' \
	"$examples/fanout"
check "300 frames go through a pipeline, and 50 times a stage ends" \
	prints ' 300 frames of 1280 x 720, each seen and found once; 50 ' \
	"$examples/pipeline"
check "an archive has 100,000 lines of two rings, and 50 times the archivist ends" \
	prints ' each of 100000 lines of 2 rings once; 50 ' "$examples/archive"
check "the seed's example 1 shares 100,000 events among four actors" \
	prints ' 100000 events, all bytes of each in 4 actors' \
	"$examples/seed_distribution"
check "the seed's example 2 moves 200,000 events through three stages" \
	prints ' 200000 events in order, none lost, none repeated' \
	"$examples/seed_pipeline"
check "the seed's example 3 works on 100,000 items in batches" \
	prints ' 100000 items in 25 batches, each item once' \
	"$examples/seed_batch"
check "the seed's example 1 with one event" \
	prints ' 1 events' "$examples/seed_distribution" 1
check "the seed's example 2 with no event" \
	prints ' 0 events' "$examples/seed_pipeline" 0
check "the seed's example 3 with a ring full, and one more" \
	prints ' 4097 items in 2 batches' "$examples/seed_batch" 4097
check "programs that measure it, in C and in Rust, are built" compile_costs
check "an event costs few instructions more than in C" cost_is_small
check "without the library the build says how to find it" says_what_is_missing
if [ "${FORM:-}" = full ]; then
	compilers_agree
	checkers_find_nothing
	check "what is installed is all that a crate needs besides the binding" \
		builds_from_what_is_installed
fi
echo "1..$count"
