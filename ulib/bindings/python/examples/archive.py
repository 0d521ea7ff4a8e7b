# SPDX-License-Identifier: MPL-2.0
"""archive.py [EVENTS [KILLS]]: the events of three rings go to a database, each
exactly once. KILLS times a writer or the archive ends in its work.
Documentation/durable.rst explains how: the place in each ring is stored in one
transaction with the events, and what was stored is released after that.
"""

import os
import sqlite3
import tempfile

import rusted_ring as rr
from actors import Actors, must, numbers

RINGS = ["lines.a", "lines.b", "lines.c"]
BATCH = 512
AHEAD = 256    # entries of a ring

events, kills = numbers(20_000, 30)    # events of each ring
arena = rr.Arena(capacity={rr.SizeClass.XS: 64})
folder = tempfile.TemporaryDirectory()


def factory_of(client):
    return rr.Factory(client, stride=64, capacity=AHEAD)


def line(position):
    return b"line %d" % position


def writer(ring):
    def write(last):
        """Go on where the last writer has stopped."""
        with arena.client() as client, \
                factory_of(client).writer(ring) as writer:
            while (position := writer.position) < min(events, last):
                writer.add(line(position))

    return write


def open_database():
    database = sqlite3.connect(os.path.join(folder.name, "lines.db"))
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS event"
                         " (ring, position, data)")
        database.execute("CREATE TABLE IF NOT EXISTS place"
                         " (ring PRIMARY KEY, next)")
    return database


def places(database):
    return dict(database.execute("SELECT ring, next FROM place"))


def store(database, rows):
    """All of the rows, and the place behind each, or nothing."""
    with database:
        database.executemany("INSERT INTO event VALUES (?, ?, ?)", rows)
        database.executemany("INSERT OR REPLACE INTO place VALUES (?, ? + 1)",
                             [row[:2] for row in rows])


def be_archive(last):
    database = open_database()
    done = places(database)
    with arena.client() as client, client.set() as together:
        ring_of = {}
        for ring in RINGS:
            reader = factory_of(client).reader(ring, "archive")
            reader.release_to(done.get(ring, 0))
            together.add(reader)
            ring_of[reader] = ring
        while sum(done.values()) < events * len(RINGS):
            batch = await_events(together)
            store(database, [(ring_of[event.reader], event.position,
                              bytes(event)) for event in batch])
            done = places(database)
            if sum(done.values()) > last * len(RINGS):
                break    # stored, and not released
            batch.release()
    database.close()


def await_events(together):
    """All streams may have ended, because all writers have died."""
    while True:
        try:
            return together.read_batch(BATCH)
        except rr.EndOfStream:
            together.wait()


def check_database():
    database = open_database()
    for ring in RINGS:
        rows = database.execute("SELECT position, data FROM event WHERE ring = ?"
                                " ORDER BY position", (ring,)).fetchall()
        must(rows == [(i, line(i)) for i in range(events)],
             "each line is there once")
    database.close()


with arena.client() as client:
    for ring in RINGS:
        factory_of(client).reader(ring, "archive").close()
    progress = factory_of(client).reader(RINGS[0])
    actors = Actors([be_archive, *map(writer, RINGS)], events, kills)
    for number in range(1, events + 1):
        while True:
            try:
                progress.read()
                break
            except rr.EndOfStream:
                progress.wait()
        actors.kill_in_time(number, AHEAD)
    progress.close()
    actors.join()
check_database()
folder.cleanup()
print(f"archive: {events} lines of each of {len(RINGS)} rings are stored once; "
      f"{kills} times a writer or the archive ended in its work")
