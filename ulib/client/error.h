/* SPDX-License-Identifier: MPL-2.0 */
/* The detail of a thread's last error, which rring_error_detail() returns. */
#ifndef ULIB_ERROR_H
#define ULIB_ERROR_H

struct rring_arena_config;
struct rring_client;
struct rring_reader_config;
struct rring_ring_open;

/*
 * Clear this thread's detail. Called at the start of a call, so that an old
 * detail is not taken for that of the call's error.
 */
void ulib_error_forget(void);

/* Store the printed @format as the detail of @err (negative). Return @err. */
int ulib_error(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Like ulib_error(), but keeps a detail of @err that is stored already. */
int ulib_error_unless_known(int err, const char *text)
	__attribute__((cold));

/*
 * Find out why a call to the kernel has failed with @err, and store that as the
 * detail. Store none if the reason cannot be found. Each function returns @err.
 */
int ulib_explain_create(const struct rring_arena_config *config, int in_process,
			int err);
int ulib_explain_attach(const char *name, int arena_fd, unsigned int role,
			int in_process, int err);
int ulib_explain_ring_open(struct rring_client *client,
			   const struct rring_ring_open *args, int err);
int ulib_explain_join(struct rring_client *client,
		      const struct rring_reader_config *config, int err);
int ulib_explain_refill(struct rring_client *client, unsigned int pool, int err);

#endif /* ULIB_ERROR_H */
