// SPDX-License-Identifier: MPL-2.0
#include <string.h>

#include <rusted_ring/internal/profile.h>

#include "client.h"

int rring_profile(enum rring_profile profile, uint32_t capacity[RRING_POOLS])
{
	if ((unsigned int)profile >= RRING_PROFILES)
		return ulib_error(-EINVAL, "there is no profile %u", profile);
	memcpy(capacity, rring_profile_capacities[profile],
	       sizeof(rring_profile_capacities[profile]));
	return 0;
}

enum rring_class rring_class_for(size_t len)
{
	return len > RRING_XXL_MAX ? RRING_POOLS : rring_class_unchecked(len);
}

/*
 * Open a file on @backend, make the call @request, which needs no client, and
 * close the file. Return the result of the call, which for CREATE is a
 * descriptor, or a negative errno.
 */
static int call(enum rring_backend backend, unsigned long request, void *args)
{
	struct ulib_file file;
	int ret = ulib_file_open(&file, backend);

	if (ret)
		return ret;
	ret = file.calls->call(&file, request, args);
	file.calls->close(&file);
	return ret;
}

int rring_arena_create(const struct rring_arena_config *config)
{
	struct rring_create args = {
		.size = sizeof(args),
		.flags = config->flags,
		.max_clients = config->max_clients,
		.max_rings = config->max_rings,
		.quota = config->quota,
		.mode = config->mode,
		.uid = config->uid,
		.gid = config->gid,
		.on_hold_limit = (uint32_t)config->on_hold_limit,
		.producers = config->producers,
	};
	enum rring_backend backend = config->backend;
	int ret;

	ulib_error_forget();
	ret = ulib_name_copy(args.name, config->name);
	if (ret)
		return ret;
	memcpy(args.capacity, config->capacity, sizeof(args.capacity));
	memcpy(args.hold_limit, config->hold_limit, sizeof(args.hold_limit));
	if ((unsigned int)backend > RRING_BACKEND_PROCESS)
		return ulib_error(-EINVAL, "there is no backend %u; RRING_BACKEND_AUTO chooses one",
				  backend);
	if (backend == RRING_BACKEND_AUTO)
		backend = rring_backend();
	ret = call(backend, RRING_IOC_CREATE, &args);
	return ret < 0 ? ulib_explain_create(config, backend ==
					     RRING_BACKEND_PROCESS, ret) : ret;
}

int rring_arena_remove(const char *name)
{
	struct rring_remove args = { .size = sizeof(args) };
	int err;

	ulib_error_forget();
	err = ulib_name_copy(args.name, name);
	if (!err)
		err = call(RRING_BACKEND_AUTO, RRING_IOC_REMOVE, &args);
	if (err == -ENOENT && !args.name[0])
		return ulib_error(err, "the name of the arena is missing or empty");
	if (err == -ENOENT)
		return ulib_error_unless_known(err, "there is no arena of this name here; `rring arena' lists those of the device");
	if (err == -EBUSY)
		return ulib_explain_copies(err);
	if (err == -EACCES)
		return ulib_error_unless_known(err, "only the owner of the arena, or CAP_SYS_ADMIN, removes its name");
	return err;
}
