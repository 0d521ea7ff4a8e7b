/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_COMMAND_H
#define RRING_COMMAND_H

#include <jansson.h>

#include "../netlink/link.h"

/*
 * .run() gets the whole name, as "rring arena create", in argv[0]. It returns a
 * STATUS_.
 */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/*
 * Run the one of @commands that argv[1] names. If argv[1] is an option or is
 * missing, run the first one. Returns a STATUS_.
 */
int command_run_verb(const struct command *commands, int argc, char **argv);

/*
 * Run the one of @commands that argv[1] names. argv[1] must not be NULL.
 * Returns a STATUS_, STATUS_USAGE if there is no such command.
 */
int command_run(const struct command *commands, int argc, char **argv);

/* Build the request that evicts @client of @arena. */
void evict_request(struct link *link, uint32_t arena, const json_t *client);

/* Build the request that forgets @reader of @arena. */
void forget_request(struct link *link, uint32_t arena, const json_t *reader);

int apply_run(int argc, char **argv);
int arena_run(int argc, char **argv);
int ban_run(int argc, char **argv);
int client_run(int argc, char **argv);
int doctor_run(int argc, char **argv);
int evict_run(int argc, char **argv);
int pool_run(int argc, char **argv);
int pub_run(int argc, char **argv);
int relay_run(int argc, char **argv);
int ring_run(int argc, char **argv);
int run_run(int argc, char **argv);
int stat_run(int argc, char **argv);
int tail_run(int argc, char **argv);
int top_run(int argc, char **argv);
int watch_run(int argc, char **argv);

#endif /* RRING_COMMAND_H */
