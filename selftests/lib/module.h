/* SPDX-License-Identifier: MPL-2.0 */
/* The module itself, for the tests that unload it and load it again. */
#ifndef SELFTESTS_MODULE_H
#define SELFTESTS_MODULE_H

#include <stddef.h>

/* 0 or a negative errno. It lies in /, or where $RRING_MODULE says. */
int module_load(const char *parameters);
int module_unload(void);
int module_is_loaded(void);

/* The same for others. */
int module_load_file(const char *file, const char *parameters);
int module_unload_name(const char *name);

/* The parameters with which it would be what it is now. */
void module_parameters(char *to, size_t size);

#endif /* SELFTESTS_MODULE_H */
