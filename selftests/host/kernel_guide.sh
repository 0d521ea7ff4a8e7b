#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: module thermometer
#
# The modules that Documentation/kernel.rst shows are modules: they build, and
# against the symbols of this one; and so does that of the tutorial. Prints TAP.
set -eu

cd "$(dirname "$0")/../.."
out=$PWD/build/selftests/guide
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh
kernel=${KERNEL:-stock}
headers=$(vm "$kernel" --headers)
release=$(release "$kernel")
rm -rf "$out"
mkdir -p "$out"

# Each block of C that begins as a module does, without its indent.
awk -v out="$out" '
	/^\.\. code-block:: c/ { block = 1; next }
	block && /^[^ ]/ { block = file = 0 }
	block && /#include <linux\/module.h>/ { file = out "/guide" ++n ".c" }
	file { sub(/^   /, ""); print >file }' Documentation/kernel.rst

shown=$(cd "$out" && ls guide*.c)
echo "1..$(echo "$shown" | wc -l)"
for file in $shown; do
	echo "obj-m += ${file%.c}.o"
done >"$out/Kbuild"
echo "ccflags-y := -I$PWD/include -I$PWD/include/uapi" >>"$out/Kbuild"
make -s -C "$headers" M="$out" \
	KBUILD_EXTRA_SYMBOLS="$PWD/build/module/$release/Module.symvers" \
	modules >&2 || true
count=0
for file in $shown; do
	count=$((count + 1))
	if [ -f "$out/${file%.c}.ko" ]; then
		echo "ok $count - module $count of the guide builds"
	else
		echo "not ok $count - module $count of the guide builds"
	fi
done
