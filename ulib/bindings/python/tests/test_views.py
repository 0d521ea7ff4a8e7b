# SPDX-License-Identifier: MPL-2.0
"""Memory of the arena: who may see it, and until when."""

import gc
import struct
import unittest
import weakref

import rusted_ring as rr
from support import ArenaTest

try:
    import numpy
except ImportError:
    numpy = None

needs_numpy = unittest.skipUnless(numpy, "needs numpy")


class InlineViews(ArenaTest):
    def setUp(self):
        super().setUp()
        self.writer = self.client.writer("ring", stride=64, capacity=16)
        self.reader = self.client.reader("ring")
        for i in range(4):
            self.writer.add(struct.pack("<Q", i), i)

    def test_an_event_is_a_bytes_like_object(self):
        event = self.reader.read()
        self.assertEqual(struct.unpack_from("<Q", event), (0,))
        self.assertEqual(bytes(event), bytes(8))
        self.assertEqual(len(event), 8)
        self.assertTrue(memoryview(event).readonly)

    def test_data_is_one_view(self):
        event = self.reader.read()
        data = event.data
        self.assertIs(event.data, data)

    def test_the_view_of_data_ends_with_the_next_read(self):
        data = self.reader.read().data
        self.reader.read()
        with self.assertRaises(ValueError):
            data[0]

    def test_the_event_ends_with_the_next_read(self):
        event = self.reader.read()
        self.reader.read()
        self.assertTrue(event.released)
        with self.assertRaises(ValueError):
            bytes(event)
        with self.assertRaises(ValueError):
            event.data

    def test_a_slice_refuses_the_next_read_which_loses_nothing(self):
        event = self.reader.read()
        part = event.data[2:4]
        for call in (self.reader.read, self.reader.try_read, self.reader.wait,
                     self.reader.release, self.reader.close, event.release,
                     self.client.close):
            with self.assertRaises(BufferError):
                call()
        self.assertEqual(bytes(part), bytes(2))
        self.assertEqual(bytes(event), bytes(8))
        self.assertEqual(self.reader.position, 0)
        del part
        self.assertEqual(self.reader.read().position, 1)

    def test_a_view_of_the_program_refuses_the_next_read(self):
        view = memoryview(self.reader.read())
        with self.assertRaises(BufferError):
            self.reader.read()
        view.release()
        self.assertEqual(self.reader.read().type, 1)

    def test_data_that_the_program_has_released_is_given_again(self):
        event = self.reader.read()
        event.data.release()
        self.assertEqual(event.data[0], 0)

    @needs_numpy
    def test_an_array_refuses_the_next_read(self):
        array = numpy.frombuffer(self.reader.read(), "<u8")
        with self.assertRaises(BufferError):
            self.reader.read()
        self.assertEqual(array[0], 0)
        del array
        self.reader.read()

    def test_an_event_and_its_view_are_no_cycle(self):
        gc.disable()
        self.addCleanup(gc.enable)
        event = self.reader.read()
        view = weakref.ref(event.data)
        del event
        self.assertIsNone(view())

    def test_an_event_that_nobody_has_is_released_by_the_next_read(self):
        self.reader.read()
        self.assertEqual(self.reader.position, 0)
        self.assertEqual(self.reader.read().position, 1)

    def test_with_releases_the_event(self):
        with self.reader.read() as event:
            self.assertEqual(event.position, 0)
        self.assertTrue(event.released)
        self.assertEqual(self.reader.position, 1)

    def test_an_exception_matters_more_than_the_views_that_it_keeps(self):
        with self.assertRaises(KeyError):
            with self.attach() as client, client.reader("ring") as reader:
                self.writer.add(b"x")
                with reader.read() as event:
                    view = memoryview(event)
                    raise KeyError
        self.assertEqual(bytes(view), bytes(8))
        with self.assertRaises(BufferError):
            client.close()
        view.release()
        client.close()

    def test_an_event_without_bytes_is_true(self):
        self.reader.skip()
        self.writer.add(b"")
        self.assertTrue(self.reader.try_read())

    def test_nobody_writes_what_a_reader_has(self):
        event = self.reader.read()
        with self.assertRaises(TypeError):
            event.data[0] = 1
        with self.assertRaises(TypeError):
            struct.pack_into("<Q", event, 0, 1)

    def test_an_inline_event_cannot_be_held(self):
        for event in (self.reader.read(), self.reader.read_copy()):
            with self.assertRaises(ValueError):
                event.keep()

    def test_a_copy_lives_on(self):
        copy = self.reader.read_copy()
        self.reader.read()
        self.client.close()
        self.assertEqual((bytes(copy), copy.type, copy.position),
                         (bytes(8), 0, 0))
        copy.release()
        with self.assertRaises(ValueError):
            bytes(copy)


