#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The README shows the program that is built and tested, and no other.
set -eu
cd "$(dirname "$0")/../.."

# The code block after the heading, as it would be typed.
shown() {
	awk '/^## A program/ { here = 1 } /^Build yours/ { here = 0 }
	     here && /^    / { print substr($0, 5) }
	     here && /^$/ && started { print "" }
	     here && /^    / { started = 1 }' README.md |
		sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

echo 1..1
if diff <(shown) <(tail -n +2 Documentation/examples/lines.c | expand) >&2
then
	echo "ok 1 - the README's program is Documentation/examples/lines.c"
else
	echo "not ok 1 - the README's program is Documentation/examples/lines.c"
fi
