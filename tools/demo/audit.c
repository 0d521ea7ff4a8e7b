// SPDX-License-Identifier: MPL-2.0
/*
 * The audit logger: a chain of SHA-256 digests over the payloads of all events,
 *
 *	digest 0 = 32 bytes of zero
 *	digest n = SHA-256(digest n-1, payload n)
 *
 * appended to a log. The checkpoint is the number of committed digests in the
 * log. audit_restore() cuts off the digests behind these.
 */
#include "actor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "checkpoint.h"
#include "complaint.h"

#define LOG_NAME	"audit.log"
#define FILE_NAME	"audit"
#define DIGEST		SHA256_DIGEST_SIZE

struct audit {
	const char *dir;
	int log;
	uint64_t position;	/* committed */
	uint32_t fresh;		/* digests in .digest, not written yet */
	uint8_t last[DIGEST];	/* end of the chain */
	uint8_t digest[BATCH][DIGEST];
};

static void chain(uint8_t digest[DIGEST], const void *payload, size_t len)
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, DIGEST, digest);
	sha256_update(&sha, len, payload);
	sha256_digest(&sha, DIGEST, digest);
}

static int audit_failed(int err, const char *what)
{
	complain(err, "audit: %s", what);
	return -EIO;
}

static int log_open(const char *dir, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, LOG_NAME);
	return open(path, flags | O_CLOEXEC, 0600);
}

/*
 * Go back to the checkpoint: cut the log there and load its last digest.
 * Returns 0, or -EIO after printing the reason.
 */
static int audit_restore(struct audit *state)
{
	off_t end;

	if (checkpoint_read(state->dir, FILE_NAME, &state->position,
			    sizeof(state->position)) < 0)
		return -EIO;
	end = (off_t)(state->position * DIGEST);
	if (ftruncate(state->log, end))
		return audit_failed(errno, "cannot cut its log");
	if (end && pread(state->log, state->last, DIGEST, end - DIGEST) !=
	    DIGEST)
		return audit_failed(errno, "cannot read its log");
	return 0;
}

static void audit_close(void *opaque)
{
	struct audit *state = opaque;

	close(state->log);
	free(state);
}

static void *audit_open(const char *dir, uint64_t *position)
{
	struct audit *state = calloc(1, sizeof(*state));

	if (!state) {
		audit_failed(ENOMEM, "cannot start");
		return NULL;
	}
	state->dir = dir;
	state->log = log_open(dir, O_RDWR | O_CREAT);
	if (state->log < 0) {
		audit_failed(errno, "cannot open its log");
		free(state);
		return NULL;
	}
	if (audit_restore(state)) {
		audit_close(state);
		return NULL;
	}
	*position = state->position;
	return state;
}

static int audit_take(void *opaque, const struct taken *taken)
{
	struct audit *state = opaque;
	uint32_t i;

	for (i = 0; i < taken->pieces; i++) {
		chain(state->last, taken->piece[i].data, taken->piece[i].len);
		memcpy(state->digest[state->fresh++], state->last, DIGEST);
	}
	return 0;
}

static int audit_commit(void *opaque, uint64_t position)
{
	struct audit *state = opaque;
	size_t len = (size_t)state->fresh * DIGEST;

	if (pwrite(state->log, state->digest, len,
		   (off_t)(state->position * DIGEST)) != (ssize_t)len)
		return audit_failed(errno, "cannot write its log");
	if (checkpoint_write(state->dir, FILE_NAME, &position,
			     sizeof(position)))
		return -EIO;
	state->position = position;
	state->fresh = 0;
	return 0;
}

/*
 * Compare the log with the chain over the records, digest by digest. @digest is
 * zero at first, and the end of the chain afterwards.
 */
static void compare(FILE *log, const struct records *records, uint32_t passes,
		    struct finding *finding, uint8_t digest[DIGEST])
{
	uint64_t seq = 0;
	uint32_t pass, i, k;

	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < records->count; i++) {
			const struct record *record = &records->record[i];

			for (k = 0; k < record->pieces; k++, seq++) {
				struct text piece = record_piece(record, k);
				uint8_t logged[DIGEST];

				chain(digest, piece.at, piece.len);
				if (fread(logged, DIGEST, 1, log) == 1 &&
				    !memcmp(logged, digest, DIGEST))
					continue;
				snprintf(finding->fault,
					 sizeof(finding->fault),
					 "digest %" PRIu64 " differs", seq);
				return;
			}
		}
	}
	if (fgetc(log) != EOF)
		snprintf(finding->fault, sizeof(finding->fault),
			 "more than %" PRIu64 " digests", seq);
}

static void audit_check(const char *dir, const struct records *records,
			uint32_t passes, struct finding *finding)
{
	uint8_t digest[DIGEST] = { 0 };
	int fd = log_open(dir, O_RDONLY);
	FILE *log = fd < 0 ? NULL : fdopen(fd, "r");
	int at;

	if (!log || checkpoint_read(dir, FILE_NAME, &finding->position,
				    sizeof(finding->position)) < 0) {
		snprintf(finding->fault, sizeof(finding->fault),
			 "cannot read its log");
		if (log)
			fclose(log);
		return;
	}
	compare(log, records, passes, finding, digest);
	fclose(log);
	at = snprintf(finding->figure, sizeof(finding->figure), "SHA-256 ");
	for (uint32_t i = 0; i < 16; i++)
		at += snprintf(finding->figure + at,
			       sizeof(finding->figure) - (size_t)at, "%02x",
			       digest[i]);
	snprintf(finding->figure + at, sizeof(finding->figure) - (size_t)at,
		 "...");
}

const struct actor_kind audit = {
	.name = "audit",
	.open = audit_open,
	.take = audit_take,
	.commit = audit_commit,
	.close = audit_close,
	.check = audit_check,
};
