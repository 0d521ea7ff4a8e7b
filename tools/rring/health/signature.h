/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_SIGNATURE_H
#define RRING_SIGNATURE_H

#include <stdbool.h>

#include "finding.h"

/* Does the kernel load signed modules only? */
bool signature_is_wanted(void);

/* Check whether the module can be loaded. @loaded: it is loaded. */
void signature_check(struct findings *findings, bool loaded);

#endif /* RRING_SIGNATURE_H */
