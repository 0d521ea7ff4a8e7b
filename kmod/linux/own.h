/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_OWN_H
#define KRING_OWN_H

struct kring_client;
struct vm_area_struct;

int kring_own_prepare(const struct kring_client *client,
		      struct vm_area_struct *vma);
int kring_own_mmap(struct kring_client *client, struct vm_area_struct *vma);

#endif /* KRING_OWN_H */
