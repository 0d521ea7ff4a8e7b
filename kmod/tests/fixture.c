// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* An arena and clients for the suites, without processes. */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include <rusted_ring/internal/handle.h>

#include "../core/command.h"
#include "../core/death.h"
#include "../core/pool.h"
#include "../core/reader.h"
#include "../core/refill.h"
#include "../core/region.h"
#include "../linux/mapping.h"
#include "../linux/rate.h"
#include "fixture.h"

/* The address space of all clients: that of the task that loads this module. */
static struct mm_struct *fixture_mm;

static bool started;

/* KUnit runs the suites before an init of this module, which could do this. */
int fixture_suite_init(struct kunit_suite *suite)
{
	fixture_mm = current->mm;
	kring_account_set_limit(SZ_64M);
	if (started)
		return 0;
	if (kring_late_start())
		return -ENOMEM;
	if (kring_shrinker_start()) {
		kring_late_stop();
		return -ENOMEM;
	}
	started = true;
	return 0;
}

static void __exit fixture_unload(void)
{
	if (!started)
		return;
	kring_shrinker_stop();
	kring_shrinker_destroy();
	kring_late_stop();
}

module_exit(fixture_unload);

/*
 * Give this kernel thread the address space of the clients, with a reference: a
 * thread that ends without fixture_unuse_mm() puts one.
 */
void fixture_use_mm(void)
{
	mmget(fixture_mm);
	kthread_use_mm(fixture_mm);
}

void fixture_unuse_mm(void)
{
	kthread_unuse_mm(fixture_mm);
	mmput(fixture_mm);
}

/* Begin: an arena as @args says, whose name is FIXTURE_NAME. */
int fixture_begin(struct kunit *test, const struct rring_create *args)
{
	struct fixture *fixture;

	fixture = kunit_kzalloc(test, sizeof(*fixture), GFP_KERNEL);
	if (!fixture)
		return -ENOMEM;
	fixture->arena = kring_arena_new(args, &init_net);
	if (IS_ERR(fixture->arena))
		return PTR_ERR(fixture->arena);
	test->priv = fixture;
	fixture_use_mm();
	return 0;
}

int fixture_init(struct kunit *test)
{
	static const struct rring_create args = {
		.size = sizeof(args),
		.name = FIXTURE_NAME,
		.capacity = { FIXTURE_XS, FIXTURE_S, 0, 0, 0, 2 },
		.max_clients = FIXTURE_CLIENTS,
		.max_rings = 4,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};

	return fixture_begin(test, &args);
}

/*
 * After a failed assertion the test's thread has ended, and KUnit calls this in
 * the task that loads the module, which has not entered.
 */
void fixture_exit(struct kunit *test)
{
	struct fixture *fixture = test->priv;
	u32 i;

	if (!fixture)
		return;
	for (i = 0; i < FIXTURE_CLIENTS; i++)
		if (fixture->client[i])
			kring_client_release(fixture->client[i]);
	kring_arena_forget_name(fixture->arena);
	kring_arena_put(fixture->arena);
	if (current->flags & PF_KTHREAD)
		fixture_unuse_mm();
	test->priv = NULL;
}

/* A new client with @role, which is live although its ledger is not mapped. */
struct kring_client *fixture_client(struct kunit *test, u32 role)
{
	struct fixture *fixture = test->priv;
	struct rring_attach args = {
		.size = sizeof(args),
		.role = role,
		.arena_fd = -1,
		.name = FIXTURE_NAME,
	};
	struct kring_client *client = kring_client_new(true, NULL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, client);
	for (i = 0; fixture->client[i]; i++)
		KUNIT_ASSERT_LT(test, i + 1, (u32)FIXTURE_CLIENTS);
	fixture->client[i] = client;
	KUNIT_ASSERT_EQ(test, kring_client_attach(client, &args), 0);
	mutex_lock(&client->arena->lock);
	client->state = RRING_CLIENT_LIVE;
	mutex_unlock(&client->arena->lock);
	return client;
}

/* @client dies, as if its ledger's mapping and then its file were closed. */
void fixture_kill(struct kunit *test, struct kring_client *client)
{
	struct fixture *fixture = test->priv;
	u32 i;

	for (i = 0; i < FIXTURE_CLIENTS; i++)
		if (fixture->client[i] == client)
			fixture->client[i] = NULL;
	kring_client_release(client);
}

/*
 * Do what the ioctl @cmd does between copying its argument in and out. Returns
 * what the ioctl would.
 */
int fixture_command(struct kring_client *client, unsigned int cmd, void *args,
		    size_t size)
{
	const struct kring_command *command = kring_command_find(cmd);
	union kring_args copy = {};
	int err = kring_command_check(command, client);

	if (err)
		return err;
	memcpy(&copy, args, size);
	err = command->run(client, &copy);
	memcpy(args, &copy, size);
	return err;
}

/* ---- slots ---- */

/* REFILL without waiting. Returns how many slots were lent, or an error. */
int fixture_refill(struct kring_client *client, u32 pool, u32 count)
{
	struct rring_refill args = {
		.size = sizeof(args),
		.pool = pool,
		.count = count,
	};
	int err = kring_pool_refill(client, &args);

	return err ? err : args.count;
}

rring_word_t *fixture_word(struct kring_client *client, u64 handle)
{
	const struct kring_pool *pool =
		&client->arena->pool[rring_handle_class(handle)];

	return &kring_client_ledger(client)[pool->base +
					    rring_handle_index(handle)];
}

