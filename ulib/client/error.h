/* SPDX-License-Identifier: MPL-2.0 */
/* The detail of a thread's last error: rring_error_detail(). */
#ifndef ULIB_ERROR_H
#define ULIB_ERROR_H

struct rring_arena_config;
struct rring_client;
struct rring_reader_config;
struct rring_ring_open;

/* The next error has no detail, unless one is stored. */
void ulib_error_forget(void);

/* Store the detail of @err, a negative errno. Returns @err. */
int ulib_error(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Like ulib_error(), but keeps a detail of @err that is stored already. */
int ulib_error_unless_known(int err, const char *text)
	__attribute__((cold));

/*
 * Store why a call has failed with @err, if that can be found out. Each returns
 * @err.
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
