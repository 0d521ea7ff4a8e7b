#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# The models of selftests/model hold in all of their states; each mutation is
# rejected, by the assertion that it has to break; what has to be possible is
# reached; and Documentation/model.rst knows every lettered barrier. Prints TAP.
#
#   MODEL_BOUNDS=large    larger ones, which take some minutes and gigabytes
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
page=Documentation/model.rst
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# "MODEL OPTION": how much of it is searched, if not what its file says.
bounds() {
	case ${MODEL_BOUNDS:-} in
	large) cat <<-END
		reclaim -DDEPTH=4
		reclaim -DLONG=2 -DSHORT=2
		reclaim -DLONG=3 -DSHORT=1
		magazine -DUSES=5 -DDEPTH=4
		threads -DUSES=5 -DDEPTH=4
		upgrade -DUPGRADES=3 -DDEPTH=4
		adopt
		adopt -DCAPACITY=2
		join -DDEPTH=4
		lap -DWRITTEN=8 -DCAPACITY=3 -DDEPTH=4
		wait
		wait -DLONG=1 -DDEPTH=4
		commit -DCAPACITY=3 -DWRITTEN=5
	END
	;;
	*) cat <<-END
		reclaim
		magazine
		threads
		upgrade
		adopt -DLONG=1
		join
		lap
		wait -DLONG=1
		commit
	END
	;;
	esac
}

# "MODEL OPTION ASSERTION WHAT"
mutations() {
	cat <<-END
	reclaim SINGLE_COLLECT reused a single collect
	reclaim NO_WINDOWS reused a sweep that reads no windows
	reclaim NO_MOVES reused ledger words that do not count moves
	reclaim DROP_BEFORE_PUBLISH lost a hold that falls before the head moves
	reclaim CURSOR_BEFORE_HOLD reused a cursor that moves before the hold
	reclaim SETTLED_TOO_EARLY reused in_flight taken back while it is unread
	reclaim IN_FLIGHT_IS_IGNORED reused a shallow sweep that skips in_flight
	reclaim ENTRY_BEFORE_HEAD lost an entry loaded before the head (B)
	reclaim A=RELAXED lost a head that is no release
	reclaim C=RELAXED reused a cursor that is no release
	reclaim G=RELAXED reused a ledger word that is no release
	magazine NO_STEP_0 stale a sweep that does not look into magazines
	magazine TAIL_BEFORE_HOLD reused a tail that moves before the hold
	magazine E=RELAXED reused a tail that is no release
	magazine G=RELAXED reused a hold that falls before the payload is used
	magazine O=RELAXED stale a magazine's head that is no release
	threads HOLD_AFTER_EXCHANGE reused a hold after the tail has moved
	threads TAIL_IS_NOT_EXCHANGED twice a tail that is loaded and stored
	threads ADDS_ARE_RELAXED reused additions that order nothing
	upgrade NO_THIRD_LOOK reused no third look
	upgrade THIRD_LOOK_AT_HOLDS reused a third look at holds alone
	upgrade GENERATION_STAYS reused a generation that is not hidden
	upgrade GENERATION_BEFORE_HOLD reused a hold after the generation's load
	upgrade NO_I reused an upgrade without a fence
	upgrade NO_J reused a sweep without a fence
	adopt NO_ADOPTION reused a ring that nobody adopts
	adopt ADOPTED_IS_LET_GO reused a window that is let go of unread
	adopt EVICTED_BUT_NOT_REVOKED lost an eviction that revokes nothing
	adopt NO_COPY lost new pages without the old entries
	adopt INCARNATION_BEFORE_STATE lost an incarnation before its state
	adopt O=RELAXED lost an end that is visible after the state
	join JOINS_ARE_NOT_COUNTED overwritten a scan without the count of joins
	join NO_BARRIER overwritten a join without a barrier
	join STARTS_WHERE_IT_BEGAN overwritten a start that was read before it
	join JOINING_DOES_NOT_GATE overwritten a JOINING that does not gate
	join C=RELAXED overwritten a cursor that moves before entries are used
	join O=RELAXED overwritten a join that is counted before it is seen
	lap NO_M torn a claim without a fence
	lap NO_N torn a validation without a fence
	lap CLAIM_AFTERWARDS torn a claim after the entry
	lap HEAD_FOR_CLAIM torn a validation by the head
	wait NO_K overslept no barrier for the sleeper
	wait NO_SECOND_LOOK overslept no look after the barrier
	wait EVENTS_READ_LATE overslept a gate that is counted after the look
	wait FLAG_BEFORE_HEAD overslept a flag loaded before the store (L)
	wait NO_L_IN_KERNEL overslept a kernel that has no fence of its own
	wait ONE_GATE_ONLY overslept a wake that opens the ring's gate alone
	commit NO_Q left a mark without a full barrier
	commit NO_R left a look at the next mark before the head moves
	commit HEAD_FROM_BEFORE left a head that was read before the mark
	commit MARKS_WITHOUT_LAPS torn marks that do not say of which lap
	commit MARK_BEFORE_ENTRY torn a mark that is no release
	commit A_IS_RELAXED torn a head that is no release
	commit ENTRY_AFTER_HEAD mistaken an entry read after the head has moved
	END
}

