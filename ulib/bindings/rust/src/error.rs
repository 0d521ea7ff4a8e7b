// SPDX-License-Identifier: MPL-2.0
//! Errors.

use crate::sys;
use std::ffi::CStr;
use std::fmt;
use std::io;
use std::os::raw::{c_char, c_int, c_long};

/// The result of the calls of this crate.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! errno {
    ($($name:ident = $value:literal,)*) => { $(pub(crate) const $name: c_int = $value;)* };
}

errno! {
    EPERM = 1, ENOENT = 2, EINTR = 4, E2BIG = 7, EAGAIN = 11, ENOMEM = 12,
    EACCES = 13, EBUSY = 16, EEXIST = 17, EINVAL = 22, ENOSPC = 28, EPIPE = 32,
    ENODATA = 61, EBADMSG = 74, EMSGSIZE = 90, EPROTOTYPE = 91,
    EOPNOTSUPP = 95, ETIMEDOUT = 110, ESTALE = 116, EDQUOT = 122,
    ECANCELED = 125, EOWNERDEAD = 130,
}

/// What kind of error it is. The manual page of the C function has the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no room, and the call does not wait (`EAGAIN`).
    WouldBlock,
    /// The stream has ended, and all was read; or the peer has gone (`EPIPE`).
    End,
    /// The deadline has passed (`ETIMEDOUT`).
    TimedOut,
    /// No slot, place or memory of the arena is free (`ENOSPC`).
    NoSpace,
    /// The client has used up its quota (`EDQUOT`).
    Quota,
    /// The event is gone: it was overwritten, or its handle is stale (`ESTALE`).
    Gone,
    /// A signal handler has ended the wait (`EINTR`).
    Interrupted,
    /// There is no arena, ring or reader of this name (`ENOENT`).
    NotFound,
    /// It exists, and is different (`EEXIST`).
    Exists,
    /// Another client uses it (`EBUSY`).
    Busy,
    /// It is not permitted (`EACCES`, `EPERM`).
    Denied,
    /// An argument is wrong (`EINVAL`).
    Invalid,
    /// It does not fit (`E2BIG`, `EMSGSIZE`).
    TooLarge,
    /// The ring has another type (`EPROTOTYPE`).
    OtherType,
    /// Another client has written what cannot be (`EBADMSG`).
    Malformed,
    /// The entry is none: the kernel, as the writer, has dropped its event
    /// (`ENODATA`).
    Discarded,
    /// The client was evicted (`EOWNERDEAD`). Only dropping it is useful.
    Evicted,
    /// Memory is short (`ENOMEM`).
    OutOfMemory,
    /// This arena, or this kind of reader, does not support it (`EOPNOTSUPP`).
    Unsupported,
    /// Another error: [`Error::errno`] tells.
    Other,
}

/// An error of the library: an error number, and a text that says why.
#[derive(Clone)]
pub struct Error {
    errno: c_int,
    detail: Option<Box<str>>,
}

impl Error {
    /// The error of the call that has just returned `code`. A loop meets some
    /// errors often; for these the text is not fetched.
    #[cold]
    pub(crate) fn last(code: c_long) -> Error {
        let code = code as c_int;
        let detail = match -code {
            EAGAIN | EPIPE | ETIMEDOUT | ESTALE | EINTR | ENODATA => None,
            // SAFETY: the text is constant, or valid until this thread's next call.
            _ => Some(unsafe { text(sys::rring_error_detail(code)) }),
        };

        Error {
            errno: -code,
            detail,
        }
    }

    #[cold]
    pub(crate) fn new(errno: c_int, detail: &str) -> Error {
        Error {
            errno,
            detail: Some(detail.into()),
        }
    }

    /// The positive error number, for example 11 for `EAGAIN`.
    pub fn errno(&self) -> i32 {
        self.errno
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self.errno {
            EAGAIN => ErrorKind::WouldBlock,
            EPIPE => ErrorKind::End,
            ETIMEDOUT => ErrorKind::TimedOut,
            ENOSPC => ErrorKind::NoSpace,
            EDQUOT => ErrorKind::Quota,
            ESTALE => ErrorKind::Gone,
            EINTR => ErrorKind::Interrupted,
            ENOENT => ErrorKind::NotFound,
            EEXIST => ErrorKind::Exists,
            EBUSY => ErrorKind::Busy,
            EACCES | EPERM => ErrorKind::Denied,
            EINVAL => ErrorKind::Invalid,
            E2BIG | EMSGSIZE => ErrorKind::TooLarge,
            EPROTOTYPE => ErrorKind::OtherType,
            EBADMSG => ErrorKind::Malformed,
            ENODATA => ErrorKind::Discarded,
            EOWNERDEAD => ErrorKind::Evicted,
            ENOMEM => ErrorKind::OutOfMemory,
            EOPNOTSUPP => ErrorKind::Unsupported,
            _ => ErrorKind::Other,
        }
    }

    /// Has the stream ended, or the peer gone?
    pub fn is_end(&self) -> bool {
        self.errno == EPIPE
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => f.write_str(detail),
            // SAFETY: the text is constant.
            None => f.write_str(&unsafe { text(sys::rring_strerror(-self.errno)) }),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.kind(), self.errno, self)
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Error) -> bool {
        self.errno == other.errno
    }
}

impl Eq for Error {}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        io::Error::new(
            io::Error::from_raw_os_error(error.errno).kind(),
            error.to_string(),
        )
    }
}

/// # Safety
///
/// `text` is a C string.
unsafe fn text(text: *const c_char) -> Box<str> {
    CStr::from_ptr(text).to_string_lossy().into()
}

/// The event that a call did not take, and why. `?` drops the event.
pub struct Refused<E> {
    /// Why.
    pub error: Error,
    /// The event, which the caller still has.
    pub event: E,
}

impl<E> fmt::Debug for Refused<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<E> fmt::Display for Refused<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<E> std::error::Error for Refused<E> {}

impl<E> From<Refused<E>> for Error {
    fn from(refused: Refused<E>) -> Error {
        refused.error
    }
}

/// A negative result is an error.
#[inline]
pub(crate) fn check(result: impl Into<c_long>) -> Result<c_long> {
    let result = result.into();

    if result < 0 {
        return Err(Error::last(result));
    }
    Ok(result)
}

/// `EAGAIN` is `None`: there is nothing now. Any other negative result is an error.
#[inline]
pub(crate) fn check_now(result: impl Into<c_long>) -> Result<Option<c_long>> {
    let result = result.into();

    if result == -(EAGAIN as c_long) {
        return Ok(None);
    }
    check(result).map(Some)
}
