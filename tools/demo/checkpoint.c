// SPDX-License-Identifier: MPL-2.0
/*
 * A checkpoint is written to a second file, which is then renamed. A process
 * that is killed at any instruction leaves the old file or the new one. The
 * page cache outlives the process, so no fsync() is needed for that.
 */
#include "checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "complaint.h"

int checkpoint_write(const char *dir, const char *name, const void *data,
		     size_t len)
{
	char path[PATH_MAX], next[PATH_MAX];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(next, sizeof(next), "%s/%s.next", dir, name);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		goto fail;
	done = write(fd, data, len);
	if (done >= 0 && (size_t)done < len)
		errno = ENOSPC;
	if (close(fd) || done < 0 || (size_t)done < len)
		goto fail;
	if (rename(next, path))
		goto fail;
	return 0;
fail:
	complain(errno, "cannot write %s", path);
	return -EIO;
}

long checkpoint_read(const char *dir, const char *name, void *data,
		     size_t len)
{
	char path[PATH_MAX];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		goto fail;
	done = read(fd, data, len);
	close(fd);
	if (done < 0)
		goto fail;
	return done;
fail:
	complain(errno, "cannot read %s", path);
	return -EIO;
}
