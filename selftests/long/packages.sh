#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The packages for Debian: they build from what git knows, twice the same,
# lintian finds nothing, and they have what they should. In a system of its own,
# which mmdebstrap makes: they install, DKMS builds the modules, programs and
# modules of others build with them, and purge leaves nothing. The spec for RPM
# has no fault that rpmlint knows. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
export PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/debian.sh
. selftests/lib/debian.sh

version=$(sed -n 's/^VERSION\t*:= //p' Makefile)
debs=build/deb
packages=$(sed -n 's/^Package: //p' debian/control)
triplet=$(gcc -print-multiarch)
unpacked=$dir/unpacked
root=$dir/root

# ---- what is built ----

deb_of() {
	echo "$debs/$1"_*.deb
}

# Each package in a folder of its own.
unpack() {
	local package

	mkdir "$unpacked"
	for package in $packages; do
		dpkg-deb -R "$(deb_of "$package")" "$unpacked/$package" || return
	done
}

# In another folder, time zone and language.
the_same_again() {
	TZ=Asia/Tokyo LC_ALL=C make -s deb O="$dir/again" DEB_FLAGS=-b >&2 &&
		(cd "$debs" && sha256sum ./*.deb | grep -v dbgsym) >"$dir/sums" &&
		(cd "$dir/again/deb" && sha256sum --quiet -c "$dir/sums")
}

# Neither an error nor a warning; it prints what else it says.
lintian_finds_nothing() {
	lintian -EvIL +pedantic --fail-on error,warning \
		"$debs"/rusted-ring_*.changes | sed '/^N: /d'
}

spec_is_well() {
	rpmspec -P packaging/rpm/rusted-ring.spec >/dev/null &&
		rpmlint -c packaging/rpm/rpmlint.toml \
			packaging/rpm/rusted-ring.spec
}

# The Nth block of language $1 in the page, without its indent.
block() {
	awk -v start=".. code-block:: $1" -v wanted="${2:-1}" '
		$0 == start { on = ++n == wanted; next }
		/^[^ ]/ { on = 0 }
		on { sub(/^   /, ""); print }' Documentation/packaging.rst
}

# As far as there is something that reads them.
recipes_can_be_read() {
	local n

	block bash >"$dir/PKGBUILD"
	grep -q pkgname= "$dir/PKGBUILD" && bash -n "$dir/PKGBUILD" || return
	command -v nix-instantiate >/dev/null || return 0
	for n in 1 2; do
		block nix "$n" >"$dir/recipe.nix"
		grep -q mkDerivation "$dir/recipe.nix" &&
			nix-instantiate --parse "$dir/recipe.nix" || return
	done
}

# ---- what is in them ----

# "PACKAGE PATH" of each program and library.
binaries() {
	find "$unpacked" -type f \
		\( -path '*/usr/bin/*' -o -name '*.so*' \) -printf '%P\n' |
		sed 's|/| |'
}

# gcc checks functions of the C library in the tools. The library hardly calls any.
# The processor's protection of branches is not among Debian's flags.
hardened() {
	local package path

	while read -r package path; do
		hardening-check --nofortify --nocfprotection \
			"$unpacked/$package/$path" || return
	done < <(binaries)
	hardening-check --nocfprotection \
		"$unpacked/rusted-ring-tools/usr/bin/rring"
}

no_run_path() {
	local package path

	while read -r package path; do
		! readelf -d "$unpacked/$package/$path" |
			grep -E 'R(UN)?PATH' || return
	done < <(binaries)
}

# Each file that make install installs is in one package, and in one only.
once_each() {
	[ -z "$(cd "$unpacked" && find . -type f ! -path '*/DEBIAN/*' \
		! -path '*/usr/share/doc/*' | cut -d/ -f3- | sort | uniq -d)" ]
}

page_of() {
	[ -e "$unpacked/$1/usr/share/man/man${2##*.}/$2.gz" ] ||
		{ echo "$1 has no page $2"; return 1; }
}

programs_have_pages() {
	local file

	for file in "$unpacked"/rusted-ring-tools/usr/bin/*; do
		page_of rusted-ring-tools "${file##*/}.1" || return
	done
	page_of rusted-ring-tools rring-json.5 &&
		page_of rusted-ring-relay rring-relay.1 &&
		page_of rusted-ring-dkms rusted_ring.4 &&
		page_of librusted-ring-dev rusted_ring.7
}

