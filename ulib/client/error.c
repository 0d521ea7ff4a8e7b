// SPDX-License-Identifier: MPL-2.0
/*
 * Texts for errors. Each errno has one text. Each thread also has a detail, a
 * text that explains its last failed call. A public function that can fail with
 * one errno for several reasons clears the detail at its start, and stores a
 * detail where it finds the reason. Each detail is stored with its errno, so
 * that rring_error_detail() never returns it for another errno.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <rusted_ring.h>

#include "error.h"

#define DETAIL_MAX	256	/* bytes, with the final 0 */

static const struct {
	int err;
	const char *text;
} errors[] = {
	{ 0, "done" },
	{ EAGAIN, "not now: the ring is full, or has nothing new; try again later, or wait" },
	{ EPIPE, "the other side has gone, and all it sent was read; end, or await the next writer" },
	{ ESTALE, "too late: the event was overwritten or reused; go on with the next one" },
	{ ENOSPC, "no room: no free slot, no free place, or no memory within the limit; drop what is not needed, or create a larger arena" },
	{ EDQUOT, "this client has its share of a pool, or this user its share of places or arenas; drop or close what is not needed, or raise the limit" },
	{ ETIMEDOUT, "the deadline has passed; wait again, or give up" },
	{ EINTR, "a signal ended the wait; wait again" },
	{ E2BIG, "too large for the size class or the ring; use a larger one, or a ring of handles" },
	{ EOVERFLOW, "held, or in flight, as often as can be counted; drop, or let readers catch up" },
	{ EBADMSG, "no such event can be: a forged handle or length; do not trust its sender" },
	{ ENODATA, "its writer has discarded this entry; release it, and go on with the next one" },
	{ EINVAL, "not a valid argument, or not for this kind of ring; see the function's manual page" },
	{ EPERM, "not allowed to this client: its role, or a child of fork() that uses its parent's; open a client that may" },
	{ EACCES, "permission denied; see the mode of the device and of the arena, and whose the ring or name is" },
	{ ENOENT, "no such arena, ring or device; create it first, or check the name" },
	{ EEXIST, "the name is taken, or its ring has another geometry; use the same geometry, or another name" },
	{ EPROTOTYPE, "the ring has another type, or none; open it with its type, or without one" },
	{ EBUSY, "in use: a ring has one writer, a name one reader; wait until it is free, or use another name" },
	{ ENXIO, "no ring or reader of this number; ask for it again, or use the name" },
	{ ENOTCONN, "not attached to an arena; open a client" },
	{ EOWNERDEAD, "the client was evicted, or has ended; close it, and open another one" },
	{ ENOMEM, "out of memory; free some, or raise the limits (cgroup, RLIMIT_AS, RLIMIT_MEMLOCK)" },
	{ EMFILE, "too many open files in this process; close some, or raise RLIMIT_NOFILE" },
	{ ENFILE, "too many open files in the system; close some, or raise fs.file-max" },
	{ EBADF, "not a descriptor; pass one that is open" },
	{ ENAMETOOLONG, "a name takes up to 63 characters; use a shorter one" },
	{ EPROTO, "module and library are of different versions; install those of one version" },
	{ ENOTTY, "not known to this module; install module and library of one version" },
	{ EOPNOTSUPP, "only arenas of the device have this; load the module, or do without" },
	{ ENOSYS, "the kernel has neither membarrier nor sched_setaffinity; allow one of them (a seccomp filter?)" },
	{ EFAULT, "not the caller's memory; pass the address of a structure of your own" },
};

static _Thread_local struct {
	int err;	/* 0: no detail */
	char text[DETAIL_MAX];
} detail;

const char *rring_strerror(int err)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (err == -errors[i].err)
			return errors[i].text;
	return "unknown error";
}

const char *rring_error_detail(int err)
{
	return err && err == detail.err ? detail.text : rring_strerror(err);
}

void ulib_error_forget(void)
{
	detail.err = 0;
}

int ulib_error(int err, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(detail.text, sizeof(detail.text), format, args);
	va_end(args);
	detail.err = err;
	errno = saved;
	return err;
}

int ulib_error_unless_known(int err, const char *text)
{
	return detail.err == err ? err : ulib_error(err, "%s", text);
}

int rring_refuse_slow(int err)
{
	detail.err = 0;
	return err;
}
