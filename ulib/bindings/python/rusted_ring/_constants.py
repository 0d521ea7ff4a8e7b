# SPDX-License-Identifier: MPL-2.0
"""The enumerations of the library."""

from enum import IntEnum, IntFlag

from . import _rusted_ring as _c


class Role(IntEnum):
    """What a client may do; each role includes those before it."""
    OBSERVER = _c.OBSERVER
    CONSUMER = _c.CONSUMER
    PRODUCER = _c.PRODUCER


class ClientFlag(IntFlag):
    """How a client is opened."""
    ON_DEVICE = _c.ON_DEVICE
    IN_PROCESS = _c.IN_PROCESS
    CHECKED = _c.CHECKED
    SPILL = _c.SPILL
    INTERRUPTIBLE = _c.INTERRUPTIBLE


class ArenaFlag(IntFlag):
    """How an arena is created."""
    PERSIST = _c.PERSIST
    OWNED = _c.OWNED


class Backend(IntEnum):
    """Where an arena is."""
    AUTO = _c.BACKEND_AUTO
    DEVICE = _c.BACKEND_DEVICE
    PROCESS = _c.BACKEND_PROCESS


class Policy(IntEnum):
    """What a writer does when its ring is full."""
    BLOCK = _c.BLOCK
    FAIL = _c.FAIL
    OVERWRITE = _c.OVERWRITE


class Start(IntEnum):
    """Where a new reader starts."""
    NEWEST = _c.NEWEST
    OLDEST = _c.OLDEST


class Strategy(IntEnum):
    """How a thread waits. INTERRUPTIBLE clients always wait as BLOCK."""
    BLOCK = _c.WAIT_BLOCK
    SPIN = _c.WAIT_SPIN
    YIELD = _c.WAIT_YIELD


class Order(IntEnum):
    """Which reader of a set is read next."""
    FAIR = _c.FAIR
    BY_PRIORITY = _c.BY_PRIORITY
    BY_TIMESTAMP = _c.BY_TIMESTAMP


class SizeClass(IntEnum):
    """How large a slot is: 64 bytes, 256, 1 KiB, 4 KiB, 16 KiB, and more."""
    XS = _c.XS
    S = _c.S
    M = _c.M
    L = _c.L
    XL = _c.XL
    XXL = _c.XXL


class Profile(IntEnum):
    """For which machine an arena is made."""
    MOBILE = _c.MOBILE
    DESKTOP = _c.DESKTOP
    SERVER = _c.SERVER


class ChangeKind(IntEnum):
    """What has happened to a ring."""
    OPENED = _c.OPENED
    ENDED = _c.ENDED
    AWAITED = _c.AWAITED
    GONE = _c.GONE
    JOINED = _c.JOINED
    LEFT = _c.LEFT


class CallKind(IntEnum):
    """What has happened in a session of a service."""
    BEGIN = _c.BEGIN
    REQUEST = _c.REQUEST
    END = _c.END


class DropReason(IntEnum):
    """Why the kernel, as a writer, has dropped an event."""
    FULL = _c.DROP_FULL
    BUSY = _c.DROP_BUSY
    NO_SLOT = _c.DROP_NO_SLOT
    TOO_LARGE = _c.DROP_TOO_LARGE
