/* SPDX-License-Identifier: MPL-2.0 */
/* Loading and unloading of modules. */
#ifndef SELFTESTS_MODULE_H
#define SELFTESTS_MODULE_H

#include <stddef.h>

/*
 * Load or unload rusted_ring. Return 0 or a negative errno. The file is
 * $RRING_MODULE, or /rusted_ring.ko.
 */
int module_load(const char *parameters);
int module_unload(void);

/*
 * Unload the module, whose last user has just gone: the kernel may count it for
 * a moment longer. Return 0, or a negative errno: -EAGAIN if the module is still
 * in use at the deadline SOON().
 */
int module_unload_soon(void);
int module_is_loaded(void);

/* Load or unload another module. Return 0 or a negative errno. */
int module_load_file(const char *file, const char *parameters);
int module_unload_name(const char *name);

/* Store the current parameters of rusted_ring, in module_load()'s format. */
void module_parameters(char *to, size_t size);

/* Change a parameter of rusted_ring while it is loaded, or exit. */
void module_set(const char *parameter, const char *value);

#endif /* SELFTESTS_MODULE_H */
