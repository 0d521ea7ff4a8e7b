/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_REPORT_H
#define RRING_REPORT_H

/* Exit status of the program. */
enum {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_LOST = 3,	/* rring tail: events were lost */
};

/* Print "PROGRAM: ..." on standard error, and exit with STATUS_FAILED. */
void fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Do as fail() does; append the meaning of @err, a library's negative errno. */
void fail_with(int err, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Print "PROGRAM: ..." on standard error, and return. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns @p. If it is NULL, the program ends: there is no memory. */
void *must(void *p);

/* Flush standard output. End the program if it could not be written. */
void finish_output(void);

#endif /* RRING_REPORT_H */
