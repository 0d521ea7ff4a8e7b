#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The library, and a program with its inline functions, as users build them:
# both compilers, with and without optimisation, and across files. What comes
# out works. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
export RRING_BACKEND=process

compilers=(gcc clang)
options=("-O0" "-O2 -g" "-O3 -march=native" "-O2 -flto")

# Three stages, as they come out of compiler $1 with $2.
pipeline_works() {
	local build=$dir/$1

	rm -rf "$build"
	make -s B="$build" CC="$1" CFLAGS="$2" "$build/examples/pipeline" \
		"$build/librusted_ring.so.0" &&
		"$build/examples/pipeline" 100000
}

echo "1..$((${#compilers[@]} * ${#options[@]}))"
for compiler in "${compilers[@]}"; do
	for option in "${options[@]}"; do
		check "$compiler $option" pipeline_works "$compiler" "$option"
	done
done
