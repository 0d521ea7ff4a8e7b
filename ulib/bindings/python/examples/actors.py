# SPDX-License-Identifier: MPL-2.0
"""What the examples share: actors that end in their work, and go on.

On the device an actor is a process, which is killed at random. Without the module
it is a thread, which returns in the middle of its work, as by a death.
"""

import os
import random
import signal
import sys
import threading
import traceback

import rusted_ring as rr

NEVER = 2**64


def must(right, what):
    if not right:
        sys.exit(f"{os.path.basename(sys.argv[0])}: not so: {what}")


def numbers(*defaults):
    """Return the arguments of the program, or the defaults."""
    given = [int(argument) for argument in sys.argv[1:]]
    must(len(given) <= len(defaults), f"at most {len(defaults)} arguments")
    return [*given, *defaults[len(given):]]


class Actors:
    """Each act is a function of the number at which it ends as by a death."""

    def __init__(self, acts, total, kills):
        self.acts, self.total, self.kills = acts, total, kills
        self.on_device = rr.backend() == "device"
        self.killed = 0
        self.error = None
        self.running = [self.start(i) for i in range(len(acts))]

    def start(self, i):
        if self.on_device:
            return self.start_process(i)
        thread = threading.Thread(target=self.run, args=(i,))
        thread.start()
        return thread

    def start_process(self, i):
        child = os.fork()
        if child:
            return child
        status = 1
        try:
            self.acts[i](NEVER)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    def run(self, i):
        """The kills are shared out among the threads."""
        ends = (self.kills + i) // len(self.acts)
        try:
            for n in range(1, ends + 1):
                self.acts[i](n * self.total // (ends + 1))
            self.acts[i](NEVER)
        except BaseException as error:
            self.error = error
            raise

    def kill_in_time(self, number, ahead):
        """Called when so many are done. Nobody has ended, as each is at most so
        many ahead."""
        if not self.on_device or self.killed == self.kills:
            return
        due = (self.killed + 1) * ((self.total - ahead) // (self.kills + 1))
        if number < due:
            return
        self.killed += 1
        i = random.randrange(len(self.acts))
        os.kill(self.running[i], signal.SIGKILL)
        _, status = os.waitpid(self.running[i], 0)
        must(os.WIFSIGNALED(status), "an actor was killed at work")
        self.running[i] = self.start(i)

    def join(self):
        for actor in self.running:
            if self.on_device:
                must(os.waitpid(actor, 0)[1] == 0, "an actor has ended well")
            else:
                actor.join()
        must(self.error is None, "an actor has ended well")


def await_batch(reader, most):
    """The writer may have died: then its successor goes on."""
    while True:
        try:
            return reader.read_batch(most)
        except rr.EndOfStream:
            reader.wait()


def await_event(reader):
    while True:
        try:
            return reader.read()
        except rr.EndOfStream:
            reader.wait()