class Batches(ArenaTest):
    def setUp(self):
        super().setUp()
        self.writer = self.client.writer("ring", stride=64, capacity=16)
        self.reader = self.client.reader("ring")

    def add(self, first, count):
        self.writer.add_batch(b"".join(struct.pack("<Q", i) for i in
                                       range(first, first + count)), 8, 5)

    def test_a_batch_is_one_table(self):
        self.add(0, 10)
        batch = self.reader.read_batch()
        self.assertEqual(batch.data.shape, (10, 64))
        self.assertEqual(batch.lengths.tolist(), [8] * 10)
        self.assertEqual(batch.types.tolist(), [5] * 10)
        self.assertEqual(batch.data[9, 0], 9)
        self.assertEqual((len(batch), batch.position), (10, 0))

    def test_a_batch_is_a_sequence_of_events(self):
        self.add(0, 3)
        batch = self.reader.read_batch()
        self.assertEqual([event.position for event in batch], [0, 1, 2])
        self.assertEqual(bytes(batch[-1]), struct.pack("<Q", 2))
        with self.assertRaises(IndexError):
            batch[3]

    def test_a_batch_ends_where_the_ring_ends(self):
        self.add(0, 12)
        self.reader.read_batch().release()
        self.add(12, 12)
        self.assertEqual(len(self.reader.read_batch()), 4)
        self.assertEqual(len(self.reader.read_batch()), 8)
        self.assertEqual(self.reader.position, 16)

    def test_a_batch_has_at_most_so_many(self):
        self.add(0, 10)
        self.assertEqual(len(self.reader.read_batch(4)), 4)
        self.assertEqual(len(self.reader.read_batch(1)), 1)

    def test_release_ends_all_views_of_a_batch(self):
        self.add(0, 2)
        batch = self.reader.read_batch()
        data, event = batch.data, batch[0]
        lengths = batch.lengths
        batch.release()
        self.assertEqual(self.reader.position, 2)
        for call in (lambda: data[0, 0], lambda: bytes(event),
                     lambda: batch.data, lambda: batch[0]):
            with self.assertRaises(ValueError):
                call()
        self.assertEqual(lengths.tolist(), [8, 8])

    def test_an_event_of_a_batch_refuses_its_end(self):
        self.add(0, 2)
        with self.assertRaises(BufferError):
            with self.reader.read_batch() as batch:
                view = memoryview(batch[1])
        view.release()
        batch.release()

    @needs_numpy
    def test_an_array_is_on_the_ring(self):
        self.add(0, 10)
        batch = self.reader.read_batch()
        array = numpy.frombuffer(batch, "<u8").reshape(10, 8)[:, 0]
        self.assertEqual(array.tolist(), list(range(10)))
        self.assertFalse(array.flags.owndata)
        self.assertFalse(array.flags.writeable)
        with self.assertRaises(BufferError):
            batch.release()
        del array
        batch.release()

    @needs_numpy
    def test_a_table_for_numpy_has_two_dimensions(self):
        self.add(0, 3)
        self.assertEqual(numpy.asarray(self.reader.read_batch()).shape, (3, 64))

    def test_batches_end_with_the_stream(self):
        self.add(0, 5)
        self.writer.close()
        self.assertEqual([len(batch) for batch in self.reader.batches(2)],
                         [2, 2, 1])

    def test_a_batch_of_handles_has_events_only(self):
        writer = self.client.writer("handles")
        reader = self.client.reader("handles")
        for i in range(3):
            writer.publish(self.client.alloc_copy(bytes([i]), i))
        batch = reader.read_batch()
        self.assertEqual([bytes(event)[0] for event in batch], [0, 1, 2])
        self.assertEqual(batch.types.tolist(), [0, 1, 2])
        with self.assertRaises(BufferError):
            batch.data


