#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib tools
#
# What `make install` puts there is whole, exports what it says, and is enough
# to build and run with. Without the module. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

prefix=/opt/some
dest=$dir/dest
lib=$dest$prefix/lib
sources=selftests/host/install
version=$(sed -n 's/^VERSION\t*:= //p' Makefile)

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Two lists of words, given by commands, are the same.
same() {
	diff <($1 | sort) <($2 | sort)
}

run_make() {
	make -s "$@" DESTDIR="$dest" PREFIX="$prefix"
}

# ---- what is there ----

# Everything but what make itself would name: from the source tree.
expected_files() {
	local name section

	for name in rring rring-pcap rring-relay rring-sched; do
		echo "$prefix/bin/$name"
		echo "$prefix/share/bash-completion/completions/$name"
	done
	# not the API for modules, nor what the module and the library alone use
	(cd include && find . -name '*.h' ! -path '*/linux/*' \
		! -path '*/internal/layout.h' ! -path '*/internal/name.h' \
		! -path '*/internal/profile.h' ! -path '*/internal/reclaim.h') |
		sed "s|^\.|$prefix/include|"
	(cd include/uapi && find . -name '*.h') |
		sed "s|^\.|$prefix/include|"
	(cd include && find linux uapi -name '*.h') |
		sed "s|^|$prefix/src/rusted_ring/include/|"
	(cd ulib/bindings/cpp && find rusted_ring* -name '*.hpp') |
		sed "s|^|$prefix/include/|"
	for name in rusted_ring rusted_ring-ffi; do
		printf "$prefix/lib/%s\n" "lib$name.a" "lib$name.so" \
			"lib$name.so.0" "pkgconfig/$name.pc"
	done
	printf "$prefix/lib/%s\n" sysusers.d/rusted-ring.conf \
		sysusers.d/rusted-ring-relay.conf \
		systemd/system/rring-relay@.service \
		udev/rules.d/60-rusted-ring.rules modprobe.d/rusted-ring.conf \
		modules-load.d/rusted-ring.conf \
		systemd/system/rusted-ring-arenas.service \
		systemd/system/rusted-ring-metrics.service \
		systemd/system/rusted-ring-metrics.timer
	printf "$prefix/share/rusted_ring/monitoring/%s\n" \
		rusted_ring.rules.yml rusted_ring.dashboard.json
	echo /etc/rusted_ring/arenas.d/default.conf
	tools/man-names Documentation/man/*.[1-9] |
	while read -r _ name; do
		section=${name##*.}
		echo "$prefix/share/man/man$section/$name"
	done
}

installed_files() {
	(cd "$dest" && find . ! -type d) | sed 's/^\.//'
}

# After make, with no compiler that could.
compiles_nothing() {
	run_make userspace && run_make install CC=false CXX=false LD=false
}

# Flags of the environment, as packagers give them, reach every compiler and linker.
flags_are_honoured() {
	local build=$dir/flags

	CPPFLAGS=-DFLAG_OF_CPP CFLAGS="-O1 -DFLAG_OF_C" LDFLAGS=-Wl,-z,nodlopen \
		make -n userspace B="$build" >"$dir/commands"
	! grep -E '^gcc .* -c ' "$dir/commands" | grep -vE \
		'FLAG_OF_CPP .*FLAG_OF_C ' || return
	! grep -E '^gcc ' "$dir/commands" | grep -v ' -c ' |
		grep -v nodlopen
}

readable_by_all() {
	! find "$dest" -type f ! -perm -444 | grep .
}

links_lead_to_pages() {
	local link target

	while read -r link; do
		target=$(sed -n 's/^\.so //p' "$link")
		[ -f "$dest$prefix/share/man/$target" ] ||
			{ echo "$link: $target"; return 1; }
	done < <(grep -rl '^\.so ' "$dest$prefix/share/man")
}

# ---- what it exports ----

in_map() {
	sed -n 's/^\t\(rring_[a-z0-9_]*\);$/\1/p' "$@"
}

map_of_rusted_ring() { in_map ulib/librusted_ring.map; }
map_of_ffi() { in_map ulib/librusted_ring.map ulib/librusted_ring-ffi.map; }
in_ffi_map_alone() { in_map ulib/librusted_ring-ffi.map; }

symbols() {
	nm --defined-only "$@" | awk 'NF == 3 && $2 != "A" { print $3 }' |
		sed 's/@.*//'
}

exported_by_shared() { symbols -D "$lib/librusted_ring.so"; }
exported_by_shared_ffi() { symbols -D "$lib/librusted_ring-ffi.so"; }
exported_by_static() { symbols -g "$lib/librusted_ring.a"; }
exported_by_static_ffi() { symbols -g "$lib/librusted_ring-ffi.a"; }

versioned() {
	local versions

	versions=$(nm -D --defined-only "$lib/$1" | awk '$2 != "A"' |
		   sed 's/.*@//' | sort -u | xargs)
	[ "$versions" = "$2" ] || { echo "$versions"; return 1; }
}

soname_is() {
	readelf -d "$lib/$1" | grep -q "SONAME.*\[$1\.0\]"
}

