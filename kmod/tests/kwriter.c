// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Kernel writers: orders of reserve, commit and discard; drops; the stock. */
#include <rusted_ring/internal/handle.h>

#include "../core/pool.h"
#include "../core/reclaim.h"
#include "../kclient/writer.h"
#include "fixture.h"

#define CAPACITY	4
#define STRIDE		64

/* The writer of the running test. kwriter_exit() closes it. */
static struct rring_kwriter *kw;

static void kwriter_exit(struct kunit *test)
{
	rring_kwriter_close(kw, 0);
	kw = NULL;
	fixture_exit(test);
}

static struct rring_kwriter_config config(enum rring_kind kind,
					  enum rring_policy policy)
{
	return (struct rring_kwriter_config) {
		.arena = FIXTURE_NAME,
		.ring = "kernel",
		.kind = kind,
		.policy = policy,
		.capacity = CAPACITY,
		.stride = kind == RRING_INLINE ? STRIDE : 0,
	};
}

static void open(struct kunit *test, const struct rring_kwriter_config *with)
{
	kw = rring_kwriter_open(with);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kw));
}

static void open_inline(struct kunit *test, enum rring_policy policy)
{
	struct rring_kwriter_config with = config(RRING_INLINE, policy);

	open(test, &with);
}

/* Open a ring of handles whose stock is @n slots of class S, and no others. */
static void open_handles(struct kunit *test, u32 n)
{
	struct rring_kwriter_config with = config(RRING_HANDLES, RRING_FAIL);

	with.stock[RRING_S] = n;
	open(test, &with);
}

static struct kring_reader *join(struct kunit *test)
{
	return fixture_join(test, fixture_client(test, RRING_CONSUMER),
			    kw->ring, NULL);
}

static u64 head(void)
{
	return rring_seq_load_acquire(&kw->page->head);
}

static u64 reserved(void)
{
	return atomic64_read(&kw->reserved);
}

static void reserve(struct kunit *test, struct rring_kevent *event, u32 type)
{
	KUNIT_ASSERT_EQ(test, rring_kwriter_reserve(kw, 8, type, event), 0);
}

static int write(u32 len)
{
	static const u8 data[RRING_STRIDE_MAX];

	return rring_kwriter_write(kw, data, len, 1);
}

static void expect_stat(struct kunit *test, u64 sent, u64 discarded,
			enum rring_drop_reason reason, u64 dropped)
{
	struct rring_kwriter_stat stat;
	u32 i;

	rring_kwriter_stat(kw, &stat);
	KUNIT_EXPECT_EQ(test, stat.sent, sent);
	KUNIT_EXPECT_EQ(test, stat.discarded, discarded);
	for (i = 0; i < RRING_DROPS; i++)
		KUNIT_EXPECT_EQ(test, stat.dropped[i],
				i == reason ? dropped : 0);
}

/* ---- orders ---- */

static void entries_appear_in_order_of_reservation(struct kunit *test)
{
	struct rring_kevent a, b, c;

	open_inline(test, RRING_FAIL);
	reserve(test, &a, 10);
	reserve(test, &b, 11);
	reserve(test, &c, 12);
	rring_kwriter_commit(kw, &c);
	KUNIT_EXPECT_EQ(test, head(), 0ull);
	rring_kwriter_commit(kw, &a);
	KUNIT_EXPECT_EQ(test, head(), 1ull);
	rring_kwriter_commit(kw, &b);
	KUNIT_EXPECT_EQ(test, head(), 3ull);
	KUNIT_EXPECT_EQ(test, kw->headers[0].event_type, 10u);
	KUNIT_EXPECT_EQ(test, kw->headers[1].event_type, 11u);
	KUNIT_EXPECT_EQ(test, kw->headers[2].event_type, 12u);
	expect_stat(test, 3, 0, RRING_DROPS, 0);
}

static void payloads_do_not_overlap(struct kunit *test)
{
	struct rring_kevent event[CAPACITY];
	u32 i;

	open_inline(test, RRING_FAIL);
	for (i = 0; i < CAPACITY; i++) {
		reserve(test, &event[i], i);
		KUNIT_EXPECT_PTR_EQ(test, event[i].data,
				    kw->data + i * STRIDE);
		memset(event[i].data, i, 8);
	}
	for (i = 0; i < CAPACITY; i++)
		rring_kwriter_commit(kw, &event[i]);
	for (i = 0; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, *((u8 *)kw->data + i * STRIDE + 7),
				(u8)i);
}

