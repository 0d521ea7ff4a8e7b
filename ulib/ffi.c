// SPDX-License-Identifier: MPL-2.0
/*
 * Export the inline functions as symbols, for bindings of other languages. An
 * empty RRING_IN_LINE makes them ordinary functions. They are compiled from the
 * header that C programs include.
 */
#define RRING_IN_LINE

#include <rusted_ring.h>
