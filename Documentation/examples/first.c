// SPDX-License-Identifier: MPL-2.0
/* The first event: one process writes it, and reads it. */
#include <rusted_ring.h>
#include <stdio.h>

static int fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, rring_error_detail(err));
	return 1;
}

int main(void)
{
	struct rring_writer *writer;
	struct rring_reader *reader;
	struct rring_event event;
	int err;

	err = rring_writer_begin(NULL, "greetings", &writer);
	if (err)
		return fail("cannot write", err);
	err = rring_reader_begin(NULL, "greetings", NULL, &reader);
	if (err)
		return fail("cannot read", err);

	err = rring_send(writer, "hello", 5, 0, RRING_FOREVER);
	if (err)
		return fail("cannot send", err);
	err = rring_receive(reader, &event, RRING_FOREVER);
	if (err)
		return fail("cannot receive", err);
	printf("received: %.*s\n", (int)event.len, (char *)event.data);
	return 0;
}
