/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef RRING_MAPPING_H
#define RRING_MAPPING_H

struct rring_client;
struct vm_area_struct;

int rring_mapping_mmap(struct rring_client *client, struct vm_area_struct *vma);

#endif /* RRING_MAPPING_H */
