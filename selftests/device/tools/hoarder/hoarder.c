// SPDX-License-Identifier: MPL-2.0
/*
 * hoarder ARENA N: allocates N events of class S in that arena and keeps them
 * all. While its quota is used up, it waits. Exits with 0 when it has N events;
 * with 1 and a line that says which event failed, if it cannot get one.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rusted_ring.h>

#define LEN	200	/* bytes of an event: class S */

int main(int argc, char **argv)
{
	struct rring_client *client;
	struct rring_event event;
	int i, n, err;

	if (argc != 3)
		return 2;
	n = atoi(argv[2]);
	err = rring_open(&client, argv[1], RRING_PRODUCER, RRING_ON_DEVICE);
	for (i = 0; !err && i < n; i++)
		err = rring_alloc_until(client, LEN, 0, RRING_FOREVER, &event);
	if (err)
		fprintf(stderr, "hoarder: event %d: %s\n", i,
			rring_strerror(err));
	return err ? 1 : 0;
}
