// SPDX-License-Identifier: MPL-2.0
//! Events that processes share through `/dev/rusted_ring`, or the threads of one
//! process without this device. Allocating, publishing, reading, holding and dropping
//! an event are loads and stores: no lock, no copy, and no system call except for a
//! batch of free slots now and then, or to wake a sleeper.
//!
//! ```
//! use rusted_ring::{ArenaConfig, Deadline, LocalClient, Reader, Result, RingConfig, Writer};
//!
//! fn main() -> Result<()> {
//!     let client = LocalClient::create(&ArenaConfig::default())?;
//!     let mut writer = Writer::open(&client, &RingConfig::handles(64).name("greetings"))?;
//!     let mut reader = Reader::join(&client, "greetings")?;
//!
//!     let mut event = client.alloc(5, 0)?; // fill it in place
//!     event.copy_from_slice(b"hello");
//!     writer.publish(event)?; // give it away
//!     let entry = reader.read(Deadline::FOREVER)?; // read it in place
//!     assert_eq!(&**entry, b"hello");
//!     Ok(())
//! }
//! ```
//!
//! # What is what
//!
//! * An [`Arena`] is the memory that clients share. A [`Client`] or a [`LocalClient`]
//!   is one attachment to it.
//! * An [`Event`] is allocated and filled by one producer. A [`Held`] is a hold on it:
//!   the event stays until the last hold is dropped, in whatever process.
//! * A ring has one [`Writer`], and any number of readers: a [`Reader`] gets each event
//!   in order and in place, a [`LossyReader`] never holds the writer back. Its entries
//!   are handles of events, or carry the payload (inline).
//! * A [`Set`] reads many rings like one. A [`Pipe`] connects two clients; a
//!   [`Listener`] answers many [`Caller`]s. A [`Watch`] tells of rings that come and go.
//!
//! # What the types guarantee
//!
//! * An event cannot be used after its reader has gone on, after it was published, or
//!   after its client was closed: the program does not compile.
//! * Nothing of a [`LocalClient`] leaves its thread. What belongs to a [`Client`] can be
//!   sent to other threads.
//! * Only [`Plain`] types are read in place, and only if the event is long enough.
//! * A reader that the writer can overtake hands out copies and holds only.
//!
//! What no type can guarantee: another *producer of the arena* can write any payload.
//! [`Payload`] says what to do about those that are not trusted.
//!
//! # Errors
//!
//! Each call that can fail returns an [`Error`]: its [`ErrorKind`], its number, and a
//! text that says why. "Nothing yet" is `None` from a read that does not wait.
//!
//! # fork, exec, eviction
//!
//! The child of fork(2) can only drop what it has inherited: other calls fail with
//! [`Denied`](ErrorKind::Denied), and the payloads are not mapped there. The child opens
//! clients of its own. exec(3) ends all clients. When a client is evicted, its memory
//! raises SIGBUS, and calls that enter the kernel return
//! [`Evicted`](ErrorKind::Evicted).
//!
//! # More
//!
//! Each C function has a manual page with its promises; the names are almost the same.
//! [`sys`] has all of them. [`compat`] has the names of the crate that this project
//! began as an answer to.
#![warn(missing_docs)]
#![warn(rust_2018_idioms)]

mod arena;
mod client;
pub mod compat;
mod cursor;
mod deadline;
mod error;
mod event;
mod factory;
mod lossy;
mod name;
mod payload;
mod pipe;
mod plain;
mod reader;
mod ring;
mod service;
mod set;
pub mod sys;
mod watch;
mod writer;

pub use arena::{Arena, ArenaConfig, Backend, OnHoldLimit, Profile, Role, SizeClass};
pub use client::{
    guard_evictions, AllThreads, Attachment, Client, ClientRef, Flags, LocalClient, OneThread,
    PollFd, PoolStat, Threads,
};
pub use cursor::DropReason;
pub use deadline::Deadline;
pub use error::{Error, ErrorKind, Refused, Result};
pub use event::{Entry, Event, Events, Handle, Held, Publish};
pub use factory::Factory;
pub use lossy::LossyReader;
pub use name::Name;
pub use payload::Payload;
pub use pipe::{Pipe, PipeConfig};
pub use plain::{bytes_of, Plain};
pub use reader::{Batch, Copied, Join, Reader, Start, Verdict};
pub use ring::{EventType, Kind, Policy, RingConfig, Strategy};
pub use service::{Call, Caller, Listener, Reply, Request, ServiceConfig, Session};
pub use set::{Key, Order, Set, SetBatch, SetEntry};
pub use watch::{Change, ChangeKind, Watch, SERVICE_TYPE};
pub use writer::{Reservation, Writer};
