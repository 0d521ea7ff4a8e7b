#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The README is short, shows the program that is built and tested, and opens the
# device to nobody without saying so. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

is_short() {
	[ "$(wc -l <README.md)" -lt 200 ]
}

# The block of C, and the program with blanks for tabs.
# shellcheck disable=SC2016 # not for the shell
program_is_the_one() {
	diff <(sed -n '/^```c$/,/^```$/{/^```/d;p}' README.md) \
		<(tail -n +2 Documentation/examples/lines.c | expand)
}

# Each goal of make that it names.
goals_are_there() {
	local goal

	make -qp --no-print-directory >"$dir/goals" 2>/dev/null || true
	grep -oE 'make [a-z][a-z-]+' README.md | cut -d' ' -f2 | sort -u |
	while read -r goal; do
		grep -q "^$goal:" "$dir/goals" ||
			{ echo "no goal $goal"; exit 1; }
	done
}

# Its table of modes is in Documentation/install.rst, with what they open.
opens_the_device_to_nobody() {
	! grep -nE '(dev_mode|default_mode|chmod|mode=0?[0-7]*[1-7]\b)' README.md
}

figures_are_there() {
	local file

	grep -oE '\]\([A-Za-z][^)]*\)' README.md | tr -d '()]' |
	while read -r file; do
		[ -e "$file" ] || { echo "no $file"; exit 1; }
	done
}

echo 1..5
check "the README has less than 200 lines" is_short
check_each "its program is Documentation/examples/lines.c" program_is_the_one
check_each "the goals of make that it names are there" goals_are_there
check "it opens the device to nobody" opens_the_device_to_nobody
check_each "all that it leads to is there" figures_are_there
