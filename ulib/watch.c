// SPDX-License-Identifier: MPL-2.0
/*
 * Watches. A watch reads the changes that the kernel notes in ARENA (see struct
 * rring_arena_info), from .position on. It has a table of the rings that it has
 * reported, with the last state that it has reported of each.
 *
 * At the beginning, and after the kernel has overwritten changes that the watch
 * has not read, the watch scans: it sets .position to the number of changes, and
 * then copies what it reports of all rings. The next calls compare the copies with
 * the table. A change from .position on can be older than what the scan has seen.
 * So the watch reports a change only if it is newer than what the table says of the
 * ring: serials of rings grow, incarnations of a ring grow, and in each incarnation
 * a ring ends after it has been opened.
 */
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/internal/window.h>

#include "client/client.h"
#include "wait.h"
#include "watch.h"

/* What the watch has reported of the ring with one id. */
struct known_ring {
	uint32_t serial;	/* 0: no ring with this id so far */
	uint32_t incarnation;
	uint32_t state;		/* enum rring_ring_state; NONE: it has gone */
	char name[RRING_NAME_MAX];
};

struct watched_ring {
	struct known_ring known;
	struct ulib_ring_snapshot now;	/* what the last scan has found */
};

struct rring_watch {
	struct rring_client *client;
	struct rring_watch *next;	/* in the list .watches of the client */
	uint64_t position;	/* the number of the next change to look at */
	uint64_t missed;
	uint64_t others;	/* see ulib_watch_others() */
	uint32_t scan;		/* id of the next ring to compare; 0: no scan */
	char prefix[RRING_NAME_MAX];
	struct watched_ring ring[];	/* by id of the ring */
};

/* Another thread may call lowest_position() meanwhile. */
static void set_position(struct rring_watch *watch, uint64_t position)
{
	__atomic_store_n(&watch->position, position, __ATOMIC_RELAXED);
}

static void set_scan(struct rring_watch *watch, uint32_t id)
{
	__atomic_store_n(&watch->scan, id, __ATOMIC_RELAXED);
}

static int matches(const struct rring_watch *watch, const char *name)
{
	return !strncmp(name, watch->prefix, strlen(watch->prefix));
}

/* ---- scan ---- */

uint32_t ulib_count_readers(const struct rring_ring_info *info)
{
	uint32_t end = rring_flag_load(&info->readers_end);
	uint32_t state, n = 0;
	uint32_t i;

	for (i = 0; i < end && i < RRING_READERS; i++) {
		state = rring_ref_state(rring_word_load(&info->readers[i].ref));
		/* a reader that still joins has perhaps no start yet */
		n += state != RRING_READER_NONE &&
		     state != RRING_READER_JOINING;
	}
	return n;
}

/* Copy a name while the kernel may write it. */
static void copy_name(char to[RRING_NAME_MAX], const char *from)
{
	uint32_t i;

	for (i = 0; i < RRING_NAME_MAX; i++)
		to[i] = RRING_LOAD(&from[i]);
}

void ulib_look_at_ring(const struct rring_client *client, uint32_t id,
		       struct ulib_ring_snapshot *now)
{
	const struct rring_ring_info *info = ulib_ring_info(client, id);
	uint64_t presence;

	/* P: pairs with O in add_to_arena() of the kernel */
	now->serial = rring_flag_load_acquire(&info->serial);
	presence = rring_word_load_acquire(&info->presence);
	now->state = (uint32_t)presence;
	now->incarnation = (uint32_t)(presence >> 32);
	now->writer = RRING_LOAD(&info->writer);
	now->writer_serial = now->writer ?
		rring_flag_load(&client->arena->client_serial[now->writer]) : 0;
	now->readers = ulib_count_readers(info);
	copy_name(now->name, info->name);
	/* N: pairs with M in kring_ring_reap() of the kernel */
	rring_fence_acquire();
	if (now->state == RRING_RING_NONE ||
	    now->serial != rring_flag_load(&info->serial))
		now->serial = 0;
	/* then the serial is perhaps that of the writer's successor */
	if (now->writer != RRING_LOAD(&info->writer)) {
		now->writer = 0;
		now->writer_serial = 0;
	}
}

static void fill_change(struct rring_change *change,
			enum rring_change_kind kind, uint32_t id,
			const struct known_ring *known)
{
	memset(change, 0, sizeof(*change));
	change->kind = kind;
	change->ring = id;
	change->ring_serial = known->serial;
	change->incarnation = known->incarnation;
	memcpy(change->ring_name, known->name, sizeof(change->ring_name));
}

static void report_gone(struct rring_watch *watch, uint32_t id,
			struct rring_change *change)
{
	watch->ring[id].known.state = RRING_RING_NONE;
	fill_change(change, RRING_CHANGE_GONE, id, &watch->ring[id].known);
}

