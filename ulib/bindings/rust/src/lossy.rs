// SPDX-License-Identifier: MPL-2.0
//! Readers that can lose events.

use crate::client::{Client, ClientRef};
use crate::cursor::{Cursor, DropReason};
use crate::deadline::Deadline;
use crate::error::Result;
use crate::event::Held;
use crate::reader::{Copied, Join};
use crate::ring::Kind;
use crate::sys;
use std::fmt;
use std::sync::Arc;

/// A reader that can lose events: an observer, or a gating reader of a ring that has
/// a stall limit. The writer may overwrite an entry while it is read, so this reader
/// copies events, or keeps them; it never hands out an entry in place.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let config = RingConfig::inline(4, 64).name("news").policy(Policy::Overwrite);
/// let mut writer = Writer::open(&client, &config)?;
/// let mut observer = LossyReader::observe(&client, &Join::named("news"))?;
/// for n in 0..6u64 {
///     writer.add_value(&n, 0)?;
/// }
/// let mut buffer = [0; 64];
/// assert_eq!(observer.read_copy(&mut buffer).unwrap_err().kind(), ErrorKind::Gone);
/// assert!(observer.lost() >= 2);
/// let copied = observer.read_copy(&mut buffer)?.expect("an event");
/// assert_eq!(copied.len, 8);
/// # Ok(())
/// # }
/// ```
pub struct LossyReader<C: ClientRef = Arc<Client>> {
    cursor: Cursor<C>,
}

impl<C: ClientRef> LossyReader<C> {
    /// Become an observer of a ring, which never holds the writer back.
    pub fn observe(client: C, join: &Join<'_>) -> Result<LossyReader<C>> {
        let mut join = *join;

        join.flags |= sys::RRING_JOIN_OBSERVER;
        LossyReader::open(client, &join)
    }

    /// Become a gating reader of any ring: also of one that has a stall limit.
    pub fn open(client: C, join: &Join<'_>) -> Result<LossyReader<C>> {
        Ok(LossyReader {
            cursor: Cursor::open(client, join)?,
        })
    }
}

impl<C: ClientRef + Clone> LossyReader<C> {
    /// Release the event of the last call. Take a hold on the next event, and release
    /// its entry. It succeeds only if the event is whole. Only in a ring of handles.
    pub fn read_keep(&mut self) -> Result<Option<Held<C>>> {
        self.cursor.read_keep()
    }
}

crate::cursor::common_calls!(LossyReader);

impl<C: ClientRef> fmt::Debug for LossyReader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cursor.fmt(f)
    }
}
