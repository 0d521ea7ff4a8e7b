// SPDX-License-Identifier: MPL-2.0
//! Services: one server answers the requests of many callers.

use crate::client::{Client, ClientRef};
use crate::deadline::Deadline;
use crate::error::{check, Error, Result, EPIPE};
use crate::name::{CName, Name};
use crate::payload::{filled, Payload};
use crate::ring::{Kind, Strategy};
use crate::sys;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What the sessions of a service are like. It can be a constant.
#[derive(Clone, Copy, Debug)]
pub struct ServiceConfig<'a> {
    name: &'a str,
    kind: Kind,
    capacity: u32,
    stride: u32,
    strategy: Strategy,
}

impl<'a> ServiceConfig<'a> {
    /// Each session has two rings of `capacity` entries of `stride` bytes: those of the
    /// largest message and 8 more.
    pub const fn inline(name: Name<'a>, capacity: u32, stride: u32) -> ServiceConfig<'a> {
        ServiceConfig {
            name,
            kind: Kind::Inline,
            capacity,
            stride,
            strategy: Strategy::Block,
        }
    }

    /// Each session has two rings of `capacity` handles: messages have any size.
    pub const fn handles(name: Name<'a>, capacity: u32) -> ServiceConfig<'a> {
        let mut config = ServiceConfig::inline(name, capacity, 0);

        config.kind = Kind::Handles;
        config
    }

    /// How the server waits.
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }
}

/// A caller, as its server sees it: the same number for as long as the session lasts,
/// and for no other one of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session(u64);

/// The server of a service.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// # let arena = Arena::create(&ArenaConfig::default())?;
/// const ECHO: ServiceConfig = ServiceConfig::inline("echo", 16, 64);
///
/// let client = LocalClient::attach(&arena, Role::Producer)?;
/// let mut listener = Listener::open(&client, &ECHO)?;
/// # std::thread::scope(|threads| -> Result<()> {
/// # threads.spawn(|| -> Result<()> {
/// # let client = LocalClient::attach(&arena, Role::Producer)?;
/// // in another thread or process
/// let mut caller = Caller::open(&client, "echo", Strategy::Block, Deadline::FOREVER)?;
/// assert_eq!(&**caller.call(b"hello", 0, Deadline::FOREVER)?, b"hello");
/// # Ok(())
/// # });
/// loop {
///     match listener.next(Deadline::FOREVER)? {
///         Call::Begin(session) => println!("{:?} has come", session),
///         Call::Request(request) => request.reply(&request, 0, Deadline::NOW)?,
///         Call::End(_) => break,
///     }
/// }
/// # Ok(()) })
/// # }
/// ```
pub struct Listener<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_listener>,
    sessions: HashMap<Session, NonNull<sys::rring_session>>,
    next: u64,
    ended: Option<Session>,
    _client: C,
}

// SAFETY: one thread at a time uses a listener, as &mut self ensures.
unsafe impl<C: ClientRef + Send> Send for Listener<C> {}

/// What [`Listener::next`] reports.
#[derive(Debug)]
pub enum Call<'l> {
    /// A caller has come.
    Begin(Session),
    /// A caller has sent a request.
    Request(Request<'l>),
    /// A caller has gone.
    End(Session),
}

impl<C: ClientRef> Listener<C> {
    /// Offer a service in the arena of `client`, which is a producer.
    pub fn open(client: C, config: &ServiceConfig<'_>) -> Result<Listener<C>> {
        let name = CName::new(Some(config.name))?;
        let raw = sys::rring_listener_config {
            name: name.as_ptr(),
            kind: config.kind as u32,
            capacity: config.capacity,
            stride: config.stride,
            strategy: config.strategy as u32,
        };
        let mut listener = ptr::null_mut();

        // SAFETY: the client is open, and the configuration valid during the call.
        unsafe {
            check(sys::rring_listener_open(
                client.as_raw(),
                &raw,
                &mut listener,
            ))?;
            Ok(Listener {
                raw: NonNull::new_unchecked(listener),
                sessions: HashMap::new(),
                next: 0,
                ended: None,
                _client: client,
            })
        }
    }

    /// Release the request of the last call. What happens next in any session; wait
    /// for it until `deadline`.
    pub fn next(&mut self, deadline: impl Into<Deadline>) -> Result<Call<'_>> {
        let mut call = MaybeUninit::uninit();

