/* SPDX-License-Identifier: MPL-2.0 */
/* Small files that are either the old one or the new one, at any instant. */
#ifndef DEMO_CHECKPOINT_H
#define DEMO_CHECKPOINT_H

#include <stddef.h>

/* Replace file @name in @dir. 0, or what was said on stderr. */
int checkpoint_write(const char *dir, const char *name, const void *data,
		     size_t len);

/* Up to @len bytes of it; how many, 0 if there is none. Negative errno. */
long checkpoint_read(const char *dir, const char *name, void *data,
		     size_t len);

#endif /* DEMO_CHECKPOINT_H */
