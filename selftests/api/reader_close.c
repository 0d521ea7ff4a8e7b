// SPDX-License-Identifier: MPL-2.0
/* One thread closes a reader while another thread of the client opens one. */
#include "kselftest_harness.h"

#include "../../ulib/client/client.h"

#include "arena.h"
#include "sleeper.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define PAUSE_NS	1000000
#define PAUSES		200	/* 0.2 s in all */

static struct scene {
	struct rring_client *client;
	struct rring_writer *writer;
	struct rring_reader *second;
	const struct ulib_backend_calls *real;
	pthread_t thread;
	int started;
	uint32_t done;		/* 1: the second reader has read all */
} scene;

/* Open the second reader, and let it read and release a ring full of events. */
static void *open_and_read(void *arg)
{
	struct rring_event event;
	int i;

	(void)arg;
	scene.second = reader_at(scene.client, rring_writer_ring_id(scene.writer));
	for (i = 0; i < CAPACITY; i++)
		MUST(!stream_put(scene.writer, 64));
	for (i = 0; i < CAPACITY; i++)
		MUST(!rring_try_read(scene.second, &event));
	MUST(rring_try_read(scene.second, &event) == -EAGAIN);
	__atomic_store_n(&scene.done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * Stop the thread that closes the first reader after READER_LEAVE, until the
 * other thread is done, or has had time enough for it.
 */
static int call_and_stop(struct ulib_file *file, unsigned long request,
			 void *args)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int err = scene.real->call(file, request, args);
	int i;

	if (request != RRING_IOC_READER_LEAVE || scene.started)
		return err;
	scene.started = 1;
	scene.thread = thread_start(open_and_read, NULL);
	for (i = 0; i < PAUSES; i++) {
		if (__atomic_load_n(&scene.done, __ATOMIC_ACQUIRE))
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

TEST(cursor_of_a_closed_reader_is_free_only_after_the_close)
{
	struct rring_ring_config config = {
		.kind = RRING_INLINE,
		.policy = RRING_FAIL,
		.capacity = CAPACITY,
		.stride = 64,
	};
	int arena = arena_small();
	struct ulib_backend_calls calls;
	struct rring_reader *first;

	scene.client = client_of(arena, RRING_PRODUCER);
	scene.writer = writer_of(scene.client, &config);
	first = reader_at(scene.client, rring_writer_ring_id(scene.writer));
	scene.real = scene.client->own->file.calls;
	calls = *scene.real;
	calls.call = call_and_stop;
	scene.client->own->file.calls = &calls;
	rring_reader_close(first, 0);
	thread_end(scene.thread);
	/* the second reader has released all: the ring has room */
	EXPECT_EQ(0, stream_put(scene.writer, 64));
	scene.client->own->file.calls = scene.real;
	rring_close(scene.client);
	close(arena);
}

TEST_HARNESS_MAIN
