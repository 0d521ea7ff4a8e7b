#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The syzkaller description and the headers say the same: every ioctl, field,
# size and offset, every command, and the attributes that requests may carry.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -euo pipefail

cd "$(dirname "$0")/../.."
description=Documentation/syzkaller/rusted_ring.txt
headers=include/uapi/linux
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. selftests/lib/check.sh

says() {
	/usr/bin/python3 selftests/host/syzkaller/layout.py "$@"
}

layouts_agree() {
	says "${1:-$description}" | gcc -Wall -Wextra -Werror -Iinclude/uapi \
		-fsyntax-only -xc -
}

calls_agree() {
	diff <(says "$description" calls) \
	     <(grep -oE '^#define RRING_IOC_[A-Z_]+' "$headers/rusted_ring.h" |
		sed 's/.* //; /_MAGIC$/d' | sort)
}

# Dumps and requests: the operations of the family.
commands_agree() {
	diff <(says "$description" commands) \
	     <(sed -n '/^static const struct genl_ops/,/^}/p' \
		kmod/netlink/netlink.c |
		grep -oE '\bRRING_CMD_[A-Z_]+' | sort)
}

# The policies say which ones.
attributes_agree() {
	diff <(says "$description" attrs) \
	     <(grep -oE '\[RRING_A_[A-Z_]+\]' kmod/netlink/netlink.c | tr -d '[]' |
		sort -u)
}

# Each flag and each value of an enumeration.
names_of_values() {
	sed -n '/^enum rring_\(class\|role\|hold_action\|kind\|policy\|start\)/,/^}/p
		/^enum rring_wait_for/,/^}/p
		/^#define RRING_.*u <<\|^#define RRING_WAKE/p' \
		"$headers/rusted_ring.h" | grep -oE '\bRRING_[A-Z_]+' |
		grep -vE '_(MAX|WAIT|WAITS|POOLS|ROLES)$|_MASK|_FEATURE_'
}

values_are_named() {
	local name

	names_of_values | while read -r name; do
		grep -qw "$name" "$description" ||
			{ echo "no $name"; exit 1; }
	done
}

a_change_shows() {
	sed 's/^\tstride\tint32/\tstride\tint64/' "$description" >"$dir/changed"
	! layouts_agree "$dir/changed" || return
	sed '/^\tretain\t/d' "$description" >"$dir/changed"
	! layouts_agree "$dir/changed"
}

echo 1..6
check "structs are those of the headers" layouts_agree
check "each ioctl is described" calls_agree
check "and each netlink command" commands_agree
check "with the attributes that it takes" attributes_agree
check "and all flags and values" values_are_named
check "a description that differs does not pass" a_change_shows