static void discarded_entry_is_marked(struct kunit *test)
{
	struct rring_kevent a, b;

	open_inline(test, RRING_FAIL);
	reserve(test, &a, 1);
	reserve(test, &b, 2);
	rring_kwriter_discard(kw, &a);
	KUNIT_EXPECT_EQ(test, head(), 1ull);
	rring_kwriter_commit(kw, &b);
	KUNIT_EXPECT_EQ(test, head(), 2ull);
	KUNIT_EXPECT_EQ(test, kw->headers[0].len, RRING_LEN_NONE);
	KUNIT_EXPECT_EQ(test, kw->headers[1].len, 8u);
	expect_stat(test, 1, 1, RRING_DROPS, 0);
}

static void latest_discard_gives_position_back(struct kunit *test)
{
	struct rring_kevent a, b;

	open_inline(test, RRING_FAIL);
	reserve(test, &a, 1);
	reserve(test, &b, 2);
	rring_kwriter_discard(kw, &b);
	KUNIT_EXPECT_EQ(test, reserved(), 1ull);
	/*
	 * The claim does not fall: the payload may have been written in part,
	 * and readers that can be lapped compare with the claim.
	 */
	KUNIT_EXPECT_EQ(test, rring_seq_load(&kw->page->claim), 2ull);
	reserve(test, &b, 3);
	KUNIT_EXPECT_EQ(test, b.index, 1u);
	rring_kwriter_commit(kw, &b);
	rring_kwriter_commit(kw, &a);
	KUNIT_EXPECT_EQ(test, head(), 2ull);
	KUNIT_EXPECT_EQ(test, kw->headers[1].event_type, 3u);
	expect_stat(test, 2, 1, RRING_DROPS, 0);
}

/*
 * Three events end in every order, each committed or discarded, while the ring
 * wraps.
 */
static void every_order_of_commit_and_discard(struct kunit *test)
{
	static const u8 order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct rring_kevent event[3];
	u64 sent = 0, discarded = 0;
	u32 o, outcomes, i;

	open_inline(test, RRING_OVERWRITE);
	for (o = 0; o < ARRAY_SIZE(order); o++)
		for (outcomes = 0; outcomes < 8; outcomes++) {
			for (i = 0; i < 3; i++)
				reserve(test, &event[i], i);
			for (i = 0; i < 3; i++) {
				u32 which = order[o][i];

				if (outcomes & BIT(which)) {
					rring_kwriter_commit(kw, &event[which]);
					sent++;
				} else {
					rring_kwriter_discard(kw,
							      &event[which]);
					discarded++;
				}
			}
			KUNIT_EXPECT_EQ(test, head(), reserved());
		}
	expect_stat(test, sent, discarded, RRING_DROPS, 0);
}

/* ---- drops ---- */

static void full_ring_drops(struct kunit *test)
{
	struct kring_reader *reader;
	u32 i;

	open_inline(test, RRING_FAIL);
	reader = join(test);
	for (i = 0; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, write(8), -EAGAIN);
	expect_stat(test, CAPACITY, 0, RRING_DROP_FULL, 1);
	fixture_release(reader, 1);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, write(8), -EAGAIN);
	expect_stat(test, CAPACITY + 1, 0, RRING_DROP_FULL, 2);
}

/* A hostile cursor beyond the head makes no room for more than a lap. */
static void hostile_cursor_makes_no_room(struct kunit *test)
{
	struct rring_kevent event[CAPACITY], more;
	u32 i;

	open_inline(test, RRING_FAIL);
	fixture_release(join(test), ~0ull);
	for (i = 0; i < CAPACITY; i++)
		reserve(test, &event[i], 1);
	KUNIT_EXPECT_EQ(test, rring_kwriter_reserve(kw, 8, 1, &more),
			-EAGAIN);
	for (i = 0; i < CAPACITY; i++)
		rring_kwriter_commit(kw, &event[i]);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, head(), CAPACITY + 1ull);
}

