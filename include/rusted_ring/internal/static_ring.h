/* SPDX-License-Identifier: MPL-2.0 */
/* RRING_STATIC_RING_AS() implements RRING_STATIC_RING() of ring.h. */
#ifndef _RUSTED_RING_STATIC_RING_H
#define _RUSTED_RING_STATIC_RING_H

#include <assert.h>

#define RRING_STATIC_RING_AS(name_, stride_, capacity_)		\
	static_assert((stride_) >= RRING_STRIDE_MIN &&			\
		      (stride_) <= RRING_STRIDE_MAX &&			\
		      (stride_) % RRING_LINE == 0,			\
		      #name_ ": a stride is a multiple of 64 up to 16384"); \
	static_assert((capacity_) >= 1 &&				\
		      (capacity_) <= RRING_RING_CAPACITY_MAX,		\
		      #name_ ": a capacity is 1 to 2^24 entries");	\
	static_assert(1ull * (stride_) * (capacity_) <=			\
		      RRING_STATIC_RING_BYTES,				\
		      #name_ ": more than RRING_STATIC_RING_BYTES");	\
	static const struct rring_ring_config name_ = {			\
		NULL, RRING_INLINE, RRING_BLOCK, (capacity_), (stride_), \
		0, 0, RRING_WAIT_BLOCK, { NULL, 0 },			\
	}

#endif /* _RUSTED_RING_STATIC_RING_H */
