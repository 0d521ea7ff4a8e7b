/* SPDX-License-Identifier: MPL-2.0 */
#ifndef DEMO_COMPLAINT_H
#define DEMO_COMPLAINT_H

/* Print a line to stderr, with the text of errno @err unless that is 0. */
void complain(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* DEMO_COMPLAINT_H */
