# SPDX-License-Identifier: MPL-2.0
"""Whether a difference between two contenders is more than chance."""
import math
import statistics

# If there is no difference, a round goes either way as easily. Then a verdict
# is given, wrongly, in at most so many of all cases (the sign test, two-sided).
CHANCE = 0.05
EXACT = ("instructions", "bytes")	# units of what is counted, not timed


def most_contrary(rounds):
    """How many of ROUNDS may contradict the others; -1: there are too few."""
    chance = 0
    for contrary in range(rounds + 1):
        chance += 2 * math.comb(rounds, contrary) / 2 ** rounds
        if chance > CHANCE:
            return contrary - 1
    return -1


def decide(rounds, unit):
    """True or False, as nearly all of ROUNDS are; None: undecided."""
    no = rounds.count(False)
    yes = len(rounds) - no
    most = 0 if unit in EXACT else most_contrary(len(rounds))
    if no <= most and yes:
        return True
    return False if yes <= most and no else None


def pairs(ours, theirs):
    """(ours, theirs) of each round that both have: {round: value}."""
    return [(ours[i], theirs[i]) for i in sorted(ours) if i in theirs]


def reaches(value, limit, direction):
    return value >= limit if direction == "more" else value <= limit


def reached(ours, limit, direction, unit):
    """Whether ours is more (less) than the limit of each round, or as much."""
    return decide([reaches(value, other, direction)
                   for value, other in pairs(ours, limit)], unit)


def all_of(verdicts):
    """That of several limits."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def against(ours, peer, direction, unit):
    """ "ahead", "behind" or "undecided"; rounds that end even do not count."""
    ahead = decide([reaches(value, other, direction)
                    for value, other in pairs(ours, peer) if value != other],
                   unit)
    return {True: "ahead", False: "behind", None: "undecided"}[ahead]


def ratio(ours, peer):
    """(median, lowest, highest) of ours to the peer's, round by round."""
    ratios = [value / other for value, other in pairs(ours, peer) if other]
    if not ratios:
        return None
    return statistics.median(ratios), min(ratios), max(ratios)
