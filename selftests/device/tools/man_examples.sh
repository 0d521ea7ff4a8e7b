#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples
# The programs in the manual pages, on the device.
export RRING_BACKEND=device
count=0
set -- /examples/man/*
echo "1..$#"
for program; do
	count=$((count + 1))
	"$program" >/tmp/out 2>&1 || printf 'not '
	echo "ok $count - the program in ${program##*/} does what it says"
	sed 's/^/# /' /tmp/out
done
