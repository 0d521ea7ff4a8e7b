// SPDX-License-Identifier: MPL-2.0
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "placement.h"
#include "queue.h"
#include "rounds.h"

#define ATTEMPTS	5

static double from_environment(const char *name, double otherwise)
{
	const char *text = getenv(name);
	double value = text ? atof(text) : otherwise;

	if (value <= 0)
		errx(2, "%s is to be a number above 0", name);
	return value;
}

int rounds_count(void)
{
	int n = (int)from_environment("BENCH_ROUNDS", 7);

	return n ? n : 1;
}

double rounds_seconds(void)
{
	return from_environment("BENCH_SECONDS", 0.1);
}

uint64_t rounds_fit(uint64_t n, double ns, double wanted, uint64_t step)
{
	uint64_t steps = (uint64_t)(wanted / ns * (double)n / (double)step);

	return (steps ? steps : 1) * step;
}

/* What rounds_also() was told since the present run began. */
static struct {
	const char *text, *unit;
	double value;
} also[ROUNDS_ALSO];
static int alsos;

void rounds_also(const char *text, double value, const char *unit)
{
	if (alsos == ROUNDS_ALSO)
		errx(1, "a run with more than %d more values", ROUNDS_ALSO);
	also[alsos].text = text;
	also[alsos].value = value;
	also[alsos++].unit = unit;
}

static struct sample_key *last_key(struct sample *sample)
{
	int i = 0;

	while (i + 1 < SAMPLE_KEYS && sample->more[i + 1].name)
		i++;
	return &sample->more[i];
}

static void print_all(struct sample *sample)
{
	int i;

	sample_print(sample);
	for (i = 0; i < alsos; i++) {
		last_key(sample)->text = also[i].text;
		sample->value = also[i].value;
		sample->unit = also[i].unit;
		sample_print(sample);
	}
}

int queue_pauses = 1;

/* Valid until the next call. */
static const char *name_of(const struct contender *contender)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s%s", contender->name,
		 contender->eager ? ", eager" : "");
	return name;
}

static void run_one(struct sample *sample, const struct contender *contender)
{
	alsos = 0;
	queue_pauses = !contender->eager;
	sample->who = name_of(contender);
	sample->value = contender->run(contender, sample);
}

static void run_two(struct sample *sample, const struct contender *contender)
{
	double before, after;
	int i;

	for (i = 0; i < ATTEMPTS && !sample->placement; i++) {
		before = placement_cost();
		run_one(sample, contender);
		after = placement_cost();
		sample->placement = placement_of(before, after);
		sample->line_ns = after;
	}
	if (!sample->placement)
		warnx("%s, %s: the CPUs were moved %d times in a row",
		      sample->figure, sample->who, ATTEMPTS);
}

void rounds_run(const struct sample *work, const struct contender *contenders,
		int n)
{
	const char *elsewhere = getenv("BENCH_PLACEMENT");
	int round, i, count = rounds_count();

	if (elsewhere && work->placement)
		return;
	for (round = 0; round < count; round++) {
		for (i = 0; i < n; i++) {
			struct sample sample = *work;

			sample.round = (uint32_t)round;
			if (elsewhere)
				sample.placement = elsewhere;
			if (sample.placement)
				run_one(&sample, &contenders[(round + i) % n]);
			else
				run_two(&sample, &contenders[(round + i) % n]);
			if (sample.placement)
				print_all(&sample);
		}
	}
}

void rounds_run_on_both(struct sample *work,
			const struct contender *contenders, int n)
{
	work->placement = NULL;
	rounds_run(work, contenders, n);
	work->placement = "one";
	rounds_run(work, contenders, n);
}
