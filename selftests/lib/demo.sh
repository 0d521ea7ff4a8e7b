# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# For scripts that run `make demo`.

# shows_the_table FILE: what it has printed ends as README.md says.
shows_the_table() {
	cat "$1"
	grep -E '^killed while they held events: [0-9]+ times' "$1" &&
		tail -n 1 "$1" | grep -F 'lost 0, repeated 0: '
}
