#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# The demo, with 800 actors killed while they hold events, or a part of them.
kills=$((200 / ${RRING_TEST_SCALE:-1}))
echo 1..1
demo --kills $kills >/tmp/demo.out 2>&1
status=$?
tail -n 50 /tmp/demo.out | sed 's/^/# /'
[ $status -eq 0 ] || printf 'not '
echo "ok 1 - no actor loses or repeats an event over $((4 * kills)) kills, no slot leaks"
