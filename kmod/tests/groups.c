// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Groups of slots, beside a model that is simple enough to be seen right.
 * claim.c is included here, and claim.o is left out of the module. Macros call
 * revoke_hook() instead of kring_revoke_own(), because no client of this suite
 * has mappings, and resched_hook() between two batches of a death. The suite
 * itself takes and gives slots, so no slot of its pools is lent by a refill.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../core/compat.h"
#include <rusted_ring/internal/layout.h>

#include "../core/arena.h"
#include "../core/client.h"
#include "../core/groups.h"
#include "../core/pool.h"
#include "../core/revoke.h"
#include "fixture.h"

static void revoke_hook(u64 page, u64 n);
static void resched_hook(void);

#define kring_revoke_own(client, page, n) revoke_hook(page, n)
#undef cond_resched
#define cond_resched() resched_hook()

#include "../core/claim.c"

#undef cond_resched
#undef kring_revoke_own

#define GROUPS_MAX	96u
#define KERNEL		FIXTURE_CLIENTS		/* owners of the model */
#define OWNERS		(FIXTURE_CLIENTS + 1)
#define ORPHANS		OWNERS

/* What is known of a group without a look at the fields of groups.c. */
struct model_group {
	u64 out;		/* bitmap: slots that are lent */
	u32 owner;		/* if .out: client, KERNEL or ORPHANS */
};

/* The pool of the running test. Only one class has slots, beside XXL. */
static struct groups_ctx {
	struct kring_pool *pool;
	struct kring_groups *groups;
	struct kring_client *client[FIXTURE_CLIENTS];	/* NULL: free place */
	struct model_group model[GROUPS_MAX];
	struct rnd_state rng;
	u64 revoked;		/* pages, in all calls */
	void (*at_revoke)(u64 page, u64 n);	/* or NULL */
	void (*at_resched)(void);		/* or NULL */
} ctx;

static void revoke_hook(u64 page, u64 n)
{
	ctx.revoked += n;
	if (ctx.at_revoke)
		ctx.at_revoke(page, n);
}

static void resched_hook(void)
{
	if (ctx.at_resched)
		ctx.at_resched();
}

static u32 below(u32 n)
{
	return prandom_u32_state(&ctx.rng) % n;
}

static struct kring_owner *owner_of(u32 i)
{
	return kring_groups_owner(ctx.pool, i == KERNEL ? NULL :
						    ctx.client[i]);
}

static bool is_attached(u32 i)
{
	return i == KERNEL || ctx.client[i];
}

static u32 minimum(void)
{
	return ctx.pool->arena->info->group_minimum[ctx.pool->index];
}

static u64 all_free(void)
{
	return GENMASK_ULL(ctx.groups->slots - 1, 0);
}

/* ---- the model ---- */

/*
 * Store in @used how many groups of the model each owner has in use. Return how
 * many all of them have.
 */
static u32 model_count(u32 used[ORPHANS + 1])
{
	u32 all = 0;
	u32 i;

	memset(used, 0, (ORPHANS + 1) * sizeof(*used));
	for (i = 0; i < ctx.groups->nr; i++) {
		if (!ctx.model[i].out)
			continue;
		used[ctx.model[i].owner]++;
		all++;
	}
	return all;
}

static u32 model_used(u32 owner)
{
	u32 used[ORPHANS + 1];

	model_count(used);
	return used[owner];
}

static u32 model_all_used(void)
{
	u32 used[ORPHANS + 1];

	return model_count(used);
}

/* Return how many groups without a slot in use the minimum of all needs. */
static u32 model_reserved(void)
{
	u32 used[ORPHANS + 1];
	u32 reserved = 0;
	u32 i;

	model_count(used);
	for (i = 0; i < OWNERS; i++)
		if (is_attached(i))
			reserved += minimum() - min(used[i], minimum());
	return reserved;
}

/* ---- the invariants ---- */

