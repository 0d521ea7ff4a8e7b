#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# make html gives no warning, in a build directory that does not exist before,
# each document and each manual page has its page, and two more say all that their
# sources say. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# sphinx-build -W makes a warning an error.
make_html() {
	make -s html "B=$dir/new/build"
}

# each GLOB DIRECTORY: each file has a page there.
each() {
	local file name

	for file in $1; do
		name=${file##*/}
		[ -s "$dir/new/build/html/$2${name%.rst}.html" ] || {
			echo "no page of $file"
			return 1
		}
	done
}

# The page of the API has each function that the module exports.
kernel_api() {
	local name

	grep -rhoE '^EXPORT_SYMBOL_GPL\(\w+' kmod/kclient | cut -d'(' -f2 |
	while read -r name; do
		grep -q "id=\"c.functions.$name\"" \
			"$dir/new/build/html/kernel_api.html" || {
			echo "no $name"
			return 1
		}
	done
}

spec=Documentation/netlink/specs/rusted_ring.yaml

says_all_of() {
	/usr/bin/python3 selftests/host/netlink/docs.py "$1" \
		"$dir/new/build/html/netlink_reference.html"
}

# A doc of an attribute that differs, and one that is not there.
lacks_show() {
	! says_all_of <(sed 's/doc: The name keeps it alive/&, or not/' "$spec") &&
		! says_all_of <(sed '/doc: The name keeps it alive/d' "$spec")
}

echo 1..6
check "make html gives no warning" make_html
check "each document has a page" each 'Documentation/*.rst' ''
check "each manual page has a page" each 'Documentation/man/*.[1-9]' man/
check "the API of kernel modules has its functions" kernel_api
check "that of netlink has all that the spec says" says_all_of "$spec"
check "what it does not have shows" lacks_show