static void note_opened(struct known_ring *known, uint32_t serial,
			uint32_t incarnation, const char *name)
{
	known->serial = serial;
	known->incarnation = incarnation;
	known->state = RRING_RING_OPEN;
	memcpy(known->name, name, sizeof(known->name));
}

static void report_opened(struct rring_watch *watch, uint32_t id,
			  const struct ulib_ring_snapshot *now,
			  struct rring_change *change)
{
	struct known_ring *known = &watch->ring[id].known;

	note_opened(known, now->serial, now->incarnation, now->name);
	fill_change(change, RRING_CHANGE_OPENED, id, known);
	change->client = now->writer;
	change->client_serial = now->writer_serial;
	change->readers = now->readers;
}

static void report_ended(struct rring_watch *watch, uint32_t id,
			 const struct ulib_ring_snapshot *now,
			 struct rring_change *change)
{
	struct known_ring *known = &watch->ring[id].known;

	known->state = now->state;
	fill_change(change, now->state == RRING_RING_ENDED ?
			    RRING_CHANGE_ENDED : RRING_CHANGE_AWAITED,
		    id, known);
	change->readers = now->readers;
}

/*
 * Compare what the scan has found under @id with what the watch has reported. If
 * they differ, report one difference in @change, and return 1. If they agree,
 * return 0.
 */
static int compare(struct rring_watch *watch, uint32_t id,
		   struct rring_change *change)
{
	const struct ulib_ring_snapshot *now = &watch->ring[id].now;
	struct known_ring *known = &watch->ring[id].known;

	if (known->state != RRING_RING_NONE && now->serial != known->serial) {
		report_gone(watch, id, change);
		return 1;
	}
	if (!now->serial || !matches(watch, now->name))
		return 0;
	if (now->serial != known->serial ||
	    now->incarnation != known->incarnation) {
		report_opened(watch, id, now, change);
		return 1;
	}
	/* OPEN with an old incarnation: a change will tell of the next writer */
	if (now->state != known->state && now->state != RRING_RING_OPEN) {
		report_ended(watch, id, now, change);
		return 1;
	}
	return 0;
}

void ulib_watch_scan(struct rring_watch *watch)
{
	const struct rring_arena_info *info = watch->client->arena;
	uint32_t id;

	/* P: pairs with O in kring_change_note() of the kernel */
	set_position(watch, rring_seq_load_acquire(&info->changes));
	for (id = 1; id <= info->max_rings; id++)
		ulib_look_at_ring(watch->client, id, &watch->ring[id].now);
	set_scan(watch, 1);
}

/* Return 1 with the next change that the scan finds, or 0 at its end. */
static int scan_next(struct rring_watch *watch, struct rring_change *change)
{
	while (watch->scan <= watch->client->arena->max_rings) {
		if (compare(watch, watch->scan, change))
			return 1;
		set_scan(watch, watch->scan + 1);
	}
	set_scan(watch, 0);
	return 0;
}

/* ---- changes ---- */

#define WORDS	(sizeof(struct rring_change) / sizeof(rring_word_t))

/*
 * Copy change @n to @change. Return 1, or 0 if the kernel has begun to overwrite
 * this change.
 */
static int copy_change(const struct rring_client *client, uint64_t n,
		       struct rring_change *change)
{
	const struct rring_arena_info *info = client->arena;
	const char *changes = (const char *)info + info->changes_offset;
	const rring_word_t *from = (const rring_word_t *)
		(changes + (n & (info->change_entries - 1)) * sizeof(*change));
	uint64_t words[WORDS];
	uint32_t i;

	for (i = 0; i < WORDS; i++)
		words[i] = rring_word_load(&from[i]);
	/* N: pairs with M in store() of the kernel */
	rring_fence_acquire();
	memcpy(change, words, sizeof(*change));
	return rring_seq_load(&info->changes) - n < info->change_entries;
}

static int is_opened_anew(const struct known_ring *known,
			  const struct rring_change *change)
{
	return known->serial != change->ring_serial ||
	       (int32_t)(change->incarnation - known->incarnation) > 0;
}

/*
 * Return 1 if @change is newer than what the watch has reported of its ring, and
 * note it in the table. Otherwise return 0.
 */