/* Add the groups of @list to @seen, and their number of free slots to *@free. */
static u32 see_list(struct kunit *test, struct list_head *list,
		    struct kring_owner *owner, unsigned long *seen, u32 *free)
{
	struct kring_group *group;
	u32 n = 0;

	list_for_each_entry(group, list, node) {
		u32 i = kring_group_index(ctx.groups, group);

		KUNIT_EXPECT_LT(test, i, ctx.groups->nr);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(i, seen));
		KUNIT_EXPECT_PTR_EQ(test, group->owner, owner);
		*free += group->nr_free;
		n++;
	}
	return n;
}

static void expect_owner(struct kunit *test, struct kring_owner *owner,
			 unsigned long *seen)
{
	u32 slots = ctx.groups->slots;
	u32 n_whole, n_part, n_full;
	u32 whole = 0, part = 0, full = 0;

	n_whole = see_list(test, &owner->whole, owner, seen, &whole);
	n_part = see_list(test, &owner->part, owner, seen, &part);
	n_full = see_list(test, &owner->full, owner, seen, &full);
	KUNIT_EXPECT_EQ(test, owner->nr_whole, n_whole);
	KUNIT_EXPECT_EQ(test, owner->nr_used, n_part + n_full);
	KUNIT_EXPECT_EQ(test, owner->part_free, part);
	KUNIT_EXPECT_EQ(test, whole, n_whole * slots);
	KUNIT_EXPECT_EQ(test, full, 0u);
	KUNIT_EXPECT_LE(test, part, n_part * (slots - 1));
	KUNIT_EXPECT_GE(test, part, n_part);
}

/* Each group is in one list, and is what the model says. */
static void expect_lists(struct kunit *test)
{
	DECLARE_BITMAP(seen, GROUPS_MAX) = { 0 };
	struct kring_groups *groups = ctx.groups;
	u32 free = 0;
	u32 i;

	for (i = 0; i < OWNERS; i++)
		if (is_attached(i))
			expect_owner(test, owner_of(i), seen);
	expect_owner(test, &groups->orphans, seen);
	KUNIT_EXPECT_EQ(test, groups->nr_nobody,
			see_list(test, &groups->nobody, NULL, seen, &free));
	KUNIT_EXPECT_EQ(test, free, groups->nr_nobody * groups->slots);
	KUNIT_EXPECT_EQ(test, groups->nr,
			(u32)bitmap_weight(seen, GROUPS_MAX));
	KUNIT_EXPECT_EQ(test, groups->orphans.nr_whole, 0u);
	KUNIT_EXPECT_EQ(test, groups->kernel.nr_whole, 0u);
}

/* The owner words tell clients who owns each group. */
static void expect_words(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ctx.groups->nr; i++) {
		struct kring_owner *owner = ctx.groups->group[i].owner;
		u64 word = rring_word_load(&ctx.groups->word[i]);
		struct kring_client *client = owner ? owner->client : NULL;

		KUNIT_EXPECT_EQ(test, word & RRING_OWNER_CLIENT_MASK,
				client ? (u64)client->id : 0);
		KUNIT_EXPECT_EQ(test, word >> RRING_OWNER_SERIAL_SHIFT,
				client ? (u64)client->serial : 0);
	}
}

static void expect_model(struct kunit *test)
{
	struct kring_groups *groups = ctx.groups;
	u32 i;

	for (i = 0; i < groups->nr; i++) {
		const struct kring_group *group = &groups->group[i];
		const struct model_group *model = &ctx.model[i];

		KUNIT_EXPECT_EQ(test, ctx.groups->free[i],
				all_free() & ~model->out);
		if (model->out)
			KUNIT_EXPECT_PTR_EQ(test, group->owner,
					    model->owner == ORPHANS ?
					    &groups->orphans :
					    owner_of(model->owner));
	}
}

