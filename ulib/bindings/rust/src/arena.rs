// SPDX-License-Identifier: MPL-2.0
//! Arenas: the memory that clients share.

use crate::error::{check, Result};
use crate::name::{CName, Name};
use crate::sys;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// A size class. Each class has a pool of slots; each slot is for one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum SizeClass {
    /// 64 bytes.
    Xs = sys::RRING_XS,
    /// 256 bytes.
    S = sys::RRING_S,
    /// 1024 bytes.
    M = sys::RRING_M,
    /// 4096 bytes.
    L = sys::RRING_L,
    /// 16384 bytes.
    Xl = sys::RRING_XL,
    /// Up to 1 GiB: pages of its own.
    Xxl = sys::RRING_XXL,
}

impl SizeClass {
    /// All of them, the smallest first.
    pub const ALL: [SizeClass; 6] = [
        SizeClass::Xs,
        SizeClass::S,
        SizeClass::M,
        SizeClass::L,
        SizeClass::Xl,
        SizeClass::Xxl,
    ];

    /// The smallest class whose slots have room for `len` bytes.
    pub fn for_len(len: usize) -> Option<SizeClass> {
        // SAFETY: computes only.
        let class = unsafe { sys::rring_class_for(len as sys::size_t) };

        SizeClass::ALL.get(class as usize).copied()
    }
}

/// What a client may do. Each role permits what those before it permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Role {
    /// Read as an observer, which never holds a writer back.
    Observer = sys::RRING_OBSERVER,
    /// Also read as a gating reader, for which a writer waits.
    Consumer = sys::RRING_CONSUMER,
    /// Also allocate events, and write payloads and rings.
    Producer = sys::RRING_PRODUCER,
}

/// Where an arena lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Backend {
    /// What the environment variable `RRING_BACKEND` says; else the device, if the
    /// module is loaded, or this process.
    Auto = sys::RRING_BACKEND_AUTO,
    /// `/dev/rusted_ring`: any number of processes share the arena.
    Device = sys::RRING_BACKEND_DEVICE,
    /// The threads of this process share the arena.
    Process = sys::RRING_BACKEND_PROCESS,
}

impl Backend {
    /// The backend that [`Backend::Auto`] stands for.
    pub fn detect() -> Backend {
        // SAFETY: no argument.
        Backend::from_raw(unsafe { sys::rring_backend() })
    }

    pub(crate) fn from_raw(raw: sys::rring_backend) -> Backend {
        match raw {
            sys::RRING_BACKEND_DEVICE => Backend::Device,
            sys::RRING_BACKEND_PROCESS => Backend::Process,
            _ => Backend::Auto,
        }
    }
}

/// Capacities for a kind of machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Profile {
    /// Little memory, or a battery.
    Mobile = sys::RRING_PROFILE_MOBILE,
    /// Any other machine.
    Desktop = sys::RRING_PROFILE_DESKTOP,
    /// Much memory and many CPUs.
    Server = sys::RRING_PROFILE_SERVER,
}

impl Profile {
    /// The profile that fits this machine.
    pub fn detect() -> Profile {
        // SAFETY: no argument.
        match unsafe { sys::rring_detect_profile() } {
            sys::RRING_PROFILE_MOBILE => Profile::Mobile,
            sys::RRING_PROFILE_SERVER => Profile::Server,
            _ => Profile::Desktop,
        }
    }

    /// How many slots of each class the profile has.
    pub fn capacity(self) -> [u32; 6] {
        let mut capacity = [0; 6];

        // SAFETY: the array has an element for each pool. The profile exists.
        unsafe { sys::rring_profile(self as u32, capacity.as_mut_ptr()) };
        capacity
    }
}

/// What to do with a client above the hold limit of its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum OnHoldLimit {
    /// The kernel names it in a notice.
    Notice = sys::RRING_HOLD_NOTICE,
    /// The kernel also evicts it.
    Evict = sys::RRING_HOLD_EVICT,
}

/// How to create an arena. It belongs to the caller, has no name, and mode 0700,
/// unless a method says something else.
///
/// ```
/// use rusted_ring::{ArenaConfig, SizeClass};
///
/// const MARKET: ArenaConfig = ArenaConfig::new()
///     .slots(SizeClass::Xs, 1024)
///     .slots(SizeClass::L, 64);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ArenaConfig<'a> {
    name: Option<&'a str>,
    raw: sys::rring_arena_config,
}

