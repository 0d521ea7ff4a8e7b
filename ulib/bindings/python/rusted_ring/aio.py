# SPDX-License-Identifier: MPL-2.0
"""asyncio: ``async for event in reader``, also of a set or a pipe; and functions
that wait for an event or for room. All readers and writers of a client share one
descriptor. It is polled edge-triggered, so a reader that nobody awaits, and that
has events, does not wake the others again and again.
"""

import asyncio
import select
import weakref

from . import _rusted_ring as _c
from ._errors import EndOfStream, WouldBlock

__all__ = ["read", "read_batch", "receive", "add", "publish"]

_pollers = weakref.WeakKeyDictionary()


class _Poller:
    """Wakes those who await a client's descriptor, in one event loop."""

    def __init__(self, client, mask, loop):
        self.loop = loop
        self.waiters = set()
        self.epoll = select.epoll()
        self.epoll.register(client.fileno(), mask | select.EPOLLET)
        loop.add_reader(self.epoll.fileno(), self.wake)

    def wake(self):
        self.epoll.poll(0)
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self):
        waiter = self.loop.create_future()
        self.waiters.add(waiter)
        try:
            await waiter
        finally:
            self.waiters.discard(waiter)

    def finish(self):
        if self.epoll.closed:
            return
        if not self.loop.is_closed():
            self.loop.remove_reader(self.epoll.fileno())
            self.wake()
        self.epoll.close()

    def close(self):
        """Called when the client closes, by any thread."""
        if self.loop.is_closed():
            self.finish()
        else:
            self.loop.call_soon_threadsafe(self.finish)


class _Pollers:
    """The two pollers of a client: for events, and for room."""

    def __init__(self):
        self.by_mask = {}

    def get(self, client, mask):
        loop = asyncio.get_running_loop()
        poller = self.by_mask.get(mask)
        if poller is None or poller.loop is not loop:
            if poller is not None:
                poller.close()
            poller = self.by_mask[mask] = _Poller(client, mask, loop)
        return poller

    def close(self):
        for poller in self.by_mask.values():
            poller.close()


def _poller(client, mask):
    if client not in _pollers:
        _pollers[client] = _Pollers()
        client._on_close = _pollers[client].close
    return _pollers[client].get(client, mask)


async def _attempt(client, mask, attempt):
    """Call attempt() until it returns something, and wait in between."""
    poller = _poller(client, mask)
    while (result := attempt()) is None:
        await poller.wait()
    return result


async def read(reader):
    """Return the next event of a reader or a set."""
    return await _attempt(reader.client, select.EPOLLIN, reader.try_read)


async def read_batch(reader, max=1024):
    """Return the next batch of a reader or a set."""
    def attempt():
        try:
            return reader.read_batch(max, 0)
        except WouldBlock:
            return None

    return await _attempt(reader.client, select.EPOLLIN, attempt)


async def receive(pipe):
    """Return the next event of a pipe."""
    return await _attempt(pipe.client, select.EPOLLIN, pipe.try_receive)


async def _write(client, write, *arguments):
    def attempt():
        try:
            write(*arguments, timeout=0)
        except WouldBlock:
            return None
        return True

    await _attempt(client, select.EPOLLOUT, attempt)


async def add(writer, data, type=0):
    """Append a copy of the data to an inline ring."""
    await _write(writer.client, writer.add, data, type)


async def publish(writer, event):
    """Append an event, and give it away."""
    await _write(writer.client, writer.publish, event)


def _iterator(get):
    async def events(self):
        while True:
            try:
                event = await get(self)
            except EndOfStream:
                return
            yield event

    return events


_c.Reader.__aiter__ = _iterator(read)
_c.Set.__aiter__ = _iterator(read)
_c.Pipe.__aiter__ = _iterator(receive)
