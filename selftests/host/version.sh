#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: module tools
#
# The Makefile's version is the version of all that has one; and what modinfo(8)
# tells of the module is whole. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh

version=$(sed -n 's/^VERSION[[:space:]]*:= //p' Makefile)
module=build/module/$(release "${KERNEL:-stock}")/rusted_ring.ko

programs_have_the_version() {
	local program

	for program in rring rring-pcap rring-relay rring-sched; do
		"build/$program" --version | grep -qx "$program $version" ||
			{ echo "$program"; return 1; }
	done
}

bindings_have_the_version() {
	grep -qx "version = \"$version\"" ulib/bindings/rust/Cargo.toml
	grep -qx "version = \"$version\"" ulib/bindings/python/pyproject.toml
	grep -qx "__version__ = \"$version\"" \
		ulib/bindings/python/rusted_ring/__init__.py
}

modules_have_the_version() {
	local file

	for file in kmod/main.c kmod/samples/*/*.c; do
		grep -q '^MODULE_LICENSE' "$file" || continue
		grep -qx "MODULE_VERSION(\"$version\");" "$file"
		grep -q '^MODULE_AUTHOR("The rusted_ring authors");' "$file"
		grep -q '^MODULE_DESCRIPTION("' "$file"
	done
}

module_has() {
	modinfo -F "$1" "$module" | grep -qx "$2"
}

module_tells_who_it_is() {
	module_has version "$version"
	module_has author 'The rusted_ring authors'
	module_has license 'Dual MPL/GPL'
	module_has description '.*'
	module_has alias 'net-pf-16-proto-16-family-rusted_ring'
}

parameters_are_documented() {
	modinfo -F parm "$module" | sed 's/:.*//' | sort >"$dir/parameters"
	[ "$(wc -l <"$dir/parameters")" -gt 5 ]
	awk '/^\.SS Parameters/ { inside = 1 } /^\.SH/ { inside = 0 }
	     inside && tag { print } { tag = /^\.TP/ }' \
		Documentation/man/rusted_ring.4 |
		sed 's/\\f[BP]//g; s/\\%//g' | sort | diff "$dir/parameters" -
}

echo "TAP version 13"
echo "1..5"
check_each "the programs have the version of the Makefile" \
	programs_have_the_version
check_each "the bindings, too" bindings_have_the_version
check_each "and the modules, with their authors" modules_have_the_version
check_each "modinfo tells what the module is" module_tells_who_it_is
check_each "and all parameters that the manual has" parameters_are_documented
