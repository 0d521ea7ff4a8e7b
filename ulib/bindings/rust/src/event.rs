// SPDX-License-Identifier: MPL-2.0
//! Events: allocate, fill, share, hold and drop.

use crate::arena::SizeClass;
use crate::client::ClientRef;
use crate::deadline::Deadline;
use crate::error::{check, Refused, Result};
use crate::payload::{filled, Payload};
use crate::plain::Plain;
use crate::sys;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::{Deref, DerefMut};
use std::os::raw::c_long;
use std::{ptr, slice};

/// A number that names one use of one slot. It keeps nothing alive, and goes over
/// any channel: [`Held::upgrade`] takes a hold on what it names.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// # let client = LocalClient::create(&ArenaConfig::default())?;
/// let event = client.alloc_copy(b"hello", 0)?.share();
/// let number = event.handle().as_u64(); // send it to another process
///
/// // SAFETY: the number comes from a handle.
/// let handle = unsafe { Handle::from_u64(number) };
/// assert_eq!(&**client.upgrade(handle)?, b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(u64);

impl Handle {
    /// The number.
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The handle of a number that another client has sent. It may be stale.
    ///
    /// # Safety
    ///
    /// The number comes from [`Handle::as_u64`], or from a program of another language
    /// that has shared or published the event. A number that was guessed can name an
    /// [`Event`], which is written while a [`Held`] of the same event reads.
    pub unsafe fn from_u64(number: u64) -> Handle {
        Handle(number)
    }
}

/// One hold on an event.
struct Hold<C: ClientRef> {
    payload: Payload,
    client: C,
}

impl<C: ClientRef> Hold<C> {
    /// # Safety
    ///
    /// The client has a hold on `event`, which becomes this object's.
    #[inline]
    unsafe fn new(event: sys::rring_event, client: C) -> Hold<C> {
        Hold {
            payload: Payload::new(event),
            client,
        }
    }

    /// Forget the hold: it was given away.
    #[inline]
    fn give(self) {
        let hold = ManuallyDrop::new(self);

        // SAFETY: the client is read once. The hold is not dropped.
        drop(unsafe { ptr::read(&hold.client) });
    }
}

impl<C: ClientRef> Drop for Hold<C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the client has a hold. Its result is 0, but after fork().
        unsafe { sys::rring_drop(self.client.as_raw(), &self.payload.to_raw()) };
    }
}

/// An event that this client has allocated, and that nobody else knows: its payload
/// can be written, as `[u8]` or by [`Event::get_mut`].
///
/// [`Writer::publish`](crate::Writer::publish) gives it away, [`Event::share`] makes
/// it a [`Held`], and dropping it frees its slot.
///
/// The payload is aligned to 64 bytes. It is not cleared: it begins with bytes of
/// earlier events.
pub struct Event<C: ClientRef>(Hold<C>);

/// A hold on an event: it stays where it is, with its bytes, until the last hold is
/// dropped. A clone is one more hold of the same client.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = Client::create(&ArenaConfig::default())?;
/// let held = client.alloc_copy(b"fill once", 7)?.share();
/// let twice = held.clone();
/// std::thread::scope(|s| {
///     s.spawn(|| assert_eq!(&**twice, b"fill once"));
///     s.spawn(move || assert_eq!(held.event_type(), 7));
/// });
/// # Ok(())
/// # }
/// ```
pub struct Held<C: ClientRef>(Hold<C>);

// SAFETY: an event belongs to its client. C is Send only if another thread may use
// the client.
unsafe impl<C: ClientRef + Send> Send for Event<C> {}
// SAFETY: see above. A shared reference to an event reads the payload.
unsafe impl<C: ClientRef + Sync> Sync for Event<C> {}
// SAFETY: as for an Event.
unsafe impl<C: ClientRef + Send> Send for Held<C> {}
// SAFETY: a shared reference to a hold also takes holds, and these calls are for
// several threads at a time if the client is: C is Sync only then.
unsafe impl<C: ClientRef + Sync> Sync for Held<C> {}

/// Call the C library to fill an event.
#[inline]
fn fill(call: impl FnOnce(*mut sys::rring_event) -> i32) -> Result<sys::rring_event> {
    let mut event = MaybeUninit::uninit();

    check(call(event.as_mut_ptr()))?;
    // SAFETY: the call has filled it.
    Ok(unsafe { filled(&event) })
}

impl<C: ClientRef> Event<C> {
    /// Allocate an event of `len` bytes from the smallest class with room. Never
    /// wait: [`NoSpace`](crate::ErrorKind::NoSpace) if no slot is free.
    #[inline]
    pub fn alloc(client: C, len: usize, event_type: u32) -> Result<Event<C>> {
        // SAFETY: the client is open, and the call fills an event; so below.
        let event = fill(|event| unsafe {
            sys::rring_alloc(client.as_raw(), len as sys::size_t, event_type, event)
        })?;

        Ok(Event(unsafe { Hold::new(event, client) }))
    }

