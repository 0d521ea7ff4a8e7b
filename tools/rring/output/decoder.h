/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_DECODER_H
#define RRING_DECODER_H

#include <rusted_ring.h>

/* Makes text of payloads, as BTF describes their type. */
struct decoder;

/*
 * Find @type in @file, which is BTF or an ELF file that has BTF. An error ends the
 * program: there is no such type in it, or one of another size.
 */
struct decoder *decoder_new(const char *file, const struct rring_type *type);

/*
 * Returns the @len bytes at @data as lines of text, which the caller frees, or
 * NULL if they are fewer than the type has. The text can have any characters.
 */
char *decoder_text(struct decoder *decoder, const void *data, size_t len);

void decoder_free(struct decoder *decoder);

#endif /* RRING_DECODER_H */
