// SPDX-License-Identifier: MPL-2.0
/*
 * Clients in a child of fork(). The child has a copy of the structures of its
 * parent's clients. But the shared memory is not mapped in the child, and the
 * kernel serves only the parent. In the child, rring_close() and the other
 * close functions free memory and close descriptors. All other calls with these
 * clients fail, mostly with -EPERM, or do nothing. Nothing changes for the
 * parent. A client that was evicted is treated in nearly the same way, see guard.c.
 *
 *   1. A list has all clients of the process. The lock of this list also
 *	protects each client's lists of writers, readers and pipes. The thread
 *	that calls fork() holds the lock during fork(), so the child finds
 *	complete lists.
 *   2. In the child, the handler of fork() marks all clients as inherited. It
 *	also changes their structures: no slot is parked, and no ring has room
 *	or an event. So the inline functions call the functions out of line, and
 *	need not check whether a client is inherited.
 *   3. The functions out of line return -EPERM. They may load shared words
 *	before they check whether the client is inherited. So the handler makes
 *	the pointers to shared words lead to the static structures below, which
 *	are 0. The handler also replaces the ledger, whose
 *	words the inline functions load first, by a private mapping of zeros.
 *
 * Nothing is mapped at the addresses of payloads and entries. A child that
 * accesses a payload or an entry gets SIGSEGV, and never reads zeros instead of
 * an event.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "../thread.h"
#include "client.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

static pthread_mutex_t lock;
static struct rring_client_private *clients;	/* protected by lock */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_error;

/*
 * The pointers of inherited clients lead to these structures instead of shared
 * memory. Stores through these pointers change the structures, which has no
 * effect.
 */
static struct rring_arena_info no_arena;
static struct rring_ring_info no_ring_info;
static struct rring_ring_head no_ring;
static struct rring_magazine no_magazine;
static rring_seq_t no_position;

int ulib_refuse_lost(const struct rring_client *client)
{
	if (ulib_is_inherited(client))
		return ulib_error(-EPERM, "the client is of the parent process; after fork() the child opens clients of its own");
	return ulib_error(-EOWNERDEAD, "the client was evicted; close it, and open another one");
}

int ulib_not_held(const struct rring_client *client)
{
	if (ulib_is_lost(client))
		return ulib_refuse_lost(client);
	return ulib_error(-EINVAL, "this client does not hold the event: it was dropped, published or never taken");
}

void ulib_clients_lock(void)
{
	pthread_mutex_lock(&lock);
}

int ulib_clients_trylock(void)
{
	return !pthread_mutex_trylock(&lock);
}

struct rring_client_private *ulib_clients_first(void)
{
	return clients;
}

void ulib_clients_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/*
 * Map private zeros at the address where the ledger was. This can fail, for
 * example if another mapping has that address by now. Then rring_hold(),
 * rring_drop() and rring_publish() with the inherited client access that other
 * mapping, or raise SIGSEGV if nothing is mapped at the address.
 */
static void replace_ledger(struct rring_client_private *own)
{
	size_t size = own->attach.ledger_size;
	void *addr = mmap(own->ledger, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			  MAP_FIXED_NOREPLACE, -1, 0);

	if (addr == own->ledger)
		own->ledger_is_private = 1;
	else if (addr != MAP_FAILED)	/* Linux before 4.17 */
		munmap(addr, size);
}

/*
 * Set .limit of @writer to .head, so that the inline functions find no room.
 * The next reservation then looks for room in a function out of line, which
 * finds that the client has lost its memory, and fails.
 */
static void disable_writer(struct rring_writer *writer)
{
	writer->limit = writer->head;
}

/*
 * Set .head of @reader to .pos, so that the inline functions find no event. The
 * next read call then looks for events in a function out of line. Set .ref of
 * @reader to a value that .info->readers[].ref never has. So this call finds
 * that both differ, as after a lap, and tries to rejoin the ring. The rejoin
 * fails, because the client has lost its memory.
 */
static void disable_reader(struct rring_reader *reader)
{
	reader->head = reader->pos;
	reader->peeked = 0;
	reader->lappable = 1;
	reader->observer = 0;
	reader->slow_release = 1;
	reader->ref = ~0ull;
}

void ulib_client_disable(struct rring_client *client, enum ulib_loss loss)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint32_t i;

	__atomic_store_n(&client->own->loss, loss, __ATOMIC_RELAXED);
	client->short_holds = 0;
	for (i = 0; i < RRING_POOLS; i++)
		client->pool[i].parked = 0;
	for (writer = client->own->writers; writer; writer = writer->next)
		disable_writer(writer);
	for (reader = client->own->readers; reader; reader = reader->next)
		disable_reader(reader);
}

