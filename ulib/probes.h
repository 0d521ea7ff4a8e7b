/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Probes for tracers: places in the library's slow paths that bpftrace(8) and
 * perf(1) can watch, of the provider rusted_ring. A probe is a nop until a tracer
 * puts a breakpoint there. Documentation/tracing.rst says when each one is passed,
 * and what its arguments are.
 *
 * Without <sys/sdt.h> (of systemtap-sdt-dev) the library is built without probes.
 */
#ifndef ULIB_PROBES_H
#define ULIB_PROBES_H

#if defined(__has_include) && !defined(ULIB_NO_PROBES)
#if __has_include("sys/sdt.h")
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define ULIB_PROBE(...)	STAP_PROBEV(rusted_ring, __VA_ARGS__)
#endif
#endif

#ifndef ULIB_PROBE
#define ULIB_PROBE(...)	do { } while (0)
#endif

#endif /* ULIB_PROBES_H */
