// SPDX-License-Identifier: MPL-2.0
/*
 * No queues, but the least that passing an event takes: the limit that the
 * machine sets. Once a line that says which event it is, and nothing else; and
 * once that line behind another one, with a payload of 64 bytes.
 */
#include <err.h>
#include <stdlib.h>

#include "payload.h"
#include "queue.h"

struct queue {
	_Alignas(2 * PAYLOAD_LINE) uint64_t next;	/* that is not there */
	_Alignas(2 * PAYLOAD_LINE) unsigned char payload[PAYLOAD_LINE];
};

static void *open_lines(uint32_t size, uint32_t batch, uint32_t capacity)
{
	struct queue *queue = aligned_alloc(_Alignof(struct queue),
					    sizeof(*queue));

	(void)batch;
	(void)capacity;
	if (!queue || size != PAYLOAD_LINE)
		errx(1, "bare lines of %u bytes", size);
	queue->next = 0;
	return queue;
}

static void pass(struct queue *queue, uint64_t number)
{
	__atomic_store_n(&queue->next, number + 1, __ATOMIC_RELEASE);
}

static void await(const struct queue *queue, uint64_t number)
{
	while (__atomic_load_n(&queue->next, __ATOMIC_ACQUIRE) <= number)
		queue_relax();
}

static void write_line(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++)
		pass(queue, first);
}

static void read_line(void *context, uint64_t first, uint64_t n)
{
	await(context, first + n - 1);
}

static void write_payload(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		payload_fill(queue->payload, PAYLOAD_LINE, first);
		pass(queue, first);
	}
}

static void read_payload(void *context, uint64_t first, uint64_t n)
{
	struct queue *queue = context;
	uint64_t end = first + n;

	for (; first < end; first++) {
		await(queue, first);
		payload_check(queue->payload, PAYLOAD_LINE, first);
	}
}

const struct queue_kind queue_bare_line = {
	.name = "bare line",
	.open = open_lines,
	.write = write_line,
	.read = read_line,
	.close = free,
};

const struct queue_kind queue_bare_payload = {
	.name = "bare payload",
	.open = open_lines,
	.write = write_payload,
	.read = read_payload,
	.close = free,
};