declared() {
	selftests/host/install/declared | cut -d' ' -f1-2 | sort -u
}

declared_functions() { declared | sed -n 's/^function //p'; }
declared_inlines() { declared | sed -n 's/^inline //p'; }

# ---- building with it ----

package() {
	PKG_CONFIG_SYSROOT_DIR=$dest PKG_CONFIG_LIBDIR=$lib/pkgconfig \
		pkg-config "$@"
}

standard_of() {
	case $1 in
	*++) echo c++17 ;;
	*) echo c11 ;;
	esac
}

source_of() {
	case $1 in
	*++) echo "$sources/consumer.cc" ;;
	*) echo "$sources/consumer.c" ;;
	esac
}

# The C++ binding, in C++17 and in C++20.
binding_of_cpp_runs() {
	local standard

	for standard in 17 20; do
		# shellcheck disable=SC2046 # flags are words
		"$1" "-std=c++$standard" -Wall -Wextra -Wpedantic -Werror -O2 \
			"$sources/binding.cc" -o "$dir/binding_cc" \
			$(package --cflags --libs "$2") &&
			[ "$(LD_LIBRARY_PATH=$lib "$dir/binding_cc")" = consumed ] ||
			return
	done
}

# The flags of the package and no others, but for warnings.
build() {
	local compiler=$1 out=$2

	shift 2
	"$compiler" "-std=$(standard_of "$compiler")" -Wall -Wextra -Wpedantic \
		-Werror -O2 "$(source_of "$compiler")" -o "$out" "$@"
}

shared_runs() {
	local compiler=$1 name=$2

	# shellcheck disable=SC2046 # flags are words
	build "$compiler" "$dir/shared" $(package --cflags --libs "$name") &&
		readelf -d "$dir/shared" | grep -q "NEEDED.*lib$name\.so\.0" &&
		[ "$(LD_LIBRARY_PATH=$lib "$dir/shared")" = consumed ]
}

static_runs() {
	local compiler=$1 name=$2

	# shellcheck disable=SC2046 # flags are words
	build "$compiler" "$dir/static" -static \
		$(package --static --cflags --libs "$name") &&
		! readelf -d "$dir/static" | grep NEEDED &&
		[ "$("$dir/static")" = consumed ]
}

# Each header that is installed, first in a file, without a warning.
headers_stand_alone() {
	local compiler=$1 language=(c) names='*.h' header

	[ "$(standard_of "$compiler")" = c11 ] || {
		language=(c++ -Wold-style-cast)
		names='*.h*'
	}
	while read -r header; do
		printf '#include <%s>\n' "$header" rusted_ring.h |
		"$compiler" "-std=$(standard_of "$compiler")" -Wall -Wextra \
			-Wpedantic -Werror -I"$dest$prefix/include" \
			-fsyntax-only -x "${language[@]}" - || return 1
	done < <(cd "$dest$prefix/include" && find . -name "$names")
}

# Without spaces at the end, which differ between implementations.
libs() {
	package "$@" | sed 's/ *$//'
}

package_is_whole() {
	[ "$(package --modversion "$1")" = "$version" ] &&
		package --validate "$1" &&
		[ -z "$(package --print-requires "$1")" ] &&
		[ "$(libs --cflags "$1")" = "-I$dest$prefix/include${2-}" ] &&
		[ "$(libs --libs "$1")" = "-L$lib -l$1" ] &&
		[ "$(libs --static --libs "$1")" = "-L$lib -l$1 -lpthread" ]
}

# A distribution's directories; and moved somewhere else as a whole.
package_says_where() {
	local where=$dir/where pc

	make -s install DESTDIR="$where" PREFIX=/usr \
		LIBDIR=/usr/lib/triplet MANDIR=/usr/man || return 1
	pc=$where/usr/lib/triplet/pkgconfig/rusted_ring.pc
	[ "$(pkg-config --variable=libdir "$pc")" = /usr/lib/triplet ] &&
		[ "$(pkg-config --variable=includedir "$pc")" = /usr/include ] &&
		[ "$(pkg-config --define-variable=prefix=/new \
			--variable=libdir "$pc")" = /new/lib/triplet ] &&
		[ -f "$where/usr/man/man7/rusted_ring.7" ] &&
		make -s uninstall DESTDIR="$where" PREFIX=/usr \
			LIBDIR=/usr/lib/triplet MANDIR=/usr/man &&
		! find "$where" ! -type d | grep .
}

# A program for -ffi needs no layout: sizes and fields are not declared.
layouts_are_hidden() {
	local type field

	while read -r type field; do
		echo "#include <rusted_ring.h>
		      uint64_t f(struct rring_$type *p) { return p->$field; }" \
			>"$dir/field.c"
		# shellcheck disable=SC2046 # flags are words
		! gcc $(package --cflags rusted_ring-ffi) -fsyntax-only \
			"$dir/field.c" 2>"$dir/errors" || return 1
		grep -q "undefined type" "$dir/errors" || return 1
	done <<-END
		client id
		writer head
		reader pos
		pipe source
	END
}

