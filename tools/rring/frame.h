/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_FRAME_H
#define RRING_FRAME_H

#include <jansson.h>
#include <stdio.h>

/* What `rring top' shows: @snapshot, with rates, as lines of text. */
void frame_print(FILE *file, const json_t *snapshot, double seconds);

#endif /* RRING_FRAME_H */
