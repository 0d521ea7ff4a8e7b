#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: lib tools bindings-python bindings-python-asan
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

# example NAME ARGUMENT...
example() {
	with_package "$python" "$from/examples/$1.py" "${@:2}"
}

# The sanitizers' libraries come first. What Python itself never frees is no leak.
sanitized() {
	LD_PRELOAD="$(gcc -print-file-name=libasan.so) \
		$(gcc -print-file-name=libubsan.so)" \
		ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		PYTHONPATH=build/asan-python/bindings/python \
		"$python" "$from/tests/test_$1.py"
}

all_sanitized() {
	sanitized views
	sanitized rings
	sanitized waits
}

# The library ends the process if a call misuses it: rring_debug(3).
all_checked() {
	export RRING_DEBUG=abort
	with_package "$python" "$from/tests/test_views.py"
	with_package "$python" "$from/tests/test_rings.py"
	with_package "$python" "$from/tests/test_waits.py"
}

# ---- what a batch costs ----

# Instructions for $1 rings full of events.
instructions() {
	with_package valgrind --tool=callgrind \
		--callgrind-out-file=/dev/null \
		"$python" -S "$from/bench/batches.py" "$1" 2>&1 |
		sed -n 's/.*Collected : //p'
}

# A million events a second leave a thousand instructions, or more, for each.
# This is for both sides, in 100 rings of 1024 entries.
batches_are_cheap() {
	local one many

	one=$(instructions 1)
	many=$(instructions 101)
	echo "$(((many - one) / 102400)) instructions for an event"
	[ $((many - one)) -gt 0 ] && [ $(((many - one) / 102400)) -lt 250 ]
}

# The first program of the page.
first_program() {
	awk '/^.. code-block:: python/ { inside = 1; next }
		inside && /^[^ ]/ { exit }
		inside { sub("^   ", ""); print }' \
		Documentation/bindings_python.rst >"$dir/first.py"
	with_package "$python" -X dev "$dir/first.py" >"$dir/line"
	cat "$dir/line"
	[ "$(cat "$dir/line")" = "$(printf '0 0 0.0\n1 1 0.5\n2 2 1.0')" ]
}

# ---- installed by pip ----

prefix=/opt/some

# pip writes into the sources, so it gets a copy.
install_all() {
	make -s install DESTDIR="$dir/dest" PREFIX="$prefix"
	cp -r "$from" "$dir/python"
	PKG_CONFIG_PATH=$dir/dest$prefix/lib/pkgconfig \
	PKG_CONFIG_SYSROOT_DIR=$dir/dest \
		"$python" -m pip install --quiet --no-index --no-deps \
		--no-build-isolation --target "$dir/site" "$dir/python"
}

installed() {
	LD_LIBRARY_PATH=$dir/dest$prefix/lib PYTHONPATH=$dir/site \
		"$python" "$from/tests/test_$1.py"
}

# Any later Python can load it, too: no private names but those of that ABI.
is_stable() {
	(cd "$dir/site" && ls rusted_ring/_rusted_ring.abi3.so \
		rusted_ring/py.typed rusted_ring/__init__.pyi)
	! nm -D --undefined-only "$dir/site/rusted_ring/_rusted_ring.abi3.so" |
		grep ' _Py' | grep -v -e '_SizeT$' -e '_Py_Dealloc$' \
			-e '_Py_[NTF][a-z]*Struct$'
}

unset MAKEFLAGS MAKELEVEL
echo 1..14
check "views of events, batches and reservations end as they should" unit views
check "clients, rings, sets, watches, pipes and services" unit rings
check "waits, threads, signals, fork and asyncio" unit waits
check "the stubs name all that is there" unit stubs
check_each "clients that are checked find no misuse" all_checked
check_each "no access is wrong" all_sanitized
check "a batch of events of 64 bytes costs a few instructions each" \
	batches_are_cheap
check "four consumers count 100,000 trades, and 50 times one or the feed ends" \
	prints ' 4 consumers have each of 100000 trades once; 50 ' example fanout
check "100 frames go through a pipeline, and 30 times a stage ends" \
	prints ' 100 frames of 640 x 480, each seen and found once; 30 ' example pipeline
check "three rings go to a database, and 30 times a writer or the archive ends" \
	prints ' 20000 lines of each of 3 rings are stored once; 30 ' example archive
check_each "the first program of the page does what it says" first_program
check_each "pip installs it without a network" install_all
check "what pip has installed works" installed views
check_each "it needs the stable ABI alone" is_stable
