# SPDX-License-Identifier: MPL-2.0
"""rusted_ring: events that processes, or the threads of one, share in memory.

    import rusted_ring as rr

    with rr.Client() as client, client.writer("ticks", stride=64) as ticks:
        ticks.add(b"hello")

Documentation/bindings_python.rst has the guide.
"""

from ._errors import (Denied, EndOfStream, Error, Evicted, Exists, Lost, NotFound,
                      Timeout, WouldBlock)
from ._rusted_ring import (Batch, Call, Caller, Change, Client, Event, Listener,
                           Pipe, Reader, Reservation, SERVICE_TYPE, Session, Set,
                           Watch, Writer, backend, begin_reader, begin_writer,
                           class_for, profile, remove_arena)
from ._constants import (ArenaFlag, Backend, CallKind, ChangeKind, ClientFlag,
                         DropReason, Order, Policy, Profile, Role, SizeClass,
                         Start, Strategy)
from ._arena import Arena, Factory
from . import aio

__version__ = "0.2.0"

__all__ = [
    "Arena", "ArenaFlag", "Backend", "Batch", "Call", "CallKind", "Caller",
    "Change", "ChangeKind", "Client", "ClientFlag", "Denied", "DropReason",
    "EndOfStream", "Error", "Event", "Evicted", "Exists", "Factory", "Listener",
    "Lost", "NotFound", "Order", "Pipe", "Policy", "Profile", "Reader",
    "Reservation", "Role", "SERVICE_TYPE", "Session", "Set", "SizeClass", "Start",
    "Strategy", "Timeout", "Watch", "WouldBlock", "Writer", "aio", "backend",
    "begin_reader", "begin_writer", "class_for", "profile", "remove_arena",
]
