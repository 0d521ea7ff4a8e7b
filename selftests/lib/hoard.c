// SPDX-License-Identifier: MPL-2.0
#include "hoard.h"
#include "stream.h"

int hoard_keep(struct hoard *hoard, uint32_t i, struct rring_reader *reader,
	       const struct rring_event *event, uint64_t number)
{
	int err = rring_keep(reader, event);

	if (err)
		return err;
	hoard->event[i] = *event;
	hoard->number[i] = number;
	hoard->used[i] = 1;
	return 0;
}

int hoard_intact(const struct hoard *hoard, uint32_t i)
{
	return !hoard->used[i] ||
	       stream_intact(&hoard->event[i], hoard->number[i], hoard->max);
}

int hoard_drop(struct hoard *hoard, uint32_t i)
{
	int intact = hoard_intact(hoard, i);

	if (!hoard->used[i])
		return 1;
	hoard->used[i] = 0;
	return !rring_drop(hoard->client, &hoard->event[i]) && intact;
}

int hoard_drop_all(struct hoard *hoard)
{
	int intact = 1;
	uint32_t i;

	for (i = 0; i < HOARD; i++)
		intact &= hoard_drop(hoard, i);
	return intact;
}

int hoard_take(struct hoard *hoard, uint32_t i, struct rring_reader *reader)
{
	uint64_t number = reader->pos;
	struct rring_event event;
	long n = rring_peek(reader, 1);

	if (n < 0)
		return (int)n;
	if (!hoard_drop(hoard, i) || rring_entry(reader, 0, &event) ||
	    !stream_intact(&event, number, hoard->max) ||
	    hoard_keep(hoard, i, reader, &event, number))
		return -EBADMSG;
	return rring_release(reader, 1);
}
