# SPDX-License-Identifier: MPL-2.0
"""batches.py N: write and read N rings full of events, by batches. What a ring full
takes is the difference of two runs, counted in instructions: see
selftests/host/bindings_python.sh.
"""

import sys

import rusted_ring as rr

CAPACITY = 1024
data = bytes(64 * CAPACITY)

with rr.Arena(capacity={rr.SizeClass.XS: 64}) as arena, \
        arena.client() as client, \
        client.writer("ring", stride=64, capacity=CAPACITY) as writer, \
        client.reader("ring") as reader:
    for _ in range(int(sys.argv[1])):
        writer.add_batch(data, 64)
        for _ in range(4):
            with reader.read_batch(256) as batch:
                batch.data, batch.lengths
