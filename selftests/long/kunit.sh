#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The suites of kmod/tests, under each of the debug kernels: they run when
# rring_kunit is loaded, and print KTAP into the kernel's log. Prints TAP, a
# line for each test that is in the source: what has left no result there has
# failed. As has the whole, if the kernel complained of anything.
#
#   KUNIT_KERNELS="kasan kcsan"     as for tools/vm --kernel
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh
kernels=${KUNIT_KERNELS:-kasan kcsan}

# "SUITE TEST" for each in kmod/tests: a file has its tests, then their suite.
tests() {
	awk 'FNR == 1 { n = 0 }
	     /^\tKUNIT_CASE(_PARAM)?\(/ {
		gsub(/^\tKUNIT_CASE(_PARAM)?\(|[,)].*$/, "")
		test[n++] = $0
	     }
	     /^\t\.name = "/ {
		split($0, word, "\"")
		for (i = 0; i < n; i++)
			print word[2], test[i]
	     }' kmod/tests/*.c
}

# All suites under kernel $1; the kernel's log is in build/vm/kunit-NAME.log.
run() {
	local headers

	headers=$(tools/vm --kernel "$1" --headers) &&
		make -s kunit KDIR="$headers" || return
	tools/vm --kernel "$1" --name "kunit-${1##*/}" --timeout 600 \
		--add "build/kunit/$(release "$1")/rring_kunit.ko:/" -- \
		sh -c 'insmod /rring_kunit.ko && rmmod rring_kunit'
}

# Reads tests, then a kernel's log. What a test said comes before its result.
results() {
	awk -v kernel="$1" -v n="$count" '
	NR == FNR {
		tests[++n_tests] = $0
		next
	}
	{ sub(/^\[[^]]*\] /, "") }
	/^    # Subtest: / { suite = $3; said = ""; next }
	/^    (not )?ok [0-9]+ / {
		failed = $1 == "not" || /# SKIP/
		test = suite " " $($1 == "not" ? 4 : 3)
		result[test] = failed ? "not ok" : "ok"
		why[test] = failed ? said : ""
		said = ""
		next
	}
	suite { said = said "# " $0 "\n" }
	END {
		for (i = 1; i <= n_tests; i++) {
			test = tests[i]
			if (!(test in result)) {
				result[test] = "not ok"
				why[test] = "# it printed no result\n"
			}
			printf "%s%s %d - %s: %s\n", why[test], result[test],
			       ++n, kernel, test
		}
	}' "$dir/tests" "build/vm/kunit-$1.log"
}

tests >"$dir/tests"
nr_tests=$(wc -l <"$dir/tests")
# shellcheck disable=SC2086 # several words
set -- $kernels
echo "1..$(($# * (nr_tests + 1)))"
for kernel; do
	rm -f "build/vm/kunit-${kernel##*/}.log"
	check "${kernel##*/}: the suites run, and the kernel has nothing to say" \
		run "$kernel"
	touch "build/vm/kunit-${kernel##*/}.log"
	results "${kernel##*/}"
	count=$((count + nr_tests))
done
