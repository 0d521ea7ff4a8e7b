// SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0
/* Define the tracepoints: CREATE_TRACE_POINTS makes tracepoints.h do this. */
#define CREATE_TRACE_POINTS
#include "../core/tracepoints.h"
