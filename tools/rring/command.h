/* SPDX-License-Identifier: MPL-2.0 */
#ifndef RRING_COMMAND_H
#define RRING_COMMAND_H

/* argv[0] is the whole name, as "rring arena create"; returns a STATUS_. */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

/*
 * Run the one of @commands that argv[1] names; the first one if there is no
 * word there, but options or nothing.
 */
int command_run_verb(const struct command *commands, int argc, char **argv);

/* The same, and there is no first one. */
int command_run(const struct command *commands, int argc, char **argv);

int arena_run(int argc, char **argv);
int client_run(int argc, char **argv);
int doctor_run(int argc, char **argv);
int evict_run(int argc, char **argv);
int pool_run(int argc, char **argv);
int pub_run(int argc, char **argv);
int ring_run(int argc, char **argv);
int stat_run(int argc, char **argv);
int tail_run(int argc, char **argv);
int top_run(int argc, char **argv);
int watch_run(int argc, char **argv);

#endif /* RRING_COMMAND_H */
