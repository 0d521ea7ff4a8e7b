#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# The demo, with 800 actors killed while they hold events.
echo 1..1
demo --kills 200 >/tmp/demo.out 2>&1
status=$?
tail -n 50 /tmp/demo.out | sed 's/^/# /'
[ $status -eq 0 ] || printf 'not '
echo "ok 1 - no actor loses or repeats an event over 800 kills, no slot leaks"
