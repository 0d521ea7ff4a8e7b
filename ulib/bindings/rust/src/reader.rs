// SPDX-License-Identifier: MPL-2.0
//! Readers of rings.

use crate::client::{Client, ClientRef, LocalClient};
use crate::cursor::{Cursor, DropReason};
use crate::deadline::Deadline;
use crate::error::{check, check_now, Error, Result, ECANCELED, EOPNOTSUPP};
use crate::event::{Entry, Held};
use crate::name::{CName, Name};
use crate::payload::{filled, Payload};
use crate::ring::{EventType, Kind, Strategy};
use crate::sys;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::raw::{c_int, c_void};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::Arc;

/// Where a new reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// At the entry that is published next.
    Newest,
    /// At the oldest entry that the ring keeps.
    Oldest,
    /// At this position, if it is not below the oldest entry and not above the next.
    At(u64),
}

/// How to join a ring. It can be a constant.
#[derive(Clone, Copy, Debug)]
pub struct Join<'a> {
    ring_name: Option<&'a str>,
    ring: u32,
    name: Option<&'a str>,
    pub(crate) flags: u32,
    start: Start,
    strategy: Strategy,
    event_type: Option<EventType<'a>>,
}

impl<'a> Join<'a> {
    /// Join the ring of this name, at its oldest entry.
    pub const fn named(ring: Name<'a>) -> Join<'a> {
        let mut join = Join::ring(0);

        join.ring_name = Some(ring);
        join
    }

    /// Join the ring of this number, at its oldest entry.
    pub const fn ring(ring: u32) -> Join<'a> {
        Join {
            ring_name: None,
            ring,
            name: None,
            flags: 0,
            start: Start::Oldest,
            strategy: Strategy::Block,
            event_type: None,
        }
    }

    /// Give the reader a name, which keeps its position when it has gone: the next
    /// reader of the name goes on there. Until then the writer waits for it.
    pub const fn as_reader(mut self, name: Name<'a>) -> Self {
        self.name = Some(name);
        self
    }

    /// Fail with [`NotFound`](crate::ErrorKind::NotFound) unless the ring knows the
    /// name of the reader.
    pub const fn resume_only(mut self) -> Self {
        self.flags |= sys::RRING_JOIN_RESUME;
        self
    }

    /// Where to start, if the ring does not know the name.
    pub const fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// How [`Reader::wait`] waits.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The type that the ring must have.
    pub const fn event_type(mut self, event_type: EventType<'a>) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Call `with` with the structure of the C library.
    pub(crate) fn with_raw<T>(
        &self,
        with: impl FnOnce(&sys::rring_reader_config) -> T,
    ) -> Result<T> {
        let ring_name = CName::new(self.ring_name)?;
        let name = CName::new(self.name)?;
        let type_name = EventType::c_name(self.event_type)?;
        let (start, position) = match self.start {
            Start::Newest => (sys::RRING_START_NEWEST, 0),
            Start::Oldest => (sys::RRING_START_OLDEST, 0),
            Start::At(position) => (sys::RRING_START_AT, position),
        };
        let raw = sys::rring_reader_config {
            ring_name: ring_name.as_ptr(),
            ring: self.ring,
            name: name.as_ptr(),
            flags: self.flags,
            start,
            position,
            strategy: self.strategy as u32,
            type_: EventType::raw(self.event_type, &type_name),
        };

        Ok(with(&raw))
    }
}

/// A copy that a reader has made: its length and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the event.
    pub len: usize,
    /// Its type.
    pub event_type: u32,
}

/// A gating reader of a ring: the writer waits for it, and it gets each event, in
/// order, in place.
///
/// An event is borrowed from its reader, so it cannot be used after the reader has
/// gone on:
///
/// ```compile_fail,E0499
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// # let client = LocalClient::create(&ArenaConfig::default())?;
/// # let mut writer = Writer::open(&client, &RingConfig::handles(64).name("ring"))?;
/// let mut reader = Reader::join(&client, "ring")?;
/// let first = reader.try_read()?;
/// let second = reader.try_read()?; // this releases the first
/// println!("{:?}", first);
/// # Ok(())
/// # }
/// ```
///
/// [`Entry::keep`] makes it stay:
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// # let client = LocalClient::create(&ArenaConfig::default())?;
/// # let mut writer = Writer::open(&client, &RingConfig::handles(64).name("ring"))?;
/// let mut reader = Reader::join(&client, "ring")?;
/// writer.send(b"one", 0, Deadline::NOW)?;
/// writer.send(b"two", 0, Deadline::NOW)?;
/// let first = reader.try_read()?.unwrap().keep()?;
/// let second = reader.try_read()?.unwrap();
/// assert_eq!((&**first, &**second), (&b"one"[..], &b"two"[..]));
/// # Ok(())
/// # }
/// ```
///
/// One thread at a time uses a reader:
///
/// ```compile_fail,E0277
/// # use rusted_ring::*;
/// fn is_sync<T: Sync>() {}
/// is_sync::<Reader<&Client>>();
/// ```
///
/// A ring with a stall limit laps its readers, and an observer is always overtaken:
/// they are of the type [`LossyReader`](crate::LossyReader), which hands out nothing
/// in place.
pub struct Reader<C: ClientRef = Arc<Client>> {
    pub(crate) cursor: Cursor<C>,
}

