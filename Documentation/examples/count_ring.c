// SPDX-License-Identifier: MPL-2.0
/* A ring: a parent sends numbers, its child adds them up. See count_pipe.c. */
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rusted_ring.h>

/* The child attaches itself: it does not inherit the parent's client. */
static int add_up(const char *ring)
{
	struct rring_reader *reader;
	struct rring_event event;
	uint64_t sum = 0;

	if (rring_reader_begin(NULL, ring, NULL, &reader))
		return 1;
	while (!rring_receive(reader, &event, RRING_FOREVER))
		sum += *(const uint64_t *)event.data;
	printf("the sum is %llu\n", (unsigned long long)sum);
	return 0;
}

int main(void)
{
	struct rring_writer *writer;
	uint64_t number;
	char ring[32];

	snprintf(ring, sizeof(ring), "count/%d", (int)getpid());
	if (rring_writer_begin(NULL, ring, &writer))
		return 1;
	if (!fork())
		return add_up(ring);
	while (!rring_writer_readers(writer))
		usleep(1000);	/* until the child has joined */
	for (number = 1; number <= 1000; number++)
		if (rring_send(writer, &number, sizeof(number), 0,
			       RRING_FOREVER))
			return 1;
	rring_close(rring_writer_client(writer));	/* the end of the stream */
	wait(NULL);
	return 0;
}
