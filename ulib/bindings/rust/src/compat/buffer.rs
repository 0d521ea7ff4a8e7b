// SPDX-License-Identifier: MPL-2.0
//! `RingBuffer`, `Writer` and `Reader`.

use crate::arena::{ArenaConfig, Backend, SizeClass};
use crate::client::Client;
use crate::deadline::Deadline;
use crate::factory::Factory;
use crate::ring::RingConfig;
use crate::{Payload, Result};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The name of the one ring in the arena of a buffer.
const RING: &str = "ring";

/// An event by value.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct PooledEvent<const SIZE: usize> {
    /// The bytes; those from `len` on are zero.
    pub data: [u8; SIZE],
    /// How many of them the event has.
    pub len: u32,
    /// Its type.
    pub event_type: u32,
}

impl<const SIZE: usize> PooledEvent<SIZE> {
    /// An event with a copy of `data`.
    ///
    /// # Panics
    ///
    /// If `data` has more than SIZE bytes.
    pub fn new(data: &[u8], event_type: u32) -> PooledEvent<SIZE> {
        let mut event = PooledEvent {
            data: [0; SIZE],
            len: data.len() as u32,
            event_type,
        };

        event.data[..data.len()].copy_from_slice(data);
        event
    }

    fn of(payload: &Payload) -> PooledEvent<SIZE> {
        PooledEvent::new(payload, payload.event_type())
    }
}

impl<const SIZE: usize> fmt::Debug for PooledEvent<SIZE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledEvent")
            .field("len", &self.len)
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

/// A ring of `CAPACITY` events of up to `SIZE` bytes, for the threads of this process.
///
/// ```
/// use rusted_ring::compat::{PooledEvent, Reader, RingBuffer, Writer};
///
/// let ring = RingBuffer::<64, 128>::new();
/// let mut writer = Writer::new(&ring);
/// let mut reader = Reader::new(&ring);
/// writer.add(PooledEvent::<64>::new(b"hello", 7));
/// let event = reader.try_read().expect("an event");
/// assert_eq!(&event.data[..event.len as usize], b"hello");
/// assert!(reader.try_read().is_none());
/// ```
#[derive(Debug)]
pub struct RingBuffer<const SIZE: usize, const CAPACITY: usize> {
    client: Arc<Client>,
}

impl<const SIZE: usize, const CAPACITY: usize> RingBuffer<SIZE, CAPACITY> {
    /// An empty ring.
    ///
    /// # Panics
    ///
    /// If there is no memory for it.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        RingBuffer::try_new().expect("an arena")
    }

    /// An empty ring, if there is memory for it.
    pub fn try_new() -> Result<Self> {
        let config = ArenaConfig::new()
            .slots(SizeClass::Xs, 1)
            .max_clients(1)
            .max_rings(1)
            .backend(Backend::Process);

        Ok(RingBuffer {
            client: Arc::new(Client::create(&config)?),
        })
    }

    fn factory(&self) -> Factory<'static, Arc<Client>> {
        let stride = (SIZE.max(1) + 63) / 64 * 64;

        Factory::new(
            self.client.clone(),
            RingConfig::inline(CAPACITY as u32, stride as u32),
        )
    }
}

/// The one writer of a ring.
#[derive(Debug)]
pub struct Writer<R> {
    writer: crate::Writer<Arc<Client>>,
    _ring: R,
}

impl<const SIZE: usize, const CAPACITY: usize, R> Writer<R>
where
    R: Deref<Target = RingBuffer<SIZE, CAPACITY>>,
{
    /// Become the writer of `ring`.
    ///
    /// # Panics
    ///
    /// If the ring has a writer.
    pub fn new(ring: R) -> Writer<R> {
        Writer {
            writer: ring.factory().writer(RING).expect("no other writer"),
            _ring: ring,
        }
    }

    /// Append an event. If the ring is full, wait until a reader has gone on.
    pub fn add(&mut self, event: PooledEvent<SIZE>) {
        let data = &event.data[..event.len as usize];

        self.writer
            .add(data, event.event_type)
            .expect("the stride has room for the event");
    }

    /// Append an event if there is room. Is there?
    pub fn try_add(&mut self, event: PooledEvent<SIZE>) -> bool {
        let data = &event.data[..event.len as usize];

        self.writer
            .add_until(data, event.event_type, Deadline::NOW)
            .is_ok()
    }
}

/// A reader of a ring. It gets what is added from its creation on.
#[derive(Debug)]
pub struct Reader<R> {
    reader: crate::Reader<Arc<Client>>,
    _ring: R,
}

impl<const SIZE: usize, const CAPACITY: usize, R> Reader<R>
where
    R: Deref<Target = RingBuffer<SIZE, CAPACITY>>,
{
    /// Become a reader of `ring`, for which its writer waits.
    ///
    /// # Panics
    ///
    /// If the ring has 240 readers.
    pub fn new(ring: R) -> Reader<R> {
        Reader {
            reader: ring.factory().reader(RING, None).expect("one more reader"),
            _ring: ring,
        }
    }

    /// The next event, if there is one now.
    pub fn try_read(&mut self) -> Option<PooledEvent<SIZE>> {
        let entry = self.reader.try_read().ok()??;

        Some(PooledEvent::of(&entry))
    }

    /// The next event; wait for it. `None` if the stream has ended.
    pub fn read(&mut self) -> Option<PooledEvent<SIZE>> {
        let entry = self.reader.read(Deadline::FOREVER).ok()?;

        Some(PooledEvent::of(&entry))
    }
}
