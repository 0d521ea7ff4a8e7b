// SPDX-License-Identifier: MPL-2.0
/* sensor: sends a reading ten times a second, until Ctrl-C. */
#include <rusted_ring.h>
#include <stdio.h>
#include <unistd.h>

#include "reading.h"

int main(void)
{
	struct reading reading = { .pid = (uint32_t)getpid() };
	struct rring_writer *writer;
	int err;

	err = rring_writer_begin(NULL, "readings", &writer);
	while (!err) {
		reading.millidegrees = 21000 + 10 * (int)(reading.number % 50);
		err = rring_send(writer, &reading, sizeof(reading), 0,
				 RRING_FOREVER);
		reading.number++;
		usleep(100000);
	}
	fprintf(stderr, "sensor: %s\n", rring_error_detail(err));
	return 1;
}
