// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/rusted_ring_netlink.h>

#include "../output/report.h"
#include "link.h"

#define BUFFER		(64 * 1024)	/* the kernel sends up to 32 KiB */
#define REQUEST		512
#define LISTEN_BUFFER	(1024 * 1024)

struct link {
	struct mnl_socket *socket;
	uint32_t sequence;
	uint16_t family;
	uint32_t version;
	mnl_cb_t each;		/* of link_ask() */
	void *context;
	int error;		/* result of the present link_ask() */
	char complaint[256];
	char request[REQUEST];
	char buffer[BUFFER];
};

/* ---- the socket ---- */

static int connect_socket(struct link *link)
{
	int one = 1;

	link->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!link->socket)
		return -errno;
	/* older kernels have neither; then messages have less detail */
	mnl_socket_setsockopt(link->socket, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(link->socket, NETLINK_CAP_ACK, &one, sizeof(one));
	if (mnl_socket_bind(link->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	return 0;
}

/* Open a new socket, so that the rest of an abandoned dump is never read. */
static int connect_again(struct link *link)
{
	mnl_socket_close(link->socket);
	return connect_socket(link);
}

static struct nlmsghdr *put_header(struct link *link, uint16_t family,
				   uint8_t command, uint8_t version,
				   uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(link->request);
	struct genlmsghdr *header;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++link->sequence;
	header = mnl_nlmsg_put_extra_header(nlh, sizeof(*header));
	header->cmd = command;
	header->version = version;
	return nlh;
}

struct nlmsghdr *link_request(struct link *link, uint8_t command,
			      uint16_t flags)
{
	return put_header(link, link->family, command, RRING_GENL_VERSION,
			  flags);
}

/* ---- the end of an answer ---- */

static void keep_complaint(struct link *link, const struct nlmsghdr *nlh,
			   size_t offset)
{
	struct nlattr *attr;

	link->complaint[0] = '\0';
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, offset)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_get_payload_len(attr) <= sizeof(link->complaint))
			strcpy(link->complaint, mnl_attr_get_str(attr));
}

static int on_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*answer);
	struct link *link = data;

	if (mnl_nlmsg_get_payload_len(nlh) < offset) {
		link->error = -EPROTO;
		return MNL_CB_STOP;
	}
	link->error = answer->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) &&
	    answer->msg.nlmsg_len > sizeof(answer->msg))
		offset += answer->msg.nlmsg_len - sizeof(answer->msg);
	if (answer->error)
		keep_complaint(link, nlh, offset);
	return MNL_CB_STOP;
}

/* The end of a dump. It may contain an error. */
static int on_done(const struct nlmsghdr *nlh, void *data)
{
	struct link *link = data;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(int))
		link->error = *(const int *)mnl_nlmsg_get_payload(nlh);
	if (link->error)
		keep_complaint(link, nlh, sizeof(int));
	return MNL_CB_STOP;
}

/* libmnl does not change it, but its parameter is not const */
static mnl_cb_t control[] = {
	[NLMSG_ERROR] = on_error,
	[NLMSG_DONE] = on_done,
};

static int on_message(const struct nlmsghdr *nlh, void *data)
{
	struct link *link = data;
	int ret;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return MNL_CB_ERROR;
	ret = link->each ? link->each(nlh, link->context) : MNL_CB_OK;
	if (ret == MNL_CB_ERROR)
		link->error = -EPROTO;
	return ret;
}

/* ---- asking ---- */

static int receive(struct link *link)
{
	unsigned int portid = mnl_socket_get_portid(link->socket);
	ssize_t n;
	int ret;

	do {
		n = mnl_socket_recvfrom(link->socket, link->buffer,
					sizeof(link->buffer));
		if (n < 0)
			return -errno;
		errno = EPROTO;
		ret = mnl_cb_run2(link->buffer, (size_t)n, link->sequence,
				  portid, on_message, link, control,
				  MNL_ARRAY_SIZE(control));
		if (ret == MNL_CB_ERROR)
			return link->error ? link->error : -errno;
	} while (ret == MNL_CB_OK);
	return link->error;
}

int link_ask(struct link *link, mnl_cb_t each, void *context)
{
	const struct nlmsghdr *nlh = (const void *)link->request;
	int err;

	link->each = each;
	link->context = context;
	link->error = 0;
	link->complaint[0] = '\0';
	if (mnl_socket_sendto(link->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	err = receive(link);
	if (!err)
		return 0;
	if (connect_again(link))
		fail("cannot open a netlink socket again: %s", strerror(errno));
	return err;
}

const char *link_complaint(const struct link *link)
{
	return link->complaint;
}

/* ---- the family ---- */

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	struct link *link = data;
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			link->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			link->version = mnl_attr_get_u32(attr);
			break;
		}
	}
	return MNL_CB_OK;
}

static int find_family(struct link *link)
{
	struct nlmsghdr *nlh = put_header(link, GENL_ID_CTRL,
					  CTRL_CMD_GETFAMILY, 1, 0);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, RRING_GENL_NAME);
	return link_ask(link, on_family, link);
}

int link_open(struct link **out)
{
	struct link *link = must(calloc(1, sizeof(*link)));
	int err;

	link->sequence = (uint32_t)time(NULL);
	err = connect_socket(link);
	if (!err)
		err = find_family(link);
	if (err)
		link_close(link);
	else
		*out = link;
	return err;
}

void link_close(struct link *link)
{
	if (link->socket)
		mnl_socket_close(link->socket);
	free(link);
}

uint32_t link_version(const struct link *link)
{
	return link->version;
}

/* ---- listening ---- */

int link_join(struct link *link)
{
	int size = LISTEN_BUFFER;
	int fd = mnl_socket_get_fd(link->socket);

	/* best effort: without privileges, the system's limit holds */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	link_request(link, RRING_CMD_WATCH, 0);
	return link_ask(link, NULL, NULL);
}

int link_listen(struct link *link, mnl_cb_t each, void *context)
{
	ssize_t n = mnl_socket_recvfrom(link->socket, link->buffer,
					sizeof(link->buffer));

	if (n < 0)
		return -errno;
	link->each = each;
	link->context = context;
	link->error = 0;
	if (mnl_cb_run2(link->buffer, (size_t)n, 0, 0, on_message, link,
			control, MNL_ARRAY_SIZE(control)) == MNL_CB_ERROR)
		return -EPROTO;
	return 0;
}
