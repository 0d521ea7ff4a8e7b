// SPDX-License-Identifier: MPL-2.0
//! What a ring is like.

use crate::error::Result;
use crate::name::{CName, Name};
use crate::plain::Plain;
use crate::sys;
use std::mem;
use std::time::Duration;

/// What the entries of a ring carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Kind {
    /// The payload itself.
    Inline = sys::RRING_INLINE,
    /// Handles of events.
    Handles = sys::RRING_HANDLES,
}

/// What happens when a ring is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Policy {
    /// The writer waits.
    Block = sys::RRING_BLOCK,
    /// The writer gets [`WouldBlock`](crate::ErrorKind::WouldBlock).
    Fail = sys::RRING_FAIL,
    /// The writer overwrites the oldest entries. All readers are observers, and count
    /// what they lose.
    Overwrite = sys::RRING_OVERWRITE,
}

/// How a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Strategy {
    /// Check for some microseconds, then sleep in the kernel.
    Block = sys::RRING_WAIT_BLOCK,
    /// Check again and again: this takes a whole CPU.
    Spin = sys::RRING_WAIT_SPIN,
    /// Yield between checks, and sleep after 1024 of them.
    Yield = sys::RRING_WAIT_YIELD,
}

/// The type of the events of a ring: a name and a size. A ring that has a type is
/// opened only with the same, or with none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType<'a> {
    /// As a program in C has it: "struct tick".
    pub name: Name<'a>,
    /// In bytes.
    pub size: u32,
}

impl<'a> EventType<'a> {
    /// The type `T` under the name that all programs use for it.
    pub const fn of<T: Plain>(name: Name<'a>) -> EventType<'a> {
        EventType {
            name,
            size: mem::size_of::<T>() as u32,
        }
    }

    pub(crate) fn raw(event_type: Option<EventType<'_>>, name: &CName) -> sys::rring_type {
        sys::rring_type {
            name: name.as_ptr(),
            size: event_type.map_or(0, |event_type| event_type.size),
        }
    }

    pub(crate) fn c_name(event_type: Option<EventType<'_>>) -> Result<CName> {
        CName::new(event_type.map(|event_type| event_type.name))
    }
}

/// The geometry of a ring, and how its writer waits. It can be a constant:
///
/// ```
/// use rusted_ring::{Policy, RingConfig};
///
/// const TRADES: RingConfig = RingConfig::inline(1024, 64)
///     .name("market/trades")
///     .policy(Policy::Block);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RingConfig<'a> {
    name: Option<&'a str>,
    kind: Kind,
    policy: Policy,
    capacity: u32,
    stride: u32,
    retain: u32,
    stall_ns: u64,
    strategy: Strategy,
    event_type: Option<EventType<'a>>,
}

impl<'a> RingConfig<'a> {
    /// A ring of `capacity` entries that carry up to `stride` bytes each, a multiple
    /// of 64 up to 16384. The writer waits if it is full.
    pub const fn inline(capacity: u32, stride: u32) -> RingConfig<'a> {
        RingConfig {
            name: None,
            kind: Kind::Inline,
            policy: Policy::Block,
            capacity,
            stride,
            retain: 0,
            stall_ns: 0,
            strategy: Strategy::Block,
            event_type: None,
        }
    }

    /// A ring of `capacity` handles. The writer waits if it is full.
    pub const fn handles(capacity: u32) -> RingConfig<'a> {
        let mut config = RingConfig::inline(capacity, 0);

        config.kind = Kind::Handles;
        config
    }

    /// Give it a name, by which readers join.
    pub const fn name(mut self, name: Name<'a>) -> Self {
        self.name = Some(name);
        self
    }

    /// What happens when it is full.
    pub const fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Keep so many of the newest entries for readers that join later.
    pub const fn retain(mut self, entries: u32) -> Self {
        self.retain = entries;
        self
    }

    /// Lap a gating reader that has kept the ring full for so long. Its readers are
    /// of the type [`LossyReader`](crate::LossyReader).
    pub const fn stall_limit(mut self, limit: Duration) -> Self {
        self.stall_ns = limit.as_nanos() as u64;
        self
    }

    /// How this writer waits.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The type of its events.
    pub const fn event_type(mut self, event_type: EventType<'a>) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Call `with` with the structure of the C library.
    pub(crate) fn with_raw<T>(&self, with: impl FnOnce(&sys::rring_ring_config) -> T) -> Result<T> {
        let name = CName::new(self.name)?;
        let type_name = EventType::c_name(self.event_type)?;
        let raw = sys::rring_ring_config {
            name: name.as_ptr(),
            kind: self.kind as u32,
            policy: self.policy as u32,
            capacity: self.capacity,
            stride: self.stride,
            retain: self.retain,
            stall_ns: self.stall_ns,
            strategy: self.strategy as u32,
            type_: EventType::raw(self.event_type, &type_name),
        };

        Ok(with(&raw))
    }
}
