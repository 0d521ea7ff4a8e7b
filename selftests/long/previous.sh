#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: module tools
#
# This version and the previous one, selftests/long/previous/commit: programs of each
# run with the module of the other, as Documentation/versions.rst says. If the numbers
# of the ABI are the same, they work, and share a ring with programs of the other
# version. Otherwise they are refused. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
unset MAKEFLAGS MAKELEVEL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh
commit=$(grep -v '^#' selftests/long/previous/commit)
before=$PWD/build/previous/$commit
module=build/module/$(release stock)/rusted_ring.ko

# In a tree without git, as one that was released, and without what the environment
# says of this one.
build_previous() {
	mkdir -p "$before"
	git archive "$commit" | tar -x -C "$before"
	env -u WERROR make -s -C "$before" -j"$(nproc)" \
		KDIR="$(vm stock --headers)" module tools
}

numbers_of() {
	sed -nE 's/^#define (RRING_ABI_VERSION|RRING_GENL_VERSION)[[:space:]]+//p' \
		"$1"/include/uapi/linux/rusted_ring{,_netlink}.h
}

expected() {
	if [ "$(numbers_of .)" = "$(numbers_of "$before")" ]; then
		echo works
	else
		echo refused
	fi
}

# boot TREE OTHER SAME: with the module of TREE.
boot() {
	vm stock --name "previous-${3#/}" --timeout 600 --memory 2048 \
		--add "$1/$module:/" --add selftests/long/previous/guest:/guest \
		--add /var/lib/dpkg/status \
		--add build/rring:/now/ --add build/demo:/now/ \
		--add "$before/build/rring:/before/" \
		--add "$before/build/demo:/before/" -- \
		sh /guest "$2" "$3" "$(expected)"
}

if ! git cat-file -e "$commit^{commit}" 2>/dev/null; then
	echo "1..0 # SKIP the previous version, $commit, is not in this tree's history"
	exit
fi
echo TAP version 13
echo 1..3
check_each "the previous version builds" build_previous
check "programs of before, with the module of now: $(expected)" \
	boot . /before /now
check "programs of now, with the module of before: $(expected)" \
	boot "$before" /now /before
