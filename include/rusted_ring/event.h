/* SPDX-License-Identifier: MPL-2.0 */
/* Events: allocate, hold, drop. */
#ifndef _RUSTED_RING_EVENT_H
#define _RUSTED_RING_EVENT_H

#include <rusted_ring/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An event: a slot and what is in it. Held, or peeked at in a ring. */
struct rring_event {
	uint64_t handle;	/* 0: the event lies in an inline ring */
	void *data;		/* 64-byte aligned; const for non-producers */
	uint32_t len;
	uint32_t event_type;
	rring_word_t *word;	/* the own ledger's word of the slot */
};

/*
 * Allocate a slot of the smallest class that takes @len, held once by this
 * client, for the caller to fill @event->data. Producers only. Calls the
 * kernel when the client's magazine is empty; waits until @deadline for a slot.
 * -E2BIG: no class is that large; -ENOSPC or, with a deadline, -ETIMEDOUT: the
 * pool is dry; -EDQUOT: the client's quota is used up; -EINTR; -EPERM.
 *
 * Above 16 KiB (RRING_XXL) the event has zeroed pages of its own, for as long
 * as somebody has it, and every one of them is a call to the kernel. Its data
 * stay where they are while this client holds the event or has it peeked at.
 * -ENOSPC also if it were more memory than the module's max_bytes, if need be
 * after the deadline; -ENOMEM: there is none.
 */
int rring_alloc_until(struct rring_client *client, size_t len,
		      uint32_t event_type, uint64_t deadline,
		      struct rring_event *event);

/* The same from the class @pool, at once or not at all; @len <= its size. */
RRING_IN_LINE int rring_alloc_class(struct rring_client *client,
				    enum rring_class pool, uint32_t len,
				    uint32_t event_type,
				    struct rring_event *event);

/* The same by @len. */
RRING_IN_LINE int rring_alloc(struct rring_client *client, size_t len,
			      uint32_t event_type, struct rring_event *event);

/*
 * The same from the class that the name says, whatever smaller one would do.
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

/* As rring_alloc(), with a copy of the @len bytes at @data. */
int rring_alloc_copy(struct rring_client *client, const void *data, size_t len,
		     uint32_t event_type, struct rring_event *event);

/*
 * Allocate @n events of @len bytes from the class @pool into @events. Returns
 * how many there were slots for; if none, what rring_alloc_class() says.
 */
long rring_alloc_batch(struct rring_client *client, enum rring_class pool,
		       uint32_t len, uint32_t event_type,
		       struct rring_event *events, uint32_t n);

/*
 * Change the length of an event that was not published yet. -E2BIG: more than
 * its slot takes; above 16 KiB, more than it was allocated for, in pages.
 */
int rring_resize(struct rring_client *client, struct rring_event *event,
		 uint32_t len);

/*
 * One more hold on an event that something keeps alive already: an own hold,
 * or the window of a gating reader that cannot be lapped. -EOVERFLOW beyond
 * 65,535 holds. Holds are of slots: an event in an inline ring (.handle is 0)
 * must not be given to this, to rring_drop() or to rring_publish().
 */
RRING_IN_LINE int rring_hold(struct rring_client *client,
			     const struct rring_event *event);

/*
 * One hold less; the last one of all clients frees the slot. -EINVAL: none. Of
 * what nobody else ever knew, a single-threaded client keeps up to a batch per
 * pool for its own next allocations; rring_trim() gives that back, too.
 */
RRING_IN_LINE int rring_drop(struct rring_client *client,
			     const struct rring_event *event);

/*
 * Hold by @handle, whatever channel brought it: the weak upgrade. -ESTALE if
 * its use of the slot is over (then nothing is held), -EBADMSG if it can be no
 * handle, -ENOMEM if it is above 16 KiB and cannot be mapped. A full fence.
 */
int rring_upgrade(struct rring_client *client, uint64_t handle,
		  struct rring_event *event);

/* Look at @handle, which this client holds; -ESTALE if it does not. */
int rring_find(struct rring_client *client, uint64_t handle,
	       struct rring_event *event);

/*
 * The handle of an own event, to be sent over another channel and upgraded
 * there. To be called before it leaves: a slot whose handle nobody knows is
 * reused without a new generation.
 */
uint64_t rring_share(struct rring_client *client,
		     const struct rring_event *event);

/* Give back the free slots that this client keeps: lent to it, or reused. */
void rring_trim(struct rring_client *client);

/* The payload of @event, if it has @size bytes at least; else NULL. */
RRING_IN_LINE void *rring_payload(const struct rring_event *event, size_t size);

#ifdef __cplusplus
}
#endif

/* ---- typed events ---- */

#define RRING_EVENT_MAX		(64u << 20)	/* bytes of a type */

/*
 * RRING_EVENT(type, event): the payload as a `type *`, in place, or NULL if it
 * is shorter than that; `const type *` if @event points to a const one. A type
 * that no payload can be (above 64 MiB, or aligned to more than 64 bytes) does
 * not compile, in C++ neither does one that cannot be copied bytewise. What
 * the bytes say is for the caller to check.
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

/* The size of @type; the struct is there for its assertions. */
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
