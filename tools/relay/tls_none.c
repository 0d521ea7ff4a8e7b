// SPDX-License-Identifier: MPL-2.0
#include "tls.h"

bool tls_is_there(void)
{
	return false;
}

int tls_begin(struct redis *redis)
{
	return redis_fault(redis, BROKER_FAULT, "this program was built without TLS");
}
