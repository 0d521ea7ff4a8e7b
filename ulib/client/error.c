// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <stddef.h>

#include <rusted_ring.h>

static const struct {
	int err;
	const char *text;
} errors[] = {
	{ 0, "done" },
	{ EAGAIN, "not now: the ring is full, or has nothing new" },
	{ EPIPE, "the other side has gone, and all it sent was read" },
	{ ESTALE, "too late: the event was overwritten or reused" },
	{ ENOSPC, "no room: no free slot, or no place left in the arena" },
	{ EDQUOT, "the client's share of the pool is used up" },
	{ ETIMEDOUT, "the deadline has passed" },
	{ EINTR, "a signal ended the wait" },
	{ E2BIG, "too large for the size class or the ring" },
	{ EOVERFLOW, "held, or in flight, as often as can be counted" },
	{ EBADMSG, "no such event can be: a forged handle or length" },
	{ EINVAL, "not a valid argument, or not for this kind of ring" },
	{ EPERM, "the client's role does not allow it" },
	{ EACCES, "permission denied" },
	{ ENOENT, "no such arena, ring or device" },
	{ EEXIST, "the name is taken, or its ring has another geometry" },
	{ EBUSY, "in use: a ring has one writer, a name one reader" },
	{ ENXIO, "no such ring or reader" },
	{ ENOTCONN, "not attached to an arena" },
	{ EOWNERDEAD, "the client has ended" },
	{ ENOMEM, "out of memory" },
	{ EMFILE, "too many open files" },
	{ ENFILE, "too many open files in the system" },
	{ EBADF, "not a descriptor" },
	{ ENAMETOOLONG, "a name takes up to 31 characters" },
	{ EPROTO, "the module is of another version" },
	{ ENOTTY, "not known to this module" },
	{ EFAULT, "not the caller's memory" },
};

const char *rring_strerror(int err)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (err == -errors[i].err)
			return errors[i].text;
	return "unknown error";
}
