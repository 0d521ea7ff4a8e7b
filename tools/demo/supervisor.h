/* SPDX-License-Identifier: MPL-2.0 */
#ifndef DEMO_SUPERVISOR_H
#define DEMO_SUPERVISOR_H

struct plan;

/* One run from start to verdict. 0, or a negative errno after saying why. */
int supervise(struct plan *plan);

#endif /* DEMO_SUPERVISOR_H */
