/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Events: allocate, hold, drop. None of these functions may be called in a
 * signal handler. Only rring_alloc_until() waits.
 */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A view of an event that the client holds or has peeked at. It is valid until
 * the hold is dropped or published, or the entry is released. A copy of this
 * structure is not another hold. Only the producer that allocated the event
 * writes the payload, before it publishes or shares the event; on the device a
 * write by a consumer or observer, or to an entry of an inline ring, is
 * SIGSEGV.
 */
struct rring_event {
	uint64_t handle;	/* 0: an entry of an inline ring */
	void *data;		/* payload, aligned to 64 bytes */
	uint32_t len;		/* bytes */
	uint32_t event_type;	/* chosen by the producer */
	rring_word_t *word;	/* this client's ledger word of the slot;
				 * NULL: an entry of an inline ring
				 */
};

/*
 * Allocate a slot of the smallest class that takes @len bytes, and describe the
 * event in @event. Waits until @deadline for a free slot. The client, which is
 * a producer, holds the event once, until rring_drop() or rring_publish(). The
 * caller fills @event->data, which is not cleared. Calls the kernel only if the
 * client has no free slot at hand.
 *
 * Above 16 KiB (RRING_XXL) each allocation calls the kernel. The event has
 * zeroed pages of its own. They are freed when no client holds the event and no
 * ring names it. @event->data stays at its address as long as this client holds
 * the event or has it peeked at.
 *
 * Returns 0, or:
 *   -E2BIG: @len is above RRING_XXL_MAX (1 GiB)
 *   -EPERM: the client is no producer
 *   -ENOSPC: @deadline is 0, and no slot is free or (RRING_XXL) max_bytes is
 *	reached. At once, with any deadline: the pool has no slots, @len alone
 *	exceeds max_bytes, or max_bytes is reached and no other event of the
 *	RRING_XXL pool is in use
 *   -ETIMEDOUT: no slot, or no memory within max_bytes, until @deadline
 *   -EDQUOT: the client's quota of the pool is used up, and was until @deadline
 *   -EINTR: a signal ended the wait
 *   -ENOMEM, -EMFILE, -ENFILE: RRING_XXL: out of memory; in-process, also out
 *	of descriptors
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/*
 * Allocate a slot of class @pool for @len bytes, like rring_alloc_until() with
 * deadline 0: never waits. Errors are those of rring_alloc_until(), and:
 *   -EINVAL: there is no such class
 *   -E2BIG: @len exceeds the class
 */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/*
 * Allocate a slot of the smallest class that takes @len bytes, like
 * rring_alloc_until() with deadline 0: never waits. Errors are those of
 * rring_alloc_until().
 */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/*
 * Allocate a slot of the class in the function's name, even if a smaller class
 * takes @len bytes. Never waits. Errors are those of rring_alloc_class();
 * -E2BIG: @len is above 64, 256, 1024, 4096 or 16384 bytes.
 */
RRING_IN_LINE int rring_alloc_xs(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event);
RRING_IN_LINE int rring_alloc_s(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_m(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_l(struct rring_client *client, size_t len,
				uint32_t event_type,
				struct rring_event *event);
RRING_IN_LINE int rring_alloc_xl(struct rring_client *client, size_t len,
				 uint32_t event_type,
				 struct rring_event *event);

/*
 * Allocate an event like rring_alloc(), and copy the @len bytes at @data into
 * it. Never waits. Errors are those of rring_alloc().
 */
int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event);

/*
 * Allocate up to @n events of @len bytes from the class @pool. Never waits.
 * Returns how many were allocated: @events[0] and those that follow, each held
 * once. If the first allocation fails, returns its error, one of
 * rring_alloc_class().
 */
long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n);

