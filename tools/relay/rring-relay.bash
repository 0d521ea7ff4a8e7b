# SPDX-License-Identifier: MPL-2.0
# Completion of rring-relay's options, for bash.

# What an option takes, where that is one of a few words.
_rring_relay_words() {
	case $1 in
	-a|--arena) rring arena list 2>/dev/null | awk 'NR > 1 { print $2 }' ;;
	-k|--kind) echo 'inline handles' ;;
	-p|--policy) echo 'block fail overwrite' ;;
	*) return 1 ;;
	esac
}

_rring_relay() {
	local current=${COMP_WORDS[COMP_CWORD]} option words=

	# bash takes --option=word apart at the =
	option=${COMP_WORDS[COMP_CWORD - 1]}
	[ "$current" != = ] || { option="$option" current=; }
	[ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}
	if words=$(_rring_relay_words "$option"); then
		:
	elif [[ $current == -* ]]; then
		words='--arena --wait --skip-missing --patience --moved --batch
		       --metrics --cacert --cert --key --name --window
		       --maxlen --end --kind --policy --capacity
		       --stride --retain --stall-ms --help'
	elif [ "$COMP_CWORD" -eq 1 ]; then
		words='in out'
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rring_relay rring-relay
