# SPDX-License-Identifier: MPL-2.0
"""mixed.py RING NAME COUNT: read COUNT events, which are numbered from 0, of a ring
of the arena "mixed" under a name. Each may be killed at any instant, and started
again: what it has done is in NAME.state. At the end it prints NAME COUNT SUM.
"""

import os
import struct
import sys

import rusted_ring as rr
from actors import await_batch, must

RECORD = struct.Struct("<QQ")    # the next position, the sum of those before
EVENT = struct.Struct("<Q56x")   # the number
MASK = 2**64 - 1


class State:
    """Two records, of which the one that is behind is written. So the other one is
    right at each instant."""

    def __init__(self, path):
        self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def load(self):
        data = os.pread(self.file, 2 * RECORD.size, 0)
        data += bytes(2 * RECORD.size - len(data))
        records = list(RECORD.iter_unpack(data))
        self.older = records.index(min(records))
        return max(records)

    def store(self, position, total):
        os.pwrite(self.file, RECORD.pack(position, total),
                  self.older * RECORD.size)
        self.older = 1 - self.older


def main(ring, name, count):
    state = State(f"{name}.state")
    position, total = state.load()
    with rr.Client("mixed", rr.Role.CONSUMER) as client:
        client.await_ring(ring)
        reader = client.reader(ring, name)
        reader.release_to(position)
        while position < count:
            with await_batch(reader, min(256, count - position)) as batch:
                for (number,) in EVENT.iter_unpack(batch):
                    must(number == position, "each event comes once, in order")
                    total = total + number & MASK
                    position += 1
                state.store(position, total)
    print(name, count, total)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
