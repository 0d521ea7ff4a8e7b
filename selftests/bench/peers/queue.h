/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A queue from one thread to another, ours or a peer's: one file each. All of
 * them have memory for as many events, fill payloads in place where they can, and
 * spin while they are full or empty, but for those that sleep in the kernel.
 */
#ifndef BENCH_QUEUE_H
#define BENCH_QUEUE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct queue_kind {
	const char *name;
	uint32_t size_max;	/* of a payload; 0: any */
	int batches;		/* takes more than one event at a time */
	/* Exits on failure. @capacity is a power of two. */
	void *(*open)(uint32_t size, uint32_t batch, uint32_t capacity);
	/* Write the @n events from @first on, @batch at a time; divides @n. */
	void (*write)(void *queue, uint64_t first, uint64_t n);
	/* Read and check these. */
	void (*read)(void *queue, uint64_t first, uint64_t n);
	void (*close)(void *queue);
};

extern const struct queue_kind queue_inline, queue_copy, queue_handle;
extern const struct queue_kind queue_inline_spin, queue_handle_spin;
extern const struct queue_kind queue_inline_block, queue_handle_block;
extern const struct queue_kind queue_ck, queue_rte, queue_boost_spsc;
extern const struct queue_kind queue_readerwriter, queue_wfcq, queue_lfq;
extern const struct queue_kind queue_cached_indices, queue_flags;
extern const struct queue_kind queue_sleeping, queue_ck_mpsc;
extern const struct queue_kind queue_boost_mq, queue_bare_line;
extern const struct queue_kind queue_bare_payload;
extern const struct queue_kind queue_pipe, queue_socketpair, queue_mq;
extern const struct queue_kind queue_eventfd, queue_futex, queue_barrier;

/*
 * How many events there are in the memory of all of them: more than the caches
 * of one CPU take, and far less than those that CPUs share.
 */
static inline uint32_t queue_capacity(uint32_t size)
{
	return size <= 2048 ? 4096 : (8 << 20) / size;
}

/* A batch, or what is left if that is less. */
static inline uint32_t queue_share(uint32_t batch, uint64_t left)
{
	return left < batch ? (uint32_t)left : batch;
}

/* Whether peers pause while a queue is full or empty: see struct contender. */
extern int queue_pauses;

/* What the CPU is told while a queue is full or empty. */
static inline void queue_relax(void)
{
	if (!queue_pauses)
		return;
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield" ::: "memory");
#endif
}

#ifdef __cplusplus
}
#endif

#endif /* BENCH_QUEUE_H */
