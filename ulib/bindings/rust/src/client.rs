// SPDX-License-Identifier: MPL-2.0
//! Clients: attachments to an arena.

use crate::arena::{Arena, ArenaConfig, Backend, Role, SizeClass};
use crate::deadline::Deadline;
use crate::error::{check, Result};
use crate::event::{Event, Events, Handle, Held};
use crate::name::{CName, Name};
use crate::sys;
use std::fmt;
use std::marker::PhantomData;
use std::ops::BitOr;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::Arc;

/// A client that all threads of the process may use.
pub type Client = Attachment<AllThreads>;

/// A client that one thread uses, and the fastest: its fast paths execute no locked
/// instruction. It is neither `Send` nor `Sync`, and so is all that belongs to it:
/// each thread opens its own.
///
/// ```compile_fail,E0277
/// # use rusted_ring::*;
/// let client = LocalClient::create(&ArenaConfig::default()).unwrap();
/// std::thread::spawn(move || client.id());
/// ```
///
/// ```compile_fail,E0277
/// # use rusted_ring::*;
/// let client = LocalClient::create(&ArenaConfig::default()).unwrap();
/// let event = client.alloc(64, 0).unwrap();
/// std::thread::scope(|s| { s.spawn(|| drop(event)); });
/// ```
pub type LocalClient = Attachment<OneThread>;

/// Of a [`Client`].
#[derive(Debug)]
pub struct AllThreads(());

/// Of a [`LocalClient`].
#[derive(Debug)]
pub struct OneThread(());

/// Who may use a client: [`AllThreads`] or [`OneThread`].
pub trait Threads: sealed::Sealed {
    #[doc(hidden)]
    const FLAGS: Flags;
}

impl Threads for AllThreads {
    const FLAGS: Flags = Flags(0);
}

impl Threads for OneThread {
    const FLAGS: Flags = Flags(sys::RRING_SINGLE_THREADED);
}

/// One attachment to an arena, with holds, writers and readers of its own: a
/// [`Client`] or a [`LocalClient`].
///
/// Dropping it drops its holds and closes what is left of its readers and writers.
pub struct Attachment<T: Threads> {
    raw: NonNull<sys::rring_client>,
    threads: PhantomData<T>,
}

// SAFETY: all threads may use a client that was not opened for one thread.
unsafe impl Send for Attachment<AllThreads> {}
// SAFETY: as above.
unsafe impl Sync for Attachment<AllThreads> {}

/// Flags for opening a client; `|` joins them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Use the device, or fail. Only for opening by name.
    pub const ON_DEVICE: Flags = Flags(sys::RRING_ON_DEVICE);
    /// Use an arena of this process. Only for opening by name.
    pub const IN_PROCESS: Flags = Flags(sys::RRING_IN_PROCESS);
    /// An allocation that finds no free slot takes one of a larger class.
    pub const SPILL: Flags = Flags(sys::RRING_SPILL);
    /// A signal handler ends each wait, even if it has `SA_RESTART`.
    pub const INTERRUPTIBLE: Flags = Flags(sys::RRING_INTERRUPTIBLE);
    /// Check each call, and report misuses to stderr: see rring_debug(3).
    pub const CHECKED: Flags = Flags(sys::RRING_CHECKED);

    /// No flag.
    pub const fn none() -> Flags {
        Flags(0)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// How many slots of a pool are in use, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStat {
    /// All slots.
    pub capacity: u32,
    /// Known to be free, and not lent to a client.
    pub free: u32,
    /// In the magazines of all clients.
    pub lent: u32,
    /// Held by at least one client.
    pub held: u32,
    /// Charged to the quota of this client.
    pub charged: u32,
    /// Named in the window of any ring.
    pub in_flight: u32,
    /// The most slots that were not free.
    pub high_water: u32,
    /// How many refills have failed.
    pub failures: u64,
}

impl<T: Threads> Attachment<T> {
    /// Attach to the arena `name` (for example "default").
    pub fn open(name: Name<'_>, role: Role) -> Result<Self> {
        Self::open_with(name, role, Flags::none())
    }

    /// Attach to the arena `name` with flags.
    pub fn open_with(name: Name<'_>, role: Role, flags: Flags) -> Result<Self> {
        let name = CName::new(Some(name))?;

        // SAFETY: the name is valid during the call.
        Self::from_call(flags, |client, flags| unsafe {
            sys::rring_open(client, name.as_ptr(), role as u32, flags)
        })
    }

    /// Attach to `arena`.
    pub fn attach(arena: &Arena, role: Role) -> Result<Self> {
        Self::attach_with(arena, role, Flags::none())
    }

