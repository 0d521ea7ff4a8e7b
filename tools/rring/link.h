/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_LINK_H
#define RRING_LINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* The way to the kernel's generic netlink family, and back. */
struct link;

/* -ENOENT: there is no such family, since there is no module. */
int link_open(struct link **link);
void link_close(struct link *link);

uint32_t link_version(const struct link *link);

/* A request for @command, with room for its few attributes. */
struct nlmsghdr *link_request(struct link *link, uint8_t command,
			      uint16_t flags);

/*
 * Send the request, and call @each for every answer. 0, or a negative errno:
 * the kernel's, -EPROTO if @each says MNL_CB_ERROR, or -EINTR: what was dumped
 * changed meanwhile, all of it is to be asked for again.
 */
int link_ask(struct link *link, mnl_cb_t each, void *context);

/* What the kernel said about the request that it refused last; or "". */
const char *link_complaint(const struct link *link);

/* Be told of what happens, in the arenas that the caller sees. */
int link_join(struct link *link);

/*
 * Wait for some of that, and call @each for every notification. -ENOBUFS:
 * some were lost; -EINTR: a signal.
 */
int link_listen(struct link *link, mnl_cb_t each, void *context);

#endif /* RRING_LINK_H */
