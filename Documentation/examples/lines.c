// SPDX-License-Identifier: MPL-2.0
/* `lines write` shares lines of text; `lines`, as often as you like, reads. */
#include <rusted_ring.h>
#include <stdio.h>
#include <string.h>

static int write_lines(void)
{
	struct rring_writer *writer;
	char line[1000];

	if (rring_writer_begin(NULL, "lines", &writer))
		return 1;	/* somebody else writes */
	while (fgets(line, sizeof(line), stdin))
		if (rring_send(writer, line, strlen(line), 0, RRING_FOREVER))
			return 2;
	return 0;		/* readers see the end of the stream */
}

int main(int argc, char **argv)
{
	struct rring_reader *reader;
	struct rring_event event;

	if (argc > 1 && !strcmp(argv[1], "write"))
		return write_lines();
	if (rring_reader_begin(NULL, "lines", NULL, &reader))
		return 1;	/* nobody writes */
	while (!rring_receive(reader, &event, RRING_FOREVER)) {
		printf("%.*s", (int)event.len, (char *)event.data);
		fflush(stdout);
	}
	return 0;
}
