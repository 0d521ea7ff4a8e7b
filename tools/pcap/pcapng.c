// SPDX-License-Identifier: MPL-2.0
/*
 * The blocks of draft-ietf-opsawg-pcapng that a capture has. Interface 0 is the
 * ring itself. It has no packets, but all drops, because the interface of a
 * dropped packet is not known. It also makes a capture without packets a file
 * that programs can read. Other interfaces are added with their first packet.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../rring/output/report.h"
#include "pcapng.h"

#define NANOSECONDS	9	/* 10^-9 seconds */

enum block_type {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE_DESCRIPTION = 1,
	INTERFACE_STATISTICS = 5,
	ENHANCED_PACKET = 6,
};

enum option {
	END_OF_OPTIONS = 0,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIBED = 3,
	INTERFACE_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	STATISTICS_START = 2,
	STATISTICS_END = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
	STATISTICS_LOST = 7,
};

enum direction {
	UNKNOWN,
	INBOUND,
	OUTBOUND,
};

struct interface {
	uint32_t ifindex;
	char name[RRING_NFTAP_NAME];
	uint64_t packets;
};

struct pcapng {
	FILE *stream;
	uint32_t snaplen;
	uint64_t start;
	struct interface *interfaces;
	uint32_t n;
};

/* ---- a block ---- */

/* A block in memory. All but the frame is less than 512 bytes. */
struct block {
	unsigned char bytes[512 + sizeof(struct frame)];
	size_t len;
};

