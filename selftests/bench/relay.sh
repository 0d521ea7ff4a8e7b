#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# rring-relay beside the broker's own client, with a broker of its own, which appends to
# a file every second. BENCH_EVENTS= of each measurement.
set -eu

cd "$(dirname "$0")/../.."
if ! command -v redis-server >/dev/null; then
	echo "selftests/bench/relay.sh: there is no redis-server" >&2
	exit 1
fi
dir=$(mktemp -d)
trap 'kill $broker; wait $broker || true; rm -rf "$dir"' EXIT
redis-server --port 0 --unixsocket "$dir/socket" --dir "$dir" --save '' \
	--appendonly yes --loglevel warning >"$dir/said" &
broker=$!
until redis-cli -s "$dir/socket" PING >/dev/null 2>&1; do sleep 0.1; done
for program in contest journey; do
	"build/selftests/bench/relay/$program" "$dir/socket" \
		"${BENCH_ROUNDS:-7}" "${BENCH_EVENTS:-100000}"
done
