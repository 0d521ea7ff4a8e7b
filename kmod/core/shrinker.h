/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_SHRINKER_H
#define KRING_SHRINKER_H

#include "compat.h"

struct kring_xxl;

#ifdef __KERNEL__

struct kring_xxl *kring_xxl_alloc(void);
void kring_xxl_dealloc(struct kring_xxl *xxl);
void kring_shrinker_add(struct kring_xxl *xxl);
void kring_shrinker_remove(struct kring_xxl *xxl);

#else

/* In the library nobody asks for memory that a process could do without. */
#define kring_xxl_alloc()		kzalloc(sizeof(struct kring_xxl), 0)
#define kring_xxl_dealloc(xxl)		kfree(xxl)
#define kring_shrinker_add(xxl)		((void)(xxl))
#define kring_shrinker_remove(xxl)	((void)(xxl))

#endif

#endif /* KRING_SHRINKER_H */
