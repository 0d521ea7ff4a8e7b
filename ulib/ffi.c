// SPDX-License-Identifier: MPL-2.0
/*
 * Exports the inline functions as symbols, for bindings of other languages.
 * They are compiled from the header that C programs include.
 */
#define RRING_IN_LINE

#include <rusted_ring.h>
