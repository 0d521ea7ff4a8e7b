// SPDX-License-Identifier: MPL-2.0
/* Parses numbers and words of arguments. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rusted_ring/internal/name.h>

#include "../output/report.h"
#include "../output/text.h"
#include "number.h"

void refuse(struct argp_state *state, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	must(text);
	if (state->root_argp)
		argp_failure(state, STATUS_USAGE, 0, "%s (%s --help)", text,
			     state->name);
	else
		argp_failure(state, STATUS_FAILED, 0, "%s", text);
	free(text);
}

static int parse(const char *text, int base, uint64_t *value)
{
	char *end;

	*value = 0;
	/* strtoull() accepts blanks and signs, and makes -1 a large number */
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, base);
	return errno || *end ? -EINVAL : 0;
}

uint64_t number(const char *text, uint64_t least, uint64_t most,
		struct argp_state *state)
{
	uint64_t value;

	if (parse(text, 10, &value) || value < least || value > most)
		refuse(state, "%s: a number from %" PRIu64 " to %" PRIu64
		       " is wanted", text, least, most);
	return value;
}

uint32_t number_mode(const char *text, struct argp_state *state)
{
	uint64_t value;

	if (parse(text, 8, &value) || value > 0777)
		refuse(state, "%s: a mode is octal, up to 0777", text);
	return (uint32_t)value;
}

uint32_t number_user(const char *text, struct argp_state *state)
{
	const struct passwd *entry = getpwnam(text);

	return entry ? entry->pw_uid :
		       (uint32_t)number(text, 0, UINT32_MAX - 1, state);
}

uint32_t number_group(const char *text, struct argp_state *state)
{
	const struct group *entry = getgrnam(text);

	return entry ? entry->gr_gid :
		       (uint32_t)number(text, 0, UINT32_MAX - 1, state);
}

const char *number_name(const char *text, struct argp_state *state)
{
	static const char *const faults[] = {
		[RRING_NAME_LONG] = "a name has 1 to 63 characters",
		[RRING_NAME_BYTE] = "a name is printable ASCII without space",
		[RRING_NAME_COMPONENT] = "no part of a name between slashes is "
					 "empty, '.' or '..'",
	};
	uint32_t at;
	enum rring_name_fault fault = *text ? rring_name_check(text, &at) :
					      RRING_NAME_LONG;
	char *shown;

	if (!fault)
		return text;
	shown = text_escape(text, strlen(text));
	refuse(state, "'%s': %s", shown, faults[fault]);
	free(shown);
	return text;
}

unsigned int number_word(const char *text, const char *const *words,
			 unsigned int n, struct argp_state *state)
{
	char list[256] = "";
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!strcmp(text, words[i]))
			return i;
		if (i)
			strncat(list, ", ", sizeof(list) - strlen(list) - 1);
		strncat(list, words[i], sizeof(list) - strlen(list) - 1);
	}
	refuse(state, "%s: one of these is wanted: %s", text, list);
	return 0;
}