impl Reader<LocalClient> {
    /// Read `ring` of `arena` from its oldest entry on, with a client of its own. If
    /// the ring knows `name`, go on where this name has stopped.
    pub fn begin(
        arena: Name<'_>,
        ring: Name<'_>,
        name: Option<Name<'_>>,
    ) -> Result<Reader<LocalClient>> {
        let (arena, ring) = (CName::new(Some(arena))?, CName::new(Some(ring))?);
        let name = CName::new(name)?;
        let mut reader = ptr::null_mut();

        // SAFETY: the names are valid during the call, which opens a client for one
        // thread.
        unsafe {
            check(sys::rring_reader_begin(
                arena.as_ptr(),
                ring.as_ptr(),
                name.as_ptr(),
                &mut reader,
            ))?;
            let client = LocalClient::from_raw(sys::rring_reader_client(reader));
            Reader::new(Cursor::from_raw(reader, client))
        }
    }
}

impl<C: ClientRef> Reader<C> {
    /// Join the ring of this name, at its oldest entry.
    pub fn join(client: C, ring: Name<'_>) -> Result<Reader<C>> {
        Reader::open(client, &Join::named(ring))
    }

    /// Join a ring. [`Unsupported`](crate::ErrorKind::Unsupported) if it has a stall
    /// limit.
    pub fn open(client: C, join: &Join<'_>) -> Result<Reader<C>> {
        Reader::new(Cursor::open(client, join)?)
    }

    /// A reader that can be lapped leaves the ring again. Its name stays.
    pub(crate) fn new(cursor: Cursor<C>) -> Result<Reader<C>> {
        if cursor.can_be_lapped() {
            return Err(Error::new(
                EOPNOTSUPP,
                "the ring has a stall limit, which is for a LossyReader",
            ));
        }
        Ok(Reader { cursor })
    }

    /// Release the event of the last call. The next event, or `None` if there is none
    /// yet. [`End`](crate::ErrorKind::End): the stream has ended.
    #[inline]
    pub fn try_read(&mut self) -> Result<Option<Entry<'_, C>>> {
        let mut event = MaybeUninit::uninit();
        let result = unsafe { sys::rring_try_read(self.as_raw(), event.as_mut_ptr()) };

        // SAFETY: the call has filled the event, which stays until the next call.
        Ok(check_now(result)?.map(|_| unsafe { self.entry(filled(&event)) }))
    }

    /// Release the event of the last call. The next event; wait for it until
    /// `deadline`.
    pub fn read(&mut self, deadline: impl Into<Deadline>) -> Result<Entry<'_, C>> {
        let deadline = deadline.into().as_nanos();
        let mut event = MaybeUninit::uninit();

        check(unsafe { sys::rring_receive(self.as_raw(), event.as_mut_ptr(), deadline) })?;
        // SAFETY: as in try_read().
        Ok(unsafe { self.entry(filled(&event)) })
    }

    /// # Safety
    ///
    /// The reader has peeked at `event`.
    #[inline]
    unsafe fn entry(&mut self, event: sys::rring_event) -> Entry<'_, C> {
        Entry::new(event, self.cursor.as_raw(), &self.cursor.client)
    }

    /// The next events, up to `n`, or `None` if there is none yet. They come again
    /// unless [`Batch::release`] releases them.
    ///
    /// ```
    /// # use rusted_ring::*;
    /// # fn main() -> Result<()> {
    /// # let client = LocalClient::create(&ArenaConfig::default())?;
    /// # let mut writer = Writer::open(&client, &RingConfig::inline(64, 64).name("n"))?;
    /// # let mut reader = Reader::join(&client, "n")?;
    /// writer.add_values(&[1u64, 2, 3], 0)?;
    /// let mut sum = 0;
    /// while let Some(batch) = reader.peek(32)? {
    ///     for entry in batch.iter() {
    ///         sum += entry?.get::<u64>().expect("8 bytes");
    ///     }
    ///     batch.release_all()?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0505
    /// # use rusted_ring::*;
    /// # fn after_the_release(reader: &mut Reader<&LocalClient>) -> Result<()> {
    /// let batch = reader.peek(32)?.unwrap();
    /// let entry = batch.entry(0)?;
    /// batch.release_all()?;
    /// println!("{:?}", entry);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn peek(&mut self, n: u32) -> Result<Option<Batch<'_, C>>> {
        let len = check_now(unsafe { sys::rring_peek(self.as_raw(), n) })?;

        Ok(len.map(|len| Batch {
            reader: self.cursor.as_raw(),
            client: &self.cursor.client,
            len: len as u32,
            _reader: PhantomData,
        }))
    }

    /// Release the event of the last call. Wait until there is an event, as `tail -f`
    /// does: when the stream ends, wait for the next writer of the ring.
    ///
    /// ```
    /// # use rusted_ring::*;
    /// # fn main() -> Result<()> {
    /// # let client = LocalClient::create(&ArenaConfig::default())?;
    /// # let config = RingConfig::inline(8, 64).name("ring");
    /// # let mut writer = Writer::open(&client, &config)?;
    /// # let mut reader = Reader::join(&client, "ring")?;
    /// writer.add(b"hello", 0)?;
    /// reader.follow(Deadline::FOREVER)?;
    /// let entry = reader.read(Deadline::NOW)?;
    /// # assert_eq!(&**entry, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow(&mut self, deadline: impl Into<Deadline>) -> Result<()> {
        let deadline = deadline.into();

        loop {
            self.cursor.wait(deadline)?;
            match self.peek(1) {
                Ok(Some(_)) => return Ok(()),
                Err(error) if !error.is_end() => return Err(error),
                _ => continue,
            }
        }
    }

    /// Call `handler` for the next events, up to `max`, and release those that are
    /// done, all at once. Return how many these are; `None` if there is no event yet.
    ///
    /// # Panics
    ///
    /// If the handler panics, after the events before that one were released.
    pub fn for_each<F>(&mut self, max: u32, handler: F) -> Result<Option<u32>>
    where
        F: FnMut(&Payload) -> Verdict,
    {
        let mut call = Call {
            handler,
            panic: None,
        };
        // SAFETY: the handler and its context live during the call.
        let result = unsafe {
            let context = ptr::addr_of_mut!(call).cast();
            sys::rring_read_batch(self.as_raw(), Some(handle::<F>), context, max)
        };

        if let Some(panic) = call.panic {
            resume_unwind(panic);
        }
        if result == -i64::from(ECANCELED) {
            return Ok(Some(0));
        }
        Ok(check_now(result)?.map(|n| n as u32))
    }
}