    /// Allocate an event of `len` bytes. If no slot is free, wait for one.
    pub fn alloc_until(
        client: C,
        len: usize,
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<Event<C>> {
        let deadline = deadline.into().as_nanos();
        let len = len as sys::size_t;
        let event = fill(|event| unsafe {
            sys::rring_alloc_until(client.as_raw(), len, event_type, deadline, event)
        })?;

        Ok(Event(unsafe { Hold::new(event, client) }))
    }

    /// Allocate an event of `len` bytes from `class`.
    #[inline]
    pub fn alloc_class(client: C, class: SizeClass, len: u32, event_type: u32) -> Result<Event<C>> {
        let event = fill(|event| unsafe {
            sys::rring_alloc_class(client.as_raw(), class as u32, len, event_type, event)
        })?;

        Ok(Event(unsafe { Hold::new(event, client) }))
    }

    /// Allocate an event with a copy of `data`.
    #[inline]
    pub fn copy_of(client: C, data: &[u8], event_type: u32) -> Result<Event<C>> {
        let mut event = Event::alloc(client, data.len(), event_type)?;

        event.copy_from_slice(data);
        Ok(event)
    }

    /// The payload in place as a `T`; `None` if it is shorter than a `T`.
    #[inline]
    pub fn get_mut<T: Plain>(&mut self) -> Option<&mut T> {
        // SAFETY: nobody else has the event, and it is borrowed meanwhile.
        self.0
            .payload
            .fits::<T>()
            .then(|| unsafe { &mut *self.0.payload.raw().data.cast() })
    }

    /// The type.
    pub fn event_type(&self) -> u32 {
        self.0.payload.event_type()
    }

    /// Change the length; [`TooLarge`](crate::ErrorKind::TooLarge) if the slot is too
    /// small.
    pub fn resize(&mut self, len: u32) -> Result<()> {
        let client = self.0.client.as_raw();

        // SAFETY: the client holds the event, which nobody else knows.
        check(unsafe { sys::rring_resize(client, self.0.payload.raw_mut(), len) })?;
        Ok(())
    }

    /// Stop writing it, and share it.
    #[inline]
    pub fn share(self) -> Held<C> {
        Held(self.0)
    }

    /// Share it, and make its payload read-only for all processes. For events of
    /// [`SizeClass::L`] and above in an owned arena.
    pub fn seal(mut self) -> std::result::Result<Held<C>, Refused<Event<C>>> {
        let client = self.0.client.as_raw();

        // SAFETY: the client holds the event, and nobody has a reference to it.
        match check(unsafe { sys::rring_seal(client, self.0.payload.raw_mut()) }) {
            Ok(_) => Ok(self.share()),
            Err(error) => Err(Refused { error, event: self }),
        }
    }
}

impl<C: ClientRef> Deref for Event<C> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0.payload
    }
}

impl<C: ClientRef> DerefMut for Event<C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        let event = self.0.payload.raw();

        // SAFETY: nobody else has the event, and it is borrowed meanwhile.
        unsafe { slice::from_raw_parts_mut(event.data.cast(), event.len as usize) }
    }
}

impl<C: ClientRef> fmt::Debug for Event<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.payload.fmt(f)
    }
}

impl<C: ClientRef> Held<C> {
    /// # Safety
    ///
    /// `client` has a hold on `event`, which becomes this object's.
    #[inline]
    pub(crate) unsafe fn new(event: sys::rring_event, client: C) -> Held<C> {
        Held(Hold::new(event, client))
    }

    /// Take a hold on the event that `handle` names.
    /// [`Gone`](crate::ErrorKind::Gone): its use of the slot is over.
    pub fn upgrade(client: C, handle: Handle) -> Result<Held<C>> {
        // SAFETY: the client is open, and the call checks any number.
        let event = fill(|event| unsafe { sys::rring_upgrade(client.as_raw(), handle.0, event) })?;

        // SAFETY: the call has taken a hold.
        Ok(unsafe { Held::new(event, client) })
    }

    /// The number that names the event, to be sent over any channel.
    pub fn handle(&self) -> Handle {
        // SAFETY: the client holds the event.
        Handle(unsafe { sys::rring_share(self.0.client.as_raw(), self.raw()) })
    }

    /// Can no process write the payload while it is held: it was sealed, its
    /// producer has died, or the kernel has produced it?
    pub fn is_sealed(&self) -> bool {
        // SAFETY: the client holds the event.
        unsafe { sys::rring_is_sealed(self.0.client.as_raw(), self.raw()) != 0 }
    }
}

impl<C: ClientRef + Clone> Held<C> {
    /// Take one more hold. It fails only above 65535 holds of the client.
    pub fn try_clone(&self) -> Result<Held<C>> {
        // SAFETY: the client holds the event.
        check(unsafe { sys::rring_hold(self.0.client.as_raw(), &self.to_raw()) })?;
        // SAFETY: the call has taken a hold.
        Ok(unsafe { Held::new(self.to_raw(), self.0.client.clone()) })
    }
}

impl<C: ClientRef + Clone> Clone for Held<C> {
    /// Take one more hold.
    ///
    /// # Panics
    ///
    /// If the client has 65535 holds on the event.
    #[inline]
    fn clone(&self) -> Held<C> {
        self.try_clone().expect("one more hold")
    }
}

