// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* What a BPF program does to hand events to a process: the peer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "ringbuf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RINGBUF_BYTES);
} events SEC(".maps");

__u64 number;		/* of the next event */

/* An event of @words words, written in full. */
static __always_inline int send(int words)
{
	__u64 *event = bpf_ringbuf_reserve(&events, words * 8, 0);
	int i;

	if (!event)
		return 0;
#pragma unroll
	for (i = 0; i < words; i++)
		event[i] = number + i;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	number++;
	return 0;
}

SEC("socket")
int send_64(struct __sk_buff *skb)
{
	return send(8);
}

SEC("socket")
int send_256(struct __sk_buff *skb)
{
	return send(32);
}

char LICENSE[] SEC("license") = "GPL";