static int is_news(struct rring_watch *watch, const struct rring_change *change)
{
	struct known_ring *known = &watch->ring[change->ring].known;

	if (known->serial &&
	    (int32_t)(change->ring_serial - known->serial) < 0)
		return 0;
	if (change->kind == RRING_CHANGE_OPENED) {
		if (!is_opened_anew(known, change))
			return 0;
		note_opened(known, change->ring_serial, change->incarnation,
			    change->ring_name);
		return 1;
	}
	if (known->serial != change->ring_serial ||
	    known->state == RRING_RING_NONE)
		return 0;
	switch (change->kind) {
	case RRING_CHANGE_ENDED:
	case RRING_CHANGE_AWAITED:
		if (known->incarnation != change->incarnation ||
		    known->state != RRING_RING_OPEN)
			return 0;
		known->state = change->kind == RRING_CHANGE_ENDED ?
			       RRING_RING_ENDED : RRING_RING_AWAITED;
		return 1;
	case RRING_CHANGE_GONE:
		known->state = RRING_RING_NONE;
		/* all later changes with this id are newer, whatever the serial */
		known->serial = 0;
		return 1;
	default:
		return 1;
	}
}

/*
 * Store the next change that the watch reports in @change, and return 1. Return 0
 * if there is none. If the kernel has overwritten changes, begin a scan and return
 * 0.
 */
static int change_next(struct rring_watch *watch, struct rring_change *change)
{
	struct rring_client *client = watch->client;
	/* P: pairs with O in kring_change_note() of the kernel */
	uint64_t end = rring_seq_load_acquire(&client->arena->changes);
	uint64_t from = watch->position;

	while (watch->position < end) {
		if (!copy_change(client, watch->position, change)) {
			ulib_watch_scan(watch);
			watch->missed += watch->position - from;
			watch->others++;
			return 0;
		}
		set_position(watch, ++from);
		watch->others += change->client_serial !=
				 client->own->attach.serial;
		if (matches(watch, change->ring_name) &&
		    is_news(watch, change))
			return 1;
	}
	return 0;
}

int ulib_watch_try(struct rring_watch *watch, struct rring_change *change)
{
	if (watch->scan && scan_next(watch, change))
		return 1;
	if (change_next(watch, change))
		return 1;
	return watch->scan && scan_next(watch, change);
}

/* ---- wait ---- */

/* Return the lowest position of all watches of @client. */
static uint64_t lowest_position(const struct rring_client *client)
{
	const struct rring_watch *watch;
	uint64_t lowest = UINT64_MAX;
	uint64_t position;

	ulib_clients_lock();
	for (watch = client->own->watches; watch; watch = watch->next) {
		/* a watch whose scan has more to report counts as unread */
		position = __atomic_load_n(&watch->scan, __ATOMIC_RELAXED) ? 0 :
			__atomic_load_n(&watch->position, __ATOMIC_RELAXED);
		if (position < lowest)
			lowest = position;
	}
	ulib_clients_unlock();
	return lowest;
}

static int wait_for_changes(struct rring_client *client, uint64_t position,
			    uint64_t deadline)
{
	struct rring_wait args = {
		.size = sizeof(args),
		.what = RRING_WAIT_CHANGES,
		.position = position,
		.deadline = deadline,
	};

	return ulib_call_until(client, RRING_IOC_WAIT, &args, deadline);
}

int ulib_watch_arm(struct rring_client *client)
{
	int err;

	if (!__atomic_load_n(&client->own->polled, __ATOMIC_RELAXED))
		return 0;
	err = wait_for_changes(client, lowest_position(client), 0);
	ulib_poll_again(client, 0);
	return err == -ETIMEDOUT ? 0 : err;
}

int rring_watch_next(struct rring_watch *watch, struct rring_change *change,
		     uint64_t deadline)
{
	struct rring_client *client = watch->client;
	int err;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	while (!ulib_watch_try(watch, change)) {
		if (!deadline) {
			err = ulib_watch_arm(client);
			return err ? err : -EAGAIN;
		}
		/* changes of other rings can end each wait */
		if (ulib_has_passed(deadline))
			return -ETIMEDOUT;
		err = wait_for_changes(client, watch->position, deadline);
		if (err)
			return err;
	}
	return 0;
}

uint64_t rring_watch_missed(const struct rring_watch *watch)
{
	return watch->missed;
}

uint64_t ulib_watch_position(const struct rring_watch *watch)
{
	return watch->position;
}

int ulib_watch_is_behind(const struct rring_watch *watch)
{
	/* P: pairs with O in kring_change_note() of the kernel */
	return watch->scan ||
	       rring_seq_load_acquire(&watch->client->arena->changes) >
	       watch->position;
}

uint64_t ulib_watch_others(const struct rring_watch *watch)
{
	return watch->others;
}

void ulib_watch_forget(struct rring_watch *watch, uint32_t id)
{
	memset(&watch->ring[id].known, 0, sizeof(watch->ring[id].known));
}

/* ---- wait for a ring ---- */

