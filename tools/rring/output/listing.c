// SPDX-License-Identifier: MPL-2.0
#include <argp.h>

#include "../input/selection.h"
#include "../netlink/inquiry.h"
#include "listing.h"
#include "report.h"

int listing_run(const struct listing *listing, int argc, char **argv)
{
	const struct argp argp = {
		.parser = words_parse,
		.doc = listing->doc,
		.children = selection_children,
	};
	struct words words = { .most = 0 };
	struct link *link;
	json_t *array;

	argp_parse(&argp, argc, argv, 0, NULL, &words);
	link = inquiry_open();
	array = inquiry_dump(link, listing->object,
			     inquiry_arena(link, &words.selection));
	if (words.selection.json)
		table_print_json(array);
	else
		table_print(stdout, listing->columns, array, "", NULL);
	json_decref(array);
	link_close(link);
	return STATUS_DONE;
}
