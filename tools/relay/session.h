/* SPDX-License-Identifier: MPL-2.0 */
/* What a relay does beside relaying: connect, wait, tell, end. */
#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#include "relay.h"

#define SESSION_REST_NS	1000000000ull	/* longest sleep without a look around */

/*
 * From now on SIGINT and SIGTERM make session_is_over() true, and an error that ends the
 * program writes the metrics for the last time.
 */
void session_begin(struct relay *relay);
bool session_is_over(void);

/* Write the metrics for the last time: there is no connection any more. */
void session_end(struct relay *relay);

/*
 * Connect to the broker. Returns 0, or BROKER_AWAY if that failed: session_pause()
 * comes before the next try. What no next try can mend ends the program; so does any
 * failure of the first connection, without --wait.
 */
int session_connect(struct relay *relay);

/*
 * The broker has answered or lost @error: end the program if it is BROKER_FAULT,
 * else say it, once, and wait a while before the next try.
 */
void session_pause(struct relay *relay, int error);

/* The broker has taken or given something: the next trouble is a new one. */
void session_goes_on(struct relay *relay);

/* Wait for @ms, or for the signal that ends the relay. */
void session_rest(uint32_t ms);

/* Is it time to write the metrics? */
bool session_is_due(const struct relay *relay);

/* Write the metrics if it is time. */
void session_tell(struct relay *relay);

/* The time in nanoseconds since 1970. */
uint64_t session_time(void);

#endif /* RELAY_SESSION_H */
