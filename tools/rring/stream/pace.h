/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_PACE_H
#define RRING_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include <rusted_ring.h>

/*
 * The pace of a writer that waits for its observers, which no ring does. The
 * writer keeps a hold on each event until all observers have released it, so
 * that no slot is reused before. It keeps at most half of the slots of each
 * pool. If the slowest observer does not move for the patience of the pace, the
 * writer goes on without it, and without those that join further behind, until
 * they have moved beyond that position.
 */
struct pace;

/* Ends the program if there is no memory. */
struct pace *pace_new(struct rring_writer *writer, uint64_t patience_ns);
void pace_free(struct pace *pace);

/*
 * Wait until the next entry can be published without a loss for an observer.
 * @pool is the class of its event; for an inline ring RRING_POOLS.
 */
void pace_wait(struct pace *pace, enum rring_class pool);

/*
 * Keep @event, on which the caller has taken a hold for this purpose, and which
 * it has just published. The pace drops the hold.
 */
void pace_keep(struct pace *pace, const struct rring_event *event);

/* Is any event kept? */
bool pace_keeps(const struct pace *pace);

/*
 * There is no slot: wait until the observers have released the oldest event
 * that is kept, and let go of it.
 */
void pace_let_go(struct pace *pace);

/* Wait until the observers have released all events that are kept. */
void pace_end(struct pace *pace);

#endif /* RRING_PACE_H */
