// SPDX-License-Identifier: MPL-2.0
//! Sets of readers: the rings of many writers, read like one.

use crate::client::{Client, ClientRef};
use crate::deadline::Deadline;
use crate::error::{check, check_now, Result};
use crate::event::Entry;
use crate::payload::filled;
use crate::reader::Reader;
use crate::ring::Strategy;
use crate::sys;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// Which reader of a set is next, if several have events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Order {
    /// They take turns.
    Fair = sys::RRING_FAIR,
    /// The one with the lowest priority number; equal ones take turns.
    Priority = sys::RRING_BY_PRIORITY,
    /// The event whose first 8 bytes, a number, are the lowest.
    Timestamp = sys::RRING_BY_TIMESTAMP,
}

/// Names a reader of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(usize);

/// A set of readers of one client, which it owns. It is read like one ring.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let mut set = Set::open(&client, Order::Fair, Strategy::Block)?;
/// let mut writers = Vec::new();
/// for name in ["left", "right"] {
///     let config = RingConfig::inline(8, 64).name(name);
///     writers.push(Writer::open(&client, &config)?);
///     set.add(Reader::join(&client, name)?, 0)?;
/// }
/// writers[1].add(b"hello", 0)?;
/// let (key, entry) = set.try_read()?.expect("an event");
/// assert_eq!(&**entry, b"hello");
/// assert_eq!(set.reader(key).unwrap().ring_id(), writers[1].ring_id());
/// # Ok(())
/// # }
/// ```
pub struct Set<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_set>,
    readers: Vec<Reader<C>>,
    client: C,
}

// SAFETY: one thread at a time uses a set, as &mut self ensures.
unsafe impl<C: ClientRef + Send> Send for Set<C> {}

impl<C: ClientRef> Set<C> {
    /// An empty set for readers of `client`.
    pub fn open(client: C, order: Order, strategy: Strategy) -> Result<Set<C>> {
        let config = sys::rring_set_config {
            order: order as u32,
            strategy: strategy as u32,
            timestamp: None,
        };
        let mut set = ptr::null_mut();

        // SAFETY: the client is open, and the configuration valid during the call.
        unsafe {
            check(sys::rring_set_open(client.as_raw(), &config, &mut set))?;
            Ok(Set {
                raw: NonNull::new_unchecked(set),
                readers: Vec::new(),
                client,
            })
        }
    }

    fn as_raw(&self) -> *mut sys::rring_set {
        self.raw.as_ptr()
    }

    /// Add a reader of the set's client. If it fails, the reader is closed.
    pub fn add(&mut self, reader: Reader<C>, priority: u32) -> Result<Key> {
        let raw = reader.as_raw();

        // SAFETY: both are open, and the set keeps the reader from now on.
        check(unsafe { sys::rring_set_add(self.as_raw(), raw, priority) })?;
        self.readers.push(reader);
        Ok(Key(raw as usize))
    }

    /// Take a reader out of the set again.
    pub fn remove(&mut self, key: Key) -> Option<Reader<C>> {
        let i = self.index(key)?;

        // SAFETY: the reader is in the set.
        unsafe { sys::rring_set_remove(self.as_raw(), self.readers[i].as_raw()) };
        Some(self.readers.swap_remove(i))
    }

    /// A reader of the set.
    pub fn reader(&self, key: Key) -> Option<&Reader<C>> {
        self.index(key).map(|i| &self.readers[i])
    }

    fn index(&self, key: Key) -> Option<usize> {
        self.readers
            .iter()
            .position(|reader| reader.as_raw() as usize == key.0)
    }

