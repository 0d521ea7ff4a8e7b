/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_REPORT_H
#define RRING_REPORT_H

/* How the program ends. */
enum {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,	/* and one line on standard error says why */
	STATUS_USAGE = 2,
};

/* Say "PROGRAM: ..." in one line, and end. */
void fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* The same with what @err, a negative errno of the library, means. */
void fail_with(int err, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Say it, and go on. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* @p, which may not be NULL: there was no memory. */
void *must(void *p);

/* End with an error if standard output could not be written. */
void finish_output(void);

#endif /* RRING_REPORT_H */
