#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The source package for Debian can be made of what git knows, and lintian finds
# neither an error nor a warning in it. long/packages has the packages that are made of
# it. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh

source=$dir/rusted-ring-$(sed -n 's/^VERSION\t*:= //p' Makefile)

package_source() {
	copy_source "$source"
	(cd "$dir" && dpkg-source --build "$source")
}

lintian_finds_nothing() {
	lintian --allow-root --fail-on error,warning "$dir"/*.dsc
}

echo "TAP version 13"
echo 1..2
check "the source package can be made" package_source
check "lintian finds nothing in it" lintian_finds_nothing
