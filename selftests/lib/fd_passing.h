/* SPDX-License-Identifier: MPL-2.0 */
/* Descriptors on their way through a unix socket. */
#ifndef SELFTESTS_FD_PASSING_H
#define SELFTESTS_FD_PASSING_H

/* 1 if it was sent. */
int send_fd(int socket, int fd);

/* The descriptor that comes, or -1. */
int receive_fd(int socket);

#endif /* SELFTESTS_FD_PASSING_H */
