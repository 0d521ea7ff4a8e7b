// SPDX-License-Identifier: MPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/input/number.h"
#include "../rring/output/report.h"
#include "tls.h"
#include "url.h"

#define PORT		6379
#define DATABASE_MAX	(1u << 20)

#define FORM	"redis://HOST[:PORT]/STREAM or redis+unix:///PATH?stream=STREAM is wanted"

static const struct scheme {
	const char *prefix;
	bool is_socket;
	bool tls;
} schemes[] = {
	{ "redis://", false, false },
	{ "rediss://", false, true },
	{ "redis+unix://", true, false },
};

static const struct scheme *scheme_of(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncmp(text, schemes[i].prefix,
			     strlen(schemes[i].prefix)))
			return &schemes[i];
	return NULL;
}

bool url_is_one(const char *text)
{
	return strstr(text, "://");
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* A copy of the part @text, in which %XX is a character. */
static char *decode(const char *text, struct argp_state *state)
{
	char *copy = must(strdup(text)), *to = copy;

	for (; *text; text++) {
		int high = digit(text[0] == '%' ? text[1] : 0);
		int low = high < 0 ? -1 : digit(text[2]);

		if (*text == '%' && (low < 0 || !(high | low)))
			refuse(state, "in a URL two hexadecimal digits, not both 0, follow a %%");
		*to++ = *text == '%' ? (char)(high << 4 | low) : *text;
		text += *text == '%' ? 2 : 0;
	}
	*to = '\0';
	return copy;
}

/* The part of *@rest before @end; then *@rest is what follows. NULL: no @end. */
static char *before(char **rest, char end)
{
	char *at = strchr(*rest, end), *part = *rest;

	if (!at)
		return NULL;
	*at = '\0';
	*rest = at + 1;
	return part;
}

static void parse_login(struct url *url, char **rest, struct argp_state *state)
{
	char *end = *rest + strcspn(*rest, "/"), *at, *user;
	const char *password = getenv("REDISCLI_AUTH");

	if (password && *password)
		url->password = must(strdup(password));
	at = memrchr(*rest, '@', (size_t)(end - *rest));
	if (!at)
		return;
	*at = '\0';
	user = before(rest, ':');
	if (user)
		url->password = decode(*rest, state);
	else
		user = *rest;
	url->user = *user ? decode(user, state) : NULL;
	*rest = at + 1;
}

/*
 * Decimal @text as a number from @least to @most. A message shows no part of a URL, as
 * one that is wrong may have its password in any part.
 */
static uint32_t parse_number(const char *text, uint32_t least, uint32_t most,
			     const char *what, struct argp_state *state)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number = digits && digits <= 10 && !text[digits] ?
			  strtoull(text, NULL, 10) : UINT64_MAX;

	if (number < least || number > most)
		refuse(state, "the %s in the URL is no number from %u to %u",
		       what, least, most);
	return (uint32_t)number;
}

/* [ADDRESS] is one of IPv6. */
static void parse_host(struct url *url, char *host, struct argp_state *state)
{
	char *port = strrchr(host, ':');

	if (*host == '[') {
		char *end = strchr(++host, ']');

		if (!end || (end[1] && end[1] != ':'))
			refuse(state, FORM);
		port = end[1] ? end + 1 : NULL;
		*end = '\0';
	}
	url->port = PORT;
	if (port) {
		*port = '\0';
		url->port = (uint16_t)parse_number(port + 1, 1, UINT16_MAX,
						   "port", state);
	}
	if (!*host)
		refuse(state, FORM);
	url->host = decode(host, state);
}

/* What follows the ?: KEY=VALUE&... */
static void parse_query(struct url *url, char *query, bool has_stream,
			struct argp_state *state)
{
	char *part;

	while ((part = strsep(&query, "&"))) {
		if (!strncmp(part, "db=", 3))
			url->database = parse_number(part + 3, 0, DATABASE_MAX,
						     "database", state);
		else if (has_stream && !strncmp(part, "stream=", 7))
			url->stream = decode(part + 7, state);
		else
			refuse(state, "what follows the ? in the URL is %s",
			       has_stream ? "stream=STREAM or db=N, with & between them" :
					    "db=N");
	}
}

/* Text for messages and bookmarks. */
static void describe(struct url *url, const struct scheme *scheme)
{
	char database[32] = "";
	int n;

	if (url->database)
		snprintf(database, sizeof(database), "%cdb=%u",
			 scheme->is_socket ? '&' : '?', url->database);
	n = scheme->is_socket ?
		asprintf(&url->text, "%s%s?stream=%s%s", scheme->prefix,
			 url->socket, url->stream, database) :
		asprintf(&url->text, "%s%s:%u/%s%s", scheme->prefix, url->host,
			 url->port, url->stream, database);
	must(n < 0 ? NULL : url->text);
}

void url_parse(struct url *url, const char *text, struct argp_state *state)
{
	const struct scheme *scheme = scheme_of(text);
	char *copy = must(strdup(text)), *rest = copy, *query;

	if (!scheme) {
		refuse(state, FORM);
		return;
	}
	url->tls = scheme->tls;
	if (url->tls && !tls_is_there())
		refuse(state, "rediss: this program was built without TLS; let stunnel carry its connection");
	rest += strlen(scheme->prefix);
	parse_login(url, &rest, state);
	query = rest;
	rest = before(&query, '?');
	if (!rest) {
		rest = query;
		query = NULL;
	}
	if (scheme->is_socket) {
		url->socket = decode(rest, state);
	} else {
		char *host = before(&rest, '/');

		if (!host)
			refuse(state, FORM);
		parse_host(url, host, state);
		url->stream = decode(rest, state);
	}
	parse_query(url, query, scheme->is_socket, state);
	if (!url->stream || !*url->stream || (url->socket && *url->socket != '/'))
		refuse(state, FORM);
	describe(url, scheme);
	free(copy);
}
