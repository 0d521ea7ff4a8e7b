/* SPDX-License-Identifier: MPL-2.0 */
/* The detail: a text on a thread's last error, see rring_error_detail(). */
#ifndef ULIB_ERROR_H
#define ULIB_ERROR_H

struct rring_arena_config;
struct rring_client;
struct rring_reader_config;
struct rring_ring_open;

/*
 * Clear this thread's detail, the text that rring_error_detail() returns. A
 * public function calls this at its start. If it then fails without a text, the
 * program does not get the text of an earlier error.
 */
void ulib_error_forget(void);

/*
 * Make a text from @format as printf(3) does, and store it as this thread's
 * detail of @err, a negative errno. Return @err.
 */
int ulib_error(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/*
 * Store @text as this thread's detail of @err. But if this thread already has a
 * detail of @err, keep that detail, because it says more. Return @err.
 */
int ulib_error_unless_known(int err, const char *text)
	__attribute__((cold));

/*
 * The functions below find out why a call to the kernel has failed with @err,
 * and store the reason as this thread's detail. They store no detail if they
 * cannot find the reason. Each function returns @err. But ulib_explain_attach()
 * returns -ENOSPC if @err is -EUSERS.
 */
/* Another copy of the library has the names of this process: host_claim_names(). */
int ulib_explain_copies(int err);
/* @err is -E2BIG of a module. */
int ulib_explain_older(int err);
int ulib_explain_create(const struct rring_arena_config *config, int in_process,
			int err);
int ulib_explain_attach(const char *name, int arena_fd, unsigned int role,
			int in_process, int err);
int ulib_explain_ring_open(struct rring_client *client,
			   const struct rring_ring_open *args, int err);
int ulib_explain_join(struct rring_client *client,
		      const struct rring_reader_config *config, int err);
int ulib_explain_refill(struct rring_client *client, unsigned int pool, int err);

/*
 * Return 0 if the kernel takes the kind, the policy and the sizes in @args for a
 * ring. Otherwise store the reason as this thread's detail, and return -EINVAL.
 */
int ulib_refuse_geometry(const struct rring_ring_open *args);

#endif /* ULIB_ERROR_H */
