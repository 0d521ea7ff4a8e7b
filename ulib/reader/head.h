/* SPDX-License-Identifier: MPL-2.0 */
/* Readers: the head of the ring, and the ring's pages. */
#ifndef ULIB_HEAD_H
#define ULIB_HEAD_H

#include <rusted_ring.h>

/*
 * Map the ring that @reader has joined. @reader starts to read at its .pos.
 * Return 0 or a negative errno.
 */
int ulib_head_open(struct rring_reader *reader);
void ulib_head_close(struct rring_reader *reader);

/*
 * If the kernel has lapped the reader, join again. Return 0: it was not lapped,
 * or no entry was lost; -ESTALE: entries were lost, and .lost has grown; else
 * an error of READER_REJOIN.
 */
int ulib_head_rejoin(struct rring_reader *reader);

/*
 * The next @n entries, which the reader has read, were not valid. Count them as
 * lost, and move the reader behind them; if an observer is overtaken there,
 * too, to where it is not overtaken again at once. Return -ESTALE.
 */
int ulib_head_lose(struct rring_reader *reader, uint32_t n);

#endif /* ULIB_HEAD_H */
