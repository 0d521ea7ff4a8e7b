// SPDX-License-Identifier: MPL-2.0
/*
 * The inline functions once more, as symbols that a binding can load: what
 * other languages get is compiled from the very header that C programs use.
 */
#define RRING_IN_LINE

#include <rusted_ring.h>
