// SPDX-License-Identifier: MPL-2.0
/*
 * The header of a slot: the length and the type of its event. The producer that
 * allocates the event writes it. In an owned arena it lies in the region HEADERS
 * of this producer. After the producer's death, and for events of the kernel,
 * it lies in PAYLOAD, as in other arenas.
 */
#include "../wait.h"
#include "client.h"

static const rring_word_t *owner_word(const struct rring_client *client,
				      uint64_t handle)
{
	uint32_t pool = rring_handle_class(handle);
	uint32_t slot = rring_handle_index(handle);
	uint32_t group = pool < RRING_XXL ? slot / rring_group_slots(
					    rring_group_bytes(client->arena),
					    pool) : slot;

	return &client->own->owners[client->arena->group_base[pool] + group];
}

static uint32_t serial_of(uint64_t owner)
{
	return (uint32_t)(owner >> RRING_OWNER_SERIAL_SHIFT);
}

static uint32_t id_of(uint64_t owner)
{
	return (uint32_t)(owner & RRING_OWNER_CLIENT_MASK);
}

static int is_own(const struct rring_client *client, uint64_t owner)
{
	return id_of(owner) == client->id &&
	       serial_of(owner) == client->own->attach.serial;
}

static struct rring_event_header load(const struct rring_event_header *header)
{
	return (struct rring_event_header) {
		.len = RRING_LOAD(&header->len),
		.event_type = RRING_LOAD(&header->event_type),
	};
}

static size_t headers_size(const struct rring_client *client)
{
	return rring_headers_size(client->arena);
}

/*
 * Make the peer @owner.client of @client a mapping of the headers of the client
 * that @owner names. Return 0 or a negative errno. The caller holds own->lock.
 */
static int map_headers(struct rring_client *client, uint64_t owner)
{
	struct ulib_peer *peer = &client->own->peers[id_of(owner)];
	const rring_flag_t *now = &client->arena->client_serial[id_of(owner)];
	int err = 0;

	if (peer->headers_serial == serial_of(owner))
		return 0;
	ulib_unmap(client, peer->headers, headers_size(client));
	peer->headers_serial = 0;
	peer->headers = ulib_map(client, RRING_REGION_HEADERS, id_of(owner),
				 headers_size(client), 0, &err);
	if (err)
		return err;
	/* has another client got the id before the mapping? */
	if (rring_flag_load_acquire(now) != serial_of(owner))
		return -ESTALE;
	peer->headers_serial = serial_of(owner);
	return 0;
}

/* Load the header of the slot @index from HEADERS of the client @owner. */
static int load_of_peer(struct rring_client *client, uint64_t owner,
			size_t index, struct rring_event_header *header)
{
	struct rring_client_private *own = client->own;
	int err;

	pthread_mutex_lock(&own->lock);
	err = map_headers(client, owner);
	if (!err)
		*header = load(&own->peers[id_of(owner)].headers[index]);
	pthread_mutex_unlock(&own->lock);
	return err;
}

/*
 * Load the header of the slot of @handle in an owned arena. If the owner has
 * died before its headers could be mapped, the kernel has stored 0 in the owner
 * word, after it has copied the header to PAYLOAD.
 */
static int load_of_owner(struct rring_client *client, uint64_t handle,
			 struct rring_event_header *header)
{
	const rring_word_t *word = owner_word(client, handle);
	uint32_t pool = rring_handle_class(handle);
	uint32_t slot = rring_handle_index(handle);
	uint64_t owner = rring_word_load_acquire(word);
	int err;

	if (id_of(owner) && !is_own(client, owner)) {
		err = load_of_peer(client, owner,
				   client->arena->pool[pool].slot_base + slot,
				   header);
		if (!err)
			return 0;
		if (id_of(rring_word_load_acquire(word)))
			return err;
		owner = 0;
	}
	*header = load(is_own(client, owner) ?
		       &client->pool[pool].header[slot] :
		       &client->own->kernel_headers[pool][slot]);
	return 0;
}

/*
 * Load the header of the slot of @handle, on whose event this client has a hold.
 * Return 0, or the negative errno with which the mapping of the headers of the
 * event's producer failed. Its producer can write the header at any time, so
 * the caller checks the length.
 */
int ulib_header_load(const struct rring_client *client, uint64_t handle,
		     struct rring_event_header *header)
{
	if (client->own->owners)
		return load_of_owner((struct rring_client *)client, handle,
				     header);
	*header = load(&client->pool[rring_handle_class(handle)]
				.header[rring_handle_index(handle)]);
	return 0;
}

/*
 * Return 1 if no process can write the payload of the event of @handle, in an
 * owned arena. Acquire: the caller's loads of the payload come after this load.
 */
int ulib_header_is_sealed(const struct rring_client *client, uint64_t handle)
{
	uint64_t owner = rring_word_load_acquire(owner_word(client, handle));

	return !owner || (owner & RRING_OWNER_SEALED);
}

/*
 * Return 1 if this client can write the payload and the header of the event of
 * @handle, on which it has a hold: it is a producer and, in an owned arena, has
 * allocated the event. Else return 0.
 */
int ulib_header_is_writable(const struct rring_client *client, uint64_t handle)
{
	if (client->role != RRING_PRODUCER)
		return 0;
	return !client->own->owners ||
	       is_own(client, rring_word_load(owner_word(client, handle)));
}

/*
 * Map what an owned arena has beside the other regions, and point the views of
 * the pools there. A producer writes payloads through OWN, and headers in its
 * own HEADERS. Return 0 or a negative errno.
 */
int ulib_headers_open(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	const struct rring_arena_info *arena = client->arena;
	int err = 0;
	uint32_t i;

	if (!(arena->features & RRING_FEATURE_OWNED))
		return 0;
	own->owners = (const rring_word_t *)((const char *)arena +
					     arena->owner_offset);
	for (i = 0; i < RRING_POOLS; i++)
		own->kernel_headers[i] = client->pool[i].header;
	if (client->role != RRING_PRODUCER)
		return 0;
	own->writable = ulib_map(client, RRING_REGION_OWN, 0,
				 own->attach.payload_size, 1, &err);
	own->headers = ulib_map(client, RRING_REGION_HEADERS, client->id,
				headers_size(client), 1, &err);
	for (i = 0; i < RRING_POOLS && !err; i++) {
		client->pool[i].own = own->writable +
				      arena->pool[i].payload_offset;
		client->pool[i].header = own->headers +
					 arena->pool[i].slot_base;
	}
	return err;
}

void ulib_headers_close(struct rring_client *client)
{
	struct rring_client_private *own = client->own;
	uint32_t i;

	if (!own->owners)
		return;
	for (i = 0; i <= RRING_CLIENTS_MAX; i++)
		ulib_unmap(client, own->peers[i].headers,
			   headers_size(client));
	ulib_unmap(client, own->headers, headers_size(client));
	ulib_unmap(client, own->writable, own->attach.payload_size);
}
