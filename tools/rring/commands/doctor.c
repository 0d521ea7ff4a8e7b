// SPDX-License-Identifier: MPL-2.0
/* rring doctor: tells what is wrong with this set-up, and what to do. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <linux/rusted_ring_netlink.h>

#include "../health/finding.h"
#include "../input/selection.h"
#include "../netlink/inquiry.h"
#include "../netlink/snapshot.h"
#include "../output/report.h"
#include "../output/table.h"
#include "command.h"

static const struct argp argp = {
	.parser = words_parse,
	.doc = "Look at the kernel, the module, the device and the arenas, and "
	       "say what is wrong. The status is 0 if nothing is.",
	.children = json_children,
};

static void check_family(struct findings *findings, const struct link *link)
{
	if (link_version(link) != RRING_GENL_VERSION)
		finding_warn(findings, "netlink",
			     "install module and tools of one version",
			     "the family rusted_ring has version %" PRIu32
			     ", this program knows %u", link_version(link),
			     RRING_GENL_VERSION);
	else
		finding_ok(findings, "netlink",
			   "the family rusted_ring, version %u",
			   RRING_GENL_VERSION);
}

static void check_arenas(struct findings *findings)
{
	struct link *link;
	json_t *snapshot;
	int err = link_open(&link);

	if (err) {
		finding_bad(findings, "netlink", err == -ENOENT ?
			    "load the module, in a version that has it" :
			    "is netlink forbidden here, by seccomp or an LSM?",
			    "the family rusted_ring: %s", strerror(-err));
		return;
	}
	check_family(findings, link);
	snapshot = snapshot_take(link, 0);
	health_check(findings, snapshot);
	json_decref(snapshot);
	link_close(link);
}

int doctor_run(int argc, char **argv)
{
	struct findings findings = { must(json_array()), 0 };
	struct words words = { .most = 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &words);
	setup_check(&findings);
	check_arenas(&findings);
	if (words.selection.json)
		table_print_json(findings.array);
	else
		finding_print(&findings);
	json_decref(findings.array);
	return findings.wrong ? STATUS_FAILED : STATUS_DONE;
}
