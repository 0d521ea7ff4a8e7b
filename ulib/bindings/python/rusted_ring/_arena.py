# SPDX-License-Identifier: MPL-2.0
"""What is written in Python: arenas, factories, and some methods."""

import os

from . import _rusted_ring as _c
from ._constants import Backend, Role
from ._errors import EndOfStream


class Arena:
    """An arena that this program creates. It lives while this object is open, a
    client is attached, or ArenaFlag.PERSIST keeps it."""

    def __init__(self, name=None, capacity=None, *, max_clients=0, max_rings=0,
                 quota=0, mode=0o700, flags=0, producers=0,
                 backend=Backend.AUTO):
        """capacity: how many slots each SizeClass has, as a dictionary; without
        it, as many as suit this machine."""
        self._fd = -1
        if capacity is None:
            slots = _c.profile()
        else:
            slots = [capacity.get(size_class, 0) for size_class in range(6)]
        self._fd = _c._create_arena(name, slots, max_clients, max_rings, quota,
                                    mode, flags, producers, backend)

    def client(self, role=Role.PRODUCER, **flags):
        """Attach to the arena, with any role."""
        return _c.Client(None, role, arena=self.fileno(), **flags)

    def fileno(self):
        """Return the descriptor, with which a child can attach, too."""
        if self._fd < 0:
            raise ValueError("the object is closed")
        return self._fd

    def close(self):
        """Close the descriptor. Closing it again does nothing."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Factory:
    """Opens writers and readers of rings that have the same geometry."""

    def __init__(self, client, **geometry):
        self.client = client
        self.geometry = geometry

    def writer(self, name):
        """Become the writer of the ring."""
        return self.client.writer(name, **self.geometry)

    def reader(self, name, reader_name=None):
        """Become a reader of the ring, which is created if there is none."""
        return self.client.ensure_reader(name, reader_name, **self.geometry)


def _batches(self, max=1024):
    """Iterate over batches of up to max events, until the stream ends."""
    while True:
        try:
            batch = self.read_batch(max)
        except EndOfStream:
            return
        yield batch


os.register_at_fork(after_in_child=_c._after_fork)
_c.Reader.batches = _batches
_c.Set.batches = _batches
_c.Client.role = property(lambda self: Role(self._role), doc="What it may do.")
