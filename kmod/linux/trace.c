// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Include tracepoints.h so that it defines the tracepoints, here only. */
#define CREATE_TRACE_POINTS
#include "../core/tracepoints.h"
