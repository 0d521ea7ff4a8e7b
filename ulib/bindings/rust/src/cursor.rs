// SPDX-License-Identifier: MPL-2.0
//! What both types of readers share.

use crate::client::ClientRef;
use crate::deadline::Deadline;
use crate::error::{check, check_now, Result};
use crate::event::Held;
use crate::payload::filled;
use crate::reader::{kind_of, Copied, Join};
use crate::ring::Kind;
use crate::sys;
use std::ffi::CStr;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::raw::c_int;
use std::ptr::{self, NonNull};

/// A reader of the C library. Its calls hand out nothing in place.
pub(crate) struct Cursor<C: ClientRef> {
    raw: NonNull<sys::rring_reader>,
    pub(crate) client: C,
}

// SAFETY: one thread at a time uses a reader, as &mut self ensures, and it is not
// Sync. C is Send only if another thread may use the client.
unsafe impl<C: ClientRef + Send> Send for Cursor<C> {}

impl<C: ClientRef> Cursor<C> {
    pub(crate) fn open(client: C, join: &Join<'_>) -> Result<Cursor<C>> {
        let mut reader = ptr::null_mut();

        // SAFETY: the client is open, and the configuration valid during the call.
        check(join.with_raw(|config| unsafe {
            sys::rring_reader_open(client.as_raw(), config, &mut reader)
        })?)?;
        // SAFETY: the call has stored a new reader.
        Ok(unsafe { Cursor::from_raw(reader, client) })
    }

    /// # Safety
    ///
    /// `reader` is an open reader of `client` that nobody else closes.
    pub(crate) unsafe fn from_raw(reader: *mut sys::rring_reader, client: C) -> Cursor<C> {
        Cursor {
            raw: NonNull::new_unchecked(reader),
            client,
        }
    }

    #[inline]
    pub(crate) fn as_raw(&self) -> *mut sys::rring_reader {
        self.raw.as_ptr()
    }

    pub(crate) fn can_be_lapped(&self) -> bool {
        // SAFETY: the reader is open; so in all calls below.
        unsafe { sys::rring_reader_can_be_lapped(self.as_raw()) != 0 }
    }

    pub(crate) fn close(self, forget: bool) {
        let cursor = ManuallyDrop::new(self);

        // SAFETY: the reader is not used or dropped any more, the client dropped once.
        unsafe {
            sys::rring_reader_close(cursor.as_raw(), c_int::from(forget));
            drop(ptr::read(&cursor.client));
        }
    }

    pub(crate) fn read_copy(&mut self, buffer: &mut [u8]) -> Result<Option<Copied>> {
        let mut event = MaybeUninit::<sys::rring_event>::uninit();
        let result = unsafe {
            sys::rring_read_copy(
                self.as_raw(),
                buffer.as_mut_ptr().cast(),
                buffer.len() as sys::size_t,
                event.as_mut_ptr(),
            )
        };

        Ok(check_now(result)?.map(|_| {
            // SAFETY: the call has filled the event.
            let event = unsafe { filled(&event) };
            Copied {
                len: event.len as usize,
                event_type: event.event_type,
            }
        }))
    }

    pub(crate) fn read_keep(&mut self) -> Result<Option<Held<C>>>
    where
        C: Clone,
    {
        let mut event = MaybeUninit::uninit();
        let result = unsafe { sys::rring_read_keep(self.as_raw(), event.as_mut_ptr()) };

        // SAFETY: the call has filled the event, and taken a hold.
        Ok(check_now(result)?.map(|_| unsafe { Held::new(filled(&event), self.client.clone()) }))
    }

    pub(crate) fn wait(&mut self, deadline: Deadline) -> Result<()> {
        check(unsafe { sys::rring_wait_readable(self.as_raw(), deadline.as_nanos()) })?;
        Ok(())
    }

    pub(crate) fn skip(&mut self, keep: u32) -> Result<u64> {
        Ok(check(unsafe { sys::rring_reader_skip(self.as_raw(), keep) })? as u64)
    }

    pub(crate) fn release_to(&mut self, position: u64) -> Result<()> {
        check(unsafe { sys::rring_release_to(self.as_raw(), position) })?;
        Ok(())
    }

    pub(crate) fn kind(&self) -> Kind {
        kind_of(unsafe { sys::rring_reader_kind(self.as_raw()) })
    }

    pub(crate) fn event_type(&self) -> Option<(String, u32)> {
        // SAFETY: the name is valid as long as the reader is open.
        unsafe {
            let event_type = sys::rring_reader_type(self.as_raw());
            if event_type.name.is_null() {
                return None;
            }
            let name = CStr::from_ptr(event_type.name).to_string_lossy();
            Some((name.into_owned(), event_type.size))
        }
    }
}

