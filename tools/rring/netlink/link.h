/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_LINK_H
#define RRING_LINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/* A socket to the kernel's generic netlink family. */
struct link;

/*
 * Returns 0 or a negative errno; -ENOENT: there is no such family, as the
 * module is not loaded.
 */
int link_open(struct link **link);
void link_close(struct link *link);

uint32_t link_version(const struct link *link);

/*
 * Begin a request for @command, with room for a few attributes. It is valid
 * until the next request.
 */
struct nlmsghdr *link_request(struct link *link, uint8_t command,
			      uint16_t flags);

/*
 * Send the request, and call @each for every answer. Returns 0, or a negative
 * errno: the kernel's; -EPROTO if @each returns MNL_CB_ERROR; -EINTR if the
 * dumped objects changed meanwhile: repeat the request.
 */
int link_ask(struct link *link, mnl_cb_t each, void *context);

/* Returns the kernel's message about the last request, if refused; else "". */
const char *link_complaint(const struct link *link);

/*
 * Subscribe to notifications about the arenas that the caller may see. Returns
 * 0 or a negative errno.
 */
int link_join(struct link *link);

/*
 * Wait for notifications, and call @each for every one. Returns 0, or a
 * negative errno: -ENOBUFS if some were lost, -EINTR after a signal, -EPROTO if
 * @each returns MNL_CB_ERROR.
 */
int link_listen(struct link *link, mnl_cb_t each, void *context);

#endif /* RRING_LINK_H */
