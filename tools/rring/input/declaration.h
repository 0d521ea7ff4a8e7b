/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_DECLARATION_H
#define RRING_DECLARATION_H

#include <stdbool.h>

#include "creation.h"

#define DECLARATIONS	"/etc/rusted_ring/arenas.d"

/* An arena that a file declares, see rring-arenas.conf(5). */
struct declaration {
	char *place;		/* FILE:LINE */
	struct creation creation;
	bool given[128];	/* by key of creation_options */
	struct declaration *next;
};

/*
 * Read the files that @path names: a file, or all files *.conf of a directory,
 * in the order of their names. Add what they declare at the end of *@list. The
 * first mistake ends the program, with its file and line.
 */
void declaration_read(const char *path, struct declaration **list);

#endif /* RRING_DECLARATION_H */
