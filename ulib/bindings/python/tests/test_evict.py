# SPDX-License-Identifier: MPL-2.0
"""A client that is evicted, on the device: its process goes on."""

import os
import select
import subprocess
import unittest

import rusted_ring as rr

NAME = "python-evict"
SLOTS = {rr.SizeClass.XS: 64}


@unittest.skipUnless(rr.backend() == "device", "evicts only on the device")
class Evicted(unittest.TestCase):
    def setUp(self):
        self.arena = rr.Arena(NAME, SLOTS)
        self.addCleanup(self.arena.close)
        self.client = self.arena.client()
        self.addCleanup(self.client.close)
        self.writer = self.client.writer("ring", stride=64)

    def evict(self, client):
        subprocess.run(["rring", "evict", "-a", NAME, str(client)], check=True)

    def in_child(self, function):
        """Call function in a child with a client of its own, after which it waits
        until that is evicted. Return the child's status."""
        ready, told = os.pipe()
        child = os.fork()
        if not child:
            try:
                client = self.arena.client()
                attempt = function(client)
                os.write(told, b"%d" % client.id)
                poll = select.poll()
                poll.register(client.fileno(), 0)
                poll.poll()
                os._exit(0 if attempt() else 1)
            finally:
                os._exit(2)
        os.close(told)
        self.evict(int(os.read(ready, 10)))
        os.close(ready)
        return os.waitpid(child, 0)[1]

    @staticmethod
    def raises(call):
        try:
            call()
        except rr.Evicted:
            return True
        return False

    def test_calls_that_ask_the_kernel_raise(self):
        def prepare(client):
            return lambda: all(self.raises(call) for call in (
                lambda: client.pool_stat(rr.SizeClass.XS),
                lambda: client.reader("ring")))

        self.assertEqual(self.in_child(prepare), 0)

    def test_closing_is_allowed(self):
        def prepare(client):
            reader = client.reader("ring")

            def close():
                reader.close()
                client.close()
                return True

            return close

        self.assertEqual(self.in_child(prepare), 0)

    def test_a_wait_raises(self):
        self.assertEqual(self.evict_in_wait(), 0)

    def evict_in_wait(self):
        def prepare(client):
            reader = client.reader("ring")
            os.write(self.told, b"%d" % client.id)
            return self.raises(reader.wait)

        ready, self.told = os.pipe()
        child = os.fork()
        if not child:
            os._exit(0 if prepare(self.arena.client()) else 1)
        os.close(self.told)
        evicted = int(os.read(ready, 10))
        os.close(ready)
        self.await_sleep(child)
        self.evict(evicted)
        return os.waitpid(child, 0)[1]

    @staticmethod
    def await_sleep(process):
        while True:
            with open(f"/proc/{process}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "S":
                    return
            os.sched_yield()

    def test_a_view_shows_zeros_and_the_client_says_why(self):
        def prepare(client):
            event = client.alloc_copy(b"gone")
            view = event.data

            def look():
                return (bytes(view) == bytes(4) and client.evicted and
                        self.raises(lambda: client.alloc(8)))

            return lambda: not client.closed and look()

        self.assertEqual(self.in_child(prepare), 0)

    def test_a_reader_and_a_writer_raise(self):
        def prepare(client):
            writer = client.writer("own", stride=64)
            reader = client.reader("own")
            view = client.alloc_copy(b"gone").data

            def use():
                bytes(view)
                return (self.raises(lambda: writer.add(b"more")) and
                        self.raises(reader.try_read))

            return use

        self.assertEqual(self.in_child(prepare), 0)


if __name__ == "__main__":
    unittest.main()