/* No sum has gone below 0: all are at most the number of groups. */
static void expect_sums(struct kunit *test)
{
	const struct kring_groups *groups = ctx.groups;
	u32 i;

	KUNIT_EXPECT_EQ(test, groups->nr_used, model_all_used());
	KUNIT_EXPECT_EQ(test, groups->reserved, model_reserved());
	KUNIT_EXPECT_LE(test, groups->nr_used + groups->reserved, groups->nr);
	for (i = 0; i < OWNERS; i++)
		if (is_attached(i))
			KUNIT_EXPECT_LE(test,
					kring_groups_permitted(groups,
							       owner_of(i)),
					groups->nr - groups->nr_used);
}

static void expect_consistent(struct kunit *test)
{
	expect_lists(test);
	expect_words(test);
	expect_model(test);
	expect_sums(test);
}

/* ---- operations, in both ---- */

static void take_one(struct kunit *test, u32 i)
{
	u32 slot = kring_groups_take(ctx.pool, owner_of(i));
	struct model_group *model = &ctx.model[slot / ctx.groups->slots];
	u64 bit = BIT_ULL(slot % ctx.groups->slots);

	KUNIT_ASSERT_LT(test, slot, ctx.pool->capacity);
	/* the slot is not lent, and no other owner has one of the group */
	KUNIT_EXPECT_FALSE(test, model->out & bit);
	KUNIT_EXPECT_TRUE(test, !model->out || model->owner == i);
	model->out |= bit;
	model->owner = i;
}

/* Take up to @n slots for owner @i, without a claim. Return how many. */
static u32 take(struct kunit *test, u32 i, u32 n)
{
	u32 taken = 0;

	while (taken < n && kring_groups_lendable(ctx.pool, owner_of(i))) {
		take_one(test, i);
		taken++;
	}
	return taken;
}

/* Claim groups for @want slots of owner @i. Return true if there were any. */
static bool claim(u32 i, u32 want)
{
	struct kring_client *client = i == KERNEL ? NULL : ctx.client[i];
	u32 n = kring_groups_claim(ctx.pool, client, want);

	kring_groups_settle(ctx.pool, client, n);
	return n;
}

/* Take up to @n slots for owner @i, with claims as long as they help. */
static u32 take_or_claim(struct kunit *test, u32 i, u32 n)
{
	u32 taken = 0;

	do {
		taken += take(test, i, n - taken);
	} while (taken < n && claim(i, n - taken));
	return taken;
}

static void give_one(u32 slot)
{
	ctx.model[slot / ctx.groups->slots].out &=
		~BIT_ULL(slot % ctx.groups->slots);
	kring_groups_give(ctx.pool, slot);
}

/* Give back the lent slots of group @group but for @keep of them. */
static void give_all_but(u32 group, u32 keep)
{
	u32 slots = ctx.groups->slots;
	u32 i;

	for (i = 0; i < slots; i++)
		if (hweight64(ctx.model[group].out) > keep &&
		    ctx.model[group].out & BIT_ULL(i))
			give_one(group * slots + i);
}

/* Give all but @keep slots of each group back that owner @i has in use. */
static void give_back(u32 owner, u32 keep)
{
	u32 i;

	for (i = 0; i < ctx.groups->nr; i++)
		if (ctx.model[i].out && ctx.model[i].owner == owner)
			give_all_but(i, keep);
}

static void leave(struct kunit *test, u32 i)
{
	u32 group;

	fixture_kill(test, ctx.client[i]);
	ctx.client[i] = NULL;
	for (group = 0; group < ctx.groups->nr; group++)
		if (ctx.model[group].out && ctx.model[group].owner == i)
			ctx.model[group].owner = ORPHANS;
}

static void join(struct kunit *test, u32 i)
{
	ctx.client[i] = fixture_client(test, RRING_PRODUCER);
}

static int join_result(struct kunit *test)
{
	struct rring_attach args = {
		.size = sizeof(args),
		.role = RRING_PRODUCER,
		.arena_fd = -1,
		.name = FIXTURE_NAME,
	};
	struct kring_client *client = kring_client_new(true, NULL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, client);
	err = kring_client_attach(client, &args);
	kring_client_release(client);
	return err;
}

