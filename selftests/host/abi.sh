#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib
#
# Programs that were compiled before work with the libraries, or do not start: what
# they call, read and compile in is as selftests/host/abi keeps it. And the scripts
# and the linker find it when it is not. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
abi=$(sed -n 's/^ABI\t*:= //p' Makefile)
next=$((abi + 1))
tree=$dir/tree

# ---- a tree with the headers, and libraries of the inline functions alone ----

build_tree() {
	local abi library

	cd "$tree"
	abi=$(sed -n 's/^ABI\t*:= //p' Makefile)
	gcc -std=gnu11 -D_GNU_SOURCE -Iinclude/uapi -Iinclude -g -fPIC -c \
		-o ffi.o ulib/ffi.c
	for library in librusted_ring librusted_ring-ffi; do
		gcc -shared -Wl,-soname,$library.so."$abi" -o $library.so."$abi" \
			-Wl,--version-script=ulib/librusted_ring-ffi.map ffi.o
	done
}

make_tree() {
	mkdir -p "$tree/ulib" "$tree/selftests/host"
	cp -a Makefile include "$tree"
	cp ulib/ffi.c ulib/*.map "$tree/ulib"
	cp -a selftests/host/abi "$tree/selftests/host"
	rm "$tree"/selftests/host/abi/{*.xml,uapi.macros,inline.sums}
	(build_tree)
	BUILD=. "$tree/selftests/host/abi/interface" keep
	mv "$tree" "$dir/base"
}

# change FILE PROGRAM: in a new copy of the tree, by sed.
change() {
	rm -rf "$tree"
	cp -a "$dir/base" "$tree"
	also_change "$@"
}

also_change() {
	sed -i "$2" "$tree/$1"
	! cmp "$tree/$1" "$dir/base/$1"
}

# found STATUS WORDS: that is what the script says of the tree.
found() {
	local status=0

	(build_tree)
	BUILD=. "$tree/selftests/host/abi/interface" >"$dir/report" || status=$?
	cat "$dir/report"
	[ "$status" -eq "$1" ]
	grep -q "$2" "$dir/report"
}

keeps() {
	BUILD=. "$tree/selftests/host/abi/interface" keep
	BUILD=. "$tree/selftests/host/abi/interface"
}

object=include/rusted_ring/internal/object.h
inline=include/rusted_ring/internal/inline.h
uapi=include/uapi/linux/rusted_ring.h

# Each function below is one test: check_each() runs it.
changed_structure_is_found() {
	change $object 's|^struct rring_reader {|&\n\tuint64_t first;|'
	found 1 "struct rring_reader"
	! keeps
}

longer_structure_is_found() {
	change include/rusted_ring/event.h \
		's|^struct rring_event {|&\n\tuint64_t first;|'
	found 1 "struct rring_event"
}

new_soname_lets_it_pass() {
	change $object 's|^struct rring_reader {|&\n\tuint64_t first;|'
	also_change Makefile "s/^ABI\t:= .*/ABI\t:= $next/"
	found 2 "new soname"
	keeps
}

lost_function_is_found() {
	change ulib/librusted_ring-ffi.map '/rring_release;/d'
	also_change ulib/librusted_ring-ffi.map 's/^};/local: rring_release;\n};/'
	found 1 "rring_release"
}

# add_function VERSION: to the libraries, with symbols of that version.
add_function() {
	change ulib/ffi.c "\$a int rring_new(int n) { return n; }"
	also_change ulib/librusted_ring-ffi.map "\$a $1 { global: rring_new; };"
}

new_function_has_a_new_version() {
	local version

	version=$(sed -n 's/^VERSION\t*:= \(.*\)\..*/\1/p' Makefile)
	add_function RUSTED_RING_0.0
	found 1 "give new functions symbols of RUSTED_RING_$version"
	add_function "RUSTED_RING_$version"
	found 2 "there is more than before"
	keeps
}

inline_code_is_compared() {
	change $inline 's|return n;|return (long)n;|'
	found 2 inline.h
	keeps
	change $inline 's|^RRING_IN_LINE long rring_peek|/* a comment */\n\n&|'
	(build_tree)
	BUILD=. "$tree/selftests/host/abi/interface"
}