# "MODEL EXPRESSION WHAT": an expression without blanks.
witnesses() {
	cat <<-END
	reclaim generation==2 the slot is freed
	reclaim generation==2&&memory[HEAD(0)]==LONG ... after it has gone round
	reclaim deep&&live&&FLIGHTS(memory[0]) ... seen in flight, deeply swept
	magazine generation==USES+1 the slot is used and freed each time
	magazine lent[0]==1&&lent[1]==USES-1 ... by both clients
	threads generation==USES+1&&races a race for the tail is lost
	upgrade generation==2 the slot is freed
	upgrade memory[CURSOR]==1 an upgraded event is handed on, and read
	upgrade memory[CURSOR]==1&&generation==2 ... and freed
	adopt dead&&adopted a dead writer's window is adopted
	adopt dead&&generation==2&&memory[CURSOR]==LONG ... drained, and freed
	adopt memory[CURSOR]==LONG+SHORT the next writer's events are read, too
	adopt dead&&memory[HEAD(0)]==0 a writer dies before its first event
	join again a scan is made anew
	join gates[1]&&memory[CURSOR(1)]==WRITTEN who joins reads to the end
	join gates[1]&&begin[1]>0 who joins late starts late
	lap overtaken an observer is overtaken
	wait asleep[0]&&asleep[1] both sleep
	wait position[1]==LONG+SHORT&&asleep[0] one of them sees all
	commit given_back a place is given back
	commit helped one moves the head over another's entry
	commit given_back&&helped&&memory[HEAD]==WRITTEN ... and all is visible
	END
}

# ---- each is searched as a job of its own ----

# "KIND WHAT|COMMAND..."
jobs_of_all() {
	local model option assertion what

	while read -r model option; do
		echo "holds|$model|$option|-|$model.pml holds"
	done < <(bounds)
	while read -r model option assertion what; do
		echo "fails|$model|-D$option|!($assertion)|$what"
	done < <(mutations)
	while read -r model option what; do
		echo "fails|$model|-DWITNESS=$option|-|$what"
	done < <(witnesses)
}

# shellcheck disable=SC2086 # options are a list
search() {
	local model option

	IFS='|' read -r _ model option _ <"$dir/job.$1"
	[ "${MODEL_BOUNDS:-}" != large ] || export MODEL_MEGABYTES=12000
	selftests/model/run "$model" $option >"$dir/result.$1" 2>&1 || true
}

search_all() {
	local processors job

	processors=$(nproc)
	[ "${MODEL_BOUNDS:-}" != large ] || processors=1
	for ((job = 0; job < n; job++)); do
		while [ "$(jobs -rp | wc -l)" -ge "$processors" ]; do
			wait -n || true
		done
		search "$job" &
	done
	wait
}

# What the search of job $1 found is what its line says.
is_as_said() {
	local kind assertion found

	cat "$dir/result.$1"
	IFS='|' read -r kind _ _ assertion _ <"$dir/job.$1"
	found=$(head -n 1 "$dir/result.$1")
	case $kind in
	holds) [[ $found == holds\ * ]] ;;
	fails) [[ $found == fails\ * && $assertion == - ||
		  $found == "fails $assertion "* ]] ;;
	esac
}

describe() {
	local kind model option what found

	IFS='|' read -r kind model option _ what <"$dir/job.$1"
	# shellcheck disable=SC2046 # words
	set -- $(head -n 1 "$dir/result.$1")
	case $kind in
	holds) found="$what${option:+ with $option}: ${2:-} states, depth\
 ${3:-}, ${4:-} s, ${5:-} MB" ;;
	*)     found="$model ${option#-D}: $what" ;;
	esac
	echo "$found"
}

# ---- the document ----

# "LETTER FILE" for each file of the code that has a lettered barrier.
letters_of_code() {
	grep -roE '\b[A-R]: |\([A-R], which pairs' --include='*.[ch]' \
		--exclude-dir=tests kmod ulib include |
		awk -F : '{ gsub(/[^A-R]/, "", $2); print $2, $1 }' |
		grep -v ' include/rusted_ring/atomic.h$' | sort -u
}

# "LETTER FILE MODEL INLINE" of the document's table.
letters_of_page() {
	awk 'NF == 4 && $1 ~ /^[A-R]$/ && $2 ~ /\.[ch]$/' "$page"
}

letters_are_the_same() {
	diff <(letters_of_code) \
	     <(letters_of_page | awk '{ print $1, $2 }' | sort -u)
}

# The model has that inline, and the letter stands above it.
letters_are_in_the_models() {
	local letter model inline missing=0 found=0

	while read -r letter _ model inline; do
		found=$((found + 1))
		grep -B 1 -A 2 "^inline $inline(" "selftests/model/$model" |
			grep -q "\b$letter: " ||
			{ echo "# no $letter at $model: $inline"; missing=1; }
	done < <(letters_of_page)
	[ "$found" -ge 30 ] && [ "$missing" -eq 0 ]
}

# So does each of them have a litmus test, with the same two letters.
pairs_have_a_litmus_test() {
	local pair missing=0

	for pair in A-B C-D E-F G-H I-J K-L M-N O-P Q-R; do
		compgen -G "selftests/model/litmus/$pair*.litmus" >/dev/null ||
			{ echo "# no litmus test of $pair"; missing=1; }
	done
	return $missing
}

mutations_are_on_the_page() {
	local option missing=0

	while read -r _ option _; do
		grep -q "\`\`$option\`\`" "$page" ||
			{ echo "# no $option"; missing=1; }
	done < <(mutations)
	return $missing
}

n=0
while read -r line; do
	echo "$line" >"$dir/job.$n"
	n=$((n + 1))
done < <(jobs_of_all)

echo "1..$((n + 4))"
check "the document has the letters of the code, and no others" \
	letters_are_the_same
check "each of them is in the model that it names" letters_are_in_the_models
check "each pair has a litmus test" pairs_have_a_litmus_test
check "the document has each mutation" mutations_are_on_the_page
search_all
for ((job = 0; job < n; job++)); do
	check "$(describe "$job")" is_as_said "$job"
done
