// SPDX-License-Identifier: MPL-2.0
/*
 * The harness forks for every test, and ends the child with _exit(), past what
 * LeakSanitizer does at exit. Rows are linked so that their _exit() is this one.
 */
#include <unistd.h>

#define LEAKED	23

/* Where the program is built with it. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

/* The linker's name of what it has wrapped, in rows alone. */
__attribute__((weak, noreturn)) void __real__exit(int status);
__attribute__((noreturn)) void __wrap__exit(int status);

void __wrap__exit(int status)
{
	if (!status && __lsan_do_recoverable_leak_check &&
	    __lsan_do_recoverable_leak_check())
		status = LEAKED;
	__real__exit(status);
}
