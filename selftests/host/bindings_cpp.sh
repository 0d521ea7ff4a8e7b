#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib bindings-cpp bindings-cpp-asan bindings-cpp-tsan
#
# The C++ binding, without the module: its headers in all kinds of C++, its tests,
# also with sanitizers, and its examples, each of which checks its own result.
# FORM=full: all kinds. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process
binding=ulib/bindings/cpp
built=bindings/cpp
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

warnings="-Wall -Wextra -Wpedantic -Wold-style-cast -Wconversion -Wshadow -Werror"
include="-I$binding -Iinclude/uapi -Iinclude"

# ---- the headers, in all kinds of C++ ----

kinds() {
	local standard

	echo "clang++ -std=c++17 -stdlib=libc++"
	echo "g++ -std=c++2b"
	[ "${FORM:-}" != full ] || for standard in 17 20 2b; do
		echo "g++ -std=c++$standard -O2"
		echo "clang++ -std=c++$standard"
		echo "clang++ -std=c++$standard -stdlib=libc++"
	done
	echo "g++ -std=c++17 -fno-exceptions -fno-rtti"
	echo "clang++ -std=c++20 -fno-exceptions -fno-rtti"
	echo "g++ -std=c++20 -DRRING_NO_INLINE"
}

# Templates are compiled where they are used: by the tests.
sources_of() {
	case $1 in
	*-fno-exceptions*) echo "$binding/tests/no_exceptions.cc" ;;
	*) ls "$binding"/tests/[!n]*.cc "$binding"/examples/*.cc ;;
	esac
}

# The examples need C++20.
compiles() {
	local source

	for source in $(sources_of "$1"); do
		case "$source $1" in
		*/examples/*c++17*) continue ;;
		esac
		# shellcheck disable=SC2086 # flags are words
		$1 $warnings $include -fsyntax-only "$source" || return
	done
}

headers_stand_alone() {
	local header

	for header in "$binding"/rusted_ring/cpp/*.hpp; do
		# shellcheck disable=SC2086 # flags are words
		echo "#include <${header#"$binding"/}>" |
			$1 $warnings $include -fsyntax-only -x c++ - || return
	done
}

# ---- what must not compile ----

# compile_line COMPILER LINE: of a function, in which there are a client, a reader, an
# event and a draft.
compile_line() {
	cat >"$dir/line.cc" <<-END
		#include <rusted_ring.hpp>
		#include <string>
		struct record { uint64_t number; };
		struct chained { chained *next; std::string name; };
		struct alignas(128) wide { uint64_t number; };
		void f(rusted_ring::client &client, rusted_ring::reader &reader,
		       rusted_ring::event &event, rusted_ring::draft &draft)
		{
			(void)client, (void)reader, (void)event, (void)draft;
			$2;
		}
	END
	# shellcheck disable=SC2086 # flags are words
	$1 $include -fsyntax-only "$dir/line.cc"
}

accepts() {
	compile_line "g++ -std=c++20" "$1"
}

refuses() {
	! accepts "$1" 2>/dev/null
}

# clang knows that a payload goes with its event.
dangles() {
	! compile_line "clang++ -std=c++20 -Werror=dangling" "$1" 2>"$dir/errors" &&
		grep -q Wdangling "$dir/errors"
}

# ---- run ----

# run_all FOLDER: all test programs below it.
run_all() {
	local program

	for program in "$1"/c++*/*; do
		[ -x "$program" ] || continue
		timeout 300 "$program" || { echo "$program"; return 1; }
	done
}

# ---- all ----

examples=build/$built/examples

main() {
	local kind

	while read -r kind; do
		check "no warning: $kind" compiles "$kind"
	done <"$dir/kinds"
	for kind in "g++ -std=c++17" "clang++ -std=c++20"; do
		check "each header can be the first: $kind" \
			headers_stand_alone "$kind"
	done

	check "an event is read as a plain type" \
		accepts "event.as<record>()"
	check "no event is read as a type that is more than its bytes" \
		refuses "event.as<chained>()"
	check "no event is read as a type of a larger alignment" \
		refuses "event.as<wide>()"
	check "no event is read as a pointer" refuses "event.as<char *>()"
	check "an event that is held is not written" \
		refuses "event.as<record>()->number = 1"
	check "a draft is" accepts "draft.as<record>()->number = 1"
	check "an event is not copied" refuses "auto copy = event"
	check "a view is not copied" \
		refuses "auto view = reader.try_read(); auto copy = view"
	check "an event is published only by a move" \
		refuses "rusted_ring::writer_ref().publish(event)"

	check "clang finds a payload that is used after its event" \
		dangles "auto *found = client.alloc(8).as<record>(); (void)found"

	check "the tests pass" run_all "build/$built"
	check "the tests pass with ASan and UBSan" run_all "build/asan/$built"
	check "the tests pass with TSan" run_all "build/tsan/$built"

	check "four consumers count each trade once, and 50 times one ends" \
		prints ' 4 consumers have each of 200000 trades once; 50 ' \
		"$examples/fanout" 200000 50
	check "a pipeline of frames loses none, and 50 times a stage ends" \
		prints ' 200 frames .* each seen and found once; 50 ' \
		"$examples/pipeline" 200 50 320 240
	check "an archive has each event once, and 50 times it ends" \
		prints ' 100000 events, each once; .* 50 ' \
		"$examples/archive" 100000 50
	check "coroutines read two rings in one thread" \
		prints ' 100000 ticks ' "$examples/ticker" 100000
}

kinds >"$dir/kinds"
echo "TAP version 13"
echo "1..$(($(wc -l <"$dir/kinds") + 19))"
main
