/* SPDX-License-Identifier: MPL-2.0 */
/* Passing of descriptors through a unix socket. */
#ifndef SELFTESTS_FD_PASSING_H
#define SELFTESTS_FD_PASSING_H

/* Return 1 if @fd was sent. */
int send_fd(int socket, int fd);

/* Return the received descriptor, or -1. */
int receive_fd(int socket);

#endif /* SELFTESTS_FD_PASSING_H */
