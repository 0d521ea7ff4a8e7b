// SPDX-License-Identifier: MPL-2.0
/*
 * The database writer: one row per event in a SQLite file. The rows of a batch
 * and the checkpoint are one transaction.
 */
#include "actor.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "complaint.h"

struct database {
	sqlite3 *db;
	sqlite3_stmt *begin;
	sqlite3_stmt *insert;
	sqlite3_stmt *checkpoint;
	sqlite3_stmt *commit;
	int open;		/* 1: in a transaction */
};

/*
 * Nothing is synced, as syncing only protects against a power failure. The
 * write-ahead log keeps a transaction atomic when this process is killed.
 */
static const char setup[] =
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = OFF;"
	"CREATE TABLE IF NOT EXISTS event ("
	" seq INTEGER PRIMARY KEY, pass INTEGER, piece INTEGER, package TEXT,"
	" version TEXT, section TEXT, len INTEGER, sum INTEGER);"
	"CREATE TABLE IF NOT EXISTS checkpoint ("
	" id INTEGER PRIMARY KEY CHECK (id = 0), position INTEGER);"
	"INSERT OR IGNORE INTO checkpoint VALUES (0, 0);";

static int database_failed(const struct database *state)
{
	complain(0, "database: %s", state->db ?
		 sqlite3_errmsg(state->db) : "no memory");
	return -EIO;
}

