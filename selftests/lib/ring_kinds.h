/* SPDX-License-Identifier: MPL-2.0 */
/* Fixtures that run for rings of both kinds. */
#ifndef SELFTESTS_RING_KINDS_H
#define SELFTESTS_RING_KINDS_H

#include <rusted_ring.h>

/* Between FIXTURE(fixture) and its setup: variant->kind is the kind. */
#define FIXTURE_RING_KINDS(fixture)					\
	FIXTURE_VARIANT(fixture)					\
	{								\
		enum rring_kind kind;					\
	};								\
	FIXTURE_VARIANT_ADD(fixture, inline) { .kind = RRING_INLINE };	\
	FIXTURE_VARIANT_ADD(fixture, handles) { .kind = RRING_HANDLES }

#endif /* SELFTESTS_RING_KINDS_H */
