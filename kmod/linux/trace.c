// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Defines the tracepoints of tracepoints.h. */
#define CREATE_TRACE_POINTS
#include "../core/tracepoints.h"
