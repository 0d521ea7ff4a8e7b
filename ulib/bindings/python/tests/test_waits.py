# SPDX-License-Identifier: MPL-2.0
"""Waits: threads, signals, fork, asyncio."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import unittest
import weakref

import rusted_ring as rr
from support import ArenaTest


class RingTest(ArenaTest):
    def setUp(self):
        super().setUp()
        self.writer = self.client.writer("ring", stride=64, capacity=4)
        self.other = self.attach()
        self.reader = self.other.reader("ring")


class Threads(RingTest):
    def await_busy(self, call):
        """Return when the object of the call is busy."""
        while True:
            try:
                call()
            except RuntimeError:
                return

    def test_a_wait_leaves_the_gil_to_others(self):
        thread = self.start(lambda: bytes(self.reader.read()))
        self.await_busy(lambda: self.reader.lag)
        self.writer.add(b"woken")
        self.assertEqual(thread.join_result(), b"woken")

    def test_an_object_in_a_wait_is_busy(self):
        thread = self.start(self.reader.wait)
        self.await_busy(lambda: self.reader.position)
        for call in (self.reader.read, self.reader.close, self.reader.release,
                     self.other.close):
            with self.assertRaises(RuntimeError):
                call()
        self.writer.add(b"x")
        self.assertTrue(thread.join_result())
        self.assertEqual(self.reader.position, 0)

    def test_the_readers_of_a_set_that_waits_are_busy(self):
        together = self.other.set()
        together.add(self.reader)
        thread = self.start(together.wait)
        self.await_busy(lambda: self.reader.position)
        with self.assertRaises(RuntimeError):
            self.reader.lag
        self.writer.add(b"x")
        self.assertTrue(thread.join_result())
        self.assertEqual(self.reader.lag, 1)

    def test_a_client_serves_many_threads(self):
        thread = self.start(self.reader.wait)
        self.await_busy(lambda: self.reader.position)
        self.other.alloc(1).release()
        self.writer.add(b"x")
        thread.join()

    def test_a_full_ring_waits_for_its_reader(self):
        self.writer.add_batch(b"0123", 1)
        thread = self.start(self.writer.add, b"4")
        self.await_busy(lambda: self.writer.position)
        self.reader.skip()
        thread.join_result()
        self.assertEqual(bytes(self.reader.read()), b"4")

    def test_an_event_that_is_published_is_pinned(self):
        writer = self.client.writer("handles", capacity=1)
        reader = self.other.reader("handles")
        writer.publish(self.client.alloc(1))
        event = self.client.alloc(1)
        thread = self.start(writer.publish, event)
        self.await_busy(lambda: writer.position)
        for call in (event.release, lambda: event.resize(0)):
            with self.assertRaises(BufferError):
                call()
        reader.skip()
        thread.join_result()
        self.assertTrue(event.released)

    def test_an_allocation_waits_for_a_slot(self):
        events = []
        try:
            while True:
                events.append(self.client.alloc(64))
        except rr.Error:
            pass
        thread = self.start(lambda: self.other.alloc(64, timeout=None).held)
        del events
        self.client.trim()
        self.assertTrue(thread.join_result())


class Signals(RingTest):
    def setUp(self):
        super().setUp()
        self.old = signal.signal(signal.SIGUSR1, self.handler)
        self.addCleanup(signal.signal, signal.SIGUSR1, self.old)
        self.waiting = False
        self.handled = 0

    def handler(self, *_):
        self.handled += 1
        if self.waiting:
            self.waiting = False
            raise KeyboardInterrupt

    def interrupt(self, call):
        """Send signals to this thread until its call has ended."""
        main = threading.get_ident()
        done = False

        def run():
            while not done:
                signal.pthread_kill(main, signal.SIGUSR1)
                os.sched_yield()

        thread = self.start(run)
        try:
            self.waiting = True
            call()
        finally:
            done = True
            thread.join()

    def test_an_exception_of_a_handler_ends_each_wait(self):
        self.writer.add_batch(b"0123", 1)
        pipe = self.client.create_pipe("pipe")
        empty = self.client.writer("empty", stride=64)
        reader = self.other.reader("empty")
        together = self.other.set()
        together.add(self.other.reader("empty"))
        watch = self.client.watch("none")
        listener = self.client.listener("service")
        for call in (reader.read, reader.wait, reader.read_batch,
                     reader.read_copy, together.read, together.wait,
                     pipe.receive, watch.next, listener.next,
                     lambda: self.writer.add(b"4"), lambda: self.writer.wait(4),
                     lambda: self.client.await_ring("none"),
                     lambda: self.client.caller("none")):
            with self.subTest(call=call), self.assertRaises(KeyboardInterrupt):
                self.interrupt(call)
        self.assertIsNone(reader.try_read())
        self.assertEqual(self.writer.position, 4)
        empty.close()

    def test_a_wait_goes_on_after_a_handler_that_does_not_raise(self):
        main = threading.get_ident()

        def run():
            while not self.handled:
                signal.pthread_kill(main, signal.SIGUSR1)
                os.sched_yield()
            self.writer.add(b"x")

        self.start(run)
        self.assertEqual(bytes(self.reader.read()), b"x")


# Parent and child both end with all objects open.
ENDING_CHILD = """
import os, sys, rusted_ring as rr
arena = rr.Arena(capacity={rr.SizeClass.XS: 64})
client = arena.client()
writer = client.writer("ring")
reader = client.reader("ring")
event = client.alloc_copy(b"held")
writer.publish(client.alloc_copy(b"read"))
read = reader.read()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    assert (bytes(event), bytes(read)) == (b"held", b"read")
"""


class Fork(RingTest):
    def in_child(self, function):
        """Call function in a child, where it returns True."""
        child = os.fork()
        if not child:
            try:
                os._exit(0 if function() else 1)
            finally:
                os._exit(2)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def all_raise(self, calls):
        for call in calls:
            try:
                call()
            except PermissionError:
                continue
            except BaseException as error:
                print(error)
            print("no PermissionError", calls.index(call), flush=True)
            return False
        return True

    def test_objects_of_the_parent_raise_in_a_child(self):
        self.writer.add(b"x")
        event = self.reader.read()
        held = self.client.alloc_copy(b"held")
        calls = (lambda: bytes(event), lambda: bytes(held), lambda: held.data,
                 held.hold, self.reader.read, self.reader.try_read,
                 lambda: self.writer.add(b"y"), lambda: self.client.alloc(1),
                 self.client.fileno, lambda: self.reader.lag,
                 lambda: self.client.reader("ring"))
        self.in_child(lambda: self.all_raise(calls))
        self.assertEqual((bytes(event), bytes(held)), (b"x", b"held"))

    def test_views_of_data_are_released_in_a_child(self):
        self.writer.add(b"x")
        views = [self.reader.read().data, self.client.alloc_copy(b"held").data]
        events = [self.client.alloc(8) for _ in range(3)]
        others = [memoryview(event) for event in events]

        def all_released():
            for view in views:
                try:
                    view[0]
                except ValueError:
                    continue
                return False
            return True

        self.in_child(all_released)
        self.assertEqual([bytes(view) for view in views], [b"x", b"held"])
        self.assertEqual(len(others), 3)

    def test_a_child_closes_what_is_its_parents(self):
        self.writer.add(b"x")
        event = self.reader.read()

        def close():
            self.reader.close()
            self.client.close()
            self.other.close()
            return event.released

        self.in_child(close)
        self.assertEqual(bytes(event), b"x")
        self.writer.add(b"y")
        self.assertEqual(bytes(self.reader.read()), b"y")

    def test_a_child_ends_by_itself(self):
        subprocess.run([sys.executable, "-c", ENDING_CHILD], check=True)

    def test_a_child_attaches_by_itself(self):
        if not self.client.on_device:
            self.skipTest("a child does not have in-process arenas")
        self.writer.add(b"x")

        def read():
            with self.arena.client() as client, client.reader("ring") as reader:
                return bytes(reader.read()) == b"x"

        self.in_child(read)


class Asyncio(RingTest):
    def test_async_for_ends_with_the_stream(self):
        async def consume():
            return [bytes(event) async for event in self.reader]

        async def produce():
            for i in range(20):
                await rr.aio.add(self.writer, bytes([i]))
            self.writer.close()

        async def both():
            return (await asyncio.gather(consume(), produce()))[0]

        self.assertEqual(asyncio.run(both()), [bytes([i]) for i in range(20)])

    def test_readers_of_a_client_share_a_descriptor(self):
        writers = [self.client.writer(f"r{i}", stride=64) for i in range(3)]
        readers = [self.other.reader(f"r{i}") for i in range(3)]

        async def count(reader):
            return len([None async for _ in reader])

        async def produce():
            for i in range(50):
                writers[i % 2].add(b"x")
                await asyncio.sleep(0)
            for writer in writers:
                writer.close()

        async def all_of_them():
            return await asyncio.gather(*map(count, readers), produce())

        self.assertEqual(asyncio.run(all_of_them())[:3], [25, 25, 0])

    def test_a_reader_that_nobody_awaits_wakes_nobody(self):
        lagging = self.other.reader("ring")
        self.writer.add(b"unread")
        wakes = 0

        async def wait():
            nonlocal wakes
            await rr.aio.read(self.reader)
            task = asyncio.create_task(rr.aio.read(self.reader))
            poller = rr.aio._poller(self.other, 1)
            wake = poller.wake
            for _ in range(100):
                await asyncio.sleep(0)
                wakes += bool(poller.epoll.poll(0))
            self.writer.add(b"read")
            return bytes(await task)

        self.assertEqual(asyncio.run(wait()), b"read")
        self.assertLess(wakes, 3)
        self.assertEqual(lagging.lag, 2)

    def test_closing_the_client_ends_a_wait(self):
        async def wait():
            task = asyncio.create_task(rr.aio.read(self.reader))
            await asyncio.sleep(0)
            self.other.close()
            await task

        with self.assertRaises(ValueError):
            asyncio.run(wait())

    def test_a_wait_is_cancelled(self):
        async def wait():
            async with asyncio.timeout(0.001):
                await rr.aio.read(self.reader)

        with self.assertRaises(TimeoutError):
            asyncio.run(wait())
        self.writer.add(b"x")
        self.assertEqual(bytes(self.reader.read()), b"x")

    def test_sets_pipes_and_handles(self):
        pipe = self.client.create_pipe("pipe")
        end = self.other.connect_pipe("pipe")
        writer = self.client.writer("handles", capacity=1)
        reader = self.other.reader("handles")
        together = self.other.set()
        together.add(reader)

        async def produce():
            for i in range(3):
                await rr.aio.publish(writer, self.client.alloc_copy(bytes([i])))
                pipe.send(bytes([i]))
            writer.close()
            pipe.close()

        async def collect(source):
            return [bytes(event)[0] async for event in source]

        async def all_of_them():
            return await asyncio.gather(collect(together), collect(end),
                                        produce())

        self.assertEqual(asyncio.run(all_of_them())[:2], [[0, 1, 2]] * 2)

    def test_batches_are_awaited(self):
        async def wait():
            task = asyncio.create_task(rr.aio.read_batch(self.reader))
            await asyncio.sleep(0)
            self.writer.add_batch(b"0123", 1)
            return len(await task)

        self.assertEqual(asyncio.run(wait()), 4)

    def test_a_client_goes_from_one_loop_to_the_next(self):
        for i in range(3):
            async def wait():
                task = asyncio.create_task(rr.aio.read(self.reader))
                await asyncio.sleep(0)
                self.writer.add(bytes([i]))
                return bytes(await task)

            self.assertEqual(asyncio.run(wait()), bytes([i]))


class Leaks(ArenaTest):
    """Objects of this module in the interpreter, and pages of the process."""

    def use_everything(self):
        with self.arena.client() as client:
            writer = client.writer("ring", stride=64, capacity=8)
            handles = client.writer("handles")
            reader, keeper = client.reader("ring"), client.reader("handles")
            writer.add_batch(bytes(4 * 64), 64)
            batch = reader.read_batch(2)
            batch.data, batch.lengths, batch[0].data
            reader.try_read()
            with writer.reserve(2, 8) as room:
                room.data
            handles.publish_batch(client.alloc_batch(8, 4))
            kept = keeper.read().keep()
            kept.data, kept.hold()
            keeper.read_keep(), reader.read_copy()
            with client.set() as together, client.watch() as watch:
                together.add(reader)
                together.try_read()
                watch.next()
            try:
                reader.read(0)
            except (rr.Error, BufferError):
                pass

    def growth(self, rounds):
        gc.collect()
        blocks = sys.getallocatedblocks()
        for _ in range(rounds):
            self.use_everything()
        gc.collect()
        return sys.getallocatedblocks() - blocks

    def test_nothing_is_left(self):
        """At first the free lists of the interpreter grow; a leak grows always."""
        rounds = 100
        self.assertTrue(any(self.growth(rounds) < rounds for _ in range(5)))
        self.assertEqual(self.held(), 0)

    def test_asyncio_keeps_no_client(self):
        client = self.arena.client()
        writer = client.writer("ring", stride=64)

        async def wait(reader):
            try:
                await asyncio.wait_for(rr.aio.read(reader), 0)
            except TimeoutError:
                pass

        asyncio.run(wait(client.reader("ring")))
        gone = weakref.ref(client)
        del client, writer
        gc.collect()
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
