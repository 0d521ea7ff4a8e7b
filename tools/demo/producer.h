/* SPDX-License-Identifier: MPL-2.0 */
#ifndef DEMO_PRODUCER_H
#define DEMO_PRODUCER_H

struct plan;
struct stage;

/* Run the producer process. Returns its exit status. */
int producer_main(const struct plan *plan, struct stage *stage);

#endif /* DEMO_PRODUCER_H */
