#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# A system without dpkg and apt, in a mount namespace: `make demo` builds a copy of the
# source there, and ends as README.md says, with events that are not those of dpkg.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu -o pipefail

cd "$(dirname "$0")/../.."
if [ -z "${RRING_TEST_UNSHARED:-}" ]; then
	RRING_TEST_UNSHARED=1 exec unshare -m "$0"
fi
unset MAKEFLAGS MAKELEVEL WERROR
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/demo.sh
. selftests/lib/demo.sh
# shellcheck source=selftests/lib/other_system.sh
. selftests/lib/other_system.sh
# shellcheck source=selftests/lib/source.sh
. selftests/lib/source.sh

make_demo() {
	PATH=$dir/bin make -C "$dir/source" --no-print-directory demo | tee "$dir/demo"
}

events_are_of_commands() {
	head -n 4 "$dir/source/build/records"
	grep -q '^Description: the command /usr/bin/' "$dir/source/build/records"
}

make_path "$dir/bin"
copy_source "$dir/source"
mount -t tmpfs tmpfs /var/lib/dpkg
echo 1..3
check "make demo ends" make_demo
check "it shows that no event was lost" shows_the_table "$dir/demo"
check "its events are made of the commands there" events_are_of_commands
