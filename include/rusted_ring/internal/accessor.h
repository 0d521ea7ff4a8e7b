/* SPDX-License-Identifier: MPL-2.0 */
/* The functions of client.h and ring.h that return a field of a structure. */
#ifndef _RUSTED_RING_ACCESSOR_H
#define _RUSTED_RING_ACCESSOR_H

#include <rusted_ring/internal/atomic.h>
#include <rusted_ring/internal/cast.h>
#include <rusted_ring/internal/object.h>

#ifdef __cplusplus
extern "C" {
#endif

RRING_IN_LINE uint32_t rring_client_id(const struct rring_client *client)
{
	return client->id;
}

RRING_IN_LINE enum rring_role
rring_client_role(const struct rring_client *client)
{
	return RRING_CAST(enum rring_role, client->role);
}

RRING_IN_LINE struct rring_client *
rring_writer_client(const struct rring_writer *writer)
{
	return writer->client;
}

RRING_IN_LINE uint32_t rring_writer_ring_id(const struct rring_writer *writer)
{
	return writer->id;
}

RRING_IN_LINE uint64_t rring_writer_position(const struct rring_writer *writer)
{
	return writer->head;
}

RRING_IN_LINE uint32_t rring_writer_capacity(const struct rring_writer *writer)
{
	return writer->capacity;
}

RRING_IN_LINE uint32_t rring_writer_stride(const struct rring_writer *writer)
{
	return writer->stride;
}

RRING_IN_LINE struct rring_client *
rring_reader_client(const struct rring_reader *reader)
{
	return reader->client;
}

RRING_IN_LINE uint32_t rring_reader_ring_id(const struct rring_reader *reader)
{
	return reader->ring_id;
}

RRING_IN_LINE uint64_t rring_reader_position(const struct rring_reader *reader)
{
	return reader->pos;
}

RRING_IN_LINE uint64_t rring_reader_lost(const struct rring_reader *reader)
{
	return reader->lost;
}

RRING_IN_LINE uint64_t rring_reader_dropped(const struct rring_reader *reader,
					    enum rring_drop_reason reason)
{
	return rring_word_load(&reader->info->dropped[reason]);
}

RRING_IN_LINE enum rring_kind
rring_reader_kind(const struct rring_reader *reader)
{
	return RRING_CAST(enum rring_kind, reader->info->kind);
}

RRING_IN_LINE int rring_reader_resumed(const struct rring_reader *reader)
{
	return RRING_CAST(int, reader->resumed);
}

RRING_IN_LINE int
rring_reader_can_be_lapped(const struct rring_reader *reader)
{
	return RRING_CAST(int, reader->lappable);
}

RRING_IN_LINE uint32_t rring_reader_capacity(const struct rring_reader *reader)
{
	return reader->capacity;
}

RRING_IN_LINE uint32_t rring_reader_stride(const struct rring_reader *reader)
{
	return reader->stride;
}

#ifdef __cplusplus
}
#endif

#endif /* _RUSTED_RING_ACCESSOR_H */
