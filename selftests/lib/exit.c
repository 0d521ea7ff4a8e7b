// SPDX-License-Identifier: MPL-2.0
/*
 * The harness forks for every test, and ends the child with _exit(), past what
 * LeakSanitizer and gcov do at exit. Programs are linked so that their _exit()
 * is this one.
 */
#include <unistd.h>

#define LEAKED	23

/* Where the program is built with it. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);
__attribute__((weak)) void __gcov_dump(void);

/* The linker's name of what it has wrapped. */
__attribute__((noreturn)) void __real__exit(int status);
__attribute__((noreturn)) void __wrap__exit(int status);

void __wrap__exit(int status)
{
	if (!status && __lsan_do_recoverable_leak_check &&
	    __lsan_do_recoverable_leak_check())
		status = LEAKED;
	if (__gcov_dump)
		__gcov_dump();
	__real__exit(status);
}
