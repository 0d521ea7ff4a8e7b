// SPDX-License-Identifier: MPL-2.0
/*
 * Mappings of the regions of events above 16 KiB. Each slot has a list of those
 * that the client needs. A mapping that it needs no more gets idle: the kernel
 * often gives the region to a later event, perhaps in another slot. The word of
 * that slot then names the region, and the client need not map it again.
 *
 * An idle mapping gives access to nothing that the client could not map. If the
 * kernel has freed the region, it has taken the pages out of the mapping, and no
 * word names the region again.
 */
#include <stdlib.h>

#include <rusted_ring/internal/layout.h>

#include "client.h"
#include "xxl_mapping.h"

/* as many regions as may be on their way from a producer to readers and back */
#define IDLE_MAX	16u

static struct ulib_xxl_table *table_of(const struct rring_client *client)
{
	return &client->own->xxl;
}

static struct ulib_mapped **list_of(const struct rring_client *client,
				    uint64_t handle)
{
	return &table_of(client)->mapped[rring_handle_index(handle)];
}

/*
 * Return the word that names the region which the slot of @handle has now, or 0
 * if it has none. If the use that @handle names is over, the region may be that
 * of a later use.
 */
static uint64_t region_of(const struct rring_client *client, uint64_t handle)
{
	const rring_word_t *word = (const rring_word_t *)
		((const char *)client->arena + client->arena->xxl_offset);

	/* P: pairs with O in the kernel */
	return rring_word_load_acquire(&word[rring_handle_index(handle)]);
}

uint64_t ulib_xxl_bytes(const struct rring_client *client, uint64_t handle)
{
	return rring_xxl_bytes(region_of(client, handle));
}

/* ---- idle mappings ---- */

/*
 * Return 1 if the region of @mapped may get a later event. That of an owned arena
 * does not. In a process the library does not map regions itself.
 */
static int may_be_idle(const struct rring_client *client,
		       const struct ulib_mapped *mapped)
{
	return mapped->size <= RRING_IDLE_MAX && !client->own->owners &&
	       !client->own->file.calls->in_process;
}

/*
 * Make @mapped, which is in no list, the newest idle mapping. Return the oldest
 * one if there are too many, or NULL.
 */
static struct ulib_mapped *add_idle(struct ulib_xxl_table *table,
				    struct ulib_mapped *mapped)
{
	struct ulib_mapped **link = &table->idle;
	uint32_t n = 0;

	mapped->next = table->idle;
	table->idle = mapped;
	while (*link && n++ < IDLE_MAX)
		link = &(*link)->next;
	mapped = *link;
	*link = NULL;
	return mapped;
}

/*
 * Take an idle mapping of @region, writable if @writable is 1, out of the list.
 * Return NULL if there is none.
 */
static struct ulib_mapped *take_idle(struct ulib_xxl_table *table,
				     uint64_t region, int writable)
{
	struct ulib_mapped **link = &table->idle;
	struct ulib_mapped *mapped;

	while (*link && ((*link)->region != region ||
			 (*link)->writable < writable))
		link = &(*link)->next;
	mapped = *link;
	if (mapped)
		*link = mapped->next;
	return mapped;
}

/* ---- mappings in use ---- */

struct ulib_mapped *ulib_mapped_find(const struct rring_client *client,
				     uint64_t handle)
{
	struct ulib_mapped *mapped = *list_of(client, handle);

	while (mapped && mapped->handle != handle)
		mapped = mapped->next;
	return mapped;
}

/*
 * Map @region, which the slot of @handle has now, writable if @writable is 1.
 * Return the mapping. On failure return NULL, and set *@err to -ESTALE if the
 * slot has no region, or got one of another size meanwhile (in both cases the
 * slot was freed), to -ENOMEM, or to another error of ulib_map().
 */
static struct ulib_mapped *map_region(struct rring_client *client,
				      uint64_t handle, uint64_t region,
				      int writable, int *err)
{
	struct ulib_mapped *mapped = calloc(1, sizeof(*mapped));

	if (!mapped) {
		*err = rring_refuse_slow(-ENOMEM);
		return NULL;
	}
	mapped->region = region;
	mapped->size = rring_xxl_bytes(region);
	mapped->writable = writable;
	mapped->data = ulib_map(client, RRING_REGION_XXL,
				rring_handle_index(handle), mapped->size,
				writable, err);
	if (mapped->data)
		return mapped;
	if (*err == -EINVAL || *err == -ENXIO)
		*err = -ESTALE;
	free(mapped);
	return NULL;
}

/*
 * Return a mapping of the region that the slot of @handle has now, as
 * map_region() does: an idle one, or a new one.
 */
static struct ulib_mapped *find_or_map(struct rring_client *client,
				       uint64_t handle, int writable, int *err)
{
	uint64_t region = region_of(client, handle);
	struct ulib_mapped *mapped;

	if (!region) {
		*err = -ESTALE;
		return NULL;
	}
	mapped = take_idle(table_of(client), region, writable);
	return mapped ? mapped :
			map_region(client, handle, region, writable, err);
}

/*
 * Look at the generation before and after: then the slot had no other region in
 * between, and .region of the mapping names the region that is mapped.
 */
struct ulib_mapped *ulib_mapped_add(struct rring_client *client,
				    uint64_t handle, int writable, int *err)
{
	struct ulib_mapped *mapped = NULL;

	if (rring_generation_is(client, handle))
		mapped = find_or_map(client, handle, writable, err);
	else
		*err = -ESTALE;
	if (!mapped)
		return NULL;
	if (!rring_generation_is(client, handle)) {
		ulib_unmap(client, mapped->data, mapped->size);
		free(mapped);
		*err = -ESTALE;
		return NULL;
	}
	mapped->handle = handle;
	mapped->next = *list_of(client, handle);
	*list_of(client, handle) = mapped;
	return mapped;
}

struct ulib_mapped *ulib_mapped_get(struct rring_client *client,
				    uint64_t handle, int writable, int *err)
{
	struct ulib_mapped *mapped = ulib_mapped_find(client, handle);

	return mapped ? mapped :
			ulib_mapped_add(client, handle, writable, err);
}

/*
 * Return 1 if this client still needs @mapped: @mapped has pins, or the client
 * holds the slot and @mapped is of the slot's present use. Else return 0.
 */
static int is_needed(const struct rring_client *client,
		     const struct ulib_mapped *mapped)
{
	uint32_t slot = rring_handle_index(mapped->handle);
	uint64_t word = rring_word_load(&client->pool[RRING_XXL].ledger[slot]);

	return mapped->pins || (rring_ledger_holds(word) &&
				rring_generation_is(client, mapped->handle));
}

struct ulib_mapped *ulib_mapped_clean(struct rring_client *client,
				      uint64_t handle)
{
	struct ulib_mapped **link = list_of(client, handle);
	struct ulib_mapped *gone = NULL;

	while (*link) {
		struct ulib_mapped *mapped = *link;

		if (is_needed(client, mapped)) {
			link = &mapped->next;
			continue;
		}
		*link = mapped->next;
		if (may_be_idle(client, mapped))
			mapped = add_idle(table_of(client), mapped);
		if (mapped) {
			mapped->next = gone;
			gone = mapped;
		}
	}
	return gone;
}

void ulib_mapped_free(struct rring_client *client, struct ulib_mapped *list)
{
	while (list) {
		struct ulib_mapped *mapped = list;

		list = mapped->next;
		ulib_unmap(client, mapped->data, mapped->size);
		free(mapped);
	}
}