static void reservation_is_never_overwritten(struct kunit *test)
{
	struct rring_kevent first;
	u32 i;

	open_inline(test, RRING_OVERWRITE);
	reserve(test, &first, 1);
	for (i = 1; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, write(8), -EAGAIN);
	rring_kwriter_commit(kw, &first);
	KUNIT_EXPECT_EQ(test, head(), (u64)CAPACITY);
	for (i = 0; i < 2 * CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_GE(test, rring_seq_load(&kw->page->claim), head());
	expect_stat(test, 3 * CAPACITY, 0, RRING_DROP_FULL, 1);
}

static void too_large_is_dropped(struct kunit *test)
{
	open_inline(test, RRING_FAIL);
	KUNIT_EXPECT_EQ(test, write(STRIDE), 0);
	KUNIT_EXPECT_EQ(test, write(STRIDE + 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, write(0), 0);
	expect_stat(test, 2, 0, RRING_DROP_TOO_LARGE, 1);
}

/*
 * Reserving takes no lock as long as the known room lasts. Then it needs the
 * lock to look at the readers.
 */
static void reserve_below_limit_needs_no_lock(struct kunit *test)
{
	struct kring_reader *reader;
	unsigned long flags;
	int err[CAPACITY], late;
	u32 i;

	open_inline(test, RRING_FAIL);
	reader = join(test);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	fixture_release(reader, 1);
	flags = kwriter_window_lock(kw);
	for (i = 1; i < CAPACITY; i++)
		err[i] = write(8);
	late = write(8);
	kwriter_window_unlock(kw, flags);
	for (i = 1; i < CAPACITY; i++)
		KUNIT_EXPECT_EQ(test, err[i], 0);
	KUNIT_EXPECT_EQ(test, late, -EBUSY);
	KUNIT_EXPECT_EQ(test, head(), (u64)CAPACITY);
	expect_stat(test, CAPACITY, 0, RRING_DROP_BUSY, 1);
	KUNIT_EXPECT_EQ(test, write(8), 0);
}

/*
 * If reserve interrupts the holder of the lock on the same CPU, it drops the
 * event instead of waiting.
 */
static void busy_lock_drops(struct kunit *test)
{
	unsigned long flags;
	int err;

	open_handles(test, 2);
	flags = kwriter_window_lock(kw);
	err = write(8);
	kwriter_window_unlock(kw, flags);
	KUNIT_EXPECT_EQ(test, err, -EBUSY);
	expect_stat(test, 0, 0, RRING_DROP_BUSY, 1);
	KUNIT_EXPECT_EQ(test, write(8), 0);
}

static void commit_needs_no_lock(struct kunit *test)
{
	struct rring_kevent a, b, c;
	unsigned long flags;
	u64 before, after;

	open_handles(test, 3);
	reserve(test, &a, 1);
	reserve(test, &b, 2);
	reserve(test, &c, 3);
	flags = kwriter_window_lock(kw);
	rring_kwriter_commit(kw, &c);
	rring_kwriter_discard(kw, &b);
	before = head();
	rring_kwriter_commit(kw, &a);
	after = head();
	kwriter_window_unlock(kw, flags);
	KUNIT_EXPECT_EQ(test, before, 0ull);
	KUNIT_EXPECT_EQ(test, after, 3ull);
	KUNIT_EXPECT_EQ(test, kw->entries[1].handle, 0ull);
	expect_stat(test, 2, 1, RRING_DROPS, 0);
}

/* One commit moves the head over a batch at most; irq_work does the rest. */
static void head_moves_in_batches(struct kunit *test)
{
	struct rring_kwriter_config with = config(RRING_INLINE, RRING_FAIL);
	u32 run = 3 * KWRITER_BATCH;
	struct rring_kevent first;
	unsigned long flags;
	u64 before;
	u32 i;

	with.capacity = run;
	open(test, &with);
	reserve(test, &first, 1);
	for (i = 1; i < run; i++)
		KUNIT_ASSERT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, head(), 0ull);
	local_irq_save(flags);
	rring_kwriter_commit(kw, &first);
	before = head();
	local_irq_restore(flags);
	irq_work_sync(&kw->irq);
	KUNIT_EXPECT_EQ(test, before, 1ull + KWRITER_BATCH);
	KUNIT_EXPECT_EQ(test, head(), (u64)run);
	expect_stat(test, run, 0, RRING_DROPS, 0);
}

/* ---- slots ---- */

static void empty_stock_drops(struct kunit *test)
{
	struct kring_client *holder = fixture_client(test, RRING_PRODUCER);
	struct rring_kevent a, b, c;
	u64 last = 0;

	open_handles(test, 2);
	KUNIT_ASSERT_EQ(test, fixture_alloc_all(test, holder, RRING_S, &last),
			FIXTURE_S - 2u);
	reserve(test, &a, 1);
	reserve(test, &b, 1);
	KUNIT_EXPECT_EQ(test, rring_kwriter_reserve(kw, 8, 1, &c), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write(257), -E2BIG);
	KUNIT_EXPECT_NE(test, a.handle, b.handle);
	rring_kwriter_discard(kw, &b);
	reserve(test, &c, 1);
	KUNIT_EXPECT_EQ(test, c.handle, b.handle);
	rring_kwriter_commit(kw, &c);
	rring_kwriter_commit(kw, &a);
	KUNIT_EXPECT_EQ(test, head(), 2ull);
}

/* The worker refills the stock before the writer has used up the stock. */
static void stock_is_filled_again(struct kunit *test)
{
	struct kring_reader *reader;
	u32 i;

	open_handles(test, 4);
	reader = join(test);
	for (i = 0; i < 8 * FIXTURE_S; i++) {
		KUNIT_ASSERT_EQ(test, write(8), 0);
		fixture_release(reader, i + 1);
		irq_work_sync(&kw->irq);
		flush_delayed_work(&kw->refill);
	}
	KUNIT_EXPECT_GE(test, kw->stock[RRING_S].n, 2u);
	expect_stat(test, 8 * FIXTURE_S, 0, RRING_DROPS, 0);
}

/*
 * A stock takes up to twice the slots that are wanted. One more slot is left to
 * the sweep, and the clients that wait for a slot of the pool are woken.
 */
static void surplus_slot_wakes_waiters(struct kunit *test)
{
	struct rring_arena_info *info = fixture_arena(test)->info;
	struct rring_kevent event[3];
	u32 i;

	open_handles(test, 1);
	for (i = 0; i < ARRAY_SIZE(event); i++) {
		reserve(test, &event[i], 1);
		irq_work_sync(&kw->irq);
		flush_delayed_work(&kw->refill);
	}
	KUNIT_ASSERT_EQ(test, kw->stock[RRING_S].n, 1u);
	rring_kwriter_discard(kw, &event[2]);
	kring_flag_raise(&info->pool_waiters, BIT(RRING_S));
	rring_kwriter_discard(kw, &event[1]);
	irq_work_sync(&kw->irq);
	KUNIT_EXPECT_EQ(test, kw->stock[RRING_S].n, 2u);
	KUNIT_EXPECT_EQ(test, rring_flag_load(&info->pool_waiters), 0u);
	rring_kwriter_commit(kw, &event[0]);
}

static u32 ledger_holds(u64 handle)
{
	const rring_word_t *word =
		&kring_client_ledger(kw->kernel)[kwriter_slot(kw, handle)];

	return rring_ledger_holds(rring_word_load(word));
}

static u32 ledger_in_flight(u64 handle)
{
	const rring_word_t *word =
		&kring_client_ledger(kw->kernel)[kwriter_slot(kw, handle)];

	return rring_ledger_in_flight(rring_word_load(word));
}

/*
 * The generation tells whether the slot was freed. (The worker may sweep, too,
 * and take the slot again.)
 */
static void slot_is_held_then_in_flight(struct kunit *test)
{
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	struct kring_reader *reader;
	struct rring_kevent event;
	u64 generation;

	open_handles(test, 1);
	reader = join(test);
	reserve(test, &event, 1);
	generation = rring_handle_generation(event.handle);
	KUNIT_EXPECT_EQ(test, ledger_holds(event.handle), 1u);
	rring_kwriter_commit(kw, &event);
	KUNIT_EXPECT_EQ(test, ledger_holds(event.handle), 0u);
	KUNIT_EXPECT_EQ(test, ledger_in_flight(event.handle), 1u);
	kring_sweep(pool, ~0u, KRING_SWEEP_WINDOWS, NULL);
	KUNIT_EXPECT_EQ(test, fixture_generation(kw->arena, event.handle),
			generation);
	fixture_release(reader, 1);
	kwriter_window_settle(kw);
	KUNIT_EXPECT_EQ(test, ledger_in_flight(event.handle), 0u);
	kring_sweep(pool, ~0u, KRING_SWEEP_LEDGERS, NULL);
	KUNIT_EXPECT_EQ(test, fixture_generation(kw->arena, event.handle),
			rring_generation_next(generation));
}

/* ---- the end ---- */

static void close_frees_client_and_slots(struct kunit *test)
{
	struct kring_pool *pool = fixture_pool(test, RRING_S);
	struct kring_reader *reader;

	open_handles(test, 4);
	reader = join(test);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	rring_kwriter_close(kw, 0);
	kw = NULL;
	KUNIT_EXPECT_NULL(test, fixture_arena(test)->kernel);
	kring_sweep(pool, ~0u, KRING_SWEEP_WINDOWS, NULL);
	KUNIT_EXPECT_EQ(test, pool->nr_free, FIXTURE_S - 1u);
	fixture_release(reader, 1);
	kring_sweep(pool, ~0u, KRING_SWEEP_WINDOWS, NULL);
	KUNIT_EXPECT_EQ(test, pool->nr_free, (u32)FIXTURE_S);
}

static void next_writer_continues(struct kunit *test)
{
	struct kring_reader *reader;
	u32 i;

	open_inline(test, RRING_FAIL);
	reader = join(test);
	for (i = 0; i < CAPACITY - 1; i++)
		KUNIT_EXPECT_EQ(test, write(8), 0);
	rring_kwriter_close(kw, RRING_CLOSE_AWAIT);
	open_inline(test, RRING_FAIL);
	KUNIT_EXPECT_EQ(test, head(), CAPACITY - 1ull);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, write(8), -EAGAIN);
	fixture_release(reader, 1);
	KUNIT_EXPECT_EQ(test, write(8), 0);
	KUNIT_EXPECT_EQ(test, head(), CAPACITY + 1ull);
	/* without the counts of the writer before */
	expect_stat(test, 2, 0, RRING_DROP_FULL, 1);
}