crate::cursor::common_calls!(Reader);

impl<C: ClientRef> fmt::Debug for Reader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cursor.fmt(f)
    }
}

/// The answer of a handler of [`Reader::for_each`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The event is done.
    Done,
    /// The event is done, and the batch ends after it.
    Last,
    /// The event is not done, and comes again: the batch ends before it.
    NotDone,
}

/// A handler on its way through C.
struct Call<F> {
    handler: F,
    panic: Option<Box<dyn Any + Send>>,
}

/// No panic goes through C: for_each() goes on with it.
unsafe extern "C" fn handle<F: FnMut(&Payload) -> Verdict>(
    context: *mut c_void,
    event: *const sys::rring_event,
) -> c_int {
    let call = &mut *context.cast::<Call<F>>();
    let payload = Payload::new(*event);

    match catch_unwind(AssertUnwindSafe(|| (call.handler)(&payload))) {
        Ok(Verdict::Done) => 0,
        Ok(Verdict::Last) => 1,
        Ok(Verdict::NotDone) => -ECANCELED,
        Err(panic) => {
            call.panic = Some(panic);
            -ECANCELED
        }
    }
}

/// Events at which a reader has peeked. Dropping it releases none of them.
pub struct Batch<'r, C: ClientRef> {
    reader: *mut sys::rring_reader,
    client: &'r C,
    len: u32,
    _reader: PhantomData<&'r mut sys::rring_reader>,
}

impl<C: ClientRef> Batch<'_, C> {
    /// How many there are.
    #[inline]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Is there none? Only if none was asked for.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Event `i`. [`Discarded`](crate::ErrorKind::Discarded): the kernel has dropped
    /// it.
    ///
    /// # Panics
    ///
    /// If `i` is not below [`Batch::len`].
    #[inline]
    pub fn entry(&self, i: u32) -> Result<Entry<'_, C>> {
        let mut event = MaybeUninit::uninit();

        assert!(i < self.len, "entry {} of {}", i, self.len);
        // SAFETY: the entry was peeked at, and stays until the batch is consumed or
        // its reader is free again.
        unsafe {
            check(sys::rring_entry(self.reader, i, event.as_mut_ptr()))?;
            Ok(Entry::new(filled(&event), self.reader, self.client))
        }
    }

    /// All events, in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Result<Entry<'_, C>>> {
        (0..self.len).map(move |i| self.entry(i))
    }

    /// Release the first `n` events: the writer may overwrite them.
    #[inline]
    pub fn release(self, n: u32) -> Result<()> {
        // SAFETY: entries borrow the batch, so there is none any more.
        check(unsafe { sys::rring_release(self.reader, n) })?;
        Ok(())
    }

    /// Release all events.
    #[inline]
    pub fn release_all(self) -> Result<()> {
        let len = self.len;

        self.release(len)
    }
}

impl<C: ClientRef> fmt::Debug for Batch<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("len", &self.len).finish()
    }
}

/// A ring of kind `kind` as a reader sees it.
pub(crate) fn kind_of(raw: sys::rring_kind) -> Kind {
    match raw {
        sys::RRING_HANDLES => Kind::Handles,
        _ => Kind::Inline,
    }
}

impl<C: ClientRef + Clone> Reader<C> {
    /// Release the event of the last call. Take a hold on the next event, and release
    /// its entry. Only in a ring of handles.
    pub fn read_keep(&mut self) -> Result<Option<Held<C>>> {
        self.cursor.read_keep()
    }
}