/* ---- arenas ---- */

/* Begin: an arena with @groups groups of class @pool, for @producers. */
static void setup(struct kunit *test, u32 pool, u32 groups, u32 producers)
{
	struct rring_create args = {
		.size = sizeof(args),
		.flags = RRING_CREATE_OWNED,
		.name = FIXTURE_NAME,
		.capacity = { [RRING_XXL] = 2 },
		.max_clients = FIXTURE_CLIENTS,
		.max_rings = 4,
		.mode = 0700,
		.producers = producers,
		.uid = ~0u,
		.gid = ~0u,
	};

	KUNIT_ASSERT_LE(test, groups, GROUPS_MAX);
	memset(&ctx, 0, sizeof(ctx));
	prandom_seed_state(&ctx.rng, 42 + pool);
	args.capacity[pool] = groups *
		rring_group_slots(PAGE_SIZE, pool);
	KUNIT_ASSERT_EQ(test, fixture_begin(test, &args), 0);
	ctx.pool = fixture_pool(test, pool);
	ctx.groups = ctx.pool->groups;
	KUNIT_ASSERT_NOT_NULL(test, ctx.groups);
	KUNIT_ASSERT_EQ(test, ctx.groups->nr, groups);
}

static int groups_init(struct kunit *test)
{
	return 0;	/* each test creates its own arenas */
}

static const u32 classes[] = { RRING_XS, RRING_M, RRING_XL };

static void describe(const u32 *class, char *to)
{
	snprintf(to, KUNIT_PARAM_DESC_SIZE, "class %u", *class);
}

KUNIT_ARRAY_PARAM(class, classes, describe);

static u32 class_of(const struct kunit *test)
{
	return *(const u32 *)test->param_value;
}

/* ---- accounting ---- */

static void random_take(struct kunit *test, u32 i)
{
	u32 n = below(3 * ctx.groups->slots) + 1;
	u32 lendable = kring_groups_lendable(ctx.pool, owner_of(i));

	KUNIT_EXPECT_EQ(test, take(test, i, n), min(n, lendable));
}

/* An owner below its minimum always gets a slot, if need be after a claim. */
static void random_claim(struct kunit *test, u32 i)
{
	bool is_below = model_used(i) < minimum();
	u32 want = below(3 * ctx.groups->slots) + 1;

	if (!kring_groups_lendable(ctx.pool, owner_of(i)) && is_below)
		KUNIT_EXPECT_TRUE(test, claim(i, want));
	else
		claim(i, want);
	if (is_below)
		KUNIT_EXPECT_GE(test, kring_groups_lendable(ctx.pool,
							    owner_of(i)), 1u);
}

/* Mostly give one slot back, so that groups stay in part; at times many. */
static void random_give(void)
{
	u32 group = below(ctx.groups->nr);
	u64 out = ctx.model[group].out;

	if (!out)
		return;
	if (below(4))
		give_one(group * ctx.groups->slots + __ffs64(out));
	else
		give_all_but(group, below(2));
}

static void random_join_or_leave(struct kunit *test)
{
	u32 i = below(FIXTURE_CLIENTS);
	u32 free = ctx.groups->nr - model_all_used();

	if (ctx.client[i])
		leave(test, i);
	else if (free >= model_reserved() + minimum())
		join(test, i);
	else
		KUNIT_EXPECT_EQ(test, join_result(test), -EUSERS);
}

static void random_operation(struct kunit *test)
{
	u32 i = below(OWNERS);
	u32 roll = below(32);

	if (!roll)
		random_join_or_leave(test);
	else if (roll > 20)
		random_give();
	else if (!is_attached(i))
		return;
	else if (roll > 12)
		random_claim(test, i);
	else
		random_take(test, i);
}

#define OPERATIONS	4000

static void accounts_agree_with_a_model(struct kunit *test)
{
	u32 i;

	setup(test, class_of(test), 24, 2);
	for (i = 0; i < OPERATIONS; i++) {
		random_operation(test);
		expect_consistent(test);
	}
	/* groups have moved */
	KUNIT_EXPECT_GE(test, ctx.revoked, 100ull);
}

