#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The packages for Debian: they build from what git knows, twice the same,
# lintian finds nothing, and they have what they should. In a system of its own,
# which mmdebstrap makes: they install, DKMS builds the modules, programs and
# modules of others build with them, and purge leaves nothing. The spec for RPM
# has no fault that rpmlint knows, and its packages build. Prints TAP.
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
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh

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

rpmlint_finds_nothing() {
	rpmlint -c packaging/rpm/rpmlint.toml packaging/rpm/rusted-ring.spec
}

# From a source package as that of a release, by Debian's Python. No file that is
# installed is in no package.
rpms_build() {
	local name=rusted_ring-$version

	copy_source "$dir/rpm/$name"
	tar -C "$dir/rpm" -czf "$dir/rpm/$name.tar.gz" "$name"
	PATH=/usr/sbin:/usr/bin:/sbin:/bin rpmbuild -ta --nodeps \
		--load=selftests/long/packages/macros \
		-D "_topdir $dir/rpm" "$dir/rpm/$name.tar.gz"
	[ -s "$dir/rpm/SRPMS/rusted-ring-$version-1.src.rpm" ]
	[ "$(find "$dir/rpm/RPMS" -name '*.rpm' | wc -l)" -eq \
		"$(grep -c '^%files' packaging/rpm/rusted-ring.spec)" ]
}

# Print the scripts that the packages for RPM run when they are installed or removed.
scriptlets() {
	rpm -qp --qf '%{PREIN}\n%{POSTIN}\n%{PREUN}\n%{POSTUN}\n' \
		"$dir"/rpm/RPMS/*/*.rpm | grep -vx '(none)'
}

# A macro that nobody has defined stays as it is.
scriptlets_can_be_read() {
	scriptlets >"$dir/scriptlets"
	sh -n "$dir/scriptlets"
	grep -q modprobe "$dir/scriptlets"
	! grep % "$dir/scriptlets"
}

# The Nth block of language $1 in the page, without its indent.
block() {
	awk -v start=".. code-block:: $1" -v wanted="${2:-1}" '
		$0 == start { on = ++n == wanted; next }
		/^[^ ]/ { on = 0 }
		on { sub(/^   /, ""); print }' Documentation/packaging.rst
}

# makepkg(1) wants to be another user than root, and that there is a pacman.
run_makepkg() {
	local user=()

	[ "$(id -u)" -ne 0 ] ||
		user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	(cd "$1" && PACMAN=true "${user[@]}" makepkg --printsrcinfo)
}

makepkg_reads_its_recipe() {
	local to

	to=$(mktemp -d)
	block bash >"$to/PKGBUILD"
	chmod 777 "$to"
	run_makepkg "$to" >"$dir/srcinfo"
	rm -r "$to"
	grep -qx 'pkgname = rusted-ring' "$dir/srcinfo"
	grep -qx 'pkgname = rusted-ring-dkms' "$dir/srcinfo"
	grep -qx "	pkgver = $version" "$dir/srcinfo"
}

nix_reads_its_recipes() {
	local n

	for n in 1 2; do
		block nix "$n" >"$dir/recipe.nix"
		NIX_STATE_DIR=$dir/nix nix-instantiate --parse "$dir/recipe.nix" |
			grep mkDerivation
	done
}

# ---- what is in them ----

# "PACKAGE PATH" of each program and library.
binaries() {
	find "$unpacked" -type f \
		\( -path '*/usr/bin/*' -o -name '*.so*' \) -printf '%P\n' |
		sed 's|/| |'
}

# gcc checks functions of the C library. The extension of Python calls only one that
# can be checked, memcpy(), and its sizes are not known. The processor's protection of
# branches is not among Debian's flags.
hardened() {
	local package path flags

	while read -r package path; do
		flags=(--nocfprotection)
		[[ $path != */_rusted_ring.* ]] || flags+=(--nofortify)
		hardening-check "${flags[@]}" "$unpacked/$package/$path"
	done < <(binaries)
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

# The commands of Documentation/tutorial.rst, for the kernel of this system.
# shellcheck disable=SC2016 # the other shell's
module_of_the_tutorial_builds() {
	in_root sh -c 'cp -r /usr/share/doc/rusted-ring-doc/examples /debs
		cd /debs/examples
		release=$(ls /lib/modules)
		make -C /lib/modules/$release/build M=$PWD/thermometer modules \
			KCFLAGS="-I/usr/src/rusted_ring/include \
				-I/usr/src/rusted_ring/include/uapi" \
			KBUILD_EXTRA_SYMBOLS="$(echo \
			/var/lib/dkms/rusted-ring/*/$release/*/Module.symvers)"
		ls thermometer/rring_thermometer.ko'
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
		skip "$1" "only root makes a system"
	else
		check "$@"
	fi
}

# needs PROGRAM WHAT FUNCTION
needs() {
	if command -v "$1" >/dev/null; then
		check_each "$2" "$3"
	else
		skip "$2" "there is no $1: tools/setup packages"
	fi
}

echo 1..30
check "tools/setup installs what this needs" tools/setup packages
check "make deb builds all packages" make -s deb
check "each package can be unpacked" unpack
check "lintian finds nothing" lintian_finds_nothing
check "the packages are the same when they are built again" the_same_again
check "each file is in one package" once_each
check_each "programs and libraries are hardened" hardened
check "nothing says where libraries are" no_run_path
check "each program and file has its page" programs_have_pages
check "each function has its page" functions_have_pages
check "each symbol has its version" symbols_have_versions
check "the documents are there" document_is_whole
check "the crate builds and runs" crate_builds
needs rpmlint "rpmlint finds nothing" rpmlint_finds_nothing
needs rpmbuild "rpmbuild builds the packages of the spec" rpms_build
needs rpm "and a shell can read their scripts" scriptlets_can_be_read
needs makepkg "makepkg reads the recipe for Arch Linux" makepkg_reads_its_recipe
needs nix-instantiate "Nix reads its recipes" nix_reads_its_recipes
needs_root "a new system" new_system
needs_root "the packages install there" install_all
needs_root "DKMS builds all modules" modules_are_built
needs_root "the modules have no debug information" modules_are_stripped
needs_root "a module of others builds" module_of_others_builds
needs_root "so does that of the tutorial" module_of_the_tutorial_builds
for test in client cpp python; do
	needs_root "the package's own test: $test" client_runs "$test"
done
needs_root "they install over themselves" installs_again
needs_root "they can be purged" purge_all
needs_root "nothing is left of them" nothing_is_left