        // the call frees what was reported to have ended
        if let Some(ended) = self.ended.take() {
            self.sessions.remove(&ended);
        }
        // SAFETY: the call fills .kind and .session and, for a request, the rest,
        // which stays until the next call.
        unsafe {
            check(sys::rring_listener_next(
                self.raw.as_ptr(),
                call.as_mut_ptr(),
                deadline.into().as_nanos(),
            ))?;
            Ok(self.report(&call.assume_init()))
        }
    }

    /// # Safety
    ///
    /// `call` is what rring_listener_next() has reported.
    unsafe fn report(&mut self, call: &sys::rring_call) -> Call<'_> {
        match call.kind {
            sys::RRING_CALL_BEGIN => Call::Begin(self.begin(call.session)),
            sys::RRING_CALL_END => {
                let session = number_of(call.session);
                self.ended = Some(session);
                Call::End(session)
            }
            _ => Call::Request(Request {
                listener: self.raw.as_ptr(),
                raw: call.session,
                session: number_of(call.session),
                number: call.number,
                payload: Payload::new(call.event),
                _listener: PhantomData,
            }),
        }
    }

    /// Number a new session.
    unsafe fn begin(&mut self, raw: *mut sys::rring_session) -> Session {
        let session = Session(self.next);

        (*raw).user = self.next as usize as *mut _;
        self.next += 1;
        self.sessions.insert(session, NonNull::new_unchecked(raw));
        session
    }

    /// Send a copy of `data` to `session`, as the reply to its request `number`, at
    /// any time until its end. Wait until `deadline` for room.
    pub fn reply(
        &mut self,
        session: Session,
        number: u64,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        let raw = *self
            .sessions
            .get(&session)
            .ok_or_else(|| Error::new(EPIPE, "the session has ended"))?;

        // SAFETY: the session was not freed.
        unsafe {
            reply(
                self.raw.as_ptr(),
                raw.as_ptr(),
                number,
                data,
                event_type,
                deadline.into(),
            )
        }
    }

    /// How many callers have a session now.
    pub fn sessions(&self) -> u32 {
        // SAFETY: the listener is open.
        unsafe { sys::rring_listener_sessions(self.raw.as_ptr()) }
    }
}

/// # Safety
///
/// `session` is one of `listener`.
unsafe fn reply(
    listener: *mut sys::rring_listener,
    session: *mut sys::rring_session,
    number: u64,
    data: &[u8],
    event_type: u32,
    deadline: Deadline,
) -> Result<()> {
    check(sys::rring_listener_reply(
        listener,
        session,
        number,
        data.as_ptr().cast(),
        data.len() as sys::size_t,
        event_type,
        deadline.as_nanos(),
    ))?;
    Ok(())
}

/// # Safety
///
/// `session` was numbered.
unsafe fn number_of(session: *const sys::rring_session) -> Session {
    Session((*session).user as usize as u64)
}

impl<C: ClientRef> Drop for Listener<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_listener_close(self.raw.as_ptr()) }
    }
}

impl<C: ClientRef> fmt::Debug for Listener<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("sessions", &self.sessions())
            .finish_non_exhaustive()
    }
}

/// A request of a caller, in place: it is valid until the listener goes on.
pub struct Request<'l> {
    listener: *mut sys::rring_listener,
    raw: *mut sys::rring_session,
    session: Session,
    number: u64,
    payload: Payload,
    _listener: PhantomData<&'l mut sys::rring_listener>,
}

impl Request<'_> {
    /// Who has sent it.
    pub fn session(&self) -> Session {
        self.session
    }

    /// Its number in the session, for [`Listener::reply`] later.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Reply with a copy of `data`; wait until `deadline` for room. A request may have
    /// any number of replies.
    pub fn reply(&self, data: &[u8], event_type: u32, deadline: impl Into<Deadline>) -> Result<()> {
        // SAFETY: the session lives until the listener goes on.
        unsafe {
            reply(
                self.listener,
                self.raw,
                self.number,
                data,
                event_type,
                deadline.into(),
            )
        }
    }
}

