// SPDX-License-Identifier: MPL-2.0
/*
 * Read the next event in one step: copy or keep it, release its entry, and find
 * out whether it was whole. A reader that can be lapped gets no torn event.
 */
#include "../client/client.h"
#include "head.h"

/*
 * Copy @len bytes. A writer may overwrite @from meanwhile: then the release of the
 * entry fails, and nobody uses the copy. ThreadSanitizer must not report this
 * race. It looks into memcpy(3), so each copy here has a fixed size, for which
 * the compiler calls no function.
 */
static __attribute__((no_sanitize("thread")))
void copy_payload(char *to, const char *from, size_t len)
{
	for (; len >= 64; len -= 64, to += 64, from += 64)
		__builtin_memcpy(to, from, 64);
	for (; len >= 8; len -= 8, to += 8, from += 8)
		__builtin_memcpy(to, from, 8);
	for (; len; len--)
		*to++ = RRING_LOAD(from++);
}

int rring_read_copy(struct rring_reader *reader, void *buffer, size_t size,
		    struct rring_event *event)
{
	struct rring_event from;
	int err = rring_try_read(reader, &from);

	if (err)
		return err;
	if (from.len > size) {
		/* the next read call gets this entry again */
		reader->peeked = 0;
		event->len = from.len;
		return ulib_error(-EMSGSIZE, "the event has %u bytes, the buffer %zu",
				  from.len, size);
	}
	copy_payload(buffer, from.data, from.len);
	err = ulib_release_peeked(reader);
	if (err)
		return err;
	*event = (struct rring_event) {
		.handle = from.handle,
		.data = buffer,
		.len = from.len,
		.event_type = from.event_type,
	};
	return 0;
}

int rring_read_keep(struct rring_reader *reader, struct rring_event *event)
{
	struct rring_event from;
	int err, kept;

	if (reader->stride)
		return ulib_error(-EINVAL, "the ring is inline: its events end with their entries; use rring_read_copy()");
	err = rring_try_read(reader, &from);
	if (err)
		return err;
	kept = rring_keep(reader, &from);
	if (kept == -EINVAL)		/* a forged handle of a parked slot */
		kept = -EBADMSG;
	if (kept && kept != -ESTALE && kept != -EBADMSG) {
		/* the next read call gets this entry again */
		reader->peeked = 0;
		return kept;
	}
	err = ulib_release_peeked(reader);
	if (err && !kept)
		rring_drop(reader->client, &from);
	else if (!err && !kept)
		*event = from;
	return err ? err : kept;
}
