/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The checking mode: what the library calls instead of its own functions if a
 * client is checked. These functions report misuses. A call that is reported
 * fails with -EINVAL and has no effect, unless its comment says otherwise.
 *
 * The inline functions test words that they need anyway. In a checked client
 * these words have values that make them call the library each time: see
 * RRING_SHARED_CHECKED in object.h. The library then tests .shared, on its slow
 * paths alone.
 */
#ifndef ULIB_DEBUG_H
#define ULIB_DEBUG_H

#include <rusted_ring.h>

struct ulib_debug;
struct ulib_use;

/* ---- clients ---- */

int ulib_debug_is_wanted(unsigned int flags);

/* Make @client, which is new, a checked client. Return 0 or -ENOMEM. */
int ulib_debug_open(struct rring_client *client);

/* Report what @client still holds. It is about to end. */
void ulib_debug_close(struct rring_client *client);
void ulib_debug_free(struct ulib_debug *debug);

/* ---- events ---- */

int ulib_checked_alloc(struct rring_client *client, uint32_t pool, uint32_t len,
		       uint32_t event_type, uint64_t deadline,
		       struct rring_event *event);
int ulib_checked_hold(struct rring_client *client,
		      const struct rring_event *event);
int ulib_checked_drop(struct rring_client *client,
		      const struct rring_event *event);
int ulib_checked_upgrade(struct rring_client *client, uint64_t handle,
			 struct rring_event *event);

/* Return 1 if the client has dropped the event of @handle, but not yet its slot. */
int ulib_checked_keeps(struct rring_client *client, uint64_t handle);

/* These return 1 if the caller may go on, or 0 if they have reported a misuse. */
int ulib_checked_share(struct rring_client *client,
		       const struct rring_event *event);
int ulib_checked_seal(struct rring_client *client,
		      const struct rring_event *event);
int ulib_checked_resize(struct rring_client *client,
			const struct rring_event *event, uint32_t len);

/*
 * Note that @event is sealed: its payload has moved, and may not change any more.
 */
void ulib_checked_sealed(struct rring_client *client,
			 const struct rring_event *event);

/* Report a call with @event, which is not of @client. */
void ulib_checked_foreign(struct rring_client *client,
			  const struct rring_event *event);

/* Give the arena the slots back that are dropped, but kept to be checked. */
void ulib_checked_give_back(struct rring_client *client);

/* ---- writers ---- */

int ulib_checked_writer_open(struct rring_writer *writer);
int ulib_checked_publish(struct rring_writer *writer,
			 const struct rring_event *event);
long ulib_checked_publish_batch(struct rring_writer *writer,
				const struct rring_event *events, uint32_t n);
int ulib_checked_make_room(struct rring_writer *writer, uint32_t n);
int ulib_checked_wait_writable(struct rring_writer *writer, uint32_t n,
			       uint64_t deadline);

/* Leave @writer no room, so that the next reservation calls the library. */
void ulib_checked_shut(struct rring_writer *writer);

/*
 * The writer of @ring has moved the head. Return 1 if readers wait, else 0. What
 * is reported has already been published.
 */
int ulib_checked_published(struct rring_client *client, uint32_t ring);

/* ---- readers ---- */

int ulib_checked_reader_open(struct rring_reader *reader);

/* Hide the entries of @reader, so that rring_entry() calls the library. */
void ulib_checked_hide(struct rring_reader *reader);

int ulib_checked_entry(struct rring_reader *reader, uint32_t i,
		       struct rring_event *event);

/* These report, and let the caller go on. */
void ulib_checked_release(struct rring_reader *reader, uint32_t n);
void ulib_checked_use(struct rring_reader *reader);

int ulib_checked_wait_readable(struct rring_reader *reader, uint64_t deadline);
long ulib_checked_read_batch(struct rring_reader *reader,
			     rring_handler_t handler, void *context,
			     uint32_t max);

#endif /* ULIB_DEBUG_H */