binding_runs() {
	# shellcheck disable=SC2046 # words
	gcc -std=gnu11 -Wall -Wextra -Werror $(package --cflags rusted_ring-ffi) \
		"$sources/binding.c" -o "$dir/binding" -ldl &&
		! nm "$dir/binding" | grep -q ' U rring_' &&
		"$dir/binding" "$lib/librusted_ring-ffi.so.0" \
			$(declared | cut -d' ' -f2)
}

# What a module of another language is: a shared object with a copy of its own.
build_plugin() {
	gcc -shared -o "$dir/plugin.so" -Wl,-z,defs -Wl,--whole-archive \
		"$lib/librusted_ring-ffi.a" -Wl,--no-whole-archive -lpthread
}

plugin_runs() {
	# shellcheck disable=SC2046 # words
	build_plugin && "$dir/binding" "$dir/plugin.so" \
		$(declared | cut -d' ' -f2)
}

second_copy_is_refused() {
	# shellcheck disable=SC2046 # words
	gcc -std=gnu11 -Wall -Wextra -Werror $(package --cflags rusted_ring-ffi) \
		"$sources/copies.c" -o "$dir/copies" -ldl &&
		"$dir/copies" "$lib/librusted_ring-ffi.so.0" "$dir/plugin.so"
}

short() {
	[ "$(wc -l <"$1")" -le 45 ]
}

leaves_nothing() {
	local foreign="$prefix/include/rusted_ring/foreign.h"

	touch "$dest$foreign"
	run_make uninstall || return 1
	[ "$(installed_files)" = "$foreign" ] ||
		{ installed_files; return 1; }
	rm "$dest$foreign"
	run_make install && run_make uninstall &&
		[ ! -e "$dest$prefix/include/rusted_ring" ] &&
		[ -z "$(installed_files)" ]
}

run_all() {
	local name compiler

	check "make install compiles nothing" compiles_nothing
	check "it compiles and links with the flags of the environment" \
		flags_are_honoured
	check "every file is there, and no other" \
		same expected_files installed_files
	check "everybody may read them" readable_by_all
	check "the other names of a manual page lead to it" links_lead_to_pages

	check "the shared library exports what is in the map" \
		same map_of_rusted_ring exported_by_shared
	check "the static library, too" \
		same map_of_rusted_ring exported_by_static
	check "the shared -ffi exports what is in both maps" \
		same map_of_ffi exported_by_shared_ffi
	check "the static -ffi, too" same map_of_ffi exported_by_static_ffi
	check "every symbol has its version" \
		versioned librusted_ring.so "RUSTED_RING_0.1 RUSTED_RING_0.2"
	check "every symbol of -ffi has its version" \
		versioned librusted_ring-ffi.so \
			"RUSTED_RING_0.1 RUSTED_RING_0.2 RUSTED_RING_FFI_0.1"
	check "the soname has the ABI's number" soname_is librusted_ring.so
	check "the soname of -ffi, too" soname_is librusted_ring-ffi.so
	check "every function of the headers is exported, and no other" \
		same declared_functions map_of_rusted_ring
	check "every inline function of the headers is in -ffi, and no other" \
		same declared_inlines in_ffi_map_alone

	check "rusted_ring.pc says all there is to say" \
		package_is_whole rusted_ring
	check "rusted_ring-ffi.pc, too" \
		package_is_whole rusted_ring-ffi " -DRRING_NO_INLINE"
	check "with -ffi no program sees a private field" layouts_are_hidden
	check "paths are those of make install, and can be moved" \
		package_says_where
	for compiler in "${compilers[@]}"; do
		check "$compiler: every header can be the first" \
			headers_stand_alone "$compiler"
		check "$compiler: builds with the shared library and runs" \
			shared_runs "$compiler" rusted_ring
		check "$compiler: builds with the static library and runs" \
			static_runs "$compiler" rusted_ring
		check "$compiler: builds with the shared -ffi and runs" \
			shared_runs "$compiler" rusted_ring-ffi
		check "$compiler: builds with the static -ffi and runs" \
			static_runs "$compiler" rusted_ring-ffi
	done
	for compiler in "${compilers[@]}"; do
		[ "$(standard_of "$compiler")" != c11 ] || continue
		for name in rusted_ring rusted_ring-ffi; do
			check "$compiler: the C++ binding builds with $name and runs" \
				binding_of_cpp_runs "$compiler" "$name"
		done
	done
	for name in consumer.c consumer.cc binding.cc; do
		check "$name is a short program" short "$sources/$name"
	done
	check "a binding finds every function and can call" binding_runs
	check "a shared object can have the static -ffi in it" plugin_runs
	check "a second copy in a process does not hide events" \
		second_copy_is_refused
	check "make uninstall leaves what others put there, and nothing else" \
		leaves_nothing
}

# FORM=full: with both kinds of compilers.
all=(gcc g++)
[ "${FORM:-}" != full ] || all+=(clang clang++)
compilers=()
for compiler in "${all[@]}"; do
	! command -v "$compiler" >/dev/null || compilers+=("$compiler")
done
echo "TAP version 13"
echo "1..$((26 + 6 * ${#compilers[@]}))"
run_all