impl<'a> ArenaConfig<'a> {
    /// An arena without slots: enough for inline rings after
    /// `slots(SizeClass::Xs, 1)`, as an arena has at least one slot.
    pub const fn new() -> ArenaConfig<'a> {
        ArenaConfig {
            name: None,
            raw: sys::rring_arena_config {
                name: std::ptr::null(),
                capacity: [0; 6],
                max_clients: 0,
                max_rings: 0,
                quota: 0,
                mode: 0o700,
                uid: !0,
                gid: !0,
                flags: 0,
                producers: 0,
                backend: sys::RRING_BACKEND_AUTO,
                hold_limit: [0; 3],
                on_hold_limit: sys::RRING_HOLD_NOTICE,
            },
        }
    }

    /// An arena with the slots of `profile`.
    pub fn profile(profile: Profile) -> ArenaConfig<'a> {
        let mut config = ArenaConfig::new();

        config.raw.capacity = profile.capacity();
        config
    }

    /// Give it a name, by which clients attach.
    pub const fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Give it so many slots of a class.
    pub const fn slots(mut self, class: SizeClass, capacity: u32) -> Self {
        self.raw.capacity[class as usize] = capacity;
        self
    }

    /// At most so many clients, up to 255; 64 if it is not called.
    pub const fn max_clients(mut self, clients: u32) -> Self {
        self.raw.max_clients = clients;
        self
    }

    /// At most so many rings, up to 1023; 64 if it is not called.
    pub const fn max_rings(mut self, rings: u32) -> Self {
        self.raw.max_rings = rings;
        self
    }

    /// The largest share of each pool for one client, in percent.
    pub const fn quota(mut self, percent: u32) -> Self {
        self.raw.quota = percent;
        self
    }

    /// Who may attach by name, like the mode of a file: r permits
    /// [`Role::Observer`], x [`Role::Consumer`], w [`Role::Producer`].
    pub const fn mode(mut self, mode: u32) -> Self {
        self.raw.mode = mode;
        self
    }

    /// Give it to this user and group.
    pub const fn owner(mut self, uid: u32, gid: u32) -> Self {
        self.raw.uid = uid;
        self.raw.gid = gid;
        self
    }

    /// Keep it without clients, until [`Arena::remove`].
    pub const fn persistent(mut self) -> Self {
        self.raw.flags |= sys::RRING_CREATE_PERSIST;
        self
    }

    /// Make it an owned arena, for so many producers (0: as many as its pools
    /// permit): only the producer that has allocated an event can write it. Only on
    /// the device.
    pub const fn owned(mut self, producers: u32) -> Self {
        self.raw.flags |= sys::RRING_CREATE_OWNED;
        self.raw.producers = producers;
        self
    }

    /// Create it there.
    pub const fn backend(mut self, backend: Backend) -> Self {
        self.raw.backend = backend as u32;
        self
    }

    /// How much of a pool, in percent, a client of this role may hold while another
    /// one finds no free slot. Only on the device.
    pub const fn hold_limit(mut self, role: Role, percent: u32, action: OnHoldLimit) -> Self {
        self.raw.hold_limit[role as usize] = percent;
        self.raw.on_hold_limit = action as u32;
        self
    }

    /// Call `with` with the structure of the C library.
    pub(crate) fn with_raw<T>(
        &self,
        with: impl FnOnce(*const sys::rring_arena_config) -> T,
    ) -> Result<T> {
        let name = CName::new(self.name)?;
        let raw = sys::rring_arena_config {
            name: name.as_ptr(),
            ..self.raw
        };

        Ok(with(&raw))
    }
}

impl Default for ArenaConfig<'_> {
    /// The slots that fit this machine.
    fn default() -> Self {
        ArenaConfig::profile(Profile::detect())
    }
}

/// An arena, kept by a descriptor. Who has the descriptor may attach in any role.
#[derive(Debug)]
pub struct Arena(OwnedFd);

impl Arena {
    /// Create an arena. It lives while the descriptor is open, a client is
    /// attached, or it is persistent.
    pub fn create(config: &ArenaConfig<'_>) -> Result<Arena> {
        // SAFETY: the configuration is valid during the call.
        let fd = check(config.with_raw(|raw| unsafe { sys::rring_arena_create(raw) })?)?;

        // SAFETY: the call has opened the descriptor for its caller.
        Ok(Arena(unsafe { OwnedFd::from_raw_fd(fd as RawFd) }))
    }

    /// Take the name off an arena: no client can attach by it any more.
    pub fn remove(name: Name<'_>) -> Result<()> {
        let name = CName::new(Some(name))?;

        // SAFETY: the name is valid during the call.
        check(unsafe { sys::rring_arena_remove(name.as_ptr()) })?;
        Ok(())
    }
}

impl AsFd for Arena {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Arena {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl IntoRawFd for Arena {
    fn into_raw_fd(self) -> RawFd {
        self.0.into_raw_fd()
    }
}

impl From<OwnedFd> for Arena {
    /// The descriptor of an arena, which another process has sent.
    fn from(fd: OwnedFd) -> Arena {
        Arena(fd)
    }
}

impl From<Arena> for OwnedFd {
    fn from(arena: Arena) -> OwnedFd {
        arena.0
    }
}
