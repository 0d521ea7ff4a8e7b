# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# For scripts that need a copy of the source.

# copy_source DIRECTORY: every file that git knows or would add.
copy_source() {
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard |
		tar -c --null -T - | tar -x -C "$1"
}
