/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/* Casts that compile without a warning in C and in C++. */
#ifndef _RUSTED_RING_CAST_H
#define _RUSTED_RING_CAST_H

/*
 * RRING_CAST(type, value) converts a number. RRING_WRITABLE(bytes) makes a
 * `char *` of a `const char *`.
 */
#ifdef __cplusplus
#define RRING_CAST(type, value)	(static_cast<type>(value))
#define RRING_WRITABLE(bytes)	(const_cast<char *>(bytes))
#else
#define RRING_CAST(type, value)	((type)(value))
#define RRING_WRITABLE(bytes)	((char *)(bytes))
#endif

#endif /* _RUSTED_RING_CAST_H */
