// SPDX-License-Identifier: MPL-2.0
//! Writers of rings.

use crate::client::{Client, ClientRef, LocalClient};
use crate::deadline::Deadline;
use crate::error::{check, Error, Refused, Result, E2BIG};
use crate::event::{Events, Publish};
use crate::name::{CName, Name};
use crate::plain::{bytes_of, Plain};
use crate::ring::RingConfig;
use crate::sys;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

/// The writer of a ring. Dropping it ends the stream: readers get what is left, and
/// then [`End`](crate::ErrorKind::End).
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let mut writer = Writer::open(&client, &RingConfig::handles(64).name("words"))?;
/// let mut reader = Reader::join(&client, "words")?;
///
/// writer.publish(client.alloc_copy(b"hello", 0)?)?;
/// let entry = reader.try_read()?.expect("an event");
/// assert_eq!(&**entry, b"hello");
/// # Ok(())
/// # }
/// ```
pub struct Writer<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_writer>,
    client: C,
}

// SAFETY: one thread at a time uses a writer, as &mut self ensures, and it is not
// Sync. C is Send only if another thread may use the client.
unsafe impl<C: ClientRef + Send> Send for Writer<C> {}

/// The length of an entry of an inline ring; none is as long as `u32::MAX`.
fn len32(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

impl Writer<LocalClient> {
    /// Become the writer of `ring` in `arena`, with a client of its own. Create both
    /// if they are not there: the ring is one of 256 handles, retains 64, and its
    /// writer waits if it is full.
    pub fn begin(arena: Name<'_>, ring: Name<'_>) -> Result<Writer<LocalClient>> {
        let (arena, ring) = (CName::new(Some(arena))?, CName::new(Some(ring))?);
        let mut writer = ptr::null_mut();

        // SAFETY: the names are valid during the call, which opens a client for one
        // thread.
        unsafe {
            check(sys::rring_writer_begin(
                arena.as_ptr(),
                ring.as_ptr(),
                &mut writer,
            ))?;
            let client = LocalClient::from_raw(sys::rring_writer_client(writer));
            Ok(Writer {
                raw: NonNull::new_unchecked(writer),
                client,
            })
        }
    }
}

impl<C: ClientRef> Writer<C> {
    /// Become the writer of a ring. If it exists, go on where its last writer has
    /// stopped; otherwise create it.
    pub fn open(client: C, config: &RingConfig<'_>) -> Result<Writer<C>> {
        let mut writer = ptr::null_mut();

        // SAFETY: the client is open, and the configuration valid during the call.
        check(config.with_raw(|config| unsafe {
            sys::rring_writer_open(client.as_raw(), config, &mut writer)
        })?)?;
        // SAFETY: the call has stored a new writer.
        Ok(unsafe { Writer::from_raw(writer, client) })
    }

    /// # Safety
    ///
    /// `writer` is an open writer of `client` that nobody else closes.
    pub(crate) unsafe fn from_raw(writer: *mut sys::rring_writer, client: C) -> Writer<C> {
        Writer {
            raw: NonNull::new_unchecked(writer),
            client,
        }
    }

    /// The writer of the C library, for calls of [`sys`].
    pub fn as_raw(&self) -> *mut sys::rring_writer {
        self.raw.as_ptr()
    }

    /// What keeps its client.
    pub fn client(&self) -> &C {
        &self.client
    }

    /// Free the writer, but do not end the stream: readers wait for the next writer.
    pub fn leave(self) {
        let writer = ManuallyDrop::new(self);

        // SAFETY: the writer is not used or dropped any more, the client dropped once.
        unsafe {
            sys::rring_writer_leave(writer.as_raw());
            drop(ptr::read(&writer.client));
        }
    }

    /// Append an event to a ring of handles. This gives the event away. If the ring
    /// is full, its policy decides. The client of the event is the writer's.
    ///
    /// ```compile_fail,E0382
    /// # use rusted_ring::*;
    /// # fn main() -> Result<()> {
    /// # let client = LocalClient::create(&ArenaConfig::default())?;
    /// # let mut writer = Writer::open(&client, &RingConfig::handles(64))?;
    /// let mut event = client.alloc(8, 0)?;
    /// writer.publish(event)?;
    /// event[0] = 1; // it was given away
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn publish<E: Publish>(&mut self, event: E) -> std::result::Result<(), Refused<E>> {
        // SAFETY: the event is held by its client. The call refuses the event of
        // another client.
        let result = unsafe { sys::rring_publish(self.as_raw(), &event.to_event()) };

        Self::published(result, event)
    }

    /// Append an event; wait for room until `deadline`, whatever the policy.
    pub fn publish_until<E: Publish>(
        &mut self,
        event: E,
        deadline: impl Into<Deadline>,
    ) -> std::result::Result<(), Refused<E>> {
        let deadline = deadline.into().as_nanos();
        // SAFETY: as above.
        let result =
            unsafe { sys::rring_publish_until(self.as_raw(), &event.to_event(), deadline) };

        Self::published(result, event)
    }

    #[inline]
    fn published<E: Publish>(result: i32, event: E) -> std::result::Result<(), Refused<E>> {
        if result < 0 {
            return Err(Refused {
                error: Error::last(result.into()),
                event,
            });
        }
        event.given();
        Ok(())
    }

    /// Append as many of `events`, from the first on, as the ring has room for, all at
    /// once. Those that remain are in `events`. Return how many were appended.
    pub fn publish_batch<D: ClientRef>(&mut self, events: &mut Events<D>) -> Result<usize> {
        // SAFETY: the client of the events holds them. The call refuses those of
        // another client.
        events.publish(|events, n| unsafe { sys::rring_publish_batch(self.as_raw(), events, n) })
    }

    /// [`Writer::publish_batch`]; wait for room until `deadline`, whatever the policy.
    pub fn publish_batch_until<D: ClientRef>(
        &mut self,
        events: &mut Events<D>,
        deadline: impl Into<Deadline>,
    ) -> Result<usize> {
        let deadline = deadline.into().as_nanos();

        // SAFETY: as above.
        events.publish(|events, n| unsafe {
            sys::rring_publish_batch_until(self.as_raw(), events, n, deadline)
        })
    }

    /// Append an entry with a copy of `data` to an inline ring. If the ring is full,
    /// its policy decides.
    #[inline]
    pub fn add(&mut self, data: &[u8], event_type: u32) -> Result<()> {
        // SAFETY: the data are valid during the call; so below.
        check(unsafe {
            sys::rring_add(self.as_raw(), data.as_ptr().cast(), len32(data), event_type)
        })?;
        Ok(())
    }

    /// Append an entry; wait for room until `deadline`, whatever the policy.
    pub fn add_until(
        &mut self,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        check(unsafe {
            sys::rring_add_until(
                self.as_raw(),
                data.as_ptr().cast(),
                len32(data),
                event_type,
                deadline.into().as_nanos(),
            )
        })?;
        Ok(())
    }

    /// Append an entry with a copy of `value`.
    #[inline]
    pub fn add_value<T: Plain>(&mut self, value: &T, event_type: u32) -> Result<()> {
        self.add(bytes_of(value), event_type)
    }

    /// Append an entry for each of `values`, all at once or none.
    pub fn add_values<T: Plain>(&mut self, values: &[T], event_type: u32) -> Result<()> {
        let n = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(std::mem::size_of::<T>()).unwrap_or(u32::MAX);

        check(unsafe {
            sys::rring_add_batch(self.as_raw(), values.as_ptr().cast(), len, event_type, n)
        })?;
        Ok(())
    }

    /// [`Writer::add_values`]; wait for room until `deadline`, whatever the policy.
    pub fn add_values_until<T: Plain>(
        &mut self,
        values: &[T],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        let n = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(std::mem::size_of::<T>()).unwrap_or(u32::MAX);
        let deadline = deadline.into().as_nanos();

        check(unsafe {
            let data = values.as_ptr().cast();
            sys::rring_add_batch_until(self.as_raw(), data, len, event_type, n, deadline)
        })?;
        Ok(())
    }

    /// Make room for `n` entries of an inline ring, to fill them in place. Nothing is
    /// published before [`Reservation::commit`]. If the ring is full, its policy
    /// decides.
    ///
    /// ```
    /// # use rusted_ring::*;
    /// # fn main() -> Result<()> {
    /// # let client = LocalClient::create(&ArenaConfig::default())?;
    /// let mut writer = Writer::open(&client, &RingConfig::inline(64, 64))?;
    /// let mut room = writer.reserve(2)?;
    /// room.push(5, 0)?.copy_from_slice(b"hello");
    /// room.push(5, 0)?.copy_from_slice(b"world");
    /// room.commit();
    /// assert_eq!(writer.position(), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn reserve(&mut self, n: u32) -> Result<Reservation<'_>> {
        check(unsafe { sys::rring_reserve(self.as_raw(), n) })?;
        Ok(self.reserved(n))
    }

    /// [`Writer::reserve`]; wait for room until `deadline`, whatever the policy.
    pub fn reserve_until(
        &mut self,
        n: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<Reservation<'_>> {
        let deadline = deadline.into().as_nanos();

        check(unsafe { sys::rring_reserve_until(self.as_raw(), n, deadline) })?;
        Ok(self.reserved(n))
    }

    #[inline]
    fn reserved(&mut self, n: u32) -> Reservation<'_> {
        Reservation {
            writer: self.as_raw(),
            filled: 0,
            len: n,
            stride: self.stride(),
            _writer: PhantomData,
        }
    }

    /// Send a copy of `data` through a ring of any kind. Wait until `deadline` for
    /// room and, in a ring of handles, for a free slot.
    pub fn send(
        &mut self,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        check(unsafe {
            sys::rring_send(
                self.as_raw(),
                data.as_ptr().cast(),
                data.len() as sys::size_t,
                event_type,
                deadline.into().as_nanos(),
            )
        })?;
        Ok(())
    }

    /// Wait until the ring has room for `n` entries.
    pub fn wait(&mut self, n: u32, deadline: impl Into<Deadline>) -> Result<()> {
        check(unsafe { sys::rring_wait_writable(self.as_raw(), n, deadline.into().as_nanos()) })?;
        Ok(())
    }

    /// The position of the next entry: how many were published since the ring was
    /// created.
    pub fn position(&self) -> u64 {
        unsafe { sys::rring_writer_position(self.as_raw()) }
    }

    /// The number of the ring, for [`Join::ring`](crate::Join::ring).
    pub fn ring_id(&self) -> u32 {
        unsafe { sys::rring_writer_ring_id(self.as_raw()) }
    }

    /// How many entries the ring has.
    pub fn capacity(&self) -> u32 {
        unsafe { sys::rring_writer_capacity(self.as_raw()) }
    }

    /// The largest payload of an inline ring; 0 in a ring of handles.
    pub fn stride(&self) -> u32 {
        unsafe { sys::rring_writer_stride(self.as_raw()) }
    }

    /// The part of the ring that the slowest gating reader has not released, from 0.0
    /// to 1.0.
    pub fn pressure(&mut self) -> f64 {
        unsafe { sys::rring_writer_pressure(self.as_raw()) }
    }

    /// Is the pressure 0.8 or more?
    pub fn under_pressure(&mut self) -> bool {
        unsafe { sys::rring_writer_under_pressure(self.as_raw()) != 0 }
    }

    /// Is the pressure 0.9 or more?
    pub fn should_throttle(&mut self) -> bool {
        unsafe { sys::rring_writer_should_throttle(self.as_raw()) != 0 }
    }

    /// How many readers the ring has, also observers and names without a client.
    pub fn readers(&self) -> u32 {
        unsafe { sys::rring_writer_readers(self.as_raw()) }
    }

    /// The position of the slowest observer that stands at `from` or above;
    /// [`Writer::position`] if there is none.
    pub fn observed(&mut self, from: u64) -> u64 {
        unsafe { sys::rring_writer_observed(self.as_raw(), from) }
    }
}

