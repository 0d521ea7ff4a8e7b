#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: build/rring
#
# tools/release finds what speaks against a release, and makes the same source
# package each time. It runs in a repository that has one commit, of the files as
# they are. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
tree=$dir/tree

commit() {
	git -C "$tree" add -A
	git -C "$tree" -c user.name=nobody -c user.email=nobody@example.org \
		commit -q -m "$1"
}

make_tree() {
	git init -q "$tree"
	copy_source "$tree"
	commit "all files"
}

release() {
	"$tree/tools/release" "$@"
}

# refused WORDS STEP: it fails, and says WORDS.
refused() {
	! release "$2" >"$dir/said" 2>&1 || return 1
	cat "$dir/said"
	grep -qF -- "$1" "$dir/said"
}

# Of the files as they are, and of each part alone that has another one.
a_version_that_differs() {
	local file

	for file in ulib/bindings/python/pyproject.toml \
		    ulib/bindings/python/rusted_ring/__init__.py \
		    ulib/bindings/rust/Cargo.toml \
		    ulib/bindings/rust/Cargo.lock \
		    selftests/host/bindings_rust/Cargo.lock \
		    Documentation/man/rring.1; do
		sed -i "s/$version/99.0.0/; s/ring ${version%.*}\"/ring 99.0\"/" \
			"$tree/$file"
		refused "$file: 99.0" versions
		git -C "$tree" checkout -q "$file"
	done
}

version_of_the_tools() {
	[ "$(build/rring --version)" = "rring $version" ]
}

a_change() {
	release clean
	echo >>"$tree/README.md"
	refused " M README.md" clean
	git -C "$tree" checkout -q README.md
	touch "$tree/new"
	refused "?? new" clean
	rm "$tree/new"
}

a_section_that_is_missing() {
	sed -i "0,/^## .*/s//## $version (2026-12-01)/" "$tree/CHANGELOG.md"
	release changelog
	sed -i "0,/^## .*/s//## Not released yet/" "$tree/CHANGELOG.md"
	refused "not '## $version (DATE)'" changelog
	git -C "$tree" checkout -q CHANGELOG.md
}

# host/check_all tries how selftests/all knows.
a_part_that_has_not_passed() {
	refused "kasan has not passed" results
	echo 'echo "all has passed"' >"$tree/selftests/all"
	release results
	git -C "$tree" checkout -q selftests/all
}

# Another clone, with other times of files, another umask and time zone.
the_same_package_twice() {
	local one two

	(umask 077 && git clone -q "$tree" "$dir/again")
	find "$dir/again" -name '*.c' -exec touch -d 2001-01-01 {} +
	release package
	(umask 077 && TZ=Asia/Tokyo "$dir/again/tools/release" package)
	one=$tree/build/release/rusted_ring-$version.tar.gz
	two=$dir/again/build/release/rusted_ring-$version.tar.gz
	cmp "$one" "$two"
	(cd "$tree/build/release" && sha256sum -c ./*.sha256)
}

package_is_whole() {
	tar -xzf "$tree/build/release/rusted_ring-$version.tar.gz" -C "$dir"
	rm -rf "$tree/build"
	diff -r --exclude=.git "$tree" "$dir/rusted_ring-$version"
	make -s -n -C "$dir/rusted_ring-$version" lib >/dev/null
}

version=$(sed -n 's/^VERSION\t*:= //p' Makefile)
make_tree
echo 1..8
check_each "the versions of all parts agree" release versions
check_each "a version that differs is found" a_version_that_differs
check_each "the tools have the version of the Makefile" version_of_the_tools
check_each "a change that is in no commit is found" a_change
check_each "a missing section of CHANGELOG.md is found" \
	a_section_that_is_missing
check_each "a part of check-all that has not passed is found" \
	a_part_that_has_not_passed
check_each "the source package is the same each time" the_same_package_twice
check_each "it has all files" package_is_whole
