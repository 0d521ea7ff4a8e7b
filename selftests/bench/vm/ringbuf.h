/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef BENCH_RINGBUF_H
#define BENCH_RINGBUF_H

/* Size of the BPF ring, a power of two; ours has as many bytes of payload. */
#define RINGBUF_BYTES	(1u << 20)

#endif /* BENCH_RINGBUF_H */
