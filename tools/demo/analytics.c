// SPDX-License-Identifier: MPL-2.0
/*
 * Analytics: counts records and bytes by section, events and bytes by size
 * class. The state is small, so the checkpoint is a copy of the state.
 */
#include "actor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "complaint.h"

#define FILE_NAME	"analytics"
#define SECTIONS_MAX	1024
#define SECTION_NAME	48

struct tally {
	uint64_t count;
	uint64_t bytes;
};

struct section {
	char name[SECTION_NAME];
	struct tally tally;
};

struct analytics {
	uint64_t position;
	uint64_t sections;
	struct tally class_[RRING_POOLS];
	struct section section[SECTIONS_MAX];	/* saved: those in use */
};

struct analytics_state {
	const char *dir;
	struct analytics at;
};

static size_t analytics_size(const struct analytics *at)
{
	return offsetof(struct analytics, section) +
	       at->sections * sizeof(at->section[0]);
}

static int analytics_load(const char *dir, struct analytics *at)
{
	long len = checkpoint_read(dir, FILE_NAME, at, sizeof(*at));

	if (len < 0)
		return -EIO;
	if (len && (at->sections > SECTIONS_MAX ||
		    (size_t)len != analytics_size(at))) {
		complain(0, "analytics: its checkpoint is torn");
		return -EIO;
	}
	return 0;
}

static void *analytics_open(const char *dir, uint64_t *position)
{
	struct analytics_state *state = calloc(1, sizeof(*state));

	if (!state) {
		complain(ENOMEM, "analytics");
		return NULL;
	}
	state->dir = dir;
	if (analytics_load(dir, &state->at)) {
		free(state);
		return NULL;
	}
	*position = state->at.position;
	return state;
}

static struct section *section_of(struct analytics *at, const char *text,
				  size_t len)
{
	struct text name = record_field(text, len, "Section");
	struct section *section;

	if (!name.len)
		name = (struct text){ .at = "(none)", .len = 6 };
	if (name.len >= SECTION_NAME)
		name.len = SECTION_NAME - 1;
	for (section = at->section; section < at->section + at->sections;
	     section++)
		if (!strncmp(section->name, name.at, name.len) &&
		    !section->name[name.len])
			return section;
	if (at->sections == SECTIONS_MAX) {
		complain(0, "analytics: more than %d sections", SECTIONS_MAX);
		return NULL;
	}
	at->sections++;
	memset(section, 0, sizeof(*section));
	memcpy(section->name, name.at, name.len);
	return section;
}

static void tally_add(struct tally *tally, uint64_t bytes)
{
	tally->count++;
	tally->bytes += bytes;
}

static int analytics_take(void *opaque, const struct taken *taken)
{
	struct analytics_state *state = opaque;
	struct section *section;
	uint32_t i;

	section = section_of(&state->at, taken->text, taken->len);
	if (!section)
		return -EOVERFLOW;
	tally_add(&section->tally, taken->len);
	for (i = 0; i < taken->pieces; i++) {
		const struct rring_event *piece = &taken->piece[i];
		uint32_t class_ = rring_handle_class(piece->handle);

		tally_add(&state->at.class_[class_], piece->len);
	}
	return 0;
}

static int analytics_commit(void *opaque, uint64_t position)
{
	struct analytics_state *state = opaque;

	state->at.position = position;
	return checkpoint_write(state->dir, FILE_NAME, &state->at,
				analytics_size(&state->at));
}

static void analytics_close(void *opaque)
{
	free(opaque);
}

/* Count one pass over @records in @at. */
static void one_pass(const struct records *records, struct analytics *at)
{
	uint32_t i, k;

	for (i = 0; i < records->count; i++) {
		const struct record *record = &records->record[i];
		struct section *section = section_of(at, record->text,
						     record->len);

		if (!section)
			return;
		tally_add(&section->tally, record->len);
		for (k = 0; k < record->pieces; k++) {
			size_t len = record_piece(record, k).len;

			tally_add(&at->class_[rring_class_for(len)], len);
		}
	}
}

static int differs(const struct tally *tally, const struct tally *once,
		   uint32_t passes)
{
	return tally->count != once->count * passes ||
	       tally->bytes != once->bytes * passes;
}

static void compare(const struct analytics *at, const struct analytics *once,
		    uint32_t passes, struct finding *finding)
{
	uint32_t i;

	if (at->sections != once->sections) {
		snprintf(finding->fault, sizeof(finding->fault),
			 "%" PRIu64 " sections, not %" PRIu64, at->sections,
			 once->sections);
		return;
	}
	for (i = 0; i < at->sections; i++)
		if (strcmp(at->section[i].name, once->section[i].name) ||
		    differs(&at->section[i].tally, &once->section[i].tally,
			    passes))
			snprintf(finding->fault, sizeof(finding->fault),
				 "section %s differs", at->section[i].name);
	for (i = 0; i < RRING_POOLS; i++)
		if (differs(&at->class_[i], &once->class_[i], passes))
			snprintf(finding->fault, sizeof(finding->fault),
				 "size class %u differs", i);
}

static const struct section *top(const struct analytics *at)
{
	const struct section *most = at->section;
	uint64_t i;

	for (i = 1; i < at->sections; i++)
		if (at->section[i].tally.count > most->tally.count)
			most = &at->section[i];
	return most;
}

static void analytics_check(const char *dir, const struct records *records,
			    uint32_t passes, struct finding *finding)
{
	struct analytics *at = calloc(2, sizeof(*at));

	if (!at || analytics_load(dir, at)) {
		snprintf(finding->fault, sizeof(finding->fault),
			 "cannot read its checkpoint");
		free(at);
		return;
	}
	one_pass(records, at + 1);
	compare(at, at + 1, passes, finding);
	finding->position = at->position;
	snprintf(finding->figure, sizeof(finding->figure),
		 "%" PRIu64 " sections, top: %.*s with %" PRIu64 " records",
		 at->sections, SECTION_NAME - 1, top(at)->name,
		 top(at)->tally.count);
	free(at);
}

const struct actor_kind analytics = {
	.name = "analytics",
	.open = analytics_open,
	.take = analytics_take,
	.commit = analytics_commit,
	.close = analytics_close,
	.check = analytics_check,
};
