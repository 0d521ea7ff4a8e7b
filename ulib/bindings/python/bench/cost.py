# SPDX-License-Identifier: MPL-2.0
"""cost.py [C_PROGRAM]: what an event of 64 bytes costs, in nanoseconds, beside the
same in C (cost.c). One thread writes and reads, in turn, as many events as a ring
has; so there are no waits and no wake-ups. The best of several rounds counts.
"""

import struct
import subprocess
import sys
import time

import rusted_ring as rr

try:
    import numpy
except ImportError:
    numpy = None

CAPACITY = 1024
ROUNDS = 50
DATA = bytes(64 * CAPACITY)
ONE = bytes(64)

arena = rr.Arena(capacity={rr.SizeClass.XS: 4096})
client = arena.client()
writer = client.writer("inline", stride=64, capacity=CAPACITY)
reader = client.reader("inline")
publisher = client.writer("handles", capacity=CAPACITY)
subscriber = client.reader("handles")
number = struct.Struct("<Q").unpack_from


def add():
    for _ in range(CAPACITY):
        writer.add(ONE)


def add_batch():
    writer.add_batch(DATA, 64)


def reserve():
    with writer.reserve(CAPACITY, 64) as room:
        room.data


def read_each():
    for _ in range(CAPACITY):
        reader.try_read()


def read_each_number():
    for _ in range(CAPACITY):
        number(reader.try_read())


def read_batches():
    left = CAPACITY
    while left:
        with reader.read_batch(256) as batch:
            left -= len(batch)


def sum_batches():
    left = CAPACITY
    while left:
        batch = reader.read_batch(256)
        table = numpy.frombuffer(batch, "<u8").reshape(-1, 8)
        table[:, 0].sum()
        left -= len(table)
        del table
        batch.release()


def publish_each():
    for _ in range(CAPACITY):
        publisher.publish(client.alloc(64))


def take_each():
    for _ in range(CAPACITY):
        subscriber.try_read()


def skip_all():
    reader.skip()
    subscriber.skip()


def nothing():
    pass


# name in C, what it does, before, measured, after
CASES = [
    ("add", "add one", nothing, add, skip_all),
    ("add_batch", "add a batch", nothing, add_batch, skip_all),
    ("reserve", "reserve and commit a batch", nothing, reserve, skip_all),
    ("read", "read one", add_batch, read_each, skip_all),
    ("read", "read one, and unpack its number", add_batch, read_each_number,
     skip_all),
    ("batch", "read a batch of 256", add_batch, read_batches, skip_all),
    ("sum", "read a batch, and sum it by numpy", add_batch, sum_batches,
     skip_all),
    ("publish", "allocate and publish one", nothing, publish_each, skip_all),
    ("take", "read one of handles", publish_each, take_each, skip_all),
]


def measure(before, measured, after):
    best = float("inf")
    for _ in range(ROUNDS):
        before()
        start = time.perf_counter_ns()
        measured()
        best = min(best, time.perf_counter_ns() - start)
        after()
    return best / CAPACITY


def in_c(program):
    lines = subprocess.check_output([program], text=True).splitlines()
    return dict(line.split() for line in lines)


def main():
    c = in_c(sys.argv[1]) if len(sys.argv) > 1 else {}
    print(f"{'ns for an event':34}{'Python':>8}{'C':>8}")
    for name, title, *steps in CASES:
        if numpy or name != "sum":
            print(f"{title:34}{measure(*steps):8.1f}{c.get(name, '-'):>8}")


if __name__ == "__main__":
    main()
