// SPDX-License-Identifier: MPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <rusted_ring.h>

#include "arena.h"
#include "module.h"
#include "sched_recording.h"
#include "repetition.h"

#define MODULE		RECORDING_MODULE
#define OUTPUT		"/tmp/sched.json"
#define INSTANCES	"/sys/kernel/tracing/instances/"
#define LOG_SIZE	(1 << 20)
#define LOG_READ_ALL	3	/* SYSLOG_ACTION_READ_ALL of syslog(2) */

unsigned int recording_scale(void)
{
	return is_torture() ? 10 : 1;
}

/* ---- the module ---- */

static void trace_into(const char *instance)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), INSTANCES "%s", instance);
	mkdir(path, 0700);
	snprintf(path, sizeof(path),
		 INSTANCES "%s/events/sched/sched_switch/enable", instance);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "1", 1) != 1)
		exit(1);
	close(fd);
}

/*
 * Attach two permanent tracefs probes to sched_switch.
 *
 * The kernel patches the code of a tracepoint when its first or second probe is
 * attached. QEMU's emulation of two CPUs can miss the patch on the CPU that is
 * executing this code, which then hits the temporary breakpoint forever. With
 * two probes that stay, later probes need no patch.
 */
static void keep_two_probes(void)
{
	if (!access(INSTANCES "second", F_OK))
		return;
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	trace_into("first");
	trace_into("second");
}

int recording_load(const char *parameters)
{
	keep_two_probes();
	return module_load_file("/" MODULE ".ko", parameters);
}

int recording_unload(void)
{
	return module_unload_name(MODULE);
}

char *recording_log(const char *mark)
{
	char *log = calloc(1, LOG_SIZE), *from;

	if (klogctl(LOG_READ_ALL, log, LOG_SIZE - 1) < 0)
		exit(1);
	from = strstr(log, mark);
	if (!from)
		exit(1);
	memmove(log, from, strlen(from) + 1);
	return log;
}

void recording_mark(char mark[RECORDING_MARK])
{
	static int n;
	int fd = open("/dev/kmsg", O_WRONLY);

	snprintf(mark, RECORDING_MARK, "selftest-%d-%d;", (int)getpid(), n++);
	if (fd < 0 || write(fd, mark, strlen(mark)) < 0)
		exit(1);
	close(fd);
}

int recording_end(struct recording_sums *sums)
{
	char mark[RECORDING_MARK], *log, *line;
	int err, n = 0;

	recording_mark(mark);
	err = recording_unload();
	if (err)
		return err;
	log = recording_log(mark);
	line = strstr(log, MODULE ": ");
	if (line)
		n = sscanf(line, MODULE ": %" SCNu64
			   " switches, of which %" SCNu64, &sums->switches,
			   &sums->dropped);
	free(log);
	return n == 2 ? 0 : -ENODATA;
}

/* ---- the reader ---- */

long long ask(const char *command)
{
	FILE *file = popen(command, "r");
	long long answer = -1;

	if (!file || fscanf(file, "%lld", &answer) != 1)
		answer = -1;
	if (file)
		pclose(file);
	return answer;
}

/* Wait until @ring has a reader besides the observer of this process. */
static void until_read(struct rring_client *client, const char *ring)
{
	struct rring_reader_config config = {
		.ring_name = ring,
		.flags = RRING_JOIN_OBSERVER,
	};
	struct rring_reader *reader;

	if (rring_reader_open(client, &config, &reader))
		exit(1);
	while (rring_flag_load(&reader->info->readers_end) < 2)
		sched_yield();
	rring_reader_close(reader, 0);
}

static void until_all_are_read(void)
{
	struct rring_client *client;

	if (rring_open(&client, NULL, RRING_OBSERVER, 0))
		exit(1);
	until_read(client, "sched.0");
	until_read(client, "sched.1");
	rring_close(client);
}

