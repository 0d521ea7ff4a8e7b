// SPDX-License-Identifier: MPL-2.0
/* rring-relay: carries events between a ring and a stream of a broker. */
#include <argp.h>
#include <locale.h>

#include "../rring/output/report.h"
#include "relay.h"

const char *argp_program_version = "rring-relay " RUSTED_RING_VERSION;

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	argp_err_exit_status = STATUS_USAGE;
	return relay_run(argc, argv);
}
