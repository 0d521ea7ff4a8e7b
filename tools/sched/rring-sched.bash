# SPDX-License-Identifier: MPL-2.0
# Completion of rring-sched's options, for bash.

_rring_sched() {
	local words='--arena= --prefix= --interval= --count= --total --top=
		     --poll= --json --help'

	mapfile -t COMPREPLY < <(compgen -W "$words" -- \
		"${COMP_WORDS[COMP_CWORD]}")
}

complete -o nospace -F _rring_sched rring-sched
