/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/*
 * Tracepoints, for perf and trace-cmd. They show what the kernel does in an
 * arena, not what processes do in the memory that they have mapped.
 * Documentation/tracing.rst describes the fields of each tracepoint.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rusted_ring

#if !defined(KRING_TRACEPOINTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define KRING_TRACEPOINTS_H

#include <linux/tracepoint.h>

#include "arena.h"
#include "client.h"
#include "death.h"
#include "pool.h"
#include "reader.h"
#include "ring.h"

/*
 * Tools parse the format strings below, which contain names of enumerators.
 * TRACE_DEFINE_ENUM() tells the tools the value of each name.
 */
TRACE_DEFINE_ENUM(RRING_XS);
TRACE_DEFINE_ENUM(RRING_S);
TRACE_DEFINE_ENUM(RRING_M);
TRACE_DEFINE_ENUM(RRING_L);
TRACE_DEFINE_ENUM(RRING_XL);
TRACE_DEFINE_ENUM(RRING_XXL);
TRACE_DEFINE_ENUM(RRING_OBSERVER);
TRACE_DEFINE_ENUM(RRING_CONSUMER);
TRACE_DEFINE_ENUM(RRING_PRODUCER);
TRACE_DEFINE_ENUM(RRING_REFUSE_HEAD);
TRACE_DEFINE_ENUM(RRING_REFUSE_LEN);
TRACE_DEFINE_ENUM(RRING_REFUSE_HANDLE);
TRACE_DEFINE_ENUM(RRING_REFUSE_STALE);

#define kring_show_class(class)			\
	__print_symbolic(class,			\
		{ RRING_XS, "xs" },		\
		{ RRING_S, "s" },		\
		{ RRING_M, "m" },		\
		{ RRING_L, "l" },		\
		{ RRING_XL, "xl" },		\
		{ RRING_XXL, "xxl" })

#define kring_show_role(role)			\
	__print_symbolic(role,			\
		{ RRING_OBSERVER, "observer" },	\
		{ RRING_CONSUMER, "consumer" },	\
		{ RRING_PRODUCER, "producer" })

#define kring_show_refusal(reason)			\
	__print_symbolic(reason,			\
		{ RRING_REFUSE_HEAD, "head" },		\
		{ RRING_REFUSE_LEN, "len" },		\
		{ RRING_REFUSE_HANDLE, "handle" },	\
		{ RRING_REFUSE_STALE, "stale" })

#define kring_show_waiters(waiters)			\
	__print_flags(waiters, "|",			\
		{ RRING_READERS_WAIT, "readers" },	\
		{ RRING_WRITER_WAITS, "writer" })

TRACE_EVENT(refill,

	TP_PROTO(const struct kring_pool *pool,
		 const struct kring_client *client, u32 want, u32 lent),

	TP_ARGS(pool, client, want, lent),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, class)
		__field(u32, client)
		__field(u32, want)
		__field(u32, lent)
		__field(u32, free)
	),

	TP_fast_assign(
		__entry->arena = pool->arena->id;
		__entry->class = pool->index;
		__entry->client = client->id;
		__entry->want = want;
		__entry->lent = lent;
		__entry->free = pool->nr_free;
	),

	TP_printk("arena=%u class=%s client=%u want=%u lent=%u free=%u",
		  __entry->arena, kring_show_class(__entry->class),
		  __entry->client, __entry->want, __entry->lent,
		  __entry->free)
);

TRACE_EVENT(reclaim,

	TP_PROTO(const struct kring_pool *pool, bool windows, u32 want,
		 u32 seen, u32 freed),

	TP_ARGS(pool, windows, want, seen, freed),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, class)
		__field(bool, windows)
		__field(u32, want)
		__field(u32, seen)
		__field(u32, freed)
	),

	TP_fast_assign(
		__entry->arena = pool->arena->id;
		__entry->class = pool->index;
		__entry->windows = windows;
		__entry->want = want;
		__entry->seen = seen;
		__entry->freed = freed;
	),

	TP_printk("arena=%u class=%s windows=%u want=%u seen=%u freed=%u",
		  __entry->arena, kring_show_class(__entry->class),
		  __entry->windows, __entry->want, __entry->seen,
		  __entry->freed)
);

TRACE_EVENT(client_attach,

	TP_PROTO(const struct kring_client *client),

	TP_ARGS(client),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, client)
		__field(u32, serial)
		__field(u32, role)
	),

	TP_fast_assign(
		__entry->arena = client->arena->id;
		__entry->client = client->id;
		__entry->serial = client->serial;
		__entry->role = client->role;
	),

	TP_printk("arena=%u client=%u serial=%u role=%s",
		  __entry->arena, __entry->client, __entry->serial,
		  kring_show_role(__entry->role))
);

