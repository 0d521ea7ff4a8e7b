// SPDX-License-Identifier: MPL-2.0
/* The supervisor creates what a run needs, and removes it afterwards. */
#include "supervisor.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "complaint.h"
#include "crew.h"
#include "outcome.h"
#include "plan.h"
#include "record.h"
#include "stage.h"

static int lay_out(struct plan *plan, const struct records *records)
{
	uint64_t passes = (plan->events + records->events - 1) /
			  records->events;
	uint64_t least;

	if (passes > PASSES_MAX) {
		complain(0, "--events %" PRIu64 " takes too many passes",
			 plan->events);
		return -EINVAL;
	}
	plan->passes = (uint32_t)passes;
	plan->total = passes * records->events;
	/* two batches for each kill */
	least = (uint64_t)plan->kills * 2 * BATCH;
	if (plan->total < least) {
		complain(0, "--kills %u takes --events %" PRIu64 " at least",
			 plan->kills, least);
		return -EINVAL;
	}
	return 0;
}

static int make_dir(struct plan *plan)
{
	const char *parent = getenv("TMPDIR");

	if (!parent || !*parent)
		parent = "/tmp";
	if ((size_t)snprintf(plan->dir, sizeof(plan->dir),
			     "%s/rring-demo-XXXXXX", parent) >=
	    sizeof(plan->dir) || !mkdtemp(plan->dir)) {
		complain(errno, "cannot make a directory in %s", parent);
		return -EIO;
	}
	return 0;
}

/* Remove the directory and the files in it. Actors create no directories. */
static void remove_dir(const struct plan *plan)
{
	DIR *dir = opendir(plan->dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	if (rmdir(plan->dir))
		complain(errno, "cannot remove %s", plan->dir);
}

static void explain(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		complain(0, "no " RRING_DEVICE
			 ": load the module rusted_ring first (insmod)");
		break;
	case -EACCES:
	case -EPERM:
		complain(0, RRING_DEVICE " is not yours: run this as root");
		break;
	default:
		complain(-err, "cannot create an arena");
	}
}

/*
 * Create the arena. Its pools are small, so that slots are reused many times.
 * Returns its descriptor, or a negative errno after printing the reason.
 */
static int make_arena(struct plan *plan)
{
	struct rring_arena_config config = {
		.name = plan->arena,
		.max_clients = 16,
		.max_rings = 1,
		.mode = 0700,
		.uid = ~0u,
		.gid = ~0u,
	};
	int fd;

	snprintf(plan->arena, sizeof(plan->arena), "demo-%d", (int)getpid());
	rring_profile(RRING_PROFILE_SERVER, config.capacity);
	fd = rring_arena_create(&config);
	if (fd < 0)
		explain(fd);
	return fd;
}

static struct stage *make_stage(void)
{
	void *stage = mmap(NULL, sizeof(struct stage), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (stage == MAP_FAILED) {
		complain(errno, "cannot map memory");
		return NULL;
	}
	return stage;
}

static int conclude(const struct plan *plan, const struct records *records,
		    const struct crew *crew)
{
	struct outcome outcome = {
		.plan = plan,
		.records = records,
		.crew = crew,
		.stage = crew->stage,
	};
	int err = outcome_gather(&outcome);

	if (err)
		return err;
	outcome_print(&outcome);
	if (outcome_judge(&outcome))
		return -EBADE;
	puts("lost 0, repeated 0: every actor's state is what the file gives,"
	     " and every slot is free");
	return 0;
}

static int run(struct plan *plan, const struct records *records)
{
	struct crew crew = { .plan = plan };
	int err = -ENOMEM;

	crew.stage = make_stage();
	if (!crew.stage)
		return err;
	crew.arena = make_arena(plan);
	err = crew.arena < 0 ? crew.arena : make_dir(plan);
	if (!err) {
		err = crew_run(&crew);
		if (!err)
			err = conclude(plan, records, &crew);
		remove_dir(plan);
	}
	if (crew.arena >= 0)
		close(crew.arena);
	munmap(crew.stage, sizeof(*crew.stage));
	return err;
}

int supervise(struct plan *plan)
{
	struct records records;
	int err;

	err = records_load(&records, plan->fd, plan->path);
	if (err)
		return err;
	err = lay_out(plan, &records);
	if (!err)
		err = run(plan, &records);
	records_free(&records);
	return err;
}
