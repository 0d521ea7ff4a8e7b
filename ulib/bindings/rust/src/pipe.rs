// SPDX-License-Identifier: MPL-2.0
//! Pipes: two rings between two clients, one in each direction.

use crate::client::{Client, ClientRef};
use crate::deadline::Deadline;
use crate::error::{check, Error, Refused, Result, EOPNOTSUPP};
use crate::event::{Entry, Publish};
use crate::name::{CName, Name};
use crate::payload::filled;
use crate::ring::{EventType, Kind, Strategy};
use crate::sys;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What a pipe is like. It can be a constant.
#[derive(Clone, Copy, Debug)]
pub struct PipeConfig<'a> {
    name: &'a str,
    kind: Kind,
    capacity: u32,
    stride: u32,
    strategy: Strategy,
    event_type: Option<EventType<'a>>,
}

impl<'a> PipeConfig<'a> {
    /// Two rings of `capacity` entries that carry up to `stride` bytes.
    pub const fn inline(name: Name<'a>, capacity: u32, stride: u32) -> PipeConfig<'a> {
        PipeConfig {
            name,
            kind: Kind::Inline,
            capacity,
            stride,
            strategy: Strategy::Block,
            event_type: None,
        }
    }

    /// Two rings of `capacity` handles: events have any size.
    pub const fn handles(name: Name<'a>, capacity: u32) -> PipeConfig<'a> {
        let mut config = PipeConfig::inline(name, capacity, 0);

        config.kind = Kind::Handles;
        config
    }

    /// How this end waits.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The type of the events of both ends.
    pub const fn event_type(mut self, event_type: EventType<'a>) -> Self {
        self.event_type = Some(event_type);
        self
    }
}

type Open = unsafe extern "C" fn(
    *mut sys::rring_client,
    *const sys::rring_pipe_config,
    *mut *mut sys::rring_pipe,
) -> i32;

/// One end of a pipe. Both clients are producers.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// const CHAT: PipeConfig = PipeConfig::inline("chat", 16, 64);
///
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let mut here = Pipe::create(&client, &CHAT)?;
/// let mut there = Pipe::connect(&client, &CHAT)?;
/// here.send(b"hello", 0, Deadline::NOW)?;
/// assert_eq!(&**there.receive(Deadline::NOW)?, b"hello");
/// # Ok(())
/// # }
/// ```
pub struct Pipe<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_pipe>,
    client: C,
}

// SAFETY: one thread at a time uses an end, as &mut self ensures.
unsafe impl<C: ClientRef + Send> Send for Pipe<C> {}

impl<C: ClientRef> Pipe<C> {
    /// Open the first end. What it sends is kept until the second end is there.
    pub fn create(client: C, config: &PipeConfig<'_>) -> Result<Pipe<C>> {
        Pipe::open(client, config, sys::rring_pipe_create)
    }

    /// Open the second end, of a pipe that exists.
    pub fn connect(client: C, config: &PipeConfig<'_>) -> Result<Pipe<C>> {
        Pipe::open(client, config, sys::rring_pipe_connect)
    }

    fn open(client: C, config: &PipeConfig<'_>, open: Open) -> Result<Pipe<C>> {
        let name = CName::new(Some(config.name))?;
        let type_name = EventType::c_name(config.event_type)?;
        let raw = sys::rring_pipe_config {
            name: name.as_ptr(),
            kind: config.kind as u32,
            capacity: config.capacity,
            stride: config.stride,
            strategy: config.strategy as u32,
            type_: EventType::raw(config.event_type, &type_name),
        };
        let mut pipe = ptr::null_mut();

        // SAFETY: the client is open, and the configuration valid during the call.
        let pipe = unsafe {
            check(open(client.as_raw(), &raw, &mut pipe))?;
            Pipe {
                raw: NonNull::new_unchecked(pipe),
                client,
            }
        };
        pipe.check_reader()?;
        Ok(pipe)
    }

    /// Events are received in place, so the ring must not overwrite them.
    fn check_reader(&self) -> Result<()> {
        // SAFETY: the pipe is open.
        let can_be_lapped =
            unsafe { sys::rring_reader_can_be_lapped(sys::rring_pipe_reader(self.as_raw())) != 0 };

        if can_be_lapped {
            return Err(Error::new(
                EOPNOTSUPP,
                "the ring of the pipe has a stall limit",
            ));
        }
        Ok(())
    }

    /// The pipe of the C library, for calls of [`sys`].
    pub fn as_raw(&self) -> *mut sys::rring_pipe {
        self.raw.as_ptr()
    }

    /// Send a copy of `data`; wait until `deadline` for room.
    /// [`End`](crate::ErrorKind::End): the other end has gone.
    pub fn send(
        &mut self,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        // SAFETY: the data are valid during the call.
        check(unsafe {
            sys::rring_pipe_send(
                self.as_raw(),
                data.as_ptr().cast(),
                data.len() as sys::size_t,
                event_type,
                deadline.into().as_nanos(),
            )
        })?;
        Ok(())
    }

    /// Send an event without a copy, in a pipe of handles. Never wait.
    pub fn publish<E: Publish>(&mut self, event: E) -> std::result::Result<(), Refused<E>> {
        // SAFETY: the event is held by its client, and the writer by the pipe.
        let result =
            unsafe { sys::rring_publish(sys::rring_pipe_writer(self.as_raw()), &event.to_event()) };

        match check(result) {
            Ok(_) => {
                event.given();
                Ok(())
            }
            Err(error) => Err(Refused { error, event }),
        }
    }

    /// Release the event of the last call. The next event from the other end; wait
    /// for it until `deadline`. [`End`](crate::ErrorKind::End): the other end has gone,
    /// and all was received.
    pub fn receive(&mut self, deadline: impl Into<Deadline>) -> Result<Entry<'_, C>> {
        let mut event = MaybeUninit::uninit();

        // SAFETY: the call fills the event, which stays until the next call.
        unsafe {
            check(sys::rring_pipe_receive(
                self.as_raw(),
                event.as_mut_ptr(),
                deadline.into().as_nanos(),
            ))?;
            let reader = sys::rring_pipe_reader(self.as_raw());
            Ok(Entry::new(filled(&event), reader, &self.client))
        }
    }

    /// Wait until there is room to send `n` events.
    pub fn wait(&mut self, n: u32, deadline: impl Into<Deadline>) -> Result<()> {
        let deadline = deadline.into().as_nanos();

        // SAFETY: the pipe is open.
        check(unsafe { sys::rring_pipe_wait_writable(self.as_raw(), n, deadline) })?;
        Ok(())
    }
}

impl<C: ClientRef> Drop for Pipe<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_pipe_close(self.as_raw()) }
    }
}

impl<C: ClientRef> fmt::Debug for Pipe<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}