/* ---- the minimum ---- */

/* Client @i takes all that it can, and then keeps one slot of each group. */
static void fragment(struct kunit *test, u32 i)
{
	take_or_claim(test, i, ctx.pool->capacity);
	give_back(i, 1);
}

static void expect_minimum(struct kunit *test, u32 i)
{
	u32 slots = ctx.groups->slots;
	u32 n = (minimum() - min(model_used(i), minimum())) * slots;

	KUNIT_EXPECT_EQ(test, take_or_claim(test, i, n), n);
}

/*
 * Clients hold one slot of each group that they can get, die, and others join
 * and do the same. At any time each owner gets its minimum.
 */
static void held_slots_leave_each_its_minimum(struct kunit *test)
{
	u32 i, owner;

	setup(test, class_of(test), 48, 3);
	for (i = 0; i < 60; i++) {
		random_join_or_leave(test);
		owner = below(OWNERS);
		if (is_attached(owner) && below(2))
			fragment(test, owner);
		/* some are content, others take what is theirs */
		owner = below(OWNERS);
		if (is_attached(owner))
			expect_minimum(test, owner);
		if (!below(8))
			give_back(below(ORPHANS + 1), 0);
		expect_consistent(test);
	}
	for (owner = 0; owner < OWNERS; owner++)
		if (is_attached(owner))
			expect_minimum(test, owner);
}

/* A hog gets all but what the others need for their minimum. */
static void hog_gets_the_rest(struct kunit *test)
{
	u32 all;

	setup(test, RRING_M, 24, 2);
	join(test, 0);
	join(test, 1);
	all = (24 - 2 * minimum()) * ctx.groups->slots;
	KUNIT_EXPECT_EQ(test, take_or_claim(test, 0, ctx.pool->capacity), all);
	expect_minimum(test, 1);
	expect_minimum(test, KERNEL);
	expect_consistent(test);
	KUNIT_EXPECT_EQ(test, take_or_claim(test, 1, 1), 0u);
	KUNIT_EXPECT_EQ(test, take_or_claim(test, KERNEL, 1), 0u);
}

static void join_is_refused_without_a_minimum(struct kunit *test)
{
	setup(test, RRING_XS, 12, 2);
	join(test, 0);
	fragment(test, 0);
	KUNIT_EXPECT_EQ(test, join_result(test), -EUSERS);
	/* orphans, too, take part of the pool away */
	leave(test, 0);
	KUNIT_EXPECT_EQ(test, model_used(ORPHANS), 12 - minimum());
	KUNIT_EXPECT_EQ(test, join_result(test), -EUSERS);
	expect_consistent(test);
	give_back(ORPHANS, 0);
	KUNIT_EXPECT_EQ(test, join_result(test), 0);
	expect_consistent(test);
}

/* ---- bounds ---- */

static void quota_counts_groups_in_use(struct kunit *test)
{
	struct kring_owner *owner;
	u32 slots;

	setup(test, RRING_S, 24, 2);
	join(test, 0);
	owner = owner_of(0);
	slots = ctx.groups->slots;
	/* whole groups within the quota, but never less than the minimum */
	KUNIT_EXPECT_EQ(test, kring_groups_quota_left(ctx.pool, owner,
						      6 * slots + 3),
			6 * slots);
	KUNIT_EXPECT_EQ(test, kring_groups_quota_left(ctx.pool, owner, 1),
			minimum() * slots);
	KUNIT_ASSERT_EQ(test, take(test, 0, slots + 1), slots + 1);
	KUNIT_EXPECT_EQ(test, kring_groups_quota_left(ctx.pool, owner,
						      6 * slots),
			5 * slots - 1);
	/* one slot in use counts as its group */
	give_back(0, 1);
	KUNIT_EXPECT_EQ(test, kring_groups_quota_left(ctx.pool, owner,
						      6 * slots),
			6 * slots - 2);
	KUNIT_ASSERT_EQ(test, take(test, 0, 8 * slots), 8 * slots);
	KUNIT_EXPECT_EQ(test, kring_groups_quota_left(ctx.pool, owner,
						      6 * slots),
			owner->part_free);
}

