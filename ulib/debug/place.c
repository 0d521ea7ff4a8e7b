// SPDX-License-Identifier: MPL-2.0
/* Backtraces: see place.h. */
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <execinfo.h>
#else
/* musl cannot tell: a place is the caller alone */
static int backtrace(void **frames, int most)
{
	(void)frames;
	(void)most;
	return 0;
}
#endif

#include "../thread.h"
#include "place.h"

#define DEEPEST	(ULIB_PLACE_FRAMES + 16)	/* with what is left out */

pid_t ulib_place_thread(void)
{
	return (pid_t)syscall(SYS_gettid);
}

void ulib_place_prepare(void)
{
	int state = ulib_cancel_hold();
	void *frame[1];

	backtrace(frame, 1);
	ulib_cancel_release(state);
}

void ulib_place_take(struct ulib_place *place, const void *caller)
{
	void *frames[DEEPEST];
	int n = backtrace(frames, DEEPEST);
	int first = 0;

	if (!n)
		frames[n++] = (void *)caller;
	while (first < n && frames[first] != caller)
		first++;
	if (first >= n)
		first = 0;
	n -= first;
	if (n > ULIB_PLACE_FRAMES)
		n = ULIB_PLACE_FRAMES;
	memcpy(place->frame, frames + first, (size_t)n * sizeof(*frames));
	place->depth = (uint32_t)n;
	place->thread = ulib_place_thread();
}

uint64_t ulib_place_hash(const struct ulib_place *place)
{
	uint64_t hash = 0;
	uint32_t i;

	for (i = 0; i < place->depth; i++)
		hash = (hash ^ (uintptr_t)place->frame[i]) *
		       0x9e3779b97f4a7c15ull;
	return hash;
}

/* ---- print ---- */

/* The file that an address is mapped from, and where this file begins. */
struct origin {
	uintptr_t address;
	uintptr_t base;
	const char *file;	/* "": the program */
};

static int find_origin(struct dl_phdr_info *object, size_t size, void *context)
{
	struct origin *origin = context;
	uintptr_t at = origin->address - object->dlpi_addr;
	int i;

	(void)size;
	for (i = 0; i < object->dlpi_phnum; i++) {
		__typeof__(object->dlpi_phdr) part = &object->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || at < part->p_vaddr ||
		    at - part->p_vaddr >= part->p_memsz)
			continue;
		origin->base = object->dlpi_addr;
		origin->file = object->dlpi_name;
		return 1;
	}
	return 0;
}

/* Return the path of the program, or "?". */
static const char *program(void)
{
	static char path[PATH_MAX];
	ssize_t len;

	if (!*path) {
		len = readlink("/proc/self/exe", path, sizeof(path) - 1);
		strcpy(len > 0 ? path + len : path, len > 0 ? "" : "?");
	}
	return path;
}

/* A return address is behind the call: print the address before it. */
static void print_frame(uint32_t number, const void *frame, FILE *out)
{
	struct origin origin = { .address = (uintptr_t)frame - 1 };

	if (!dl_iterate_phdr(find_origin, &origin)) {
		fprintf(out, "    #%u %p\n", number, frame);
		return;
	}
	fprintf(out, "    #%u %s(+0x%lx)\n", number,
		*origin.file ? origin.file : program(),
		(unsigned long)(origin.address - origin.base));
}

void ulib_place_print(const struct ulib_place *place, FILE *out)
{
	uint32_t i;

	for (i = 0; i < place->depth; i++)
		print_frame(i, place->frame[i], out);
}
