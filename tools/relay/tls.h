/* SPDX-License-Identifier: MPL-2.0 */
/*
 * TLS to a broker, by hiredis and OpenSSL. tls_none.c stands in for tls.c where hiredis has
 * no TLS.
 */
#ifndef RELAY_TLS_H
#define RELAY_TLS_H

#include <stdbool.h>

#include "redis.h"

/* Was this program built with TLS? */
bool tls_is_there(void);

/*
 * Begin TLS on the new connection of @redis. The broker's certificate has to be for its
 * host, and of an authority that the user trusts. Returns 0 or an error.
 */
int tls_begin(struct redis *redis);

#endif /* RELAY_TLS_H */
