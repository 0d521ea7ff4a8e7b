/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef SELFTESTS_CONTEXTS_H
#define SELFTESTS_CONTEXTS_H

#include "producer.h"

struct rring_kwriter;

int contexts_init(void);
void contexts_exit(void);
int contexts_run(struct rring_kwriter *kw, const struct producer_run *run);
u32 contexts_available(void);
u64 contexts_nmis(void);
void contexts_fill(void *data, u32 len, u64 source, u64 number);

#endif /* SELFTESTS_CONTEXTS_H */
