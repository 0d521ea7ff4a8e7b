// SPDX-License-Identifier: MPL-2.0
/*
 * A link that needs no kernel: rring with this file instead of its own link.c
 * reads the answers from $RRING_REPLAY, netlink messages one by one, and
 * appends what it would have asked for to $RRING_REQUESTS.
 *
 *	RRING_INTERRUPTED=N	the first N dumps change while they are made
 *	RRING_REFUSED=ERRNO	every change is refused
 *	RRING_VERSION=N		of the family, instead of the right one
 */
#include <errno.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rusted_ring_netlink.h>

#include "../../tools/rring/netlink/link.h"
#include "../../tools/rring/output/report.h"

struct link {
	char *messages;
	size_t size;
	int interrupted;
	int heard;		/* all notifications */
	char request[512];
};

static int number_from(const char *variable)
{
	const char *text = getenv(variable);

	return text ? atoi(text) : 0;
}

static void read_messages(struct link *link, FILE *file)
{
	size_t n;

	do {
		link->messages = must(realloc(link->messages,
					      link->size + 65536));
		n = fread(link->messages + link->size, 1, 65536, file);
		link->size += n;
	} while (n);
}

int link_open(struct link **out)
{
	const char *path = getenv("RRING_REPLAY");
	struct link *link;
	FILE *file;

	if (!path)
		return -ENOENT;
	file = must(fopen(path, "re"));
	link = must(calloc(1, sizeof(*link)));
	link->interrupted = number_from("RRING_INTERRUPTED");
	read_messages(link, file);
	fclose(file);
	*out = link;
	return 0;
}

void link_close(struct link *link)
{
	free(link->messages);
	free(link);
}

uint32_t link_version(const struct link *link)
{
	int version = number_from("RRING_VERSION");

	(void)link;
	return version ? (uint32_t)version : RRING_GENL_VERSION;
}

struct nlmsghdr *link_request(struct link *link, uint8_t command,
			      uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(link->request);
	struct genlmsghdr *header;

	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = command;
	header->version = RRING_GENL_VERSION;
	return nlh;
}

static uint8_t command_of(const struct nlmsghdr *nlh)
{
	return ((struct genlmsghdr *)mnl_nlmsg_get_payload(nlh))->cmd;
}

/* Those of the commands from @first to @last, but no more than @most. */
static int replay(struct link *link, uint8_t first, uint8_t last, int most,
		  mnl_cb_t each, void *context)
{
	const struct nlmsghdr *nlh = (const void *)link->messages;
	int left = (int)link->size;

	/* of a length beyond 2^31, libmnl believes that it fits */
	for (; most && mnl_nlmsg_ok(nlh, left) && nlh->nlmsg_len <= INT_MAX;
	     nlh = mnl_nlmsg_next(nlh, &left)) {
		if (command_of(nlh) < first || command_of(nlh) > last)
			continue;
		most--;
		if (each(nlh, context) == MNL_CB_ERROR)
			return -EPROTO;
	}
	return 0;
}

static void keep_request(const struct nlmsghdr *nlh)
{
	const char *path = getenv("RRING_REQUESTS");
	FILE *file;

	if (!path)
		return;
	file = must(fopen(path, "ae"));
	fwrite(nlh, 1, nlh->nlmsg_len, file);
	fclose(file);
}

int link_ask(struct link *link, mnl_cb_t each, void *context)
{
	const struct nlmsghdr *nlh = (const void *)link->request;
	uint8_t command = command_of(nlh);

	keep_request(nlh);
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
		return -number_from("RRING_REFUSED");
	if (!link->interrupted)
		return replay(link, command, command, -1, each, context);
	link->interrupted--;
	replay(link, command, command, 1, each, context);
	return -EINTR;
}

const char *link_complaint(const struct link *link)
{
	(void)link;
	return "";
}

int link_join(struct link *link)
{
	(void)link;
	return 0;
}

int link_listen(struct link *link, mnl_cb_t each, void *context)
{
	if (link->heard++)
		return -ESHUTDOWN;	/* nothing else will happen */
	return replay(link, RRING_CMD_ARENA_CREATED, RRING_CMD_MAX, -1, each,
		      context);
}