static int prepare(struct database *state, const char *sql,
		   sqlite3_stmt **statement)
{
	return sqlite3_prepare_v3(state->db, sql, -1,
				  SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static int prepare_all(struct database *state)
{
	/* a plain INSERT: a repeated event is an error */
	return prepare(state, "BEGIN IMMEDIATE", &state->begin) ||
	       prepare(state, "INSERT INTO event VALUES (?,?,?,?,?,?,?,?)",
		       &state->insert) ||
	       prepare(state, "UPDATE checkpoint SET position = ?",
		       &state->checkpoint) ||
	       prepare(state, "COMMIT", &state->commit);
}

static int run(sqlite3_stmt *statement)
{
	int err = sqlite3_step(statement);

	sqlite3_reset(statement);
	return err == SQLITE_DONE ? 0 : err;
}

static int integer(sqlite3 *db, const char *sql, int64_t *value)
{
	sqlite3_stmt *statement;
	int err = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (err)
		return err;
	err = sqlite3_step(statement);
	*value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return err == SQLITE_ROW ? 0 : err;
}

static int open_file(const char *dir, sqlite3 **db)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/database.sqlite", dir);
	return sqlite3_open(path, db);
}

static void database_close(void *opaque)
{
	struct database *state = opaque;

	sqlite3_finalize(state->begin);
	sqlite3_finalize(state->insert);
	sqlite3_finalize(state->checkpoint);
	sqlite3_finalize(state->commit);
	sqlite3_close(state->db);
	free(state);
}

static void *database_open(const char *dir, uint64_t *position)
{
	struct database *state = calloc(1, sizeof(*state));
	int64_t value;

	if (!state) {
		complain(ENOMEM, "database");
		return NULL;
	}
	if (open_file(dir, &state->db) ||
	    sqlite3_exec(state->db, setup, NULL, NULL, NULL) ||
	    prepare_all(state) ||
	    integer(state->db, "SELECT position FROM checkpoint", &value)) {
		database_failed(state);
		database_close(state);
		return NULL;
	}
	*position = (uint64_t)value;
	return state;
}

static void bind_text(sqlite3_stmt *statement, int column, struct text text)
{
	if (text.len)
		sqlite3_bind_text(statement, column, text.at, (int)text.len,
				  SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, column);
}

static int insert(struct database *state, const struct taken *taken,
		  uint32_t i)
{
	const struct rring_event *piece = &taken->piece[i];
	sqlite3_stmt *row = state->insert;

	sqlite3_bind_int64(row, 1, (int64_t)(taken->seq + i));
	sqlite3_bind_int64(row, 2, taken->pass);
	sqlite3_bind_int64(row, 3, i);
	bind_text(row, 4, record_field(taken->text, taken->len, "Package"));
	bind_text(row, 5, record_field(taken->text, taken->len, "Version"));
	bind_text(row, 6, record_field(taken->text, taken->len, "Section"));
	sqlite3_bind_int64(row, 7, piece->len);
	sqlite3_bind_int64(row, 8, payload_sum(piece->data, piece->len));
	return run(row);
}

static int database_take(void *opaque, const struct taken *taken)
{
	struct database *state = opaque;
	uint32_t i;

	if (!state->open && run(state->begin))
		return database_failed(state);
	state->open = 1;
	for (i = 0; i < taken->pieces; i++)
		if (insert(state, taken, i))
			return database_failed(state);
	return 0;
}

static int database_commit(void *opaque, uint64_t position)
{
	struct database *state = opaque;

	sqlite3_bind_int64(state->checkpoint, 1, (int64_t)position);
	if (run(state->checkpoint) || run(state->commit))
		return database_failed(state);
	state->open = 0;
	return 0;
}

/* Expected sums over the events of all passes. */
struct sums {
	int64_t rows, len, sum;
};

static void expect(const struct records *records, uint32_t passes,
		   struct sums *sums)
{
	uint32_t i, k;

	*sums = (struct sums){ .rows = (int64_t)records->events * passes };
	for (i = 0; i < records->count; i++) {
		for (k = 0; k < records->record[i].pieces; k++) {
			struct text piece = record_piece(&records->record[i],
							 k);

			sums->len += (int64_t)piece.len;
			sums->sum += payload_sum(piece.at, piece.len);
		}
	}
	sums->len *= passes;
	sums->sum *= passes;
}

struct question {
	const char *sql;
	int64_t answer;
	const char *what;
};

static void ask(sqlite3 *db, const struct question *question,
		struct finding *finding)
{
	int64_t value = 0;

	if (finding->fault[0])
		return;
	if (integer(db, question->sql, &value))
		snprintf(finding->fault, sizeof(finding->fault), "%s",
			 sqlite3_errmsg(db));
	else if (value != question->answer)
		snprintf(finding->fault, sizeof(finding->fault),
			 "%s: %" PRId64 ", not %" PRId64, question->what,
			 value, question->answer);
}

static void ask_all(sqlite3 *db, const struct records *records,
		    uint32_t passes, struct finding *finding)
{
	char misplaced[128];
	struct sums sums;

	expect(records, passes, &sums);
	snprintf(misplaced, sizeof(misplaced),
		 "SELECT count(*) FROM event WHERE pass <> seq / %u",
		 records->events);
	/* seq is unique, so n rows from 0 to n - 1 have no gap */
	const struct question question[] = {
		{ "SELECT count(*) FROM event", sums.rows, "rows" },
		{ "SELECT min(seq) FROM event", 0, "first seq" },
		{ "SELECT max(seq) FROM event", sums.rows - 1, "last seq" },
		{ misplaced, 0, "rows of another pass" },
		{ "SELECT sum(len) FROM event", sums.len, "sum of len" },
		{ "SELECT sum(sum) FROM event", sums.sum, "sum of sums" },
	};

	for (size_t i = 0; i < sizeof(question) / sizeof(*question); i++)
		ask(db, &question[i], finding);
}

static void database_check(const char *dir, const struct records *records,
			   uint32_t passes, struct finding *finding)
{
	int64_t position = 0, rows = 0, packages = 0;
	sqlite3 *db = NULL;

	if (open_file(dir, &db))
		snprintf(finding->fault, sizeof(finding->fault),
			 "cannot open the file");
	else
		ask_all(db, records, passes, finding);
	integer(db, "SELECT position FROM checkpoint", &position);
	integer(db, "SELECT count(*) FROM event", &rows);
	integer(db, "SELECT count(DISTINCT package) FROM event", &packages);
	sqlite3_close(db);
	finding->position = (uint64_t)position;
	snprintf(finding->figure, sizeof(finding->figure),
		 "%" PRId64 " rows, %" PRId64 " packages", rows, packages);
}

const struct actor_kind database = {
	.name = "database",
	.open = database_open,
	.take = database_take,
	.commit = database_commit,
	.close = database_close,
	.check = database_check,
};