impl Deref for Request<'_> {
    type Target = Payload;

    fn deref(&self) -> &Payload {
        &self.payload
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("session", &self.session)
            .field("number", &self.number)
            .field("payload", &self.payload)
            .finish()
    }
}

/// A session with a service. Its client is a producer of the same arena.
pub struct Caller<C: ClientRef = Arc<Client>> {
    raw: NonNull<sys::rring_caller>,
    _client: C,
}

// SAFETY: one thread at a time uses a caller, as &mut self ensures.
unsafe impl<C: ClientRef + Send> Send for Caller<C> {}

/// A reply, in place: it is valid until the caller goes on.
pub struct Reply<'c> {
    number: u64,
    payload: Payload,
    _caller: PhantomData<&'c mut sys::rring_caller>,
}

impl<C: ClientRef> Caller<C> {
    /// Begin a session with the service `name`; wait until `deadline` for its server.
    pub fn open(
        client: C,
        name: Name<'_>,
        strategy: Strategy,
        deadline: impl Into<Deadline>,
    ) -> Result<Caller<C>> {
        let name = CName::new(Some(name))?;
        let mut caller = ptr::null_mut();

        // SAFETY: the client is open, and the name valid during the call.
        unsafe {
            check(sys::rring_caller_open(
                client.as_raw(),
                name.as_ptr(),
                strategy as u32,
                deadline.into().as_nanos(),
                &mut caller,
            ))?;
            Ok(Caller {
                raw: NonNull::new_unchecked(caller),
                _client: client,
            })
        }
    }

    /// Send a copy of `data` as a request; wait until `deadline` for room. Return its
    /// number: 1, 2, 3 and so on.
    pub fn send(
        &mut self,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<u64> {
        let mut number = 0;

        // SAFETY: the caller is open, and the data valid during the call.
        check(unsafe {
            sys::rring_caller_send(
                self.raw.as_ptr(),
                data.as_ptr().cast(),
                data.len() as sys::size_t,
                event_type,
                deadline.into().as_nanos(),
                &mut number,
            )
        })?;
        Ok(number)
    }

    /// Release the reply of the last call. The next reply to any request; wait for it
    /// until `deadline`.
    pub fn receive(&mut self, deadline: impl Into<Deadline>) -> Result<Reply<'_>> {
        let (number, event) = self.receive_raw(deadline.into())?;

        // SAFETY: the reply stays until the next call.
        Ok(unsafe { Reply::new(number, event) })
    }

    /// Send a request, and wait until `deadline` for its reply. Replies to other
    /// requests are released.
    pub fn call(
        &mut self,
        data: &[u8],
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<Reply<'_>> {
        let deadline = deadline.into();
        let sent = self.send(data, event_type, deadline)?;

        loop {
            let (number, event) = self.receive_raw(deadline)?;
            if number == sent {
                // SAFETY: the reply stays until the next call.
                return Ok(unsafe { Reply::new(number, event) });
            }
        }
    }

    fn receive_raw(&mut self, deadline: Deadline) -> Result<(u64, sys::rring_event)> {
        let mut event = MaybeUninit::uninit();
        let mut number = 0;

        // SAFETY: the caller is open, and the call fills the event.
        unsafe {
            check(sys::rring_caller_receive(
                self.raw.as_ptr(),
                event.as_mut_ptr(),
                &mut number,
                deadline.as_nanos(),
            ))?;
            Ok((number, filled(&event)))
        }
    }
}

impl<C: ClientRef> Drop for Caller<C> {
    fn drop(&mut self) {
        // SAFETY: the client is open until its field is dropped.
        unsafe { sys::rring_caller_close(self.raw.as_ptr()) }
    }
}

impl<C: ClientRef> fmt::Debug for Caller<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}

impl Reply<'_> {
    /// # Safety
    ///
    /// A caller has received `event`, and releases it only after the lifetime.
    unsafe fn new<'c>(number: u64, event: sys::rring_event) -> Reply<'c> {
        Reply {
            number,
            payload: Payload::new(event),
            _caller: PhantomData,
        }
    }

    /// The number of the request that it answers.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Deref for Reply<'_> {
    type Target = Payload;

    fn deref(&self) -> &Payload {
        &self.payload
    }
}

impl fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("number", &self.number)
            .field("payload", &self.payload)
            .finish()
    }
}
