/* SPDX-License-Identifier: MPL-2.0 */
#ifndef DEMO_SUPERVISOR_H
#define DEMO_SUPERVISOR_H

struct plan;

/*
 * Do a run and judge its result. Returns 0, or a negative errno after printing
 * the reason.
 */
int supervise(struct plan *plan);

#endif /* DEMO_SUPERVISOR_H */
