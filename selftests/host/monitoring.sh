#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: tools build/selftests/host/replay/rring build/selftests/host/relay/relay
#
# What is installed for a system and for those who watch it: Prometheus takes the
# metrics, the alerts come when they should, the dashboard shows metrics that
# there are, systemd understands the units. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8
unset RRING_BACKEND NO_COLOR
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

promtool=$(tools/promtool)
replay=build/selftests/host/replay/rring
spec=Documentation/netlink/specs/rusted_ring.yaml
monitoring=packaging/monitoring
dashboard=$monitoring/rusted_ring.dashboard.json

# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Nothing comes in.
nothing() {
	! grep .
}

# ---- metrics ----

metrics() {
	RRING_REPLAY=$dir/messages "$replay" stat "--$1"
}

promtool_takes_the_metrics() {
	metrics prometheus >"$dir/metrics"
	"$promtool" check metrics <"$dir/metrics" 2>&1 | nothing
	grep -q '^# TYPE rring_pool_lent_total counter$' "$dir/metrics"
	grep -q '^# TYPE rring_pool_slots gauge$' "$dir/metrics"
}

# Two forms, the same samples.
both_forms_have_the_same() {
	diff <(metrics prometheus | grep -v '^#') \
	     <(metrics openmetrics | grep -v '^#')
}

# The metrics of a relay that finds no broker, in an arena of its own process.
relay_metrics() {
	! build/selftests/host/relay/relay source 1 handles 0 out \
		--metrics="$dir/relay.prom" default/ring \
		"redis+unix://$dir/nothing?stream=s" || return 1
	"$promtool" check metrics <"$dir/relay.prom" 2>&1 | nothing
}

names_of_metrics() {
	{ metrics prometheus; cat "$dir/relay.prom"; } |
		sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort
}

# Names in what comes in, as $1 has them.
metrics_are_there() {
	grep -oE 'rring_[a-z_]+' | sort -u >"$dir/used"
	[ -s "$dir/used" ]
	comm -23 "$dir/used" <(names_of_metrics) | nothing
}

# ---- alerts ----

alerts_are_valid() {
	"$promtool" check rules "$monitoring/rusted_ring.rules.yml"
	sed -n '/expr:/,/\(for\|labels\):/p' "$monitoring/rusted_ring.rules.yml" |
		metrics_are_there
}

alerts_come_when_they_should() {
	cp "$monitoring/rusted_ring.rules.yml" \
		selftests/host/monitoring/alerts.test.yml "$dir"
	"$promtool" test rules "$dir/alerts.test.yml"
}

every_alert_is_tested() {
	diff <(sed -n 's/.*alert: //p' "$monitoring/rusted_ring.rules.yml" | sort) \
	     <(sed -n 's/.*alertname: //p' \
		selftests/host/monitoring/alerts.test.yml | sort -u)
}

# ---- the dashboard ----

# shellcheck disable=SC2016 # those are Grafana's
expressions() {
	jq -r '.panels[].targets[].expr' "$dashboard" |
		sed 's/\$__rate_interval/1m/g'
}

# As rules: promtool has no other way to read an expression.
expressions_are_valid() {
	expressions | jq -Rn '{groups: [{name: "panels", rules:
		[inputs | {record: "panel", labels: {n: "\(input_line_number)"},
			   expr: .}]}]}' >"$dir/panels.yml"
	"$promtool" check rules "$dir/panels.yml"
	jq -r '.panels[].targets[].expr, (.templating.list[].query | tostring)' \
		"$dashboard" | metrics_are_there
}

# Numbers of panels, and places, are their own; each has words for people.
panels_are_whole() {
	jq -e '.panels | (map(.id) | unique | length) == length and
	       (map([.gridPos.x, .gridPos.y]) | unique | length) == length and
	       all(.gridPos.x + .gridPos.w <= 24 and (.title | length) > 3 and
		   (.description | length) > 10)' "$dashboard"
	jq -e '[.. | .datasource? | objects | .uid] | unique == ["${datasource}"]' \
		"$dashboard"
	jq -e '.id == null and (.uid | length) > 0' "$dashboard"
}

# ---- units, and what else the system reads ----

# In a directory of their own, with a program of that name.
units_are_valid() {
	local unit

	mkdir -p "$dir/units"
	for unit in packaging/*/*.service packaging/*/*.timer; do
		sed "s|^\(Exec[A-Z][a-z]*=\)rring|\1$PWD/build/rring|" "$unit" \
			>"$dir/units/${unit##*/}"
	done
	[ -e "$dir/units/rring-relay@.service" ]
	systemd-analyze verify --man=no "$dir"/units/* >"$dir/said" 2>&1 || true
	! grep -E 'rusted-ring|rring-relay' "$dir/said"
}

# Where the unit of a relay lets it write, and what stays there, is what the page says.
relay_has_a_folder() {
	local unit=packaging/system/rring-relay@.service

	grep -qx 'ProtectSystem=strict' "$unit"
	! grep '^ReadWritePaths' "$unit" || return 1
	grep -qx 'RuntimeDirectory=rring-relay-%i' "$unit"
	grep -qx 'RuntimeDirectoryPreserve=yes' "$unit"
	grep -q '/run/rring-relay-NAME/' Documentation/relay.rst
}

group_is_made() {
	mkdir -p "$dir/root/etc"
	systemd-sysusers --root="$dir/root" \
		"$PWD/packaging/system/rusted-ring.sysusers"
	grep '^rring:' "$dir/root/etc/group"
}

# The rule and the declaration name the group; the rule names the unit.
parts_fit() {
	grep -q '^g rring ' packaging/system/rusted-ring.sysusers
	grep -q 'GROUP="rring"' packaging/system/60-rusted-ring.rules
	grep -q '^group = rring$' packaging/system/default.conf
	grep -q 'SYSTEMD_WANTS}+="rusted-ring-arenas.service"' \
		packaging/system/60-rusted-ring.rules
	grep -qx rusted_ring packaging/system/rusted-ring.modules-load
}

# Also with what is a comment there.
parameters_are_known() {
	mkdir -p "$dir/modprobe.d"
	sed 's/^#options/options/' packaging/system/rusted-ring.modprobe \
		>"$dir/modprobe.d/rusted-ring.conf"
	modprobe -c -C "$dir/modprobe.d" | sed -n 's/^options rusted_ring //p' |
		tr ' ' '\n' | cut -d= -f1 | sort -u >"$dir/options"
	[ -s "$dir/options" ]
	while read -r name; do
		grep -q "^module_param.*($name, " kmod/main.c
	done <"$dir/options"
	! grep '^options' packaging/system/rusted-ring.modprobe
}

echo "TAP version 13"
echo "1..13"
/usr/bin/python3 selftests/host/netlink/messages.py "$spec" messages \
	>"$dir/messages"
check_each "promtool takes the metrics" promtool_takes_the_metrics
check_each "and those of a relay" relay_metrics
check_each "OpenMetrics text has the same samples" both_forms_have_the_same
check_each "the alerts are valid, and of metrics that there are" alerts_are_valid
check_each "they come when they should" alerts_come_when_they_should
check_each "each of them" every_alert_is_tested
check_each "so are the expressions of the dashboard" expressions_are_valid
check_each "its panels are whole" panels_are_whole
check_each "systemd understands the units" units_are_valid
check_each "that of a relay has a folder for its metrics" relay_has_a_folder
check_each "and makes the group" group_is_made
check_each "the group is the same one everywhere" parts_fit
check_each "the module has the parameters of modprobe.d" parameters_are_known
