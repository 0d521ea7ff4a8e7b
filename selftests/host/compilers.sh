#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The library, and a program with its inline functions, work as users build
# them: by both compilers, with and without optimisation, and across files.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
export RRING_BACKEND=process

# FORM=full: each compiler with all options.
ways=("gcc -O0" "clang -O2 -flto")
[ "${FORM:-}" != full ] || ways+=(
	"gcc -O2 -g" "gcc -O3 -march=native" "gcc -O2 -flto"
	"clang -O0" "clang -O2 -g" "clang -O3 -march=native"
)

# Three stages, as they come out of compiler $1 with $2.
pipeline_works() {
	local build=$dir/$1

	rm -rf "$build"
	make -s -j"$(nproc)" B="$build" CC="$1" CFLAGS="$2" "$build/examples/pipeline" \
		"$build/librusted_ring.so.0" &&
		"$build/examples/pipeline" 100000
}

echo "1..${#ways[@]}"
for way in "${ways[@]}"; do
	check "$way" pipeline_works "${way%% *}" "${way#* }"
done