static void expect_refused(struct kunit *test,
			   const struct rring_kwriter_config *with, long err)
{
	struct rring_kwriter *opened = rring_kwriter_open(with);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(opened), err);
	rring_kwriter_close(opened, 0);
}

static void wrong_config_is_refused(struct kunit *test)
{
	struct rring_kwriter_config with = config(RRING_INLINE, RRING_FAIL);

	with.policy = RRING_BLOCK;
	expect_refused(test, &with, -EINVAL);
	with.policy = RRING_FAIL;
	with.capacity = 0;
	expect_refused(test, &with, -EINVAL);
	with.capacity = RRING_RING_CAPACITY_MAX + 1;
	expect_refused(test, &with, -EINVAL);
	with.capacity = ~0u;
	expect_refused(test, &with, -EINVAL);
	with.capacity = CAPACITY;
	with.retain = CAPACITY;
	expect_refused(test, &with, -EINVAL);
	with.retain = 0;
	with.stride = 32;
	expect_refused(test, &with, -EINVAL);
	with.stride = STRIDE;
	with.ring = "no//path";
	expect_refused(test, &with, -EINVAL);
	with.ring = NULL;
	with.arena = "elsewhere";
	expect_refused(test, &with, -ENOENT);
	with = config(RRING_HANDLES, RRING_FAIL);
	with.stock[RRING_S] = FIXTURE_S + 1;
	expect_refused(test, &with, -EINVAL);
	KUNIT_EXPECT_NULL(test, fixture_arena(test)->kernel);
}