pid_t reader_start(const char *const options[])
{
	const char *argv[8] = { "rring-sched", "--json", "--top=0" };
	int i, out;
	pid_t pid;

	for (i = 0; options[i]; i++)
		argv[3 + i] = options[i];
	out = open(OUTPUT, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	pid = fork();
	if (!pid) {
		dup2(out, 1);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	close(out);
	until_all_are_read();
	return pid;
}

pid_t reader_in_total(void)
{
	static const char *const total[] = { "--total", NULL };

	return reader_start(total);
}

void stop_process(pid_t pid)
{
	int status;

	kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		exit(1);
}

/* ---- output of the reader ---- */

/* Return an array of all summaries, or exit. */
static json_t *summaries(void)
{
	json_t *all = json_array(), *one;
	FILE *file = fopen(OUTPUT, "r");

	if (!file)
		exit(1);
	while ((one = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)))
		json_array_append_new(all, one);
	fclose(file);
	return all;
}

static long long value_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		exit(1);
	return json_is_true(value) ? 1 : json_integer_value(value);
}

/*
 * Sum of @key over the objects of @array, or, if @name is not NULL, over those
 * whose @name is @number.
 */
static long long add(const char *array, const char *name, long long number,
		     const char *key)
{
	json_t *all = summaries(), *summary, *object;
	long long sum = 0;
	size_t i, j;

	json_array_foreach(all, i, summary)
		json_array_foreach(json_object_get(summary, array), j, object)
			if (!name || value_of(object, name) == number)
				sum += value_of(object, key);
	json_decref(all);
	return sum;
}

long long said_sum(const char *key)
{
	return add("cpus", NULL, 0, key);
}

long long said_of_cpu(int cpu, const char *key)
{
	return add("cpus", "cpu", cpu, key);
}

long long said_of_tasks(const char *key)
{
	return add("tasks", NULL, 0, key);
}

uint64_t said_of(pid_t pid, const char *key)
{
	return (uint64_t)add("tasks", "pid", pid, key);
}

uint64_t said_recorded(void)
{
	return (uint64_t)(said_sum("before") + said_sum("switches") +
			  said_sum("dropped") + said_sum("overwritten"));
}

size_t said_summaries(void)
{
	json_t *all = summaries();
	size_t n = json_array_size(all);

	json_decref(all);
	return n;
}

/* ---- processes that switch ---- */

void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		exit(1);
}

struct pair {
	struct baton there;
	struct baton back;
	int cpu;
	unsigned int rounds;
};

/* Run at low priority, so that programs which start meanwhile get CPU time. */
static void begin(const struct pair *pair)
{
	run_on(pair->cpu);
	if (nice(19) < 0)
		exit(1);
}

static int answer(void *arg)
{
	struct pair *pair = arg;
	unsigned int i;

	begin(pair);
	for (i = 0; i < pair->rounds; i++) {
		baton_wait(&pair->there);
		baton_pass(&pair->back);
	}
	return 0;
}

static int ping(void *arg)
{
	struct pair *pair = arg;
	unsigned int i;

	begin(pair);
	for (i = 0; i < pair->rounds; i++) {
		baton_pass(&pair->there);
		baton_wait(&pair->back);
	}
	return 0;
}

void switches_start(unsigned int rounds, pid_t pids[RECORDING_PROCESSES])
{
	static struct pair pairs[RECORDING_CPUS];
	int cpu;

	for (cpu = 0; cpu < RECORDING_CPUS; cpu++) {
		baton_init(&pairs[cpu].there);
		baton_init(&pairs[cpu].back);
		pairs[cpu].cpu = cpu;
		pairs[cpu].rounds = rounds;
		pids[2 * cpu] = spawn(answer, &pairs[cpu]);
		pids[2 * cpu + 1] = spawn(ping, &pairs[cpu]);
	}
}

int switches_make(unsigned int rounds)
{
	pid_t pids[RECORDING_PROCESSES];
	int i, failed = 0;

	switches_start(rounds, pids);
	for (i = 0; i < RECORDING_PROCESSES; i++)
		failed |= reap(pids[i]);
	return failed;
}
