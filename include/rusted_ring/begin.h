/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The short form: one call to begin, one to send or to receive. See
 * rring_writer_begin(3). Only the functions with a deadline wait.
 */
#ifndef _RUSTED_RING_BEGIN_H
#define _RUSTED_RING_BEGIN_H

#include <rusted_ring/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Attach to the arena @arena (NULL: "default") with a client of its own, and become
 * the writer of the ring @ring. Create the arena and the ring if they are not
 * there. The ring is one of handles with RRING_BLOCK, has 256 entries, and retains
 * 64. Store the writer in *@writer. Return 0 or a negative errno. rring_close() of
 * the writer's client ends all.
 */
int rring_writer_begin(const char *arena, const char *ring,
		       struct rring_writer **writer);

/*
 * Attach to the arena @arena (NULL: "default") with a client of its own, and read the
 * ring @ring from its oldest entry on or, if the ring knows the name @name (NULL:
 * no name), from where this name has stopped. Store the reader in *@reader. Return
 * 0, -ENOENT if there is no such arena or ring, or another negative errno.
 * rring_close() of the reader's client ends all.
 */
int rring_reader_begin(const char *arena, const char *ring, const char *name,
		       struct rring_reader **reader);

/*
 * Append a copy of the @len bytes at @data to a ring of any kind. Wait until
 * @deadline for room and, in a ring of handles, for a free slot. Return 0,
 * -ETIMEDOUT if there was none until @deadline (-ENOSPC if it is 0 and no slot is
 * free), or another negative errno. After an error nothing is sent.
 */
int rring_send(struct rring_writer *writer, const void *data, size_t len,
	       uint32_t event_type, uint64_t deadline);

/*
 * Release the event of the previous call. Then describe the next event in @event;
 * event->data is valid until the next call. If there is none yet, wait for it until
 * @deadline. Return 0, -ETIMEDOUT if @deadline passed (-EAGAIN if it is 0), -EPIPE
 * if the stream has ended, or another negative errno.
 */
int rring_receive(struct rring_reader *reader, struct rring_event *event,
		  uint64_t deadline);

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_BEGIN_H */