static void put(struct block *block, const void *data, size_t len)
{
	static const unsigned char zero[4];
	size_t padding = -len & 3;

	assert(block->len + len + padding <= sizeof(block->bytes));
	if (len)
		memcpy(block->bytes + block->len, data, len);
	memcpy(block->bytes + block->len + len, zero, padding);
	block->len += len + padding;
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

static void put_pair(struct block *block, uint16_t first, uint16_t second)
{
	uint16_t pair[] = { first, second };

	put(block, pair, sizeof(pair));
}

/* The upper half of a time comes first in either byte order. */
static void put_time(struct block *block, uint64_t time)
{
	put32(block, (uint32_t)(time >> 32));
	put32(block, (uint32_t)time);
}

static void put_option(struct block *block, enum option option,
		       const void *data, size_t len)
{
	put_pair(block, (uint16_t)option, (uint16_t)len);
	put(block, data, len);
}

static void put_text(struct block *block, enum option option, const char *text)
{
	put_option(block, option, text, strlen(text));
}

static void put_time_option(struct block *block, enum option option,
			    uint64_t time)
{
	put_pair(block, (uint16_t)option, sizeof(time));
	put_time(block, time);
}

static void begin(struct block *block, enum block_type type)
{
	block->len = 0;
	put32(block, type);
	put32(block, 0);	/* the length: end() writes it */
}

static void end(struct block *block, FILE *stream)
{
	uint32_t len;

	put_pair(block, END_OF_OPTIONS, 0);
	len = (uint32_t)block->len + sizeof(len);
	put32(block, len);
	memcpy(block->bytes + 4, &len, sizeof(len));
	fwrite(block->bytes, 1, block->len, stream);
}

/* ---- kinds of blocks ---- */

static void write_section(const struct pcapng *pcapng)
{
	static const int64_t length = -1;	/* unknown */
	struct block block;

	begin(&block, SECTION_HEADER);
	put32(&block, 0x1a2b3c4d);
	put_pair(&block, 1, 0);
	put(&block, &length, sizeof(length));
	put_text(&block, SECTION_APPLICATION, "rring-pcap " RUSTED_RING_VERSION);
	end(&block, pcapng->stream);
}

/*
 * Add an interface and return its number. All have the same link type and snap
 * length, as libpcap requires.
 */
static uint32_t add_interface(struct pcapng *pcapng, uint32_t ifindex,
			      const char *name, const char *description)
{
	static const unsigned char resolution = NANOSECONDS;
	struct interface *interface;
	struct block block;

	begin(&block, INTERFACE_DESCRIPTION);
	put_pair(&block, FRAME_LINKTYPE, 0);
	put32(&block, pcapng->snaplen);
	put_text(&block, INTERFACE_NAME, name);
	if (description)
		put_text(&block, INTERFACE_DESCRIBED, description);
	put_option(&block, INTERFACE_RESOLUTION, &resolution, 1);
	end(&block, pcapng->stream);

	pcapng->interfaces = must(reallocarray(pcapng->interfaces,
					       pcapng->n + 1,
					       sizeof(*interface)));
	interface = &pcapng->interfaces[pcapng->n];
	*interface = (struct interface) { .ifindex = ifindex };
	strncpy(interface->name, name, sizeof(interface->name) - 1);
	return pcapng->n++;
}

static void write_packet(const struct pcapng *pcapng, uint32_t interface,
			 const struct rring_nftap_packet *packet,
			 const struct frame *frame)
{
	static const uint32_t directions[RRING_NFTAP_HOOKS] = {
		[RRING_NFTAP_PREROUTING] = INBOUND,
		[RRING_NFTAP_INPUT] = INBOUND,
		[RRING_NFTAP_FORWARD] = UNKNOWN,
		[RRING_NFTAP_OUTPUT] = OUTBOUND,
		[RRING_NFTAP_POSTROUTING] = OUTBOUND,
	};
	struct block block;

	begin(&block, ENHANCED_PACKET);
	put32(&block, interface);
	put_time(&block, packet->time_ns);
	put32(&block, frame_len(packet->cap_len));
	put32(&block, frame_len(packet->orig_len));
	put(&block, frame, frame_len(packet->cap_len));
	put_option(&block, PACKET_FLAGS, &directions[packet->hook],
		   sizeof(directions[0]));
	end(&block, pcapng->stream);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* @counts has the drops and losses of the ring; NULL: do not write these. */
static void write_statistics(const struct pcapng *pcapng, uint32_t interface,
			     uint64_t received, const struct counts *counts)
{
	uint64_t time = now();
	struct block block;

	begin(&block, INTERFACE_STATISTICS);
	put32(&block, interface);
	put_time(&block, time);
	put_time_option(&block, STATISTICS_START, pcapng->start);
	put_time_option(&block, STATISTICS_END, time);
	put_option(&block, STATISTICS_RECEIVED, &received, sizeof(received));
	if (counts) {
		put_option(&block, STATISTICS_DROPPED, &counts->dropped,
			   sizeof(counts->dropped));
		put_option(&block, STATISTICS_LOST, &counts->lost,
			   sizeof(counts->lost));
	}
	end(&block, pcapng->stream);
}

/* ---- the file ---- */

struct pcapng *pcapng_begin(FILE *stream, const struct source *source)
{
	struct pcapng *pcapng = must(calloc(1, sizeof(*pcapng)));
	char name[2 * RRING_NAME_MAX + 16];

	pcapng->stream = stream;
	pcapng->snaplen = source->snaplen;
	pcapng->start = now();
	snprintf(name, sizeof(name), "ring %s of %s", source->ring,
		 source->arena);
	write_section(pcapng);
	add_interface(pcapng, 0, name, "all drops; no packet is of it");
	return pcapng;
}

/*
 * Returns the number of the interface of @packet; adds it if there is none. A
 * renamed interface is a new one. The search begins with the latest.
 */
static uint32_t find_interface(struct pcapng *pcapng,
			       const struct rring_nftap_packet *packet)
{
	const struct interface *interface;
	uint32_t i;

	for (i = pcapng->n - 1; i > 0; i--) {
		interface = &pcapng->interfaces[i];
		if (interface->ifindex == packet->ifindex &&
		    !strcmp(interface->name, packet->ifname))
			return i;
	}
	return add_interface(pcapng, packet->ifindex, packet->ifname, NULL);
}

void pcapng_packet(struct pcapng *pcapng,
		   const struct rring_nftap_packet *packet,
		   const struct frame *frame)
{
	uint32_t interface = find_interface(pcapng, packet);

	pcapng->interfaces[interface].packets++;
	write_packet(pcapng, interface, packet, frame);
}

void pcapng_end(struct pcapng *pcapng, const struct counts *counts)
{
	uint32_t i;

	write_statistics(pcapng, 0, counts->captured + counts->dropped +
				    counts->lost, counts);
	for (i = 1; i < pcapng->n; i++)
		write_statistics(pcapng, i, pcapng->interfaces[i].packets,
				 NULL);
	free(pcapng->interfaces);
	free(pcapng);
}
