// SPDX-License-Identifier: MPL-2.0
/*
 * A client's descriptor in io_uring: poll requests complete each time that the
 * client has something to read, one-shot and multishot.
 */
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

#include "arena.h"
#include "stream.h"
#include "thread.h"

#define CAPACITY	4
#define ROUNDS		20

/* A submission and a completion queue, as the kernel maps them. */
struct uring {
	int fd;
	char *queues;
	size_t queues_size;
	struct io_uring_sqe *sqes;
	size_t sqes_size;
	struct io_uring_params params;
};

FIXTURE(io_uring)
{
	int arena;
	struct rring_client *producer;
	struct rring_client *consumer;
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct uring uring;
};

/* Returns 0, or a negative errno: this kernel has no io_uring, or denies it. */
static int uring_open(struct uring *uring)
{
	struct io_uring_params *params = &uring->params;

	uring->fd = (int)syscall(SYS_io_uring_setup, 8, params);
	if (uring->fd < 0)
		return -errno;
	uring->queues_size = params->cq_off.cqes +
			     params->cq_entries * sizeof(struct io_uring_cqe);
	uring->queues = mmap(NULL, uring->queues_size, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, uring->fd,
			     IORING_OFF_SQ_RING);
	MUST(uring->queues != MAP_FAILED);
	uring->sqes_size = params->sq_entries * sizeof(struct io_uring_sqe);
	uring->sqes = mmap(NULL, uring->sqes_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, uring->fd,
			   IORING_OFF_SQES);
	MUST(uring->sqes != MAP_FAILED);
	return 0;
}

static void uring_close(struct uring *uring)
{
	munmap(uring->sqes, uring->sqes_size);
	munmap(uring->queues, uring->queues_size);
	close(uring->fd);
}

static uint32_t *uring_word(struct uring *uring, uint32_t offset)
{
	return (uint32_t *)(uring->queues + offset);
}

/* Submit a poll request for @fd. @flags: 0 or IORING_POLL_ADD_MULTI. */
static void uring_poll(struct uring *uring, int fd, uint32_t flags)
{
	uint32_t *tail = uring_word(uring, uring->params.sq_off.tail);
	uint32_t *array = uring_word(uring, uring->params.sq_off.array);
	uint32_t mask = *uring_word(uring, uring->params.sq_off.ring_mask);
	uint32_t index = *tail & mask;

	uring->sqes[index] = (struct io_uring_sqe) {
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.len = flags,
		.poll32_events = POLLIN,
	};
	array[index] = index;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	MUST(syscall(SYS_io_uring_enter, uring->fd, 1, 0, 0, NULL, 0) == 1);
}

/* Returns 1 if a completion can be taken within some seconds, else 0. */
static int uring_wait(struct uring *uring)
{
	struct pollfd ready = { .fd = uring->fd, .events = POLLIN };

	return poll(&ready, 1, 5000 * timeout_factor()) == 1;
}

static struct io_uring_cqe uring_take(struct uring *uring)
{
	uint32_t *head = uring_word(uring, uring->params.cq_off.head);
	uint32_t mask = *uring_word(uring, uring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)
		(uring->queues + uring->params.cq_off.cqes);
	struct io_uring_cqe cqe;

	(void)__atomic_load_n(uring_word(uring, uring->params.cq_off.tail),
			      __ATOMIC_ACQUIRE);
	cqe = cqes[*head & mask];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return cqe;
}

FIXTURE_SETUP(io_uring)
{
	struct rring_ring_config ring = { .kind = RRING_INLINE,
		.policy = RRING_FAIL, .capacity = CAPACITY, .stride = 64 };
	int err = uring_open(&self->uring);

	if (err == -ENOSYS || err == -EPERM)
		SKIP(return, "this kernel has no io_uring, or denies it");
	ASSERT_EQ(0, err);
	self->arena = arena_small();
	self->producer = client_of(self->arena, RRING_PRODUCER);
	self->consumer = client_of(self->arena, RRING_CONSUMER);
	self->writer = writer_of(self->producer, &ring);
	self->reader = reader_at(self->consumer,
				 rring_writer_ring_id(self->writer));
}

FIXTURE_TEARDOWN(io_uring)
{
	rring_close(self->consumer);
	rring_close(self->producer);
	close(self->arena);
	uring_close(&self->uring);
}

static void drain(struct rring_reader *reader)
{
	struct rring_event event;

	while (!rring_try_read(reader, &event))
		;
}

TEST_F(io_uring, one_shot_poll_completes_for_each_event)
{
	int fd = rring_client_fd(self->consumer);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		uring_poll(&self->uring, fd, 0);
		ASSERT_EQ(0, put_value(self->writer, i));
		ASSERT_EQ(1, uring_wait(&self->uring));
		EXPECT_EQ(POLLIN, uring_take(&self->uring).res & POLLIN);
		drain(self->reader);
	}
}

TEST_F(io_uring, multishot_poll_completes_for_each_event)
{
	struct io_uring_cqe cqe;
	int i;

	uring_poll(&self->uring, rring_client_fd(self->consumer),
		   IORING_POLL_ADD_MULTI);
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, put_value(self->writer, i));
		ASSERT_EQ(1, uring_wait(&self->uring)) {
			TH_LOG("event %d", i);
		}
		cqe = uring_take(&self->uring);
		EXPECT_EQ(POLLIN, cqe.res & POLLIN);
		EXPECT_TRUE(cqe.flags & IORING_CQE_F_MORE);
		drain(self->reader);
	}
}

TEST_HARNESS_MAIN
