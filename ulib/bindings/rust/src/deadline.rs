// SPDX-License-Identifier: MPL-2.0
//! When a wait ends.

use crate::sys;
use std::time::{Duration, Instant};

/// When a wait ends: an absolute time of `CLOCK_MONOTONIC`.
///
/// Calls that wait take anything that becomes a deadline: a [`Duration`] from now,
/// an [`Instant`], [`Deadline::NOW`] or [`Deadline::FOREVER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(u64);

impl Deadline {
    /// Do not wait.
    pub const NOW: Deadline = Deadline(0);
    /// Wait without limit.
    pub const FOREVER: Deadline = Deadline(u64::MAX);

    /// `duration` from now. A loop that has one deadline for all its waits makes
    /// it once.
    pub fn after(duration: Duration) -> Deadline {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);

        // SAFETY: reads the clock.
        Deadline(unsafe { sys::rring_deadline(nanoseconds) })
    }

    /// The absolute time in nanoseconds, as the C library takes it.
    pub fn as_nanos(self) -> u64 {
        self.0
    }
}

impl From<Duration> for Deadline {
    fn from(duration: Duration) -> Deadline {
        Deadline::after(duration)
    }
}

impl From<Instant> for Deadline {
    fn from(instant: Instant) -> Deadline {
        Deadline::after(instant.saturating_duration_since(Instant::now()))
    }
}
