// SPDX-License-Identifier: MPL-2.0
/*
 * `archive DATABASE RING...` stores the events of these rings of the arena
 * "default" in a database, each exactly once, no matter how often it is killed
 * and started again. It ends when all streams have ended. `archive DATABASE`
 * prints what is stored. Documentation/durable.rst explains the program.
 */
#include <errno.h>
#include <rusted_ring.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define RINGS	16
#define BATCH	512	/* events of a transaction */

static sqlite3 *database;
static sqlite3_stmt *insert, *place, *move;

/* A ring that is read. Its events below .next are in the database. */
static struct source {
	const char *ring;
	struct rring_reader *reader;
	uint64_t next;
} sources[RINGS];

static void check(int right, const char *what, const char *why)
{
	if (right)
		return;
	fprintf(stderr, "archive: %s: %s\n", what, why);
	exit(1);
}

static void check_ring(long result, const char *what)
{
	check(result >= 0, what, rring_error_detail((int)result));
}

/* ---- the database ---- */

static void run(const char *sql)
{
	check(sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK, sql,
	      sqlite3_errmsg(database));
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) ==
	      SQLITE_OK, sql, sqlite3_errmsg(database));
	return statement;
}

/* Execute a statement that has no result, with its parameters bound before. */
static void execute(sqlite3_stmt *statement)
{
	check(sqlite3_step(statement) == SQLITE_DONE, sqlite3_sql(statement),
	      sqlite3_errmsg(database));
	sqlite3_reset(statement);
}

static void open_database(const char *path)
{
	check(sqlite3_open(path, &database) == SQLITE_OK, path,
	      sqlite3_errmsg(database));
	run("CREATE TABLE IF NOT EXISTS event (ring, position, data)");
	run("CREATE TABLE IF NOT EXISTS place (ring PRIMARY KEY, next)");
	insert = prepare("INSERT INTO event VALUES (?, ?, ?)");
	place = prepare("SELECT next FROM place WHERE ring = ?");
	move = prepare("INSERT OR REPLACE INTO place VALUES (?, ?)");
}

static uint64_t load_place(const char *ring)
{
	uint64_t next = 0;

	sqlite3_bind_text(place, 1, ring, -1, SQLITE_STATIC);
	if (sqlite3_step(place) == SQLITE_ROW)
		next = (uint64_t)sqlite3_column_int64(place, 0);
	sqlite3_reset(place);
	return next;
}

static void store_place(const struct source *source)
{
	sqlite3_bind_text(move, 1, source->ring, -1, SQLITE_STATIC);
	sqlite3_bind_int64(move, 2, (sqlite3_int64)source->next);
	execute(move);
}

static void store_event(const struct source *source, uint64_t position,
			const struct rring_event *event)
{
	sqlite3_bind_text(insert, 1, source->ring, -1, SQLITE_STATIC);
	sqlite3_bind_int64(insert, 2, (sqlite3_int64)position);
	sqlite3_bind_blob(insert, 3, event->data, (int)event->len,
			  SQLITE_STATIC);
	execute(insert);
}

static void print_all(void)
{
	sqlite3_stmt *all = prepare("SELECT ring, position, CAST(data AS TEXT) FROM event ORDER BY ring, position");

	while (sqlite3_step(all) == SQLITE_ROW)
		printf("%s %s %s\n", sqlite3_column_text(all, 0),
		       sqlite3_column_text(all, 1),
		       sqlite3_column_text(all, 2));
	sqlite3_finalize(all);
}

/* ---- the rings ---- */

/*
 * Join the ring of @source under the name "archive". If the ring does not know
 * this name, the position in the database is one of an earlier ring: forget it
 * first.
 */
static void join(struct rring_client *client, struct source *source)
{
	struct rring_reader_config config = {
		.ring_name = source->ring,
		.name = "archive",
		.flags = RRING_JOIN_RESUME,
		.start = RRING_START_OLDEST,
	};
	int err = rring_reader_open(client, &config, &source->reader);

	source->next = load_place(source->ring);
	if (err == -ENOENT) {
		source->next = 0;
		store_place(source);
		config.flags = 0;
		err = rring_reader_open(client, &config, &source->reader);
	}
	check_ring(err, source->ring);
}

static struct source *source_of(const struct rring_reader *reader)
{
	struct source *source = sources;

	while (source->reader != reader)
		source++;
	return source;
}

/* Store the @n events at which @set has peeked, and the new places. */
static void store(struct rring_set *set, uint32_t n)
{
	struct rring_reader *from;
	struct rring_event event;
	struct source *source;
	uint64_t position;
	uint32_t i;
	int err;

	run("BEGIN");
	for (i = 0; i < n; i++) {
		err = rring_set_entry(set, i, &event, &from, &position);
		source = source_of(from);
		source->next = position + 1;
		if (err == -ENODATA)	/* the kernel, as the writer, dropped it */
			continue;
		check_ring(err, source->ring);
		store_event(source, position, &event);
	}
	for (i = 0; i < RINGS && sources[i].reader; i++)
		store_place(&sources[i]);
	run("COMMIT");
}

int main(int argc, char **argv)
{
	struct rring_set_config config = { .order = RRING_FAIR };
	struct rring_client *client;
	struct rring_set *set;
	long n;
	int i;

	check(argc > 1 && argc <= RINGS + 2, "usage",
	      "archive DATABASE [RING...]");
	open_database(argv[1]);
	if (argc == 2) {
		print_all();
		return 0;
	}
	check_ring(rring_open(&client, "default", RRING_CONSUMER,
			      RRING_SINGLE_THREADED), "default");
	check_ring(rring_set_open(client, &config, &set), "a set");
	for (i = 0; i < argc - 2; i++) {
		sources[i].ring = argv[i + 2];
		join(client, &sources[i]);
		/* what is stored: the last run has died before it released it */
		check_ring(rring_release_to(sources[i].reader, sources[i].next),
			   argv[i + 2]);
		check_ring(rring_set_add(set, sources[i].reader, 0), argv[i + 2]);
	}
	while (n = rring_set_peek(set, BATCH), n != -EPIPE) {
		if (n == -EAGAIN) {
			check_ring(rring_set_wait(set, RRING_FOREVER), "a wait");
			continue;
		}
		check_ring(n, "a ring");
		store(set, (uint32_t)n);
		check_ring(rring_set_release(set, (uint32_t)n), "a release");
	}
	rring_set_close(set);
	rring_close(client);
	sqlite3_close(database);
	return 0;
}