/* A claim takes no more groups than the claimant lacks. */
static void claim_takes_what_is_needed(struct kunit *test)
{
	u32 pages;

	setup(test, RRING_M, 24, 2);
	pages = ctx.groups->pages;
	join(test, 0);
	join(test, 1);
	take(test, 0, ctx.pool->capacity);
	give_back(0, 0);
	KUNIT_ASSERT_EQ(test, owner_of(0)->nr_whole, 24 - 2 * minimum());
	take(test, KERNEL, ctx.pool->capacity);
	KUNIT_ASSERT_EQ(test, ctx.groups->nr_nobody, 0u);
	KUNIT_EXPECT_TRUE(test, claim(1, ctx.groups->slots + 1));
	KUNIT_EXPECT_GE(test, ctx.revoked, 2ull * pages);
	KUNIT_EXPECT_EQ(test, owner_of(0)->nr_whole, 24 - 2 * minimum() - 2);
	/* it has them: another claim has no reason */
	KUNIT_EXPECT_FALSE(test, claim(1, ctx.groups->slots + 1));
	KUNIT_EXPECT_EQ(test, take(test, 1, ctx.groups->slots + 1),
			ctx.groups->slots + 1);
	expect_consistent(test);
}

/* ---- between the phases of a claim ---- */

static struct kunit *running;

/* No owner can be lent a slot of a group whose pages are being revoked. */
static void take_all_meanwhile(u64 page, u64 n)
{
	u64 base = ctx.pool->info->payload_offset / RRING_PAGE;
	u32 first = (page - base) / ctx.groups->pages;
	u32 end = first + n / ctx.groups->pages;
	u32 i;

	ctx.at_revoke = NULL;
	for (i = 0; i < OWNERS; i++)
		if (is_attached(i))
			take(running, i, ctx.pool->capacity);
	for (i = first; i < end; i++) {
		KUNIT_EXPECT_EQ(running, ctx.model[i].out, 0ull);
		KUNIT_EXPECT_PTR_EQ(running, ctx.groups->group[i].owner,
				    (struct kring_owner *)NULL);
		KUNIT_EXPECT_EQ(running,
				rring_word_load(&ctx.groups->word[i]), 0ull);
	}
}

static void nobody_gets_a_group_before_it_is_revoked(struct kunit *test)
{
	setup(test, RRING_M, 24, 2);
	running = test;
	join(test, 0);
	join(test, 1);
	take(test, 0, ctx.pool->capacity);
	give_back(0, 0);
	take(test, KERNEL, ctx.pool->capacity);
	ctx.at_revoke = take_all_meanwhile;
	KUNIT_EXPECT_TRUE(test, claim(1, 2 * ctx.groups->slots));
	KUNIT_EXPECT_PTR_EQ(test, ctx.at_revoke,
			    (void (*)(u64 page, u64 n))NULL);
	expect_consistent(test);
}

/*
 * While two claims are between their phases, a third owner still gets its
 * minimum from the other groups.
 */
static void expect_minimum_meanwhile(u64 page, u64 n)
{
	ctx.at_revoke = NULL;
	expect_minimum(running, 2);
}

static void claim_meanwhile(u64 page, u64 n)
{
	ctx.at_revoke = expect_minimum_meanwhile;
	claim(KERNEL, ctx.pool->capacity);
	if (ctx.at_revoke)	/* nothing was left to claim */
		ctx.at_revoke(0, 0);
}

