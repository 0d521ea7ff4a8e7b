// SPDX-License-Identifier: MPL-2.0
/* The capture file, in one of two formats. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../rring/output/report.h"
#include "file.h"
#include "pcapng.h"

#define BUFFER	(256 << 10)

struct file {
	const char *name;	/* for messages */
	FILE *stream;
	struct pcapng *pcapng;	/* NULL: the format is pcap */
	pcap_dumper_t *pcap;	/* NULL: the format is pcapng */
};

static void check(const struct file *file)
{
	if (ferror(file->stream))
		fail("cannot write %s: %s", file->name, strerror(errno));
}

static FILE *open_stream(const char *name)
{
	FILE *stream = strcmp(name, "-") ? fopen(name, "we") : stdout;

	if (!stream)
		fail("cannot write %s: %s", name, strerror(errno));
	setvbuf(stream, NULL, _IOFBF, BUFFER);
	return stream;
}

/* Never close the dumper: that would close the stream, as file_close() does. */
static void begin_pcap(struct file *file, const struct source *source)
{
	pcap_t *pcap = must(pcap_open_dead_with_tstamp_precision(FRAME_LINKTYPE,
		(int)source->snaplen, PCAP_TSTAMP_PRECISION_NANO));

	file->pcap = pcap_dump_fopen(pcap, file->stream);
	if (!file->pcap)
		fail("cannot write %s: %s", file->name, pcap_geterr(pcap));
	pcap_close(pcap);
}

struct file *file_open(const char *name, enum format format,
		       const struct source *source)
{
	struct file *file = must(calloc(1, sizeof(*file)));

	file->name = strcmp(name, "-") ? name : "standard output";
	file->stream = open_stream(name);
	if (format == FORMAT_PCAP)
		begin_pcap(file, source);
	else
		file->pcapng = pcapng_begin(file->stream, source);
	check(file);
	return file;
}

/* Write a packet in the format pcap. .tv_usec has nanoseconds here. */
static void dump(pcap_dumper_t *pcap, const struct rring_nftap_packet *packet,
		 const struct frame *frame)
{
	struct pcap_pkthdr header = {
		.ts.tv_sec = (time_t)(packet->time_ns / 1000000000),
		.ts.tv_usec = (suseconds_t)(packet->time_ns % 1000000000),
		.caplen = frame_len(packet->cap_len),
		.len = frame_len(packet->orig_len),
	};

	pcap_dump((u_char *)pcap, &header, (const u_char *)frame);
}

void file_packet(struct file *file, const struct rring_nftap_packet *packet,
		 const struct frame *frame)
{
	if (file->pcap)
		dump(file->pcap, packet, frame);
	else
		pcapng_packet(file->pcapng, packet, frame);
	check(file);
}

void file_flush(struct file *file)
{
	if (fflush(file->stream))
		check(file);
}

void file_close(struct file *file, const struct counts *counts)
{
	if (file->pcapng)
		pcapng_end(file->pcapng, counts);
	check(file);
	file_flush(file);
	if (fclose(file->stream))
		fail("cannot write %s: %s", file->name, strerror(errno));
	free(file);
}
