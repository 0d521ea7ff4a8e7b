/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the supervisor sees of its children while they run: shared anonymous
 * memory. A restarted actor needs none of it. The supervisor writes .start and,
 * before it starts an actor, the orders to that actor and .held = 0. Each child
 * writes the other fields that describe it.
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include <stdint.h>

#include <rusted_ring.h>

#include "actor.h"

/* How far an actor is in its batch. */
enum phase {
	PHASE_IDLE,
	PHASE_WORK,		/* has taken holds, has not committed */
	PHASE_COMMITTED,	/* has committed, has not released the cursor */
	PHASES,
};

struct actor_stage {
	_Alignas(RRING_LINE) uint32_t joined;
	uint32_t held;		/* events that it certainly holds */
	uint32_t phase;		/* enum phase */
	uint32_t stop_phase;	/* order: send yourself SIGSTOP in this phase */
	uint64_t stop_from;	/* order: from this committed position on */
	uint64_t position;	/* committed */
	uint64_t repeated;	/* events skipped, as already committed */
};

struct stage {
	struct actor_stage actor[ACTORS];
	_Alignas(RRING_LINE) uint32_t ring_open;	/* 1: actors can join */
	uint32_t start;		/* 1: the producer may publish */
	uint64_t published;	/* events */
	uint64_t class_events[RRING_POOLS];
	uint64_t class_bytes[RRING_POOLS];
};

#endif /* DEMO_STAGE_H */