impl<C: ClientRef> Drop for Writer<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_writer_close(self.as_raw()) }
    }
}

impl<C: ClientRef> fmt::Debug for Writer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("ring_id", &self.ring_id())
            .field("position", &self.position())
            .finish()
    }
}

/// Room for entries of an inline ring. Dropping it publishes nothing.
pub struct Reservation<'w> {
    writer: *mut sys::rring_writer,
    filled: u32,
    len: u32,
    stride: u32,
    _writer: PhantomData<&'w mut sys::rring_writer>,
}

impl Reservation<'_> {
    /// The payload of the next reserved entry, to be filled: `len` bytes, which begin
    /// as what an earlier entry has left. [`TooLarge`](crate::ErrorKind::TooLarge) if
    /// no reserved entry is left, or `len` is above the stride.
    #[inline]
    pub fn push(&mut self, len: u32, event_type: u32) -> Result<&mut [u8]> {
        if self.filled == self.len || len > self.stride {
            return Err(Error::new(E2BIG, "the reservation has no such room"));
        }
        // SAFETY: the entry is reserved, has the length, and was not handed out yet.
        let payload = unsafe {
            let data = sys::rring_reserved(self.writer, self.filled, len, event_type);
            slice::from_raw_parts_mut(data.cast::<u8>(), len as usize)
        };
        self.filled += 1;
        Ok(payload)
    }

    /// Publish the entries that were pushed, all at once.
    #[inline]
    pub fn commit(self) {
        // SAFETY: at most as many as are reserved.
        unsafe { sys::rring_commit(self.writer, self.filled) }
    }
}

impl fmt::Debug for Reservation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("filled", &self.filled)
            .field("len", &self.len)
            .finish()
    }
}
