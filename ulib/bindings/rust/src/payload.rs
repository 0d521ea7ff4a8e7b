// SPDX-License-Identifier: MPL-2.0
//! What an event carries.

use crate::plain::Plain;
use crate::sys;
use std::fmt;
use std::mem::{self, MaybeUninit};
use std::ops::Deref;
use std::{ptr, slice};

/// An event as it is read: bytes, a type and, unless it lies in an inline ring, a
/// handle.
///
/// # Who can write it
///
/// Nobody of this program, after it was published. But an arena is shared memory:
/// *any producer* of the arena can write any payload, if it means to. So only
/// producers that are trusted may attach to an arena whose events are read in place
/// (`[u8]`, [`Payload::get`]). For others there are arenas that are owned
/// ([`ArenaConfig::owned`](crate::ArenaConfig::owned)), events that are sealed
/// ([`Held::is_sealed`](crate::Held::is_sealed)), and copies: [`Payload::read`],
/// [`Payload::copy_to`] and `read_copy()` of a reader. [`Payload::as_ptr`] makes no
/// promise at all.
#[repr(transparent)]
pub struct Payload(sys::rring_event);

impl Payload {
    #[inline]
    pub(crate) fn new(event: sys::rring_event) -> Payload {
        Payload(event)
    }

    pub(crate) fn raw_mut(&mut self) -> &mut sys::rring_event {
        &mut self.0
    }

    /// For a call: nothing else gets the address of this object, so that the compiler can
    /// keep its fields in registers.
    #[inline]
    pub(crate) fn to_raw(&self) -> sys::rring_event {
        self.0
    }

    #[inline]
    pub(crate) fn raw(&self) -> &sys::rring_event {
        &self.0
    }

    /// The type, which the producer has chosen.
    #[inline]
    pub fn event_type(&self) -> u32 {
        self.0.event_type
    }

    /// The address of the first byte. What lies there may change at any time, if
    /// another producer of the arena is hostile.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        self.0.data.cast()
    }

    /// The payload in place as a `T`; `None` if it is shorter than a `T`.
    ///
    /// ```
    /// # use rusted_ring::*;
    /// # fn main() -> Result<()> {
    /// # let client = LocalClient::create(&ArenaConfig::default())?;
    /// let mut event = client.alloc(8, 0)?;
    /// *event.get_mut::<u64>().unwrap() = 5;
    /// let held = event.share();
    /// assert_eq!(held.get::<u64>(), Some(&5));
    /// assert_eq!(held.get::<[u64; 2]>(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get<T: Plain>(&self) -> Option<&T> {
        // SAFETY: the memory stays while this object is borrowed.
        self.fits::<T>().then(|| unsafe { &*self.as_ptr().cast() })
    }

    /// A copy of the payload as a `T`; `None` if it is shorter than a `T`. What
    /// another producer writes afterwards does not change it.
    #[inline]
    pub fn read<T: Plain>(&self) -> Option<T> {
        // SAFETY: as in get(). Volatile, so that the bytes are loaded once.
        self.fits::<T>()
            .then(|| unsafe { ptr::read_volatile(self.as_ptr().cast()) })
    }

    /// Copy as many bytes as both have. Return how many these are.
    pub fn copy_to(&self, buffer: &mut [u8]) -> usize {
        let n = buffer.len().min(self.0.len as usize);

        // SAFETY: both have n bytes. No safe buffer lies in an arena's memory that
        // this event has.
        unsafe { ptr::copy_nonoverlapping(self.as_ptr(), buffer.as_mut_ptr(), n) };
        n
    }

    #[inline]
    pub(crate) fn fits<T>(&self) -> bool {
        mem::size_of::<T>() <= self.0.len as usize
            && (self.0.data as usize) % mem::align_of::<T>() == 0
    }
}

impl Deref for Payload {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: what has made this object keeps the memory while it is borrowed.
        unsafe { slice::from_raw_parts(self.as_ptr(), self.0.len as usize) }
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("handle", &format_args!("{:#x}", self.0.handle))
            .field("event_type", &self.0.event_type)
            .field("len", &self.0.len)
            .finish()
    }
}

/// The event that a call has filled. Its fields are loaded one by one: a load of 16
/// bytes would wait until the smaller stores of the call are in the cache.
///
/// # Safety
///
/// The call has filled the event.
#[inline]
pub(crate) unsafe fn filled(event: &MaybeUninit<sys::rring_event>) -> sys::rring_event {
    let event = event.as_ptr();

    sys::rring_event {
        handle: ptr::addr_of!((*event).handle).read_volatile(),
        data: ptr::addr_of!((*event).data).read_volatile(),
        len: ptr::addr_of!((*event).len).read_volatile(),
        event_type: ptr::addr_of!((*event).event_type).read_volatile(),
        word: ptr::addr_of!((*event).word).read_volatile(),
        client: ptr::addr_of!((*event).client).read_volatile(),
    }
}