void fixture_hold(struct kring_client *client, u64 handle)
{
	rring_word_fetch_add(fixture_word(client, handle),
			     RRING_MOVE + RRING_HOLD);
}

void fixture_drop(struct kring_client *client, u64 handle)
{
	rring_word_fetch_add(fixture_word(client, handle),
			     RRING_MOVE - RRING_HOLD);
}

/* Set the tail to the floor, as a client does that notices a recall. */
void fixture_notice_recall(struct kring_client *client, u32 pool)
{
	struct rring_magazine *magazine = kring_client_magazine(client, pool);
	rring_seq_t *pos = &kring_client_tails(client)->tail[pool].pos;
	u64 floor = rring_seq_load(&magazine->floor);

	if (rring_seq_load(pos) < floor)
		rring_seq_store_release(pos, floor);
}

/*
 * Take a slot from @client's magazine and hold it, as an allocation does.
 * Returns the handle; 0: the magazine is empty.
 */
u64 fixture_pop(struct kring_client *client, u32 pool)
{
	struct rring_magazine *magazine = kring_client_magazine(client, pool);
	rring_seq_t *pos = &kring_client_tails(client)->tail[pool].pos;
	u64 handle, tail;

	fixture_notice_recall(client, pool);
	tail = rring_seq_load(pos);
	if (rring_seq_load_acquire(&magazine->head) <= tail)
		return 0;
	handle = READ_ONCE(magazine->handle[tail % RRING_MAGAZINE_SLOTS]);
	fixture_hold(client, handle);
	rring_seq_store_release(pos, tail + 1);
	return handle;
}

/*
 * Lend all free slots of @pool to @client, which holds them. Returns how many,
 * and stores the handle of the last one in *@last. There are fewer than a
 * magazine has.
 */
u32 fixture_alloc_all(struct kunit *test, struct kring_client *client, u32 pool,
		      u64 *last)
{
	u64 handle;
	u32 n = 0;

	KUNIT_ASSERT_GE(test, fixture_refill(client, pool,
					     RRING_MAGAZINE_SLOTS), 1);
	while ((handle = fixture_pop(client, pool))) {
		*last = handle;
		n++;
	}
	return n;
}

u64 fixture_alloc(struct kunit *test, struct kring_client *client, u32 pool)
{
	u64 handle;

	KUNIT_ASSERT_EQ(test, fixture_refill(client, pool, 1), 1);
	handle = fixture_pop(client, pool);
	KUNIT_ASSERT_NE(test, handle, 0ull);
	return handle;
}

bool fixture_slot_is_out(struct kring_arena *arena, u64 handle)
{
	bool out;

	mutex_lock(&arena->lock);
	out = test_bit(rring_handle_index(handle),
		       arena->pool[rring_handle_class(handle)].out);
	mutex_unlock(&arena->lock);
	return out;
}

u64 fixture_generation(struct kring_arena *arena, u64 handle)
{
	u32 slot = arena->pool[rring_handle_class(handle)].base +
		   rring_handle_index(handle);
	u64 now = rring_word_load(&arena->generation[slot]);

	return rring_handle_generation(now);
}

/* ---- rings ---- */

struct kring_ring *fixture_ring(struct kunit *test, struct kring_client *writer,
				const struct rring_ring_open *args)
{
	struct rring_ring_open open = *args;

	KUNIT_ASSERT_EQ(test, kring_ring_open(writer, &open), 0);
	return writer->arena->rings[open.ring];
}

struct kring_ring *fixture_handle_ring(struct kunit *test,
				       struct kring_client *writer,
				       u32 capacity)
{
	return fixture_ring(test, writer, &(struct rring_ring_open) {
		.kind = RRING_HANDLES,
		.policy = RRING_BLOCK,
		.capacity = capacity,
	});
}

/* Move the head over @n more entries, whatever they contain. */
void fixture_commit(struct kring_ring *ring, u32 n)
{
	struct rring_ring_head *page = fixture_page(ring);

	rring_seq_store_release(&page->head, rring_seq_load(&page->head) + n);
}

/* Publish @handle in @ring, as the library does. @writer gives up one hold. */
void fixture_publish(struct kring_client *writer, struct kring_ring *ring,
		     u64 handle)
{
	struct rring_ring_head *page = fixture_page(ring);
	struct rring_entry *entry = fixture_page(ring) +
				    ring->info->entry_offset;

	entry += rring_seq_load(&page->head) % ring->info->capacity;
	rring_word_fetch_add(fixture_word(writer, handle),
			     RRING_MOVE + RRING_IN_FLIGHT);
	WRITE_ONCE(entry->handle, handle);
	fixture_commit(ring, 1);
	fixture_drop(writer, handle);
}

/* Join as a gating reader, at the head. @name: NULL: without a name. */
struct kring_reader *fixture_join(struct kunit *test,
				  struct kring_client *client,
				  struct kring_ring *ring, const char *name)
{
	struct rring_reader_join args = {
		.size = sizeof(args),
		.ring = ring->id,
	};

	if (name)
		strscpy(args.name, name, sizeof(args.name));
	KUNIT_ASSERT_EQ(test, kring_reader_join(client, &args), 0);
	return ring->readers[args.reader];
}

/* Release all entries below @position. */
void fixture_release(struct kring_reader *reader, u64 position)
{
	rring_seq_store_release((rring_seq_t *)kring_reader_cursor(reader),
				position);
}

MODULE_DESCRIPTION("rusted_ring's suites, and all of it that they test");
MODULE_LICENSE("Dual MPL/GPL");
