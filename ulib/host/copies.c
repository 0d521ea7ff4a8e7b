// SPDX-License-Identifier: MPL-2.0
/*
 * A process can have several copies of the library: one in the program, and one in
 * a shared object that was linked with the static library. Each copy has its own
 * arenas in the process, so a name that one copy knows leads nowhere in another. A
 * copy that uses names puts a mark into the process: a mapping of a file with the
 * name MARK, which /proc/self/maps shows.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "host.h"

#define MARK		"rusted_ring-names"
#define MARK_SIZE	4096	/* at most a page */

/* Return 1 if a copy has put its mark into this process, else 0. */
static int has_mark(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	if (!maps)
		return 0;
	while (!found && getline(&line, &size, maps) > 0)
		found = !!strstr(line, "/memfd:" MARK " ");
	free(line);
	fclose(maps);
	return found;
}

/* A child of fork() is another process: it does not get the mark. */
static void put_mark(void)
{
	int fd = memfd_create(MARK, MFD_CLOEXEC);
	void *mark;

	if (fd < 0)
		return;
	mark = mmap(NULL, MARK_SIZE, PROT_NONE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (mark != MAP_FAILED)
		madvise(mark, MARK_SIZE, MADV_DONTFORK);
}

int host_claim_names(void)
{
	if (has_mark())
		return -EBUSY;
	put_mark();
	return 0;
}
