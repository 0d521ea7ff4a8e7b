/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What both ends of a session share: the names of its rings, and its messages.
 *
 * A service is a ring with the name of the service. The server writes one event to
 * it: struct session_offer. Each session has two rings with the geometry of the
 * offer:
 *
 *	service-S.I/C.N/request	the caller writes it
 *	service-S.I/C.N/reply	the server writes it
 *
 * S is the serial of the service's ring, I its incarnation, C the serial of the
 * caller's client, and N a random number, all in hexadecimal. No other ring of the
 * arena has S, and no other client has C. So a reply to a client that has gone is in
 * a ring that no other client reads, and no server takes a caller of an earlier one
 * for its own.
 *
 * A message is the number of the request, in 8 bytes, and what the program has
 * sent behind it.
 */
#ifndef ULIB_SESSION_H
#define ULIB_SESSION_H

#include <rusted_ring.h>

#include "../pipe.h"

/* The type of the event struct session_offer. */
#define SESSION_OFFER	0x72767265u	/* "ervr" */

#define SESSION_OFFER_STRIDE	64
#define SESSION_OFFER_ENTRIES	2

/* The geometry of the rings of all sessions. */
struct session_offer {
	uint32_t incarnation;	/* of the service's ring: an earlier server may
				 * have left an offer there
				 */
	uint32_t kind;		/* enum rring_kind */
	uint32_t capacity;
	uint32_t stride;
};

/* The type of the service's ring. */
#define SESSION_OFFER_TYPE \
	((struct rring_type) { RRING_SERVICE_TYPE, sizeof(struct session_offer) })

/*
 * Write the common part of the names of all sessions to @name, which has
 * RRING_NAME_MAX bytes: "service-S.I/". Return its length.
 */
size_t ulib_session_prefix(char *name, uint32_t serial, uint32_t incarnation);

#define SESSION_REQUEST	"/request"
#define SESSION_REPLY	"/reply"

/*
 * Join the ring that @config names by its number, as rring_reader_open() does.
 * Return -EPIPE if this ring has gone: another one with another serial than @serial
 * may have its number. Return 0 or another negative errno otherwise.
 */
int ulib_session_join(struct rring_client *client,
		      const struct rring_reader_config *config, uint32_t serial,
		      struct rring_reader **reader);

/*
 * Send the message of the request @number through @pipe: a copy of the @len bytes
 * at @data. Return what rring_pipe_send() returns.
 */
int ulib_session_send(struct rring_pipe *pipe, uint64_t number,
		      const void *data, size_t len, uint32_t event_type,
		      uint64_t deadline);

/*
 * Make @event, which is a whole message, what the program of the other end has
 * sent, and store its number in *@number. Return 0, or -EBADMSG if the message is
 * too short to have a number.
 */
int ulib_session_open_message(struct rring_event *event, uint64_t *number);

#endif /* ULIB_SESSION_H */
