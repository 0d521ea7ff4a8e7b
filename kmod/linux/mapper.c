// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/*
 * Which clients have mapped which region. A region may be mapped by all clients
 * of its arena, many times by each, and also by processes that have kept mappings
 * of clients that have died. So nothing here looks at all of them:
 *
 *   - A client has one mapper for each region that it has mapped. The mapper has
 *     one reference to the region, and counts the client's mappings.
 *   - The mappers of a region are in a tree, sorted by the addresses of their
 *     clients. To find one of n takes at most 2 * log2(n + 1) comparisons.
 *   - The region counts the mappers of living clients (.nr_mappers). Everybody
 *     else who uses the region has a reference that this count does not have.
 *
 * The callers hold the lock of remnants.c.
 */
#include "../core/client.h"
#include "../core/pages.h"
#include "../core/work.h"
#include "mapper.h"

static uintptr_t address(const struct rb_node *node)
{
	return (uintptr_t)rb_entry(node, struct kring_mapper, node)->client;
}

static int compare(struct rb_node *new, const struct rb_node *old)
{
	kring_work_add(KRING_WORK_MAPPERS, 1);
	if (address(new) == address(old))
		return 0;
	return address(new) < address(old) ? -1 : 1;
}

/*
 * Enter @new, whose .client is set, as a mapper of @pages without a mapping. The
 * mapper gets a reference to @pages. Return @new, or the mapper that the client
 * has already, and leave @new as it is.
 */
struct kring_mapper *kring_mapper_enter(struct kring_mapper *new,
					struct kring_pages *pages)
{
	struct kring_client *client = new->client;
	struct rb_node *old = rb_find_add(&new->node, &pages->mappers, compare);

	if (old)
		return rb_entry(old, struct kring_mapper, node);
	kring_pages_get(pages);
	new->pages = pages;
	new->has_left = client->mappers_left;
	if (!new->has_left)
		pages->nr_mappers++;
	list_add_tail(&new->of_client, &client->mappers);
	list_add_tail(&new->of_pages, &pages->mapped);
	return new;
}

/*
 * Take the reference to its region away from @mapper. Return the region, whose
 * reference the caller puts. Return NULL if it was taken away before.
 */
struct kring_pages *kring_mapper_remove(struct kring_mapper *mapper)
{
	struct kring_pages *pages = mapper->pages;

	if (!pages)
		return NULL;
	/* tracked_fault() reads it without the lock */
	WRITE_ONCE(mapper->pages, NULL);
	rb_erase(&mapper->node, &pages->mappers);
	list_del(&mapper->of_client);
	list_del(&mapper->of_pages);
	if (!mapper->has_left)
		pages->nr_mappers--;
	return pages;
}

/*
 * @client dies: no longer count one of its mappers as that of a living client.
 * Return false if none was left. Later mappers of @client do not count at all.
 */
bool kring_mapper_leave_one(struct kring_client *client)
{
	struct kring_mapper *mapper =
		list_first_entry_or_null(&client->mappers, struct kring_mapper,
					 of_client);

	client->mappers_left = true;
	/* those that have left are behind the others */
	if (!mapper || mapper->has_left)
		return false;
	kring_work_add(KRING_WORK_MAPPERS, 1);
	mapper->has_left = true;
	mapper->pages->nr_mappers--;
	list_move_tail(&mapper->of_client, &client->mappers);
	return true;
}

/*
 * Return true if nobody has a reference to @pages but the caller and the mappers
 * of living clients.
 */
bool kring_mapper_none_else(const struct kring_pages *pages)
{
	return kref_read(&pages->ref) == pages->nr_mappers + 1;
}
