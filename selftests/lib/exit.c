// SPDX-License-Identifier: MPL-2.0
/*
 * The harness forks for every test, and the child ends with _exit(), which
 * skips the exit handlers of LeakSanitizer and gcov. The programs are linked
 * with --wrap, so that __wrap__exit() replaces _exit() and calls the handlers.
 */
#include <unistd.h>

#define LEAKED	23

/* NULL unless the program is built with the sanitizer or with gcov. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);
__attribute__((weak)) void __gcov_dump(void);

/* Names that ld --wrap uses for the original and for the replacement. */
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
