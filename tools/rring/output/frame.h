/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_FRAME_H
#define RRING_FRAME_H

#include <jansson.h>
#include <stdio.h>

/*
 * Print @snapshot as lines of text, as `rring top' shows it. Its rates are over
 * @seconds.
 */
void frame_print(FILE *file, const json_t *snapshot, double seconds);

#endif /* RRING_FRAME_H */