int ulib_await_change(struct rring_client *client,
		      int (*check)(void *context), void *context,
		      uint64_t deadline)
{
	uint64_t position;
	int err;

	for (;;) {
		/* P: pairs with O in kring_change_note() of the kernel */
		position = rring_seq_load_acquire(&client->arena->changes);
		err = check(context);
		if (err != -EAGAIN)
			return err;
		if (ulib_has_passed(deadline))
			return -ETIMEDOUT;
		err = wait_for_changes(client, position, deadline);
		if (err)
			return err;
	}
}

/* Return 1 if the name of a ring, which the kernel may change now, is @name. */
static int has_name(const struct rring_ring_info *info, const char *name)
{
	uint32_t i;

	for (i = 0; i < RRING_NAME_MAX; i++)
		if (RRING_LOAD(&info->name[i]) != name[i])
			return 0;
		else if (!name[i])
			return 1;
	return 0;
}

uint32_t ulib_find_ring(const struct rring_client *client, const char *name,
			struct ulib_ring_snapshot *now)
{
	uint32_t id;

	for (id = 1; id <= client->arena->max_rings; id++) {
		if (!has_name(ulib_ring_info(client, id), name))
			continue;
		ulib_look_at_ring(client, id, now);
		if (now->serial && !strcmp(now->name, name))
			return id;
	}
	return 0;
}

struct awaited {
	const struct rring_client *client;
	char name[RRING_NAME_MAX];
};

static int exists(void *context)
{
	const struct awaited *awaited = context;
	struct ulib_ring_snapshot now;

	return ulib_find_ring(awaited->client, awaited->name, &now) ? 0 :
								      -EAGAIN;
}

int rring_await_ring(struct rring_client *client, const char *name,
		     uint64_t deadline)
{
	struct awaited awaited = { .client = client };
	int err = ulib_name_copy(awaited.name, name);

	if (err)
		return err;
	if (!awaited.name[0])
		return ulib_error(-EINVAL, "the name of the ring is missing or empty");
	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	return ulib_await_change(client, exists, &awaited, deadline);
}

/* ---- open and close ---- */

void ulib_poll_watches(struct rring_client_private *own)
{
	if (__atomic_load_n(&own->watches, __ATOMIC_RELAXED))
		ulib_watch_arm(own->client);
}

static void enlist(struct rring_watch *watch)
{
	struct rring_client_private *own = watch->client->own;

	ulib_clients_lock();
	watch->next = own->watches;
	__atomic_store_n(&own->watches, watch, __ATOMIC_RELAXED);
	ulib_clients_unlock();
}

static void delist(struct rring_watch *watch)
{
	struct rring_client_private *own = watch->client->own;
	struct rring_watch **link = &own->watches;

	ulib_clients_lock();
	while (*link != watch)
		link = &(*link)->next;
	__atomic_store_n(link, watch->next, __ATOMIC_RELAXED);
	ulib_clients_unlock();
}

int rring_watch_open(struct rring_client *client, const char *prefix,
		     struct rring_watch **out)
{
	struct rring_watch *watch;
	size_t len = prefix ? strlen(prefix) : 0;

	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	if (len >= RRING_NAME_MAX)
		return ulib_error(-ENAMETOOLONG, "the prefix has %zu characters; a name may have up to %d",
				  len, RRING_NAME_MAX - 1);
	watch = calloc(1, sizeof(*watch) + (client->arena->max_rings + 1) *
					   sizeof(watch->ring[0]));
	if (!watch)
		return rring_refuse_slow(-ENOMEM);
	watch->client = client;
	if (len)
		memcpy(watch->prefix, prefix, len);
	ulib_watch_scan(watch);
	enlist(watch);
	*out = watch;
	ulib_watch_arm(client);
	return 0;
}

uint32_t rring_watch_type(const struct rring_watch *watch,
			  const struct rring_change *change,
			  char name[RRING_NAME_MAX])
{
	const struct rring_client *client = watch->client;
	struct ulib_ring_snapshot now;
	const struct rring_ring_info *info;
	uint32_t size;

	*name = 0;
	if (ulib_is_lost(client) || !change->ring ||
	    change->ring > client->arena->max_rings)
		return 0;
	info = ulib_ring_info(client, change->ring);
	/* P: pairs with O in add_to_arena() of the kernel */
	if (rring_flag_load_acquire(&info->serial) != change->ring_serial)
		return 0;
	size = RRING_LOAD(&info->type_size);
	copy_name(name, info->type_name);
	/* N: pairs with M in kring_ring_reap() of the kernel */
	rring_fence_acquire();
	ulib_look_at_ring(client, change->ring, &now);
	if (now.serial == change->ring_serial)
		return size;
	*name = 0;
	return 0;
}

void rring_watch_close(struct rring_watch *watch)
{
	struct rring_client *client = watch->client;

	delist(watch);
	if (!ulib_is_lost(client))
		ulib_watch_arm(client);
	free(watch);
}
