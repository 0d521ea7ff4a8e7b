/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Streams of numbered events. The number of an event is its position in the
 * ring and determines all its content, so that a reader can check each event.
 */
#ifndef SELFTESTS_STREAM_H
#define SELFTESTS_STREAM_H

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <rusted_ring.h>

/* Assertion for child processes, where those of the harness do not work. */
#define MUST(x) do {							\
	if (!(x)) {							\
		fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #x);					\
		_exit(1);						\
	}								\
} while (0)

/* Length of event @number in bytes: a multiple of 8, from 8 to @max. */
uint32_t stream_len(uint64_t number, uint32_t max);

void stream_fill(void *data, uint32_t len, uint64_t number);

/* Return 1 if length, type and content of @event are those of @number. */
int stream_intact(const struct rring_event *event, uint64_t number,
		  uint32_t max);

/*
 * Write the next event, whose number is the writer's head, into a ring of
 * either kind. Return 0 or the error of reserve, alloc or publish; the slot is
 * dropped if publish fails. Waits for a slot in a ring of handles.
 */
int stream_put(struct rring_writer *writer, uint32_t max);

/*
 * Read the next event. Return 0, the error of peek or release, or -EBADMSG if
 * the content is not that of its position.
 */
int stream_take(struct rring_reader *reader, uint32_t max);

/* stream_take() that waits for an event. */
int stream_take_soon(struct rring_reader *reader, uint32_t max);

/*
 * Read all available events. Return their number, or an error other than
 * -EAGAIN and -EPIPE.
 */
long stream_drain(struct rring_reader *reader, uint32_t max);

/* Open a writer or a reader, or exit. */
struct rring_writer *writer_of(struct rring_client *client,
			       const struct rring_ring_config *config);
struct rring_reader *reader_of(struct rring_client *client,
			       const struct rring_reader_config *config);

/*
 * Open the writer of an inline ring with four entries of 64 bytes, which never waits
 * for room, or exit. @name may be NULL.
 */
struct rring_writer *small_writer_of(struct rring_client *client,
				     const char *name);

/* Open a nameless gating reader that starts at the oldest event, or exit. */
struct rring_reader *reader_at(struct rring_client *client, uint32_t ring);

/* Wait until @bit is set in the ring's waiters flags. */
void until_waiting(const struct rring_ring_info *info, uint32_t bit);

/* Wait until a client of the arena of @client waits for a slot of @pool. */
void until_slot_wanted(const struct rring_client *client, enum rring_class pool);

/* Return 1 if poll(2) finds the descriptor of @client readable now, else 0. */
int is_readable(const struct rring_client *client);

#endif /* SELFTESTS_STREAM_H */
