/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the supervisor sees of its children while they run: anonymous memory
 * that they share. Nothing here is needed for an actor to go on after it was
 * killed. The supervisor writes the orders to an actor, between its lives, and
 * .start; all else is written by the child that it is about.
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include <stdint.h>

#include <rusted_ring.h>

#include "actor.h"

/* Where an actor is in its batch. */
enum phase {
	PHASE_IDLE,
	PHASE_WORK,		/* holds events, has not committed */
	PHASE_COMMITTED,	/* holds them, has not released the cursor */
	PHASES,
};

struct actor_stage {
	_Alignas(RRING_LINE) uint32_t joined;
	uint32_t held;		/* events held for sure */
	uint32_t phase;
	uint32_t stop_phase;	/* order: stop there and wait to be killed, */
	uint64_t stop_from;	/* once so many events are committed */
	uint64_t position;	/* committed */
	uint64_t repeated;	/* offered again, known from the checkpoint */
};

struct stage {
	struct actor_stage actor[ACTORS];
	_Alignas(RRING_LINE) uint32_t ring_open;
	uint32_t start;
	uint64_t published;
	uint64_t class_events[RRING_POOLS];
	uint64_t class_bytes[RRING_POOLS];
};

#endif /* DEMO_STAGE_H */