static void claims_leave_each_its_minimum(struct kunit *test)
{
	u32 least;

	setup(test, RRING_XL, 24, 2);
	running = test;
	least = minimum();
	join(test, 0);
	join(test, 1);
	take(test, 1, least);
	take(test, KERNEL, least);
	/* client 0 owns all the others, without a slot in use */
	KUNIT_ASSERT_EQ(test, take(test, 0, 24), 24 - 2 * least);
	give_back(0, 0);
	join(test, 2);
	ctx.at_revoke = claim_meanwhile;
	KUNIT_EXPECT_TRUE(test, claim(1, 24));
	KUNIT_EXPECT_EQ(test, model_used(2), least);
	expect_consistent(test);
}

/*
 * Between its claim and its refill, no other client takes the groups that a
 * client has claimed for its minimum.
 */
static void claimed_groups_are_the_claimants(struct kunit *test)
{
	u32 n;

	setup(test, RRING_XL, 24, 4);
	KUNIT_ASSERT_EQ(test, minimum(), 2u);
	join(test, 0);
	join(test, 2);
	KUNIT_ASSERT_EQ(test, take(test, KERNEL, 6), 6u);
	KUNIT_ASSERT_EQ(test, take(test, 2, 6), 6u);
	KUNIT_ASSERT_EQ(test, take(test, 0, 12), 12u);
	give_back(0, 0);
	join(test, 1);
	n = kring_groups_claim(ctx.pool, ctx.client[1], 8);
	KUNIT_EXPECT_EQ(test, n, 8u);
	/* client 0 has fewer free groups than client 1 */
	KUNIT_EXPECT_GE(test, take_or_claim(test, 2, 8), 1u);
	KUNIT_EXPECT_GE(test, take(test, 1, 8), minimum());
	kring_groups_settle(ctx.pool, ctx.client[1], n);
	expect_consistent(test);
}

/* ---- during a death ---- */

/* Others still get no more than what is left for the minimum of all. */
static void take_during_death(void)
{
	const struct kring_groups *groups = ctx.groups;

	KUNIT_EXPECT_LE(running, groups->nr_used + groups->reserved,
			groups->nr);
	KUNIT_EXPECT_EQ(running, kring_groups_lendable(ctx.pool,
						       owner_of(KERNEL)), 0u);
}

/*
 * The groups of a client that dies go to the orphans batch by batch. Between
 * two batches, no free group is counted twice.
 */
static void batches_of_a_death_keep_the_sums(struct kunit *test)
{
	u32 own;

	setup(test, RRING_XL, 88, 1);
	running = test;
	own = minimum();
	KUNIT_ASSERT_GT(test, own, LEAVE_BATCH);
	join(test, 0);
	join(test, 1);
	KUNIT_ASSERT_EQ(test, take(test, 0, own), own);
	/* the kernel takes all that is not for client 1 */
	KUNIT_ASSERT_EQ(test, take(test, KERNEL, ctx.pool->capacity),
			88 - 2 * own);
	ctx.at_resched = take_during_death;
	leave(test, 0);
	ctx.at_resched = NULL;
	expect_minimum(test, 1);
	expect_consistent(test);
}

static struct kunit_case groups_cases[] = {
	KUNIT_CASE_PARAM(accounts_agree_with_a_model, class_gen_params),
	KUNIT_CASE_PARAM(held_slots_leave_each_its_minimum, class_gen_params),
	KUNIT_CASE(hog_gets_the_rest),
	KUNIT_CASE(join_is_refused_without_a_minimum),
	KUNIT_CASE(quota_counts_groups_in_use),
	KUNIT_CASE(claim_takes_what_is_needed),
	KUNIT_CASE(nobody_gets_a_group_before_it_is_revoked),
	KUNIT_CASE(claims_leave_each_its_minimum),
	KUNIT_CASE(claimed_groups_are_the_claimants),
	KUNIT_CASE(batches_of_a_death_keep_the_sums),
	{}
};

static struct kunit_suite groups_suite = {
	.name = "groups",
	.suite_init = fixture_suite_init,
	.init = groups_init,
	.exit = fixture_exit,
	.test_cases = groups_cases,
};

kunit_test_suite(groups_suite);