    /// Attach to `arena` with flags.
    pub fn attach_with(arena: &Arena, role: Role, flags: Flags) -> Result<Self> {
        // SAFETY: the descriptor is open during the call.
        Self::from_call(flags, |client, flags| unsafe {
            sys::rring_open_arena(client, arena.as_raw_fd(), role as u32, flags)
        })
    }

    /// Create an arena, and attach to it as a producer. It ends with its last
    /// client, unless it is persistent.
    pub fn create(config: &ArenaConfig<'_>) -> Result<Self> {
        Self::create_with(config, Flags::none())
    }

    /// Create an arena, and attach to it with flags.
    pub fn create_with(config: &ArenaConfig<'_>, flags: Flags) -> Result<Self> {
        config.with_raw(|config| {
            // SAFETY: the configuration is valid during the call.
            Self::from_call(flags, |client, flags| unsafe {
                sys::rring_open_config(client, config, flags)
            })
        })?
    }

    fn from_call(
        flags: Flags,
        call: impl FnOnce(*mut *mut sys::rring_client, u32) -> i32,
    ) -> Result<Self> {
        let mut client = ptr::null_mut();

        check(call(&mut client, (flags | T::FLAGS).0))?;
        // SAFETY: the call has stored a new client.
        Ok(unsafe { Self::from_raw(client) })
    }

    /// # Safety
    ///
    /// `client` is an open client that nobody else closes, with the flags of `T`.
    pub(crate) unsafe fn from_raw(client: *mut sys::rring_client) -> Self {
        Attachment {
            raw: NonNull::new_unchecked(client),
            threads: PhantomData,
        }
    }

    /// The number of the client in its arena, 1 to 255.
    pub fn id(&self) -> u32 {
        // SAFETY: the client is open; so in all calls below.
        unsafe { sys::rring_client_id(self.as_raw()) }
    }

    /// What it may do.
    pub fn role(&self) -> Role {
        match unsafe { sys::rring_client_role(self.as_raw()) } {
            sys::RRING_OBSERVER => Role::Observer,
            sys::RRING_CONSUMER => Role::Consumer,
            _ => Role::Producer,
        }
    }

    /// Where its arena lives; never [`Backend::Auto`].
    pub fn backend(&self) -> Backend {
        Backend::from_raw(unsafe { sys::rring_client_backend(self.as_raw()) })
    }

    /// Was it evicted? After [`guard_evictions`], what was read from the arena before
    /// this returned `false` is right.
    pub fn is_evicted(&self) -> bool {
        unsafe { sys::rring_client_evicted(self.as_raw()) != 0 }
    }

    /// Count the slots of a class. `sweep`: first free all that nobody uses.
    pub fn pool_stat(&self, class: SizeClass, sweep: bool) -> Result<PoolStat> {
        let flags = if sweep { sys::RRING_STAT_SWEEP } else { 0 };
        // SAFETY: all zeros are valid.
        let mut stat: sys::rring_pool_stat = unsafe { std::mem::zeroed() };

        check(unsafe { sys::rring_pool_stat(self.as_raw(), class as u32, flags, &mut stat) })?;
        Ok(PoolStat {
            capacity: stat.capacity,
            free: stat.free,
            lent: stat.lent,
            held: stat.held,
            charged: stat.charged,
            in_flight: stat.in_flight,
            high_water: stat.high_water,
            failures: stat.failures,
        })
    }

    /// Give the arena back the free slots that this client keeps.
    pub fn trim(&self) {
        unsafe { sys::rring_trim(self.as_raw()) }
    }

    /// Wait until the arena has a ring `name`.
    pub fn await_ring(&self, name: Name<'_>, deadline: impl Into<Deadline>) -> Result<()> {
        let name = CName::new(Some(name))?;
        let deadline = deadline.into().as_nanos();

        check(unsafe { sys::rring_await_ring(self.as_raw(), name.as_ptr(), deadline) })?;
        Ok(())
    }

    /// [`Event::alloc`] for an event that borrows this client.
    #[inline]
    pub fn alloc(&self, len: usize, event_type: u32) -> Result<Event<&Self>> {
        Event::alloc(self, len, event_type)
    }

    /// [`Event::alloc_until`] for an event that borrows this client.
    pub fn alloc_until(
        &self,
        len: usize,
        event_type: u32,
        deadline: impl Into<Deadline>,
    ) -> Result<Event<&Self>> {
        Event::alloc_until(self, len, event_type, deadline)
    }

