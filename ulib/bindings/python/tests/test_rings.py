# SPDX-License-Identifier: MPL-2.0
"""Clients, rings, sets, watches, pipes, services: what the library promises."""

import errno
import os
import unittest

import rusted_ring as rr
from support import ArenaTest


class Errors(ArenaTest):
    def test_an_error_has_its_number_and_the_librarys_text(self):
        with self.assertRaises(rr.NotFound) as caught:
            self.client.reader("nowhere")
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        self.assertIn("ring", caught.exception.strerror)
        self.assertIsInstance(caught.exception, FileNotFoundError)
        self.assertIsInstance(caught.exception, rr.Error)

    def test_a_full_ring_that_fails_is_a_blocking_error(self):
        writer = self.client.writer("ring", stride=64, capacity=1,
                                    policy=rr.Policy.FAIL)
        reader = self.client.reader("ring")
        writer.add(b"1")
        with self.assertRaises(BlockingIOError):
            writer.add(b"2")
        with self.assertRaises(TimeoutError):
            writer.add(b"2", timeout=0.001)
        self.assertEqual(reader.lag, 1)

    def test_no_event_is_none_an_error_or_a_timeout(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring")
        self.assertIsNone(reader.try_read())
        self.assertFalse(reader.wait(0))
        with self.assertRaises(rr.WouldBlock):
            reader.read(0)
        with self.assertRaises(rr.Timeout):
            reader.read(0.001)
        with self.assertRaises(rr.Timeout):
            reader.read_copy(timeout=0.001)
        writer.close()

    def test_no_slot_is_an_error_or_a_timeout(self):
        events = self.client.alloc_batch(64, 64)
        with self.assertRaises(rr.Error) as caught:
            while True:
                events.append(self.client.alloc(64))
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        with self.assertRaises(rr.Timeout):
            self.client.alloc(64, timeout=0.001)

    def test_a_closed_object_raises(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring")
        self.client.close()
        self.client.close()
        for call in (reader.read, lambda: reader.lag, reader.__enter__,
                     lambda: writer.add(b"x"), lambda: writer.position,
                     lambda: self.client.alloc(1), self.client.fileno):
            with self.assertRaises(ValueError):
                call()
        self.assertTrue(reader.closed and writer.closed and self.client.closed)
        reader.close()

    def test_arguments_are_checked(self):
        writer = self.client.writer("ring", stride=64)
        for call in (lambda: writer.add_batch(b"123", 2),
                     lambda: writer.add_batch(b"123", 0),
                     lambda: writer.reserve(1, 65), lambda: writer.reserve(0, 1),
                     lambda: self.client.alloc(-1),
                     lambda: self.client.alloc(1, timeout=float("nan")),
                     lambda: self.client.writer("x", stall=-1.0)):
            with self.assertRaises(ValueError):
                call()
        for call in (lambda: writer.publish(b"no event"),
                     lambda: self.client.writer("x", type="no pair"),
                     lambda: rr.Event(), lambda: rr.Reader()):
            with self.assertRaises(TypeError):
                call()
        with self.assertRaises(rr.Error):
            writer.add(bytes(65))
        with self.assertRaises(rr.Error):
            writer.publish(self.client.alloc(1))


class Rings(ArenaTest):
    def test_iteration_ends_with_the_stream(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring")
        for i in range(3):
            writer.add(bytes([i]))
        writer.close()
        self.assertEqual([bytes(event)[0] for event in reader], [0, 1, 2])
        with self.assertRaises(rr.EndOfStream):
            reader.try_read()

    def test_a_writer_that_leaves_does_not_end_the_stream(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring")
        writer.leave()
        self.assertIsNone(reader.try_read())

    def test_a_named_reader_goes_on(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring", "name")
        writer.add_batch(b"0123", 1)
        reader.read()
        reader.read()
        reader.close()
        reader = self.client.reader("ring", "name", resume=True)
        self.assertTrue(reader.resumed)
        self.assertEqual(bytes(reader.read()), b"1")
        reader.close(forget=True)
        with self.assertRaises(rr.NotFound):
            self.client.reader("ring", "name", resume=True)

    def test_a_reader_starts_where_it_is_told(self):
        writer = self.client.writer("ring", stride=64, capacity=8, retain=4)
        for data in (b"0123", b"45"):
            writer.add_batch(data, 1)
        for options, first in ((dict(start=rr.Start.OLDEST), 2),
                               (dict(position=4), 4),
                               (dict(start=rr.Start.NEWEST), None)):
            with self.client.reader("ring", **options) as reader:
                event = reader.try_read()
                self.assertEqual(event and event.position, first)
        with self.client.reader(writer.ring) as reader:
            reader.release_to(5)
            self.assertEqual(reader.read().position, 5)

    def test_an_observer_learns_what_it_has_lost(self):
        writer = self.client.writer("ring", stride=64, capacity=4,
                                    policy=rr.Policy.OVERWRITE)
        reader = self.client.reader("ring", observer=True)
        writer.add_batch(b"0123", 1)
        event = reader.read()
        writer.add_batch(b"4567", 1)
        with self.assertRaises(rr.Lost):
            event.release()
        self.assertTrue(event.released)
        self.assertGreater(reader.lost, 0)
        writer.add(b"8")
        self.assertEqual(bytes(self.newest_copy(reader)), b"8")

    @staticmethod
    def newest_copy(reader):
        copy = None
        while True:
            try:
                copy = reader.read_copy(0)
            except rr.Lost:
                continue
            except rr.WouldBlock:
                return copy

    def test_a_lost_event_of_handles_is_reported_once(self):
        writer = self.client.writer("ring", capacity=4)
        reader = self.client.reader("ring", observer=True)
        for i in range(2):
            writer.publish(self.client.alloc_copy(bytes([i])))
        self.client.trim()
        self.held()
        results = []
        while True:
            try:
                results.append(reader.read_keep(0))
            except rr.Lost:
                results.append(None)
            except rr.WouldBlock:
                break
        self.assertEqual(reader.position, 2)
        self.assertEqual(reader.lost, results.count(None))
        self.assertEqual(len(results), 2)

    def test_skip_goes_to_the_newest(self):
        writer = self.client.writer("ring", stride=64)
        reader = self.client.reader("ring")
        writer.add_batch(b"0123", 1)
        self.assertEqual(reader.skip(1), 3)
        self.assertEqual(bytes(reader.read()), b"3")

    def test_a_ring_has_a_type(self):
        tick = ("struct tick", 24)
        writer = self.client.writer("ring", stride=64, type=tick)
        self.assertEqual(self.client.reader("ring", type=tick).type, tick)
        with self.assertRaises(rr.Error) as caught:
            self.client.reader("ring", type=("struct tock", 24))
        self.assertEqual(caught.exception.errno, errno.EPROTOTYPE)
        writer.close()

    def test_a_writer_that_nobody_has_ends_its_stream(self):
        self.client.writer("ring", stride=64)
        with self.assertRaises(rr.NotFound):
            self.client.reader("ring")

    def test_a_factory_makes_the_ring_that_its_reader_wants(self):
        factory = rr.Factory(self.client, stride=64, capacity=8)
        reader = factory.reader("ring", "name")
        self.assertIsNone(reader.try_read())
        factory.writer("ring").add(b"x")
        self.assertEqual((bytes(reader.read()), reader.capacity), (b"x", 8))

    def test_pressure_and_room(self):
        writer = self.client.writer("ring", stride=64, capacity=4)
        reader = self.client.reader("ring")
        self.assertEqual((writer.pressure, writer.readers), (0.0, 1))
        writer.add_batch(b"0123", 1)
        self.assertEqual(writer.pressure, 1.0)
        self.assertFalse(writer.wait(1, 0))
        reader.skip()
        self.assertTrue(writer.wait(4, 0))

    def test_roles_are_kept(self):
        observer = self.attach(rr.Role.OBSERVER)
        self.assertIs(observer.role, rr.Role.OBSERVER)
        with self.assertRaises(PermissionError):
            observer.alloc(1)


class Others(ArenaTest):
    def test_a_set_reads_many_rings(self):
        writers = [self.client.writer(name, stride=64) for name in "ab"]
        readers = [self.client.reader(name) for name in "ab"]
        with self.client.set() as together:
            for reader in readers:
                together.add(reader)
            for writer in writers:
                writer.add_batch(b"01", 1)
            seen = [(event.reader, event.position, bytes(event))
                    for event in together.read_batch()]
            self.assertEqual(len(seen), 4)
            for reader in readers:
                self.assertEqual([one[1:] for one in seen if one[0] is reader],
                                 [(0, b"0"), (1, b"1")])
            with self.assertRaises(ValueError):
                readers[0].read()
            with self.assertRaises(ValueError):
                readers[0].close()
            together.release()
            self.assertIsNone(together.try_read())
            writers[1].add(b"2")
            event = together.read()
            self.assertIs(event.reader, readers[1])
            part = event.data[:]
            with self.assertRaises(BufferError):
                together.try_read()
            del part
            together.remove(readers[0])
            self.assertEqual(len(together), 1)
            readers[0].close()
            writers[1].close()
            self.assertEqual(list(together), [])
        self.assertEqual(readers[1].position, 3)

    def test_a_set_closes_before_its_readers(self):
        writer = self.client.writer("a", stride=64)
        together = self.client.set()
        together.add(self.client.reader("a"))
        self.client.close()
        self.assertTrue(together.closed and writer.closed)

    def test_a_watch_sees_rings_come_and_go(self):
        watch = self.client.watch("market/")
        with self.assertRaises(rr.WouldBlock):
            watch.next(0)
        writer = self.client.writer("market/ticks", stride=64)
        self.client.writer("other", stride=64)
        change = watch.next()
        self.assertEqual((change.kind, change.ring_name, change.ring),
                         (rr.ChangeKind.OPENED, "market/ticks", writer.ring))
        self.assertEqual(change.client, self.client.id)
        self.assertIsNone(watch.type_of(change))
        with self.client.listener("market/prices", stride=64):
            self.assertEqual(watch.type_of(watch.next())[0],
                             rr.SERVICE_TYPE)
        with self.assertRaises(TypeError):
            watch.type_of(1)
        self.client.await_ring("market/ticks", 0)
        with self.assertRaises(rr.Timeout):
            self.client.await_ring("market/none", 0)
        self.assertEqual(watch.missed, 0)

    def test_a_pipe_carries_both_ways(self):
        first = self.client.create_pipe("pipe", capacity=4)
        second = self.attach().connect_pipe("pipe")
        first.send(b"ping", 1)
        event = second.receive()
        self.assertEqual((bytes(event), event.type), (b"ping", 1))
        kept = event.keep()
        second.send(bytes(event) + b"!")
        self.assertEqual(bytes(first.receive()), b"ping!")
        self.assertIsNone(first.try_receive())
        self.assertTrue(event.released or bytes(event))
        first.close()
        self.assertEqual(list(second), [])
        self.assertEqual(bytes(kept), b"ping")
        with self.assertRaises(BrokenPipeError):
            second.send(b"nobody")

    def test_a_service_answers_its_callers(self):
        listener = self.client.listener("adder", capacity=8)
        server = self.start(self.serve, listener)
        other = self.attach()
        with other.caller("adder") as caller:
            self.assertEqual(bytes(caller.call(b"1+1")), b"2")
            number = caller.send(b"2+3")
            got, event = caller.receive()
            self.assertEqual((got, bytes(event)), (number, b"5"))
        kinds = server.join_result()
        self.assertEqual(kinds, [rr.CallKind.BEGIN, rr.CallKind.REQUEST,
                                 rr.CallKind.REQUEST, rr.CallKind.END])

    @staticmethod
    def serve(listener):
        kinds = []
        for call in listener:
            kinds.append(call.kind)
            if call.kind == rr.CallKind.REQUEST:
                sum_ = sum(map(int, bytes(call.event).split(b"+")))
                call.session.reply(call.number, b"%d" % sum_)
            elif call.kind == rr.CallKind.END:
                break
        listener.close()
        try:
            call.session.reply(1, b"late")
        except ValueError:
            return kinds

    def test_a_service_that_nobody_has_ends(self):
        listener = self.client.listener("service")
        caller = self.start(self.attach().caller, "service")
        session = listener.next().session
        self.assertFalse(caller.join_result().closed)
        del listener
        with self.assertRaises(ValueError):
            session.reply(1, b"")
        self.client.listener("service")

    def test_the_short_form(self):
        name = f"python-{os.getpid()}"
        with rr.begin_writer("ring", arena=name) as writer:
            writer.send(b"sent", 2)
            with rr.begin_reader("ring", arena=name) as reader:
                event = reader.read()
                self.assertEqual((bytes(event), event.type), (b"sent", 2))
                client = reader.client
            self.assertTrue(client.closed)

    def test_what_needs_no_client(self):
        self.assertIn(rr.backend(), ("device", "process"))
        self.assertEqual(rr.class_for(65), rr.SizeClass.S)
        self.assertEqual(len(rr.profile(rr.Profile.SERVER)), 6)
        with self.assertRaises(rr.NotFound):
            rr.remove_arena("nowhere")


if __name__ == "__main__":
    unittest.main()