impl<C: ClientRef> Deref for Held<C> {
    type Target = Payload;

    #[inline]
    fn deref(&self) -> &Payload {
        &self.0.payload
    }
}

impl<C: ClientRef> fmt::Debug for Held<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.payload.fmt(f)
    }
}

impl<C: ClientRef> From<Event<C>> for Held<C> {
    fn from(event: Event<C>) -> Held<C> {
        event.share()
    }
}

/// What a writer can publish: an [`Event`] or a [`Held`].
pub trait Publish: sealed::Sealed {
    #[doc(hidden)]
    fn to_event(&self) -> sys::rring_event;

    /// Its hold was given away.
    #[doc(hidden)]
    fn given(self);
}

mod sealed {
    /// Of this crate alone.
    pub trait Sealed {}

    impl<C: super::ClientRef> Sealed for super::Event<C> {}
    impl<C: super::ClientRef> Sealed for super::Held<C> {}
}

macro_rules! publish {
    ($($name:ident)*) => { $(
        impl<C: ClientRef> Publish for $name<C> {
            #[inline]
            fn to_event(&self) -> sys::rring_event {
                self.0.payload.to_raw()
            }

            #[inline]
            fn given(self) {
                self.0.give()
            }
        }
    )* };
}

publish!(Event Held);

/// Events of one length that were allocated together, to be filled and published
/// together.
pub struct Events<C: ClientRef> {
    events: Vec<sys::rring_event>,
    client: C,
}

// SAFETY: as for one Event.
unsafe impl<C: ClientRef + Send> Send for Events<C> {}

impl<C: ClientRef> Events<C> {
    /// Allocate up to `n` events of `len` bytes each from `class`. It fails only if
    /// the first one does.
    pub fn alloc(
        client: C,
        class: SizeClass,
        len: u32,
        event_type: u32,
        n: u32,
    ) -> Result<Events<C>> {
        let mut events = Vec::with_capacity(n as usize);

        // SAFETY: there is memory for n events, and the call fills as many as it
        // returns.
        unsafe {
            let got = check(sys::rring_alloc_batch(
                client.as_raw(),
                class as u32,
                len,
                event_type,
                events.as_mut_ptr(),
                n,
            ))?;
            events.set_len(got as usize);
        }
        Ok(Events { events, client })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The payloads, to be written.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        // SAFETY: nobody else has the events, and each payload comes once.
        self.events.iter_mut().map(|event| unsafe {
            slice::from_raw_parts_mut(event.data.cast::<u8>(), event.len as usize)
        })
    }

    /// Call `publish` for all events. The first ones were given away, as many as it
    /// returns.
    pub(crate) fn publish(
        &mut self,
        publish: impl FnOnce(*const sys::rring_event, u32) -> c_long,
    ) -> Result<usize> {
        let n = check(publish(self.events.as_ptr(), self.events.len() as u32))? as usize;

        self.events.drain(..n);
        Ok(n)
    }
}

impl<C: ClientRef> Drop for Events<C> {
    fn drop(&mut self) {
        for event in &self.events {
            // SAFETY: the client has a hold on each.
            unsafe { sys::rring_drop(self.client.as_raw(), event) };
        }
    }
}

impl<C: ClientRef> fmt::Debug for Events<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("len", &self.len()).finish()
    }
}

/// An event of a ring, in place: it is valid until the reader goes on.
pub struct Entry<'r, C: ClientRef> {
    payload: Payload,
    reader: *mut sys::rring_reader,
    client: &'r C,
    _reader: PhantomData<&'r mut sys::rring_reader>,
}

impl<'r, C: ClientRef> Entry<'r, C> {
    /// # Safety
    ///
    /// `reader` of `client` has peeked at `event`, and releases it only after the
    /// lifetime 'r.
    #[inline]
    pub(crate) unsafe fn new(
        event: sys::rring_event,
        reader: *mut sys::rring_reader,
        client: &'r C,
    ) -> Entry<'r, C> {
        Entry {
            payload: Payload::new(event),
            reader,
            client,
            _reader: PhantomData,
        }
    }

    /// The handle of the event; `None` in an inline ring.
    pub fn handle(&self) -> Option<Handle> {
        (self.raw().handle != 0).then(|| Handle(self.raw().handle))
    }

    /// Take a hold on the event, so that it stays when the reader goes on. Only in a
    /// ring of handles.
    #[inline]
    pub fn keep(&self) -> Result<Held<C>>
    where
        C: Clone,
    {
        // SAFETY: the entry was not released.
        check(unsafe { sys::rring_keep(self.reader, &self.to_raw()) })?;
        // SAFETY: the call has taken a hold.
        Ok(unsafe { Held::new(self.to_raw(), self.client.clone()) })
    }
}

impl<C: ClientRef> Deref for Entry<'_, C> {
    type Target = Payload;

    #[inline]
    fn deref(&self) -> &Payload {
        &self.payload
    }
}

impl<C: ClientRef> fmt::Debug for Entry<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.payload.fmt(f)
    }
}
