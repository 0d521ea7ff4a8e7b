# SPDX-License-Identifier: MPL-2.0
"""The exceptions. The extension imports this module."""

import errno


class Error(OSError):
    """A call of the library has failed: errno says how, strerror why."""


class WouldBlock(Error, BlockingIOError):
    """There is no room, or no event, and the call was not to wait."""


class Timeout(Error, TimeoutError):
    """The time was over before there was room, an event, or a slot."""


class EndOfStream(Error, BrokenPipeError):
    """The writer has ended the stream, or the other end has gone."""


class Lost(Error):
    """What was read is not valid: the writer has overwritten it, or it is gone."""


class Evicted(Error):
    """The client was evicted from the arena: close it."""


class NotFound(Error, FileNotFoundError):
    """No arena, ring or reader has this name."""


class Exists(Error, FileExistsError):
    """An arena of this name exists."""


class Denied(Error, PermissionError):
    """The role, the owner or the process may not do this."""


BY_ERRNO = {
    errno.EAGAIN: WouldBlock,
    errno.ETIMEDOUT: Timeout,
    errno.EPIPE: EndOfStream,
    errno.ESTALE: Lost,
    errno.EOWNERDEAD: Evicted,
    errno.ENOENT: NotFound,
    errno.EEXIST: Exists,
    errno.EACCES: Denied,
    errno.EPERM: Denied,
}

for _class in (Error, *BY_ERRNO.values()):
    _class.__module__ = "rusted_ring"
