/* SPDX-License-Identifier: MPL-2.0 */
/* Fixtures that run for each region that a client has mapped. */
#ifndef SELFTESTS_REGION_VARIANTS_H
#define SELFTESTS_REGION_VARIANTS_H

#include "region.h"

#define FIXTURE_REGION(fixture, name, kind_)				\
	FIXTURE_VARIANT_ADD(fixture, name) { .kind = kind_ }

/* Between FIXTURE(fixture) and its setup: variant->kind is the region. */
#define FIXTURE_REGIONS(fixture)					\
	FIXTURE_VARIANT(fixture)					\
	{								\
		enum region_kind kind;					\
	};								\
	FIXTURE_REGION(fixture, arena, ARENA);				\
	FIXTURE_REGION(fixture, magazine, MAGAZINE);			\
	FIXTURE_REGION(fixture, peer_cursors, PEER_CURSORS);		\
	FIXTURE_REGION(fixture, peer_ring, PEER_RING);			\
	FIXTURE_REGION(fixture, read_payload, READ_PAYLOAD);		\
	FIXTURE_REGION(fixture, owned_payload, OWNED_PAYLOAD);		\
	FIXTURE_REGION(fixture, peer_headers, PEER_HEADERS);		\
	FIXTURE_REGION(fixture, ledger, LEDGER);			\
	FIXTURE_REGION(fixture, own_cursors, OWN_CURSORS);		\
	FIXTURE_REGION(fixture, own_ring, OWN_RING);			\
	FIXTURE_REGION(fixture, own_payload, OWN_PAYLOAD)

#endif /* SELFTESTS_REGION_VARIANTS_H */
