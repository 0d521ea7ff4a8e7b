// SPDX-License-Identifier: MPL-2.0
/* monitor N [RING]: waits for a sensor, and prints N of its readings. */
#include <errno.h>
#include <rusted_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "reading.h"

/* The ring exists once a sensor has begun. */
static int wait_for_sensor(const char *ring, struct rring_reader **reader)
{
	int err;

	while ((err = rring_reader_begin(NULL, ring, NULL, reader)) == -ENOENT)
		usleep(10000);
	return err;
}

int main(int argc, char **argv)
{
	const char *ring = argc > 2 ? argv[2] : "readings";
	int left = argc > 1 ? atoi(argv[1]) : 10;
	const struct reading *reading;
	struct rring_reader *reader;
	struct rring_event event;
	int err;

	err = wait_for_sensor(ring, &reader);
	while (!err && left--) {
		err = rring_receive(reader, &event, RRING_FOREVER);
		if (err || event.len != sizeof(*reading))
			break;
		reading = event.data;
		printf("reading %llu: %d.%03d C, from process %u\n",
		       (unsigned long long)reading->number,
		       reading->millidegrees / 1000,
		       reading->millidegrees % 1000, reading->pid);
		fflush(stdout);
	}
	if (!err)
		return 0;
	fprintf(stderr, "monitor: %s\n", err == -EPIPE ?
		"the sensor has ended" : rring_error_detail(err));
	return 1;
}
