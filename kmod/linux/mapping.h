/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_MAPPING_H
#define KRING_MAPPING_H

struct kring_client;
struct vm_area_struct;

int kring_mapping_mmap(struct kring_client *client, struct vm_area_struct *vma);

#endif /* KRING_MAPPING_H */
