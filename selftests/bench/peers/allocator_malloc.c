// SPDX-License-Identifier: MPL-2.0
/*
 * malloc() and free() of the C library, of jemalloc and of mimalloc, which lie in
 * shared libraries. And none of them at all, for what filling takes.
 */
#include <dlfcn.h>
#include <err.h>
#include <mimalloc.h>
#include <stdlib.h>
#include <string.h>

#include "allocator.h"
#include "payload.h"

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *pointer);

typedef void *(*take_t)(size_t size);
typedef void (*give_t)(void *pointer);

struct heap {
	take_t take;
	give_t give;
	void **held;
	uint32_t nr_held;
};

static void *heap_new(take_t take, give_t give, uint32_t held)
{
	struct heap *heap = calloc(1, sizeof(*heap));

	heap->take = take;
	heap->give = give;
	heap->held = calloc(held + 1, sizeof(*heap->held));
	while (heap->nr_held < held)
		heap->held[heap->nr_held++] = take(ALLOCATOR_BYTES);
	return heap;
}

static void *open_glibc(uint32_t slots, uint32_t held)
{
	(void)slots;
	return heap_new(__libc_malloc, __libc_free, held);
}

static void *open_mimalloc(uint32_t slots, uint32_t held)
{
	(void)slots;
	return heap_new(mi_malloc, mi_free, held);
}

/* Whose malloc() that is depends on how the program was linked. */
static void *open_jemalloc(uint32_t slots, uint32_t held)
{
	void *found = dlsym(RTLD_DEFAULT, "malloc");
	Dl_info info;

	(void)slots;
	if (!found || !dladdr(found, &info) ||
	    !strstr(info.dli_fname, "jemalloc"))
		errx(1, "malloc() is not that of jemalloc");
	return heap_new(malloc, free, held);
}

/* Each function of allocation is called by its name, as a program calls it. */
#define WORK(name, take, give)						\
static void work_ ## name(void *context, uint64_t n, uint32_t batch)	\
{									\
	void *objects[ALLOCATOR_LIVE];					\
	uint64_t i;							\
	uint32_t j;							\
									\
	(void)context;							\
	for (i = 0; i < n; i += batch) {				\
		for (j = 0; j < batch; j++)				\
			objects[j] = take(ALLOCATOR_BYTES);		\
		for (j = 0; j < batch; j++)				\
			payload_fill(objects[j], ALLOCATOR_BYTES,	\
				     i + j);				\
		for (j = 0; j < batch; j++)				\
			give(objects[j]);				\
	}								\
}

WORK(glibc, __libc_malloc, __libc_free)
WORK(jemalloc, malloc, free)
WORK(mimalloc, mi_malloc, mi_free)

static void close_heap(void *context)
{
	struct heap *heap = context;

	while (heap->nr_held)
		heap->give(heap->held[--heap->nr_held]);
	free(heap->held);
	free(heap);
}

static void *open_none(uint32_t slots, uint32_t held)
{
	(void)slots;
	(void)held;
	return aligned_alloc(ALLOCATOR_BYTES, ALLOCATOR_LIVE * ALLOCATOR_BYTES);
}

static void fill_alone(void *context, uint64_t n, uint32_t batch)
{
	char *objects = context;
	uint64_t i;
	uint32_t j;

	for (i = 0; i < n; i += batch)
		for (j = 0; j < batch; j++) {
			payload_fill(objects + j * ALLOCATOR_BYTES,
				     ALLOCATOR_BYTES, i + j);
			/* somebody may look */
			__asm__ volatile("" : : "r"(objects) : "memory");
		}
}

const struct allocator_kind allocator_glibc = {
	"glibc", open_glibc, work_glibc, close_heap,
};

const struct allocator_kind allocator_jemalloc = {
	"jemalloc", open_jemalloc, work_jemalloc, close_heap,
};

const struct allocator_kind allocator_mimalloc = {
	"mimalloc", open_mimalloc, work_mimalloc, close_heap,
};

const struct allocator_kind allocator_none = {
	"fill", open_none, fill_alone, free,
};