uapi_is_compared() {
	change $uapi 's|^struct rring_seal {|&\n\t__u32 first;|'
	found 2 "struct rring_seal"
	change $uapi 's|^\(#define RRING_LINE\t*\)64|\1128|'
	found 2 "RRING_LINE"
	change $uapi 's|RRING_IOC_MAGIC, 13,|RRING_IOC_MAGIC, 14,|'
	found 2 "RRING_IOC_SEAL"
}

new_abi_needs_a_new_soname() {
	change $uapi 's|^\(#define RRING_ABI_VERSION\t*\).*|\199|'
	found 1 "soname must be another"
	also_change Makefile "s/^ABI\t:= .*/ABI\t:= $next/"
	found 2 "new soname"
}

# ---- programs, and libraries of other versions ----

# link_program NAME CALL LIBRARY: it runs with what is in $dir/lib.
link_program() {
	printf '#include <rusted_ring.h>\nint rring_new(void);\n
		int main(void)\n{\n%s\n}\n' "$2" >"$dir/$1.c"
	gcc -std=gnu11 -Iinclude/uapi -Iinclude -o "$dir/$1" "$dir/$1.c" "$3" \
		-Wl,-rpath,"$dir/lib"
}

# use_library FILE: it alone.
use_library() {
	rm -rf "${dir:?}/lib"
	mkdir "$dir/lib"
	cp "$1" "$dir/lib"
}

# refused NAME WORDS: the program does not start, and says why.
refused() {
	local status=0

	"$dir/$1" 2>"$dir/error" || status=$?
	cat "$dir/error"
	[ "$status" -eq 127 ] || [ "$status" -eq 1 ]
	grep -q "$2" "$dir/error"
}

# The code of this tree, with the next soname.
make_next() {
	mkdir -p "$dir/next"
	make -s ABI=$next SHARED="$dir/next/librusted_ring.so.$next" \
		"$dir/next/librusted_ring.so.$next"
}

program_of_before_does_not_start() {
	make_next
	link_program before "struct rring_client *client;
		return rring_open(&client, NULL, RRING_PRODUCER, RRING_IN_PROCESS);" \
		build/librusted_ring.so."$abi"
	use_library build/librusted_ring.so."$abi"
	"$dir/before"
	use_library "$dir/next/librusted_ring.so.$next"
	refused before "librusted_ring.so.$abi"
}

newer_program_does_not_start() {
	link_program after "return !rring_strerror(0);" \
		"$dir/next/librusted_ring.so.$next"
	use_library "$dir/next/librusted_ring.so.$next"
	"$dir/after"
	use_library build/librusted_ring.so."$abi"
	refused after "librusted_ring.so.$next"
}

program_of_a_new_function_does_not_start() {
	local library=$dir/newer/librusted_ring.so.$abi

	mkdir "$dir/newer"
	echo 'RUSTED_RING_99.9 { global: rring_new; };' >"$dir/new.map"
	echo 'int rring_new(void) { return 0; }' | gcc -shared -fPIC -x c - \
		-o "$library" -Wl,-soname,"${library##*/}" \
		-Wl,--version-script="$dir/new.map"
	link_program new "return rring_new();" "$library"
	use_library "$library"
	"$dir/new"
	use_library build/librusted_ring.so."$abi"
	refused new "RUSTED_RING_99.9"
}

make_tree
echo TAP version 13
echo 1..12
check "what programs see is as it is kept" selftests/host/abi/interface
check_each "a structure that inline code reads has changed: found" \
	changed_structure_is_found
check_each "one that programs allocate has: found" longer_structure_is_found
check_each "with a new soname it may" new_soname_lets_it_pass
check_each "a function that is missing is found" lost_function_is_found
check_each "a new one needs symbols of a new version" \
	new_function_has_a_new_version
check_each "changes of the inline code are found, but not of comments" \
	inline_code_is_compared
check_each "and of the ABI of the module" uapi_is_compared
check_each "a new RRING_ABI_VERSION needs a new soname" \
	new_abi_needs_a_new_soname
check_each "a program does not start with a library of a later soname" \
	program_of_before_does_not_start
check_each "nor with one of an earlier soname" newer_program_does_not_start
check_each "nor with one that lacks a function" \
	program_of_a_new_function_does_not_start
