/* SPDX-License-Identifier: GPL-2.0-only OR MPL-2.0 */
/* What differs between the kernels that this module builds for. */
#ifndef RRING_COMPAT_H
#define RRING_COMPAT_H

#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* RRING_COMPAT_H */