/* Let the pointers of @client to shared words lead to the structures above. */
static void replace_words(struct rring_client *client)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	uint32_t i;

	client->shared = 0;
	client->arena = &no_arena;
	for (i = 0; i < RRING_POOLS; i++) {
		client->pool[i].magazine = &no_magazine;
		client->pool[i].tail = &no_position;
	}
	for (writer = client->own->writers; writer; writer = writer->next) {
		writer->info = &no_ring_info;
		writer->waiters = &no_ring_info.waiters;
		writer->ring = &no_ring;
	}
	for (reader = client->own->readers; reader; reader = reader->next) {
		reader->info = &no_ring_info;
		reader->ring = &no_ring;
		reader->cursor = &no_position;
	}
}

static void in_child(void)
{
	struct rring_client_private *own;

	for (own = clients; own; own = own->next)
		if (own->loss != ULIB_INHERITED) {
			ulib_client_disable(own->client, ULIB_INHERITED);
			replace_words(own->client);
			replace_ledger(own);
		}
	/*
	 * A thread of the parent has locked this mutex before fork(). The
	 * child's thread has another id, so it cannot unlock the mutex.
	 * Initialize the mutex again.
	 */
	ulib_mutex_init(&lock);
}

static void init(void)
{
	ulib_mutex_init(&lock);
	init_error = -pthread_atfork(ulib_clients_lock, ulib_clients_unlock,
				     in_child);
}

/*
 * Install the handlers of fork(). Only the first call of the process does it.
 * The library calls this function before it opens a client. Return 0 or
 * -ENOMEM.
 */
int ulib_clients_init(void)
{
	pthread_once(&once, init);
	return init_error;
}

void ulib_clients_add(struct rring_client_private *own)
{
	ulib_clients_lock();
	own->next = clients;
	clients = own;
	ulib_clients_unlock();
}

/*
 * Return 1 if @client is open, else 0: then it may be no client at all. The caller
 * holds ulib_clients_lock().
 */
int ulib_clients_has(const struct rring_client *client)
{
	const struct rring_client_private *own = clients;

	while (own && own->client != client)
		own = own->next;
	return !!own;
}

void ulib_clients_remove(struct rring_client_private *own)
{
	struct rring_client_private **link = &clients;

	ulib_clients_lock();
	while (*link != own)
		link = &(*link)->next;
	*link = own->next;
	ulib_clients_unlock();
}

/* ---- close ---- */

/*
 * Free @reader, which belongs to an inherited client. But if its list .pins or
 * .old is not empty, keep @reader. A thread of the parent changes these lists
 * without a lock, and may have been changing them during fork(). So the child
 * cannot walk the lists and free what they have. The list kept has all readers
 * that are not freed, so that a leak checker still finds them.
 */
void ulib_inherited_reader_free(struct rring_reader *reader)
{
	static struct rring_reader *kept;

	if (reader->pins || reader->old) {
		reader->next = kept;
		kept = reader;
	} else {
		free(reader->use);
		free(reader);
	}
}

static int has_mapped_events(const struct rring_client *client)
{
	const struct ulib_xxl_table *table = &client->own->xxl;
	uint32_t i;

	for (i = 0; i < client->pool[RRING_XXL].capacity; i++)
		if (table->mapped[i])
			return 1;
	return !!table->idle;
}

/*
 * Close the descriptors of @client, which is inherited, and free @client. The
 * caller has freed the readers, writers and pipes of @client. Do not destroy
 * the mutexes, because a thread of the parent may have held them during fork().
 * If the client had mapped XXL regions, or is checked, keep .own on the list
 * kept, so that a leak checker still finds what .own points to.
 */
void ulib_inherited_client_free(struct rring_client *client)
{
	static struct rring_client_private *kept;
	struct rring_client_private *own = client->own;
	uint32_t i;

	ulib_clients_remove(own);
	if (own->ledger_is_private)
		munmap(own->ledger, own->attach.ledger_size);
	own->file.calls->abandon(&own->file);
	for (i = 0; i < RRING_POOLS; i++)
		free(client->pool[i].parked_handle);
	if (has_mapped_events(client) || own->debug) {
		own->next = kept;
		kept = own;
	} else {
		free(own->xxl.mapped);
		free(own);
	}
	free(client);
}