impl<C: ClientRef> Drop for Cursor<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_reader_close(self.as_raw(), 0) }
    }
}

impl<C: ClientRef> fmt::Debug for Cursor<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: the reader is open.
        let (ring_id, position) = unsafe {
            (
                sys::rring_reader_ring_id(self.as_raw()),
                sys::rring_reader_position(self.as_raw()),
            )
        };

        f.debug_struct("Reader")
            .field("ring_id", &ring_id)
            .field("position", &position)
            .finish()
    }
}

/// The calls that both types of readers have, on their `cursor`.
macro_rules! common_calls {
    ($name:ident) => {
        impl<C: ClientRef> $name<C> {
            /// The reader of the C library, for calls of [`sys`].
            #[inline]
            pub fn as_raw(&self) -> *mut sys::rring_reader {
                self.cursor.as_raw()
            }

            /// What keeps its client.
            pub fn client(&self) -> &C {
                &self.cursor.client
            }

            /// Leave the ring. `forget`: the ring also forgets the name of the reader.
            /// Dropping the reader keeps it.
            pub fn close(self, forget: bool) {
                self.cursor.close(forget)
            }

            /// Release the event of the last call. Copy the next event to `buffer`,
            /// and release its entry. `None` if there is none yet.
            /// [`TooLarge`](crate::ErrorKind::TooLarge) if it does not fit: the next
            /// call gets it again. After [`Gone`](crate::ErrorKind::Gone) the buffer
            /// has a part of an event that was overwritten.
            pub fn read_copy(&mut self, buffer: &mut [u8]) -> Result<Option<Copied>> {
                self.cursor.read_copy(buffer)
            }

            /// Release the event of the last call. Wait for the next event, or for the
            /// end of the stream.
            pub fn wait(&mut self, deadline: impl Into<Deadline>) -> Result<()> {
                self.cursor.wait(deadline.into())
            }

            /// Release the event of the last call, and all others but the newest
            /// `keep`. Return how many were released unread.
            pub fn skip(&mut self, keep: u32) -> Result<u64> {
                self.cursor.skip(keep)
            }

            /// Release all events below `position`, which an earlier run of the program
            /// has handled. [`ErrorKind::WouldBlock`](crate::ErrorKind::WouldBlock): not
            /// so many are published.
            pub fn release_to(&mut self, position: u64) -> Result<()> {
                self.cursor.release_to(position)
            }

            /// How many published entries the reader has not released.
            pub fn lag(&mut self) -> u64 {
                // SAFETY: the reader is open; so below.
                unsafe { sys::rring_reader_lag(self.as_raw()) }
            }

            /// How many entries the reader has lost.
            pub fn lost(&self) -> u64 {
                unsafe { sys::rring_reader_lost(self.as_raw()) }
            }

            /// The position of the first entry that the reader has not released.
            pub fn position(&self) -> u64 {
                unsafe { sys::rring_reader_position(self.as_raw()) }
            }

            /// Did the ring know the reader's name, so that it has gone on there?
            pub fn resumed(&self) -> bool {
                unsafe { sys::rring_reader_resumed(self.as_raw()) != 0 }
            }

            /// The number of the ring.
            pub fn ring_id(&self) -> u32 {
                unsafe { sys::rring_reader_ring_id(self.as_raw()) }
            }

            /// How many entries the ring has.
            pub fn capacity(&self) -> u32 {
                unsafe { sys::rring_reader_capacity(self.as_raw()) }
            }

            /// What the entries of the ring carry.
            pub fn kind(&self) -> Kind {
                self.cursor.kind()
            }

            /// The largest payload of an inline ring; 0 in a ring of handles.
            pub fn stride(&self) -> u32 {
                unsafe { sys::rring_reader_stride(self.as_raw()) }
            }

            /// The name and the size of the type of the ring, if it has one.
            pub fn event_type(&self) -> Option<(String, u32)> {
                self.cursor.event_type()
            }

            /// How many events the kernel, as the writer, has dropped.
            pub fn dropped(&self, reason: DropReason) -> u64 {
                unsafe { sys::rring_reader_dropped(self.as_raw(), reason as u32) }
            }
        }
    };
}

pub(crate) use common_calls;

/// Why the kernel, as the writer of a ring, has dropped an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum DropReason {
    /// There was no room.
    Full = sys::RRING_DROP_FULL,
    /// The writer was in use on this CPU.
    Busy = sys::RRING_DROP_BUSY,
    /// No slot was free.
    NoSlot = sys::RRING_DROP_NO_SLOT,
    /// The event does not fit.
    TooLarge = sys::RRING_DROP_TOO_LARGE,
}
