/* SPDX-License-Identifier: MPL-2.0 OR GPL-2.0-only */
/*
 * What a valid name of an arena, a ring or a reader is, and a valid type of a
 * ring. The kernel, the library and the tools all call rring_name_check() and
 * rring_type_is_valid().
 *
 * A name has at most RRING_NAME_MAX - 1 bytes, all of them printable ASCII
 * without space. UTF-8 beyond ASCII is refused. So a name cannot control a
 * terminal, has one form only, and is one word in a shell. Slashes divide the
 * name into components, for hierarchies such as "market/ticks". No component is
 * empty, "." or "..", so a member of a hierarchy has one name, and a name that
 * is used as a relative path stays below its directory.
 */
#ifndef _RUSTED_RING_NAME_H
#define _RUSTED_RING_NAME_H

#include <linux/rusted_ring.h>

enum rring_name_fault {
	RRING_NAME_VALID,	/* also if the name is empty: there is none */
	RRING_NAME_LONG,	/* no zero within RRING_NAME_MAX bytes */
	RRING_NAME_BYTE,	/* a byte is not allowed */
	RRING_NAME_COMPONENT,	/* a component is empty, "." or ".." */
};

/* Return 1 if the @len bytes at @part may stand between slashes, else 0. */
static inline int rring_name_has_component(const char *part, __u32 len)
{
	return len > 2 || (len == 2 && !(part[0] == '.' && part[1] == '.')) ||
	       (len == 1 && part[0] != '.');
}

/*
 * Return what is wrong with @name, and store in *@at the index of the byte or
 * of the component that is wrong.
 */
static inline enum rring_name_fault rring_name_check(const char *name,
						     __u32 *at)
{
	__u32 i;

	for (*at = 0, i = 0; i < RRING_NAME_MAX; i++) {
		if (name[i] && name[i] != '/') {
			if (name[i] > ' ' && name[i] <= '~')
				continue;
			*at = i;
			return RRING_NAME_BYTE;
		}
		if (!i && !name[i])
			return RRING_NAME_VALID;
		if (!rring_name_has_component(name + *at, i - *at))
			return RRING_NAME_COMPONENT;
		if (!name[i])
			return RRING_NAME_VALID;
		*at = i + 1;
	}
	return RRING_NAME_LONG;
}

/*
 * Return 1 if @name and @size are a type or, if @name is empty and @size is 0,
 * none; else 0. The name of a type is what programs call it in their sources, so
 * it may have spaces. It is printable ASCII, as other names are.
 */
static inline int rring_type_is_valid(const char *name, __u32 size)
{
	__u32 i;

	for (i = 0; i < RRING_NAME_MAX && name[i]; i++)
		if (name[i] < ' ' || name[i] > '~')
			return 0;
	return i < RRING_NAME_MAX && size <= RRING_XXL_MAX && !i == !size;
}

#endif /* _RUSTED_RING_NAME_H */
