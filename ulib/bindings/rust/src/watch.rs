// SPDX-License-Identifier: MPL-2.0
//! Watches: learn of the rings of an arena that come and go.

use crate::client::{Client, ClientRef};
use crate::deadline::Deadline;
use crate::error::{check, Result};
use crate::name::{from_array, CName, Name};
use crate::sys;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What has happened to a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// The ring is new, or has its next writer.
    Opened,
    /// The writer has gone, and the stream has ended.
    Ended,
    /// The writer has gone, and another one is awaited.
    Awaited,
    /// The ring does not exist any more.
    Gone,
    /// A client has become a reader.
    Joined,
    /// A reader has lost its client, or was removed.
    Left,
}

/// A change of a ring.
#[derive(Clone, Debug)]
pub struct Change {
    /// What has happened.
    pub kind: ChangeKind,
    /// The number of the ring, for [`Join::ring`](crate::Join::ring).
    pub ring: u32,
    /// A number that no other ring of the arena has.
    pub ring_serial: u32,
    /// The name of the ring; empty if it has none.
    pub ring_name: String,
    /// The id of the writer or, if it joined or left, of the reader's client.
    pub client: u32,
    /// How many readers the ring has now.
    pub readers: u32,
    /// The name of the reader that joined or left.
    pub reader_name: String,
}

impl Change {
    fn new(raw: &sys::rring_change) -> Change {
        Change {
            kind: match raw.kind {
                sys::RRING_CHANGE_OPENED => ChangeKind::Opened,
                sys::RRING_CHANGE_ENDED => ChangeKind::Ended,
                sys::RRING_CHANGE_AWAITED => ChangeKind::Awaited,
                sys::RRING_CHANGE_GONE => ChangeKind::Gone,
                sys::RRING_CHANGE_JOINED => ChangeKind::Joined,
                _ => ChangeKind::Left,
            },
            ring: raw.ring,
            ring_serial: raw.ring_serial,
            ring_name: from_array(&raw.ring_name),
            client: raw.client,
            readers: raw.readers,
            reader_name: from_array(&raw.reader_name),
        }
    }
}

/// The name of the type of the ring that a service is.
pub const SERVICE_TYPE: &str = "rusted_ring service";

/// Watches the rings of an arena.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let mut watch = Watch::open(&client, "market/")?;
/// let config = RingConfig::inline(8, 64).name("market/trades");
/// let _writer = Writer::open(&client, &config)?;
/// let change = watch.next(Deadline::NOW)?;
/// assert_eq!((change.kind, &*change.ring_name), (ChangeKind::Opened, "market/trades"));
/// # Ok(())
/// # }
/// ```
pub struct Watch<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_watch>,
    _client: C,
}

// SAFETY: one thread at a time uses a watch, as &mut self ensures.
unsafe impl<C: ClientRef + Send> Send for Watch<C> {}

impl<C: ClientRef> Watch<C> {
    /// Watch the rings whose names begin with `prefix`; if it is empty, all rings.
    pub fn open(client: C, prefix: Name<'_>) -> Result<Watch<C>> {
        let prefix = CName::new(Some(prefix))?;
        let mut watch = ptr::null_mut();

        // SAFETY: the client is open, and the prefix valid during the call.
        unsafe {
            check(sys::rring_watch_open(
                client.as_raw(),
                prefix.as_ptr(),
                &mut watch,
            ))?;
            Ok(Watch {
                raw: NonNull::new_unchecked(watch),
                _client: client,
            })
        }
    }

    /// The next change; wait for it until `deadline`. The rings that there are come
    /// first.
    pub fn next(&mut self, deadline: impl Into<Deadline>) -> Result<Change> {
        let mut change = MaybeUninit::uninit();

        // SAFETY: the watch is open, and the call fills the change.
        unsafe {
            check(sys::rring_watch_next(
                self.raw.as_ptr(),
                change.as_mut_ptr(),
                deadline.into().as_nanos(),
            ))?;
            Ok(Change::new(&change.assume_init()))
        }
    }

    /// The type of the ring that `change` tells of, its name and its bytes; `None` if it
    /// has no type, or is gone. A service has the type [`SERVICE_TYPE`].
    pub fn type_of(&self, change: &Change) -> Option<(String, u32)> {
        let mut name = [0; sys::RRING_NAME_MAX as usize];
        let raw = sys::rring_change {
            ring: change.ring,
            ring_serial: change.ring_serial,
            // SAFETY: numbers and characters, which may be 0.
            ..unsafe { MaybeUninit::zeroed().assume_init() }
        };
        // SAFETY: the watch is open, and the name has RRING_NAME_MAX characters.
        let size = unsafe { sys::rring_watch_type(self.raw.as_ptr(), &raw, name.as_mut_ptr()) };

        (size > 0).then(|| (from_array(&name), size))
    }

    /// How many changes this watch has missed. It has reported each ring that has come
    /// or gone since, but none that has come and gone meanwhile.
    pub fn missed(&self) -> u64 {
        // SAFETY: the watch is open.
        unsafe { sys::rring_watch_missed(self.raw.as_ptr()) }
    }
}

impl<C: ClientRef> Drop for Watch<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_watch_close(self.raw.as_ptr()) }
    }
}

impl<C: ClientRef> fmt::Debug for Watch<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("missed", &self.missed())
            .finish_non_exhaustive()
    }
}
