/* SPDX-License-Identifier: MPL-2.0 */
#ifndef BENCH_RTE_H
#define BENCH_RTE_H

/* DPDK, for this process: without huge pages and devices, on one core. */
void rte_start(void);

#endif /* BENCH_RTE_H */
