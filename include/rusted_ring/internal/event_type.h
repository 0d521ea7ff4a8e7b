/* SPDX-License-Identifier: MPL-2.0 */
/*
 * RRING_EVENT_AS(type, event) implements RRING_EVENT(). Its result is the
 * payload of @event as a `type *`, or as a `const type *` if @event points to a
 * const structure. The result is NULL if the payload is shorter than the type.
 * The compiler rejects a type that is larger than RRING_EVENT_MAX bytes, that
 * is aligned to more than 64 bytes or, in C++, that is not trivially copyable.
 */
#ifndef _RUSTED_RING_EVENT_TYPE_H
#define _RUSTED_RING_EVENT_TYPE_H

#include <rusted_ring/event.h>

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

#define RRING_EVENT_AS(type, event)	rring_event_as<type>(event)

#else

/*
 * Return sizeof(@type). The compiler rejects a @type that breaks one of the
 * assertions. The assertions stand in a struct, because C allows an assertion
 * in an expression only in a struct. 0 times the struct's size adds nothing.
 */
#define RRING_EVENT_SIZE(type)						\
	(sizeof(type) + 0 * sizeof(struct {				\
		_Static_assert(sizeof(type) <= RRING_EVENT_MAX,		\
			       "the type is larger than any event");	\
		_Static_assert(_Alignof(type) <= RRING_LINE,		\
			       "the type is aligned to more than an event"); \
		int unused;						\
	}))

#define RRING_EVENT_AS(type, event)					\
	_Generic((event),						\
		 const struct rring_event *: (const type *)		\
			rring_payload(event, RRING_EVENT_SIZE(type)),	\
		 struct rring_event *: (type *)				\
			rring_payload(event, RRING_EVENT_SIZE(type)))

#endif /* __cplusplus */

#endif /* _RUSTED_RING_EVENT_TYPE_H */
