# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=sh
#
# For scripts of device/, in a guest, where it is /script.sh.

# report STATUS NUMBER WHAT: a line of TAP.
report() {
	[ "$1" -eq 0 ] || printf 'not '
	echo "ok $2 - $3"
}

# A number below 32768.
random() {
	od -An -N2 -tu2 /dev/urandom | awk '{ print int($1 / 2) }'
}