    /// Release the event of the last call. The next event of any reader, or `None` if
    /// there is none yet. [`End`](crate::ErrorKind::End): all streams have ended.
    pub fn try_read(&mut self) -> Result<Option<(Key, Entry<'_, C>)>> {
        let mut event = MaybeUninit::uninit();
        let mut from = ptr::null_mut();
        let result =
            unsafe { sys::rring_set_try_read(self.as_raw(), event.as_mut_ptr(), &mut from) };

        // SAFETY: the call has filled the event, which stays until the next call.
        Ok(check_now(result)?.map(|_| unsafe {
            let entry = Entry::new(filled(&event), from, &self.client);
            (Key(from as usize), entry)
        }))
    }

    /// The next events of any readers, up to `n`, in the order of the set; `None` if
    /// there is none yet. They come again unless [`SetBatch::release`] releases them.
    pub fn peek(&mut self, n: u32) -> Result<Option<SetBatch<'_, C>>> {
        let len = check_now(unsafe { sys::rring_set_peek(self.as_raw(), n) })?;

        Ok(len.map(|len| SetBatch {
            set: self.as_raw(),
            client: &self.client,
            len: len as u32,
            _set: PhantomData,
        }))
    }

    /// Release the event of [`Set::try_read`]. Wait for the next event, or for the end
    /// of all streams.
    pub fn wait(&mut self, deadline: impl Into<Deadline>) -> Result<()> {
        check(unsafe { sys::rring_set_wait(self.as_raw(), deadline.into().as_nanos()) })?;
        Ok(())
    }
}

impl<C: ClientRef> Drop for Set<C> {
    fn drop(&mut self) {
        // SAFETY: the readers are closed after the set.
        unsafe { sys::rring_set_close(self.as_raw()) }
    }
}

impl<C: ClientRef> fmt::Debug for Set<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set")
            .field("readers", &self.readers)
            .finish()
    }
}

/// An event at which a set has peeked.
#[derive(Debug)]
pub struct SetEntry<'s, C: ClientRef> {
    /// Which reader has it.
    pub key: Key,
    /// Its position in the ring of this reader.
    pub position: u64,
    /// The event; [`Discarded`](crate::ErrorKind::Discarded) if the kernel has dropped
    /// it.
    pub event: Result<Entry<'s, C>>,
}

/// Events at which a set has peeked. Dropping it releases none of them.
pub struct SetBatch<'s, C: ClientRef> {
    set: *mut sys::rring_set,
    client: &'s C,
    len: u32,
    _set: PhantomData<&'s mut sys::rring_set>,
}

impl<C: ClientRef> SetBatch<'_, C> {
    /// How many there are.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Is there none? Only if none was asked for.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Event `i`.
    ///
    /// # Panics
    ///
    /// If `i` is not below [`SetBatch::len`].
    pub fn entry(&self, i: u32) -> SetEntry<'_, C> {
        let mut event = MaybeUninit::uninit();
        let mut from = ptr::null_mut();
        let mut position = 0;

        assert!(i < self.len, "event {} of {}", i, self.len);
        // SAFETY: the event was peeked at, and stays until the batch is consumed or
        // its set is free again. If the call succeeds it has filled the event.
        let event = unsafe {
            let result =
                sys::rring_set_entry(self.set, i, event.as_mut_ptr(), &mut from, &mut position);
            check(result).map(|_| Entry::new(filled(&event), from, self.client))
        };

        SetEntry {
            key: Key(from as usize),
            position,
            event,
        }
    }

    /// All events, in order.
    pub fn iter(&self) -> impl Iterator<Item = SetEntry<'_, C>> {
        (0..self.len).map(move |i| self.entry(i))
    }

    /// Release the first `n` events, each by its reader.
    pub fn release(self, n: u32) -> Result<()> {
        // SAFETY: entries borrow the batch, so there is none any more.
        check(unsafe { sys::rring_set_release(self.set, n) })?;
        Ok(())
    }

    /// Release all events.
    pub fn release_all(self) -> Result<()> {
        let len = self.len;

        self.release(len)
    }
}

impl<C: ClientRef> fmt::Debug for SetBatch<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetBatch").field("len", &self.len).finish()
    }
}
