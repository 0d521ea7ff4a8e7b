/* SPDX-License-Identifier: MPL-2.0 */
/* Small files that are replaced atomically. */
#ifndef DEMO_CHECKPOINT_H
#define DEMO_CHECKPOINT_H

#include <stddef.h>

/* Replace file @name in @dir. Returns 0, or -EIO after printing the reason. */
int checkpoint_write(const char *dir, const char *name, const void *data,
		     size_t len);

/*
 * Read up to @len bytes of file @name in @dir. Returns the number of bytes, 0
 * if there is no such file, or -EIO after printing the reason.
 */
long checkpoint_read(const char *dir, const char *name, void *data,
		     size_t len);

#endif /* DEMO_CHECKPOINT_H */
