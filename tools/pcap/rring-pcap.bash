# SPDX-License-Identifier: MPL-2.0
# Completion of rring-pcap's options, for bash.

# What an option takes, where that is one of a few words.
_rring_pcap_words() {
	case $1 in
	-a|--arena) rring arena list 2>/dev/null | awk 'NR > 1 { print $2 }' ;;
	-f|--format) echo 'pcapng pcap' ;;
	*) return 1 ;;
	esac
}

_rring_pcap() {
	local current=${COMP_WORDS[COMP_CWORD]} option words=

	# bash takes --option=word apart at the =
	option=${COMP_WORDS[COMP_CWORD - 1]}
	[ "$current" != = ] || { option="$option" current=; }
	[ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}
	if words=$(_rring_pcap_words "$option"); then
		:
	elif [[ $current == -* ]]; then
		words='--arena --write --format --count --observe --wait --json
		       --help'
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rring_pcap rring-pcap
