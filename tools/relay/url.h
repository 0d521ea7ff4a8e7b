/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RELAY_URL_H
#define RELAY_URL_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* A stream of a broker. */
struct url {
	char *text;		/* all of it, without the password */
	char *socket;		/* path of a Unix socket; NULL: .host, .port */
	char *host;
	uint16_t port;
	char *user;		/* NULL: not given */
	char *password;		/* NULL: none */
	uint32_t database;
	char *stream;
	bool tls;

	/* for TLS, by options: names of files, or NULL */
	const char *authority;
	const char *certificate;
	const char *key;
};

/*
 * Take @text apart. Calls refuse() if it is no such URL, and shows no part of it:
 *
 *	redis://[USER[:PASSWORD]@]HOST[:PORT]/STREAM[?db=N]
 *	rediss://..., as redis://, with TLS
 *	redis+unix://[USER[:PASSWORD]@]/PATH?stream=STREAM[&db=N]
 *
 * %XX in a part stands for a character. Without a password in @text, the environment
 * variable REDISCLI_AUTH has it, as for redis-cli(1).
 */
void url_parse(struct url *url, const char *text, struct argp_state *state);

/* Does @text look like the URL of a broker? */
bool url_is_one(const char *text);

#endif /* RELAY_URL_H */