static struct kunit_case kwriter_cases[] = {
	KUNIT_CASE(entries_appear_in_order_of_reservation),
	KUNIT_CASE(payloads_do_not_overlap),
	KUNIT_CASE(discarded_entry_is_marked),
	KUNIT_CASE(latest_discard_gives_position_back),
	KUNIT_CASE(every_order_of_commit_and_discard),
	KUNIT_CASE(full_ring_drops),
	KUNIT_CASE(hostile_cursor_makes_no_room),
	KUNIT_CASE(reservation_is_never_overwritten),
	KUNIT_CASE(too_large_is_dropped),
	KUNIT_CASE(reserve_below_limit_needs_no_lock),
	KUNIT_CASE(busy_lock_drops),
	KUNIT_CASE(commit_needs_no_lock),
	KUNIT_CASE(head_moves_in_batches),
	KUNIT_CASE(empty_stock_drops),
	KUNIT_CASE(stock_is_filled_again),
	KUNIT_CASE(surplus_slot_wakes_waiters),
	KUNIT_CASE(slot_is_held_then_in_flight),
	KUNIT_CASE(close_frees_client_and_slots),
	KUNIT_CASE(next_writer_continues),
	KUNIT_CASE(wrong_config_is_refused),
	{}
};

static struct kunit_suite kwriter_suite = {
	.name = "kwriter",
	.suite_init = fixture_suite_init,
	.init = fixture_init,
	.exit = kwriter_exit,
	.test_cases = kwriter_cases,
};

kunit_test_suite(kwriter_suite);