# The pages of functions are those of the source, under all their names.
functions_have_pages() {
	local name

	tools/man-names Documentation/man/*.3 | while read -r _ name; do
		page_of librusted-ring-dev "$name" || return
	done
}

symbols_have_versions() {
	local package file

	for package in librusted-ring0 librusted-ring-ffi0; do
		file=$unpacked/$package/DEBIAN/symbols
		[ "$(grep -c '^ rring_' "$file")" -eq \
		  "$(grep -c '^ rring_' "debian/$package.symbols")" ] || return
	done
}

document_is_whole() {
	local html=$unpacked/rusted-ring-doc/usr/share/doc/rusted-ring-doc/html

	[ -s "$html/index.html" ] && [ -s "$html/man/rring.1.html" ] &&
		[ -s "$html/kernel_api.html" ]
}

# A user's crate depends on the installed one, with the library of the packages.
crate_builds() {
	local crate=$unpacked/librust-rusted-ring-dev/usr/share/cargo/registry

	(
		cd "$crate/rusted-ring-$version" &&
		RUSTED_RING_STATIC=1 CARGO_TARGET_DIR=$dir/cargo \
		RUSTED_RING_LIB_DIR=$unpacked/librusted-ring-dev/usr/lib/$triplet \
		RRING_BACKEND=process PATH=/usr/bin:$PATH \
			cargo run --offline --locked --quiet --example hello
	)
}

# ---- a system with them ----

new_system() {
	unpack_system "$root" && copy_packages "$debs" "$root/debs" &&
		cp -r selftests debian "$root/debs"
}

install_all() {
	files_of "$root" >"$dir/before"
	in_root sh -c 'apt-get install -y /debs/*.deb'
}

modules() {
	find "$root/lib/modules" -name 'r*ring_*.ko*' -o -name 'rusted_ring.ko*'
}

modules_are_built() {
	[ "$(modules | wc -l)" -eq 3 ] || { modules; return 1; }
}

modules_are_stripped() {
	local module

	for module in $(modules); do
		case $module in
		*.xz) xz -dc "$module" >"$dir/module.ko" ;;
		*) cp "$module" "$dir/module.ko" ;;
		esac
		! readelf -S "$dir/module.ko" | grep -F .debug_ || return
	done
}

# What Documentation/packaging.rst says to an author of modules.
# shellcheck disable=SC2016 # the other shell's
module_of_others_builds() {
	mkdir "$root/debs/mine"
	cp selftests/modules/consumer/* "$root/debs/mine"
	in_root sh -c 'cd /debs/mine
		release=$(ls /lib/modules)
		cat >>Kbuild <<-END
			ccflags-y += -I/usr/src/rusted_ring/include
			ccflags-y += -I/usr/src/rusted_ring/include/uapi
		END
		make -C /lib/modules/$release/build M=$PWD modules \
			KBUILD_EXTRA_SYMBOLS="$(echo \
			/var/lib/dkms/rusted-ring/*/$release/*/Module.symvers)"'
}

client_runs() {
	in_root sh -c "cd /debs && debian/tests/$1"
}

# A kernel that runs is not this system's: its module is left alone.
installs_again() {
	in_root sh -c 'apt-get install -y --reinstall /debs/*.deb' &&
		modules_are_built
}

purge_all() {
	# shellcheck disable=SC2086 # a list
	in_root apt-get purge -y $packages
}

nothing_is_left() {
	diff "$dir/before" <(files_of "$root")
}

needs_root() {
	if [ "$(id -u)" -ne 0 ]; then
		count=$((count + 1))
		echo "ok $count - $1 # SKIP only root makes a system"
	else
		check "$@"
	fi
}

echo 1..25
check "make deb builds all packages" make -s deb
check "each package can be unpacked" unpack
check "lintian finds nothing" lintian_finds_nothing
check "the packages are the same when they are built again" the_same_again
check "each file is in one package" once_each
check "programs and libraries are hardened" hardened
check "nothing says where libraries are" no_run_path
check "each program and file has its page" programs_have_pages
check "each function has its page" functions_have_pages
check "each symbol has its version" symbols_have_versions
check "the documents are there" document_is_whole
check "the crate builds and runs" crate_builds
check "rpmlint finds nothing" spec_is_well
check "the recipes of the page can be read" recipes_can_be_read
needs_root "a new system" new_system
needs_root "the packages install there" install_all
needs_root "DKMS builds all modules" modules_are_built
needs_root "the modules have no debug information" modules_are_stripped
needs_root "a module of others builds" module_of_others_builds
for test in client cpp python; do
	needs_root "the package's own test: $test" client_runs "$test"
done
needs_root "they install over themselves" installs_again
needs_root "they can be purged" purge_all
needs_root "nothing is left of them" nothing_is_left
