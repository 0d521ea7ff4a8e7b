/* SPDX-License-Identifier: MPL-2.0 */
/* Mappings of the regions of events above 16 KiB. */
#ifndef ULIB_XXL_MAPPING_H
#define ULIB_XXL_MAPPING_H

#include <stddef.h>

#include "client.h"

/*
 * A mapping of a region: for one use of a slot, or idle. The caller of each
 * function below holds .lock of the table, unless the function says otherwise.
 */
struct ulib_mapped {
	uint64_t handle;		/* of the use; unset in an idle one */
	uint64_t region;		/* word of the slot: names the region */
	void *data;
	size_t size;
	int writable;
	uint32_t pins;			/* number of pins with this mapping */
	struct ulib_mapped *next;
};

/* Return the mapping of the event of @handle, or NULL. */
struct ulib_mapped *ulib_mapped_find(const struct rring_client *client,
				     uint64_t handle);

/*
 * Make a mapping of the event of @handle, which ulib_mapped_find() then returns:
 * writable if @writable is 1, as the kernel permits the client that it has
 * lent the slot, and read-only otherwise. On failure return NULL, and set
 * *@err to -ESTALE if the use of the slot is over, to -ENOMEM, or to another
 * error of ulib_map(). The caller has set *@err to 0. The caller has a hold on
 * the event, or adds a pin before it unlocks .lock. Without a hold or a pin, the
 * next ulib_mapped_clean() for this slot would remove the mapping.
 */
struct ulib_mapped *ulib_mapped_add(struct rring_client *client,
				    uint64_t handle, int writable, int *err);

/*
 * Return the mapping of the event of @handle. If there is none, call
 * ulib_mapped_add().
 */
struct ulib_mapped *ulib_mapped_get(struct rring_client *client,
				    uint64_t handle, int writable, int *err);

/*
 * Remove each mapping of the slot of @handle that is not needed any more. Keep
 * the newest ones of all slots as idle mappings. Return the others, which the
 * caller passes to ulib_mapped_free() after it has unlocked .lock.
 */
struct ulib_mapped *ulib_mapped_clean(struct rring_client *client,
				      uint64_t handle);

/* Unmap and free the mappings of @list. The caller needs no lock. */
void ulib_mapped_free(struct rring_client *client, struct ulib_mapped *list);

#endif /* ULIB_XXL_MAPPING_H */
