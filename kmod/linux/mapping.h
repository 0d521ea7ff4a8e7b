/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
#ifndef KRING_MAPPING_H
#define KRING_MAPPING_H

struct kring_client;
struct kring_pages;
struct vm_area_struct;
struct vm_fault;

int kring_mapping_mmap(struct kring_client *client, struct vm_area_struct *vma);
int kring_mapping_no_split(struct vm_area_struct *vma, unsigned long addr);
int kring_mapping_no_mremap(struct vm_area_struct *vma);
bool kring_mapping_must_fail(const struct vm_fault *vmf);

int kring_mapping_track(struct kring_client *client, struct vm_area_struct *vma,
			struct kring_pages *pages);
int kring_remnants_start(void);
int kring_shrinker_start(void);
void kring_shrinker_stop(void);
void kring_shrinker_destroy(void);
void kring_remnants_stop(void);

#endif /* KRING_MAPPING_H */
