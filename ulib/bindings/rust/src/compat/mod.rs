// SPDX-License-Identifier: MPL-2.0
//! The names of the crate *rusted-ring* 0.3.2, made of the types of this crate, for
//! programs that were written for it.
//!
//! What differs is what could not be kept:
//!
//! * Nothing is overwritten that was not read: [`Writer::add`] waits for room.
//! * [`Reader::read`] is new: it waits for the next event, or for the end of the stream,
//!   which comes when the writer is dropped. [`Reader::try_read`] is `None` as soon as
//!   there is nothing to read.
//! * [`EventAllocator::new`] is constant, so a `static` needs no `LazyLock`. It attaches
//!   to the arena "default" at its first allocation.
//! * A [`RingPtr`] derefs to a view with the fields `data`, `len` and `event_type`.
//! * [`RingBuffer`] is memory of its own, not on the stack.

mod allocator;
mod buffer;

pub use allocator::{
    detect_device_class, Bytes, DeviceClass, DeviceConfig, EventAllocator, EventSize, RingPtr,
    Slot, View,
};
pub use buffer::{PooledEvent, Reader, RingBuffer, Writer};