class HeldViews(ArenaTest):
    def setUp(self):
        super().setUp()
        self.writer = self.client.writer("ring")
        self.reader = self.client.reader("ring")

    def test_a_kept_event_lives_on(self):
        self.writer.publish(self.client.alloc_copy(b"kept", 3))
        self.writer.publish(self.client.alloc_copy(b"next"))
        kept = self.reader.read().keep()
        view = kept.data[1:]
        self.reader.read()
        self.reader.release()
        self.reader.close()
        self.assertEqual((bytes(view), kept.type), (b"ept", 3))
        with self.assertRaises(BufferError):
            kept.release()
        with self.assertRaises(BufferError):
            self.client.close()
        del view
        kept.release()
        with self.assertRaises(ValueError):
            kept.data

    def test_an_event_that_nobody_has_is_dropped(self):
        event = self.client.alloc(64)
        copy = event.hold()
        del event
        self.assertEqual(self.held(), 1)
        del copy
        self.client.trim()
        self.assertEqual(self.held(), 0)

    def test_a_view_keeps_its_event(self):
        view = self.client.alloc_copy(b"seen").data
        self.assertEqual(bytes(view), b"seen")

    def test_publishing_gives_the_event_away(self):
        event = self.client.alloc_copy(b"away")
        data = event.data
        self.writer.publish(event)
        for call in (lambda: data[0], lambda: event.data,
                     lambda: self.writer.publish(event), event.hold):
            with self.assertRaises(ValueError):
                call()
        self.assertFalse(event.held)

    def test_an_event_with_views_is_not_published(self):
        event = self.client.alloc_copy(b"seen")
        part = event.data[:2]
        with self.assertRaises(BufferError):
            self.writer.publish(event)
        with self.assertRaises(BufferError):
            self.writer.publish_batch([event])
        with self.assertRaises(BufferError):
            event.resize(1)
        self.assertTrue(event.held)
        del part
        self.writer.publish(event)

    def test_only_the_producer_writes_and_only_before(self):
        event = self.client.alloc(8)
        event.data[:] = b"written."
        other = event.hold()
        self.assertTrue(other.data.readonly)
        with self.assertRaises(ValueError):
            other.resize(4)
        event.resize(5)
        self.assertEqual(bytes(event), b"writt")
        event.share()
        self.assertTrue(event.data.readonly)

    def test_a_handle_is_upgraded_by_another_client(self):
        event = self.client.alloc_copy(b"shared", 9)
        other = self.attach().upgrade(event.share())
        event.release()
        self.assertEqual((bytes(other), other.type), (b"shared", 9))
        handle = other.handle
        other.release()
        self.client.trim()
        self.held()
        with self.assertRaises(rr.Lost):
            self.client.upgrade(handle)

    def test_read_keep_holds_and_releases(self):
        self.writer.publish(self.client.alloc_copy(b"one"))
        kept = self.reader.read_keep()
        self.assertEqual((bytes(kept), kept.held, kept.position),
                         (b"one", True, 0))
        self.assertEqual(self.reader.position, 1)

    def test_a_batch_is_allocated_and_published(self):
        events = self.client.alloc_batch(8, 5, 2)
        for i, event in enumerate(events):
            event.data[0] = i
        self.assertEqual(self.writer.publish_batch(events), 5)
        self.assertTrue(all(event.released for event in events))
        self.assertEqual([bytes(event)[0] for event in
                          self.reader.read_batch()], list(range(5)))

    def test_an_event_that_a_list_has_twice_is_not_published(self):
        event = self.client.alloc(8)
        with self.assertRaises(ValueError):
            self.writer.publish_batch([event, event])
        self.assertEqual(self.reader.lag, 0)
        self.writer.publish_batch([event])
        self.assertEqual(self.reader.lag, 1)

    def test_closing_the_client_ends_its_events(self):
        event = self.client.alloc(8)
        data = event.data
        self.client.close()
        self.assertTrue(event.released)
        with self.assertRaises(ValueError):
            data[0]


class Reservations(ArenaTest):
    def setUp(self):
        super().setUp()
        self.writer = self.client.writer("ring", stride=64, capacity=8)
        self.reader = self.client.reader("ring")

    def test_with_commits(self):
        with self.writer.reserve(3, 8, 4) as room:
            self.assertEqual(room.data.shape, (3, 64))
            for i in range(3):
                room.data[i, 0] = i
            self.assertIsNone(self.reader.try_read())
        batch = self.reader.read_batch()
        self.assertEqual([batch.data[i, 0] for i in range(3)], [0, 1, 2])
        self.assertEqual((batch.lengths[0], batch.types[0]), (8, 4))

    def test_an_exception_publishes_nothing(self):
        with self.assertRaises(KeyError):
            with self.writer.reserve(3, 8):
                raise KeyError
        self.assertIsNone(self.reader.try_read())
        self.writer.add(b"next")
        self.assertEqual(bytes(self.reader.read()), b"next")

    def test_some_are_committed(self):
        room = self.writer.reserve(4, 1)
        with self.assertRaises(ValueError):
            room.commit(5)
        room.commit(2)
        self.assertEqual(self.reader.lag, 2)
        with self.assertRaises(ValueError):
            room.data

    def test_a_reservation_ends_where_the_ring_ends(self):
        self.writer.add_batch(bytes(6), 1)
        self.reader.read_batch().release()
        self.assertEqual(len(self.writer.reserve(4, 1)), 2)

    def test_nobody_writes_beside_a_reservation(self):
        room = self.writer.reserve(1, 1)
        for call in (lambda: self.writer.add(b"x"),
                     lambda: self.writer.reserve(1, 1), self.writer.wait):
            with self.assertRaises(ValueError):
                call()
        room.cancel()
        self.writer.add(b"x")

    def test_a_view_refuses_the_commit(self):
        room = self.writer.reserve(1, 1)
        part = memoryview(room)
        with self.assertRaises(BufferError):
            room.commit()
        part.release()
        room.commit()

    @needs_numpy
    def test_an_array_fills_the_ring(self):
        with self.writer.reserve(4, 64) as room:
            array = numpy.frombuffer(room, "<u8").reshape(4, 8)
            array[:, 0] = numpy.arange(4)
            del array
        self.assertEqual([event.data[0] for event in self.reader.read_batch()],
                         [0, 1, 2, 3])


if __name__ == "__main__":
    unittest.main()
