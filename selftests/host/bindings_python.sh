#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: bindings-python
#
# The package for Python, without the module: its tests, with Python's checks of
# memory and warnings; its examples; and an installation by pip alone.
# Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
export RRING_BACKEND=process PYTHONDONTWRITEBYTECODE=1
from=$PWD/ulib/bindings/python
python=/usr/bin/python3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

with_package() {
	PYTHONPATH=build/bindings/python "$@"
}

# -X dev: PYTHONMALLOC=debug, warnings of what was not closed.
unit() {
	with_package "$python" -X dev -W error "$from/tests/test_$1.py"
}

# prints LINE EXAMPLE...: it ends with status 0 and one line that matches.
prints() {
	local line=$1

	shift
	with_package "$python" "$from/examples/$1.py" "${@:2}" >"$dir/line" &&
		cat "$dir/line" && [ "$(wc -l <"$dir/line")" -eq 1 ] &&
		grep -q "$line" "$dir/line"
}