TRACE_EVENT(client_exit,

	TP_PROTO(const struct kring_client *client,
		 const struct kring_client_usage *usage),

	TP_ARGS(client, usage),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, client)
		__field(u32, serial)
		__field(u32, held)
		__field(u32, rings)
		__field(u32, readers)
		__field(bool, evicted)
	),

	TP_fast_assign(
		__entry->arena = client->arena->id;
		__entry->client = client->id;
		__entry->serial = client->serial;
		__entry->held = kring_client_usage_holds(usage);
		__entry->rings = usage->rings;
		__entry->readers = usage->readers;
		__entry->evicted = client->evicted;
	),

	TP_printk("arena=%u client=%u serial=%u held=%u rings=%u readers=%u evicted=%u",
		  __entry->arena, __entry->client, __entry->serial,
		  __entry->held, __entry->rings, __entry->readers,
		  __entry->evicted)
);

TRACE_EVENT(wake,

	TP_PROTO(const struct kring_ring *ring, u32 waiters),

	TP_ARGS(ring, waiters),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, ring)
		__field(u32, waiters)
	),

	TP_fast_assign(
		__entry->arena = ring->arena->id;
		__entry->ring = ring->id;
		__entry->waiters = waiters;
	),

	TP_printk("arena=%u ring=%u waiters=%s", __entry->arena,
		  __entry->ring, kring_show_waiters(__entry->waiters))
);

TRACE_EVENT(wake_pools,

	TP_PROTO(const struct kring_arena *arena_, u32 pools),

	TP_ARGS(arena_, pools),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, pools)
	),

	TP_fast_assign(
		__entry->arena = arena_->id;
		__entry->pools = pools & (BIT(RRING_POOLS) - 1);
	),

	TP_printk("arena=%u pools=%#x", __entry->arena, __entry->pools)
);

TRACE_EVENT(lap,

	TP_PROTO(const struct kring_reader *reader, u64 end),

	TP_ARGS(reader, end),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, ring)
		__field(u32, reader)
		__field(u32, client)
		__field(u64, position)
		__field(u64, head)
	),

	TP_fast_assign(
		__entry->arena = reader->ring->arena->id;
		__entry->ring = reader->ring->id;
		__entry->reader = reader->id;
		__entry->client = reader->client ? reader->client->id : 0;
		__entry->position = reader->start;
		__entry->head = end;
	),

	TP_printk("arena=%u ring=%u reader=%u client=%u position=%llu head=%llu",
		  __entry->arena, __entry->ring, __entry->reader,
		  __entry->client, __entry->position, __entry->head)
);

TRACE_EVENT(refuse,

	TP_PROTO(const struct kring_reader *reader, u32 reason, u64 position),

	TP_ARGS(reader, reason, position),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, ring)
		__field(u32, reader)
		__field(u32, reason)
		__field(u64, position)
	),

	TP_fast_assign(
		__entry->arena = reader->ring->arena->id;
		__entry->ring = reader->ring->id;
		__entry->reader = reader->id;
		__entry->reason = reason;
		__entry->position = position;
	),

	TP_printk("arena=%u ring=%u reader=%u reason=%s position=%llu",
		  __entry->arena, __entry->ring, __entry->reader,
		  kring_show_refusal(__entry->reason), __entry->position)
);

TRACE_EVENT(barrier,

	TP_PROTO(const struct kring_client *client, u32 late),

	TP_ARGS(client, late),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, client)
		__field(u32, late)
	),

	TP_fast_assign(
		__entry->arena = client->arena->id;
		__entry->client = client->id;
		__entry->late = late;
	),

	TP_printk("arena=%u client=%u late=%u", __entry->arena,
		  __entry->client, __entry->late)
);

TRACE_EVENT(evict,

	TP_PROTO(const struct kring_client *client),

	TP_ARGS(client),

	TP_STRUCT__entry(
		__field(u32, arena)
		__field(u32, client)
		__field(u32, serial)
	),

	TP_fast_assign(
		__entry->arena = client->arena->id;
		__entry->client = client->id;
		__entry->serial = client->serial;
	),

	TP_printk("arena=%u client=%u serial=%u", __entry->arena,
		  __entry->client, __entry->serial)
);

#endif /* KRING_TRACEPOINTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE tracepoints
#include <trace/define_trace.h>
