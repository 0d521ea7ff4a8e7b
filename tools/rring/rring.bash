# SPDX-License-Identifier: MPL-2.0
# Completion of rring's commands, options and words, for bash.

# Words that go with "COMMAND VERB" ($1) before any option.
_rring_options() {
	local which='--arena --id --json'

	case $1 in
	'arena create') echo '--profile --capacity --clients --rings --quota
			      --owned --producers --hold-limit
			      --on-hold-limit --mode --user --group' ;;
	'arena remove') ;;
	'arena run') _rring_options 'arena create' ;;
	'arena set') echo "--quota --hold-limit --group --mode $which" ;;
	'arena apply') echo --check ;;
	'client set') echo "--quota $which" ;;
	'ring set') echo "--stall-ms $which" ;;
	'stat '*) echo "--openmetrics --prometheus $which" ;;
	'top '*) echo "--batch --delay $which" ;;
	'watch '*) echo "--event --count $which" ;;
	'tail '*) echo "--from --count --wait --type --min-length --max-length
			--long --hex --raw --btf $which" ;;
	'pub '*) echo "--kind --policy --capacity --stride --retain --stall-ms
		       --type --readers --await $which" ;;
	'relay '*) echo '--arena --wait --skip-missing --patience --moved --batch
			--metrics --cacert --cert --key --name --window
			--maxlen --end --kind --policy --capacity
			--stride --retain --stall-ms' ;;
	'evict '*) echo "--pid $which" ;;
	'ban '*) echo "--lift $which" ;;
	'doctor '*) echo '--json' ;;
	*) echo "$which" ;;
	esac
}

_rring_verbs() {
	case $1 in
	arena) echo 'list create remove set apply run' ;;
	pool) echo list ;;
	client) echo 'list set' ;;
	ring) echo 'list readers set forget' ;;
	esac
}

# What an option takes, where that is one of a few words.
_rring_words() {
	case $1 in
	-a|--arena) rring arena list 2>/dev/null | awk 'NR > 1 { print $2 }' ;;
	--event) echo 'arena-created arena-gone client-died client-evicted
		       pool-dry reader-lapped client-over-limit ring-opened
		       ring-ended ring-gone reader-joined reader-left' ;;
	--from) echo 'newest oldest' ;;
	--kind) echo 'inline handles' ;;
	--on-hold-limit) echo 'notice evict' ;;
	--policy) echo 'block fail overwrite' ;;
	--profile) echo 'mobile desktop server auto' ;;
	--user) compgen -u ;;
	--group) compgen -g ;;
	*) return 1 ;;
	esac
}

_rring() {
	local current=${COMP_WORDS[COMP_CWORD]} option words
	local command=${COMP_WORDS[1]:-} verb=

	[ -z "$(_rring_verbs "$command")" ] || [ "$COMP_CWORD" -le 2 ] ||
		verb=${COMP_WORDS[2]}
	# bash takes --option=word apart at the =
	option=${COMP_WORDS[COMP_CWORD - 1]}
	[ "$current" != = ] || { option="$option" current=; }
	[ "$option" != = ] || option=${COMP_WORDS[COMP_CWORD - 2]}

	if [ "$COMP_CWORD" -eq 1 ]; then
		words='arena ban client doctor evict pool pub relay ring stat tail top watch'
	elif words=$(_rring_words "$option"); then
		:
	elif [[ $current == -* ]]; then
		words="$(_rring_options "$command $verb") --help"
	elif [ "$COMP_CWORD" -eq 2 ]; then
		words=$(_rring_verbs "$command")
	elif [ "$command $verb" = 'arena remove' ]; then
		words=$(_rring_words --arena)
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _rring rring
