/* SPDX-License-Identifier: MPL-2.0 */
/* The parameters of a run. They are fixed before the first child starts. */
#ifndef DEMO_PLAN_H
#define DEMO_PLAN_H

#include <limits.h>
#include <stdint.h>

#include <rusted_ring.h>

#define RING_NAME	"packages"
#define RING_CAPACITY	512u	/* entries */

struct plan {
	const char *path;	/* of the status file */
	int fd;			/* the open status file */
	uint64_t events;	/* lower bound that the user asked for */
	uint32_t kills;		/* of each actor */
	uint32_t passes;
	uint64_t total;		/* events of all passes */
	char arena[RRING_NAME_MAX];
	char dir[PATH_MAX / 2];	/* of the actors' files */
};

#endif /* DEMO_PLAN_H */