/*
 * Set the length, in bytes, of an event that the client holds and has not
 * published or shared. The payload stays where it is. Never waits.
 *
 * Returns 0, or:
 *   -E2BIG: @len is more than the slot takes; RRING_XXL: more than the pages
 *	that were allocated take
 *   -EPERM: the client is no producer
 *   -EINVAL: @event->handle names no slot
 */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * Take one more hold on @event. Never waits. The caller drops the hold, or
 * publishes the event with it. Something must keep the event alive meanwhile: a
 * hold of this client, or an entry that its gating reader, which cannot be
 * lapped, has not released. For anything else use rring_keep() or
 * rring_upgrade(). @event must not be an entry of an inline ring (.handle 0).
 *
 * Returns 0, or:
 *   -EOVERFLOW: the client holds the event 65,535 times
 *   -EINVAL: the client has no hold: it has dropped the event and keeps the
 *	slot for reuse, or, RRING_XXL, has not peeked at it either. Not every
 *	such mistake is detected
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Drop one hold on @event. Never waits. After its last hold the client must not
 * use the event. The slot becomes free when no client holds it and no ring
 * names it. A single-threaded client keeps some of the slots whose handle no
 * other client ever knew, at most a batch per pool, for its next allocations;
 * rring_trim() returns these. @event must not be an entry of an inline ring
 * (.handle 0).
 *
 * Returns 0, or -EINVAL: the client does not hold the event.
 */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Take a hold on the event that @handle names, however the client got the
 * handle, and describe the event in @event: a weak upgrade. The caller drops
 * the hold. Executes a full fence. Never waits, but may spin while a sweep
 * decides about the slot.
 *
 * Returns 0, or an error; then the hold was not taken:
 *   -ESTALE: that use of the slot is over
 *   -EBADMSG: no slot can have this handle, or the length in its header exceeds
 *	the slot
 *   -EOVERFLOW: the client holds the event 65,535 times
 *   -ENOMEM: RRING_XXL: the event cannot be mapped
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/*
 * Describe the event that @handle names, and that the client holds, in @event.
 * Takes no hold. Never waits, but may spin while a sweep decides about the
 * slot.
 *
 * Returns 0, or:
 *   -ESTALE: the client does not hold it, or that use of the slot is over
 *   -EBADMSG: no slot can have this handle, or the length in its header exceeds
 *	the slot
 */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/*
 * Returns the handle, never 0, of @event, which the client holds. Another
 * client that receives the handle, by any channel, calls rring_upgrade(). The
 * handle keeps nothing alive. Call this function before the handle leaves the
 * client: else the client can reuse the slot, once dropped, under the same
 * handle. Never waits, cannot fail.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/*
 * Return the free slots that the client keeps for its next allocations: those
 * in its magazines, and dropped ones that it would reuse. The next sweep finds
 * them. Never waits.
 */
void rring_trim(struct rring_client *client);

/* Returns the payload of @event, or NULL if it is shorter than @size bytes. */
RRING_IN_LINE void *rring_payload(const struct rring_event *event, size_t size);

#ifdef __cplusplus
}
#endif

/* ---- typed events ---- */

#define RRING_EVENT_MAX		(64u << 20)	/* bytes of a type */

/*
 * RRING_EVENT(type, event): the payload in place, as a `type *`; NULL if it is
 * shorter than the type. The result is a `const type *` if @event points to a
 * const structure. A type above RRING_EVENT_MAX bytes, or aligned to more than
 * 64 bytes, does not compile; in C++, nor does a type that is not trivially
 * copyable. The caller checks the content, which any producer may have written.
 */
#ifdef __cplusplus

#include <type_traits>

template <typename type>
constexpr void rring_event_check()
{
	static_assert(sizeof(type) <= RRING_EVENT_MAX,
		      "the type is larger than any event");
	static_assert(alignof(type) <= RRING_LINE,
		      "the type is aligned to more than an event");
	static_assert(std::is_trivially_copyable<type>::value,
		      "the type is more than its bytes");
}

template <typename type>
inline type *rring_event_as(struct rring_event *event)
{
	rring_event_check<type>();
	return static_cast<type *>(rring_payload(event, sizeof(type)));
}

template <typename type>
inline const type *rring_event_as(const struct rring_event *event)
{
	rring_event_check<type>();
	return static_cast<const type *>(rring_payload(event, sizeof(type)));
}

#define RRING_EVENT(type, event)	rring_event_as<type>(event)

#else

/* The size of @type. The anonymous struct only carries the assertions. */
#define RRING_EVENT_SIZE(type)						\
	(sizeof(type) + 0 * sizeof(struct {				\
		_Static_assert(sizeof(type) <= RRING_EVENT_MAX,		\
			       "the type is larger than any event");	\
		_Static_assert(_Alignof(type) <= RRING_LINE,		\
			       "the type is aligned to more than an event"); \
		int unused;						\
	}))

#define RRING_EVENT(type, event)					\
	_Generic((event),						\
		 const struct rring_event *: (const type *)		\
			rring_payload(event, RRING_EVENT_SIZE(type)),	\
		 struct rring_event *: (type *)				\
			rring_payload(event, RRING_EVENT_SIZE(type)))

#endif /* __cplusplus */

#endif /* _RUSTED_RING_EVENT_H */
