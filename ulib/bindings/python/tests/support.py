# SPDX-License-Identifier: MPL-2.0
"""What the tests share: an arena and a client for each. RRING_BACKEND says where."""

import threading
import unittest

import rusted_ring as rr

SLOTS = {rr.SizeClass.XS: 64, rr.SizeClass.S: 16, rr.SizeClass.L: 8}


class ArenaTest(unittest.TestCase):
    def setUp(self):
        self.arena = rr.Arena(capacity=SLOTS, max_clients=16, max_rings=16)
        self.addCleanup(self.arena.close)
        self.client = self.attach()

    def attach(self, role=rr.Role.PRODUCER, **flags):
        client = self.arena.client(role, **flags)
        self.addCleanup(client.close)
        return client

    def held(self, size_class=rr.SizeClass.XS):
        return self.client.pool_stat(size_class, sweep=True)["held"]

    def start(self, function, *arguments):
        thread = Thread(function, *arguments)
        self.addCleanup(thread.join)
        thread.start()
        return thread


class Thread(threading.Thread):
    """A thread whose result, or exception, is that of join_result()."""

    def __init__(self, function, *arguments):
        super().__init__()
        self.function, self.arguments = function, arguments
        self.result = self.error = None

    def run(self):
        try:
            self.result = self.function(*self.arguments)
        except BaseException as error:
            self.error = error

    def join_result(self):
        self.join()
        if self.error:
            raise self.error
        return self.result

