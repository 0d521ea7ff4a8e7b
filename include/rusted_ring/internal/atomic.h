/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * Accessors of the shared words, for the kernel and for the library.
 *
 * The ordered accesses come in pairs. A comment at each such access in the code
 * has its letter. Documentation/design.rst says what each pair is for:
 *
 *	A  release of a head		B  acquire of a head
 *	C  release of a cursor		D  acquire of a cursor
 *	E  release of a magazine tail	F  acquire of a magazine tail
 *	G  release of a ledger word	H  acquire of a ledger word
 *	I  full fence in a weak upgrade	J  full fence after hiding a generation
 *	K  barrier on all clients' CPUs	L  light fence before a flag's load
 *	M  release fence after a claim	N  acquire fence before a claim's load
 *	O  release of the kernel's word	P  acquire of the kernel's word
 *	Q  full barrier after a mark	R  full barrier after a head's move
 *
 * Q and R order contexts of the kernel that write one ring at the same time. A
 * mark says that an entry above the head is finished: committed or discarded.
 */
#ifndef _RUSTED_RING_ATOMIC_H
#define _RUSTED_RING_ATOMIC_H

#include <linux/rusted_ring.h>

/*
 * K and L share the cost of a full barrier between them in one of two ways, as
 * the architecture has it:
 *
 *	1  K interrupts the CPUs of all clients, so that each passes a full
 *	   barrier, and L is no more than a compiler barrier.
 *	0  L is a full fence, and K is one on the CPU of the caller alone. Such
 *	   an arena has RRING_FEATURE_FENCED.
 *
 * On x86-64 a full fence would be the longest part of a publish, and mm_cpumask
 * names the few CPUs that have to be interrupted. Elsewhere K would have to
 * interrupt all CPUs that are online.
 */
#ifndef RRING_K_INTERRUPTS
#ifdef __x86_64__
#define RRING_K_INTERRUPTS	1
#else
#define RRING_K_INTERRUPTS	0
#endif
#endif

#ifdef __KERNEL__

#include <asm/barrier.h>
#include <linux/atomic.h>
#include <linux/compiler.h>

#define RRING_LOAD(p)			READ_ONCE(*(p))
#define RRING_LOAD_ACQUIRE(p)		smp_load_acquire(p)
#define RRING_STORE(p, v)		WRITE_ONCE(*(p), (v))
#define RRING_STORE_RELEASE(p, v)	smp_store_release(p, v)

static inline void rring_fence_full(void)
{
	smp_mb();
}

static inline void rring_fence_acquire(void)
{
	smp_rmb();
}

static inline void rring_fence_release(void)
{
	smp_wmb();
}

#else

#define RRING_LOAD(p)			__atomic_load_n(p, __ATOMIC_RELAXED)
#define RRING_LOAD_ACQUIRE(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define RRING_STORE(p, v)		__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define RRING_STORE_RELEASE(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

static inline void rring_fence_full(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void rring_fence_acquire(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void rring_fence_release(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/*
 * Order the caller's store before the caller's next load of a waiters flag, of
 * a magazine's floor, or of a ring's .joins, which counts readers that began to
 * gate. With RRING_K_INTERRUPTS this function is only a compiler barrier. That is
 * enough: after the kernel has changed such a word, it executes K, which makes
 * each CPU that may run a client pass a full barrier.
 * L: pairs with K in the sleeper, in a recall and in a join. Without this pair
 * a waiters flag could be loaded before the store, and the sleeper would not be
 * woken.
 */
static inline void rring_fence_light(void)
{
#if RRING_K_INTERRUPTS
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif /* __KERNEL__ */

static inline __u64 rring_seq_load(const rring_seq_t *seq)
{
	return RRING_LOAD(&seq->value);
}

static inline __u64 rring_seq_load_acquire(const rring_seq_t *seq)
{
	return RRING_LOAD_ACQUIRE(&seq->value);
}

static inline void rring_seq_store(rring_seq_t *seq, __u64 value)
{
	RRING_STORE(&seq->value, value);
}

static inline void rring_seq_store_release(rring_seq_t *seq, __u64 value)
{
	RRING_STORE_RELEASE(&seq->value, value);
}

static inline __u64 rring_word_load(const rring_word_t *word)
{
	return RRING_LOAD(&word->value);
}

static inline __u64 rring_word_load_acquire(const rring_word_t *word)
{
	return RRING_LOAD_ACQUIRE(&word->value);
}

static inline void rring_word_store(rring_word_t *word, __u64 value)
{
	RRING_STORE(&word->value, value);
}

static inline void rring_word_store_release(rring_word_t *word, __u64 value)
{
	RRING_STORE_RELEASE(&word->value, value);
}

static inline __u32 rring_flag_load(const rring_flag_t *flag)
{
	return RRING_LOAD(&flag->value);
}

static inline __u32 rring_flag_load_acquire(const rring_flag_t *flag)
{
	return RRING_LOAD_ACQUIRE(&flag->value);
}

static inline void rring_flag_store(rring_flag_t *flag, __u32 value)
{
	RRING_STORE(&flag->value, value);
}

static inline void rring_flag_store_release(rring_flag_t *flag, __u32 value)
{
	RRING_STORE_RELEASE(&flag->value, value);
}

#ifdef __KERNEL__

/*
 * Add @delta to @word, which several contexts of the kernel write. Return the
 * old value. The addition is fully ordered, as if smp_mb() stood before and
 * after it.
 */
static inline __u64 rring_word_fetch_add(rring_word_t *word, __u64 delta)
{
	return atomic64_fetch_add(delta, (atomic64_t *)&word->value);
}

/*
 * If @seq has the value *@expected, store @desired in @seq and return true.
 * This exchange is fully ordered. Otherwise store the value of @seq in
 * *@expected and return false, without any order.
 */
static inline bool rring_seq_exchange(rring_seq_t *seq, __u64 *expected,
				      __u64 desired)
{
	return atomic64_try_cmpxchg((atomic64_t *)&seq->value,
				    (s64 *)expected, desired);
}

#else

/*
 * Add @delta to @word, which several threads of a client write. Return the old
 * value. The addition is ordered as acquire and release.
 */
static inline __u64 rring_word_fetch_add(rring_word_t *word, __u64 delta)
{
	return __atomic_fetch_add(&word->value, delta, __ATOMIC_ACQ_REL);
}

/*
 * If @word has the value *@expected, store @desired in @word and return 1. This
 * exchange is ordered as acquire and release. Otherwise store the value of
 * @word in *@expected and return 0, without any order.
 */
static inline int rring_word_exchange(rring_word_t *word, __u64 *expected,
				      __u64 desired)
{
	return __atomic_compare_exchange_n(&word->value, expected, desired, 0,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/*
 * If @seq has the value *@expected, store @desired in @seq and return 1. This
 * exchange is ordered as acquire and release. Otherwise store the value of @seq
 * in *@expected and return 0, without any order.
 */
static inline int rring_seq_exchange(rring_seq_t *seq, __u64 *expected,
				     __u64 desired)
{
	return __atomic_compare_exchange_n(&seq->value, expected, desired, 0,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

#endif /* __KERNEL__ */

#endif /* _RUSTED_RING_ATOMIC_H */