    /// [`Event::copy_of`] for an event that borrows this client.
    #[inline]
    pub fn alloc_copy(&self, data: &[u8], event_type: u32) -> Result<Event<&Self>> {
        Event::copy_of(self, data, event_type)
    }

    /// [`Events::alloc`] for events that borrow this client.
    pub fn alloc_batch(
        &self,
        class: SizeClass,
        len: u32,
        event_type: u32,
        n: u32,
    ) -> Result<Events<&Self>> {
        Events::alloc(self, class, len, event_type, n)
    }

    /// [`Held::upgrade`] for an event that borrows this client.
    pub fn upgrade(&self, handle: Handle) -> Result<Held<&Self>> {
        Held::upgrade(self, handle)
    }
}

impl<T: Threads> Drop for Attachment<T> {
    fn drop(&mut self) {
        // SAFETY: writers, readers and events borrow or own what keeps the client,
        // so nothing uses it any more.
        unsafe { sys::rring_close(self.as_raw()) }
    }
}

impl<T: Threads> fmt::Debug for Attachment<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id())
            .field("role", &self.role())
            .field("backend", &self.backend())
            .finish()
    }
}

/// What keeps a client open for a writer, a reader or an event: a client itself, a
/// reference, an [`Arc`], an [`Rc`] or a [`Box`].
///
/// This choice is the caller's. `&client` costs nothing, and the compiler checks that
/// the client lives on. `Arc<Client>` goes into structures and threads: then a writer
/// costs a count when it is opened, but an event each time. Whether an object is
/// [`Send`] follows from the client: all that belongs to a [`LocalClient`] stays in
/// its thread.
///
/// ```compile_fail,E0597
/// # use rusted_ring::*;
/// let event = {
///     let client = LocalClient::create(&ArenaConfig::default()).unwrap();
///     client.alloc(64, 0).unwrap()
/// };
/// ```
pub trait ClientRef: sealed::Sealed {
    /// The client of the C library, for calls of [`sys`].
    fn as_raw(&self) -> *mut sys::rring_client;
}

impl<T: Threads> ClientRef for Attachment<T> {
    #[inline]
    fn as_raw(&self) -> *mut sys::rring_client {
        self.raw.as_ptr()
    }
}

macro_rules! client_refs {
    ($($type:ty),*) => { $(
        impl<T: Threads> ClientRef for $type {
            #[inline]
            fn as_raw(&self) -> *mut sys::rring_client {
                self.raw.as_ptr()
            }
        }

        impl<T: Threads> sealed::Sealed for $type {}
    )* };
}

client_refs!(
    &Attachment<T>,
    Arc<Attachment<T>>,
    Rc<Attachment<T>>,
    Box<Attachment<T>>
);

mod sealed {
    /// Of this crate alone.
    pub trait Sealed {}

    impl Sealed for super::AllThreads {}
    impl Sealed for super::OneThread {}
    impl<T: super::Threads> Sealed for super::Attachment<T> {}
}

/// The descriptor of a client for poll(2), epoll(7) and event loops. It is readable
/// if a reader of the client has an event, was lapped, or its stream has ended;
/// writable if a writer has room. The client's error is an eviction.
///
/// Read until there is nothing, then wait for the descriptor:
///
/// ```
/// # use rusted_ring::*;
/// use std::os::unix::io::AsRawFd;
///
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let poll = PollFd::new(&client)?;
/// assert!(poll.as_raw_fd() >= 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PollFd<C: ClientRef> {
    fd: RawFd,
    _client: C,
}

impl<C: ClientRef> PollFd<C> {
    /// The descriptor of `client`, which closes it.
    pub fn new(client: C) -> Result<PollFd<C>> {
        // SAFETY: the client is open.
        let fd = check(unsafe { sys::rring_client_fd(client.as_raw()) })?;

        Ok(PollFd {
            fd: fd as RawFd,
            _client: client,
        })
    }
}

impl<C: ClientRef> AsRawFd for PollFd<C> {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl<C: ClientRef> AsFd for PollFd<C> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the client keeps the descriptor open.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

/// Let this process survive the eviction of its clients, on the device.
///
/// Without it, an access to the memory of an evicted client raises SIGBUS. With it, the
/// access reads zeros, and all calls with the client fail with `EOWNERDEAD`. It installs a
/// handler of SIGBUS for the process; rring_guard_evictions(3) says what that means.
pub fn guard_evictions() -> Result<()> {
    // SAFETY: it may be called at any time, but for signal handlers.
    check(unsafe { sys::rring_guard_evictions() })?;
    Ok(())
}
