/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client changes its ledger word, and the summary that counts it: first the
 * summary if the word was empty, last if it is empty. Who includes this has the
 * client's .word and .summary, and says where LEDGER(me) is and, unless sweeps
 * read words only, SUMMARY(me). The own words are known, as only their owner
 * writes them. The stores are one step, as all of them are pending first.
 */
#define IS_EMPTY(word)	(!HOLDS(word) && !FLIGHTS(word))

inline change_summary(delta, order)
{
#ifdef SUMMARY
	!IS_FULL(me) ->
	summary = summary + SUMMARY_MOVE + (delta);
	store(me, SUMMARY(me), summary, order)
#else
	skip
#endif
}

inline raise_summary()
{
#ifndef RAISED_AFTER_LEAVING
	if
	:: IS_EMPTY(word) -> change_summary(COUNTED, RELAXED)
	:: else
	fi
#else
	skip
#endif
}

/* Instead of raise_summary(), when the old location is left already. */
inline raise_late()
{
	atomic {
		if
		:: !IS_COUNTED(summary) -> change_summary(COUNTED, RELAXED)
		:: else
		fi
	}
}

/* G: the word has fallen before its summary */
inline lower_summary()
{
	if
	:: IS_EMPTY(word) && IS_COUNTED(summary) ->
		change_summary(-COUNTED, S)
	:: else
	fi
}

/* Instead of lower_summary(), while the word is still in use. */
inline lower_early()
{
	atomic {
		if
		:: HOLDS(word) == 1 && !FLIGHTS(word) ->
			change_summary(-COUNTED, S)
		:: else
		fi
	}
}

inline change(delta, order)
{
	atomic {
		if
		:: (delta) > 0 -> raise_summary()
		:: else
		fi;
		!IS_FULL(me) ->
		word = word + MOVE + (delta);
		store(me, LEDGER(me), word, order);
		if
		:: (delta) < 0 -> lower_summary()
		:: else
		fi
	}
}
