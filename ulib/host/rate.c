// SPDX-License-Identifier: MPL-2.0
/*
 * The rates of clients in the process backend: there are none. All clients are
 * threads of one process, which disturb nobody else.
 */
#include "../../kmod/core/arena.h"
#include "../../kmod/core/client.h"
#include "../../kmod/core/rate.h"

/* The library has no struct kring_rate: return a pointer that nobody uses. */
struct kring_rate *kring_rate_new(struct kring_client *client)
{
	return (struct kring_rate *)client;
}

void kring_rate_begin(struct kring_client *client)
{
	(void)client;
}

void kring_rate_stop(struct kring_rate *rate)
{
	(void)rate;
}

void kring_rate_free(struct kring_rate *rate)
{
	(void)rate;
}

bool kring_rate_barrier(struct kring_client *client, u64 *due)
{
	(void)client;
	(void)due;
	return true;
}

int kring_rate_await_barrier(struct kring_client *client)
{
	(void)client;
	return 0;
}

void kring_rate_poll_late(struct kring_client *client, u64 due)
{
	(void)client;
	(void)due;
}

void kring_rate_told(struct kring_client *client)
{
	(void)client;
}

void kring_rate_wake_pools(struct kring_client *client, u32 pools)
{
	kring_arena_wake_pools(client->arena, pools);
}
