/* SPDX-License-Identifier: MPL-2.0 */
/* A place in the program: where, and in which thread, something was done. */
#ifndef ULIB_PLACE_H
#define ULIB_PLACE_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ULIB_PLACE_FRAMES	16

struct ulib_place {
	pid_t thread;		/* 0: no place */
	uint32_t depth;		/* elements of .frame */
	/* return addresses, the innermost function's first */
	void *frame[ULIB_PLACE_FRAMES];
};

/* What a function passes as @caller, so that its own frames are left out. */
#define ULIB_CALLER	__builtin_return_address(0)

/*
 * Store in @place where this thread is. The place begins in the function to
 * which @caller is the return address; if there is none, in this function.
 */
void ulib_place_take(struct ulib_place *place, const void *caller);

/* Load what ulib_place_take() needs, which it would else load at its first call. */
void ulib_place_prepare(void);

/* Return a number for @place, which depends on its frames alone. */
uint64_t ulib_place_hash(const struct ulib_place *place);

/*
 * Print the frames of @place to @out, a line for each: the file, and the offset
 * of the call in it, as addr2line(1) takes it.
 */
void ulib_place_print(const struct ulib_place *place, FILE *out);

/* Return the id of this thread in the kernel. */
pid_t ulib_place_thread(void);

#endif /* ULIB_PLACE_H */
