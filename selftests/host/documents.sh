#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib tools examples documents
#
# The commands that pages show do what the pages say: those that need no module.
# The library is installed below a directory of its own. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
source=$PWD
pages=build/documents

# Each page that shows commands or programs, of these parts of the documents.
taught() {
	echo README.md
	awk '/:caption: / { inside = / (Tutorial|How-tos)$/ }
	     inside && /^   [a-z_]+$/ {
		     print "Documentation/" $1 ".rst"
	     }' Documentation/index.rst
}

# A program is a file of Documentation/examples, which is built and run, or a part of
# one. (host/readme compares the one that README.md shows.)
programs_are_files() {
	local page

	for page in $(taught | grep -v '\.md$'); do
		! grep -nE '(code-block|sourcecode)::' "$page" |
			grep -vE ':: (console|text|yaml|ini)$' ||
			{ echo "in $page"; return 1; }
		! grep -n '::$' "$page" | grep -v '\.\. ' ||
			{ echo "$page: a block that no test runs"; return 1; }
	done
}

# claims LINE...: of a page with these lines.
claims() {
	mkdir -p "$dir/claims"
	printf '%s\n' "$@" >"$dir/claims/page"
	selftests/host/documents/claims "$dir/claims"
}

# shellcheck disable=SC1003 # a command that goes on
false_claims_are_found() {
	claims '@ 1 by host/install' '$ make'
	claims '@ 1 by host/install, host/install_module' '$ make install \' \
		'>     PREFIX=/usr' '# make install-module KDIR=DIRECTORY' \
		'@ 2 by host/races' '$ make valgrind'
	! claims '@ 1 by host/install_module' '# make install-modules' || exit
	! claims '@ 1 by host/install_module' '# modprobe rusted_ring' || exit
	! claims '@ 1 by host/nothing' '$ make'
}

# What no test can run is said, with the reason.
say_what_is_not_run() {
	selftests/host/documents/claims --not-run "$pages" | sed 's/^/# /'
}

# A block that no line marks, and one whose line is wrong.
unmarked_is_found() {
	printf '%s\n' '.. code-block:: console' '' '   $ true' >"$dir/page.rst"
	! selftests/host/documents/commands "$dir/pages" "$dir/page.rst" \
		2>"$dir/said" || return 1
	sed -i '1i .. run: somewhere\n' "$dir/page.rst"
	! selftests/host/documents/commands "$dir/pages" "$dir/page.rst" \
		2>>"$dir/said" || return 1
	[ "$(grep -c 'no line says where this runs' "$dir/said")" -eq 2 ]
	printf '%s\n' 'Do this::' '' '   make it' >"$dir/page.rst"
	! selftests/host/documents/commands "$dir/pages" "$dir/page.rst" \
		2>"$dir/said" || return 1
	grep 'a block that is not one of console: make it' "$dir/said"
}

# run_page LINE...: the results of a page with these lines.
run_page() {
	printf '%s\n' "$@" >"$dir/shown"
	sh -c '. selftests/lib/document.sh
	       document host "$0" selftests/lib/document.sh' "$dir/shown" \
		>"$dir/ran"
	cat "$dir/ran"
}

# shellcheck disable=SC2016 # for the shell of the page
what_differs_is_found() {
	run_page '@ 1 host' '$ echo one two' 'one ...' '$ seq 3' 1 ... 3 \
		'@ 7 guest' '$ false' '@ 8 host' '$ word=[a-z]' \
		'$ echo "$word*"' '[a-z]*'
	diff - "$dir/ran" <<-'EOF'
		ok 1 - shown:1
		ok 2 - shown:8
	EOF
	run_page '@ 1 host' '$ echo one' 'two' '@ 3 host' '$ false' '$ true'
	[ "$(grep -c '^not ok' "$dir/ran")" -eq 2 ]
}

another_terminal_is_another() {
	run_page '@ 1 host until the end' '$ sleep 1000' '@ 2 host beside' \
		"\$ cat $dir/fifo" 'text' '@ 3 host' \
		"\$ echo text >$dir/fifo"
	! grep '^not ok' "$dir/ran" || return 1
	# shellcheck disable=SC2016 # for the shell of the page
	run_page '@ 1 host until the end' '$ false' '@ 2 host' \
		'$ until [ -s "$doc_dir/1.status" ]; do sleep 0.1; done'
	grep -q '^not ok 2 - shown:1, beside' "$dir/ran" || return 1
	run_page '@ 1 host beside' '$ echo one' 'two'
	grep -q '^not ok 1 - shown:1, beside' "$dir/ran"
}

what_takes_time_is_repeated() {
	run_page "@ 1 host" "$ date +%s >$dir/since" "@ 2 host until it fits" \
		"$ echo \$((\$(date +%s) - \$(cat $dir/since)))" 1
	! grep '^not ok' "$dir/ran" || return 1
}

install_library() {
	make -s install DESTDIR="$dir/root" PREFIX=/usr/local
	mkdir "$dir/work"
	cp Documentation/examples/*.[ch] build/examples/[a-z]* "$dir/work" \
		2>/dev/null || true
}

# As a user who has installed it would, in a directory with the sources.
run_host_blocks() {
	cd "$dir/work"
	export RRING_BACKEND=process LD_LIBRARY_PATH=$dir/root/usr/local/lib
	export PKG_CONFIG_SYSROOT_DIR=$dir/root
	export PKG_CONFIG_LIBDIR=$dir/root/usr/local/lib/pkgconfig
	export PATH=$dir/root/usr/local/bin:$PATH
	# shellcheck source=selftests/lib/document.sh
	. "$source/selftests/lib/document.sh"
	doc_count=$count
	set +e
	for page in "$source/$pages"/*; do
		document host "$page" "$source/selftests/lib/document.sh"
	done
	echo "1..$doc_count"
	cd "$source" || exit
	say_what_is_not_run
}

mkfifo "$dir/fifo"
check "a block without a place to run is found" unmarked_is_found
check_each "a command that prints something else, or fails, is found" \
	what_differs_is_found
check_each "another terminal runs beside, and is ended or waited for" \
	another_terminal_is_another
check_each "what takes time is repeated until it fits" \
	what_takes_time_is_repeated
check_each "a test that does not run what a page says is found" \
	false_claims_are_found
check_each "tests run what pages say of them" \
	selftests/host/documents/claims "$pages"
check_each "programs of tutorial, how-tos and README are files that tests run" \
	programs_are_files
check_each "make install" install_library
run_host_blocks
