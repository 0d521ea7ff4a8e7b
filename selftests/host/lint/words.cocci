// SPDX-License-Identifier: MPL-2.0
///
/// Shared words are read and written by <rusted_ring/internal/atomic.h> alone, or by an
/// atomic of the kernel.
///
// Options: --no-includes --include-headers

virtual report

@atomic@
typedef atomic_t, atomic64_t;
expression E;
position p;
@@
(
 (atomic_t *)&E->value@p
|
 (atomic64_t *)&E.value@p
)

@plain@
expression E;
position p != atomic.p;
@@
(
 E->value@p
|
 E.value@p
)

@script:python depends on report@
p << plain.p;
@@
coccilib.report.print_report(p[0], "plain access to a shared word")
