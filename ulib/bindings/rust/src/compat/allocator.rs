// SPDX-License-Identifier: MPL-2.0
//! `EventAllocator` and `RingPtr`.

use crate::arena::{ArenaConfig, Profile, Role, SizeClass};
use crate::client::Client;
use crate::compat::PooledEvent;
use crate::error::{Error, Result, E2BIG};
use crate::event::{Event, Held};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// Size classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventSize {
    /// 64 bytes.
    XS,
    /// 256 bytes.
    S,
    /// 1 KiB.
    M,
    /// 4 KiB.
    L,
    /// 16 KiB.
    XL,
    /// Above. These are allocated like any other: see [`Event::alloc`].
    XXL,
}

/// Kinds of machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceClass {
    /// Little memory, or a battery.
    Mobile,
    /// Any other machine.
    Desktop,
    /// Much memory and many CPUs.
    Server,
}

/// The kind of this machine.
pub fn detect_device_class() -> DeviceClass {
    match Profile::detect() {
        Profile::Mobile => DeviceClass::Mobile,
        Profile::Desktop => DeviceClass::Desktop,
        Profile::Server => DeviceClass::Server,
    }
}

/// How many slots of each class an allocator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct DeviceConfig {
    pub xs_capacity: u32,
    pub s_capacity: u32,
    pub m_capacity: u32,
    pub l_capacity: u32,
    pub xl_capacity: u32,
}

impl DeviceConfig {
    fn of(profile: Profile) -> DeviceConfig {
        let [xs, s, m, l, xl, _] = profile.capacity();

        DeviceConfig {
            xs_capacity: xs,
            s_capacity: s,
            m_capacity: m,
            l_capacity: l,
            xl_capacity: xl,
        }
    }

    /// For [`DeviceClass::Mobile`].
    pub fn mobile_optimized() -> DeviceConfig {
        DeviceConfig::of(Profile::Mobile)
    }

    /// For [`DeviceClass::Server`].
    pub fn high_throughput() -> DeviceConfig {
        DeviceConfig::of(Profile::Server)
    }
}

impl Default for DeviceConfig {
    /// For [`DeviceClass::Desktop`].
    fn default() -> DeviceConfig {
        DeviceConfig::of(Profile::Desktop)
    }
}

/// Allocates events that many actors share.
///
/// ```
/// use rusted_ring::compat::{EventAllocator, PooledEvent, RingPtr};
///
/// static ALLOCATOR: EventAllocator = EventAllocator::new();
///
/// fn main() -> rusted_ring::Result<()> {
///     let event: RingPtr<PooledEvent<256>> = ALLOCATOR.allocate_s_event(b"hello", 7)?;
///     let shared = event.clone();
///     std::thread::spawn(move || assert_eq!(&shared.data[..shared.len as usize], b"hello"));
///     assert_eq!(event.event_type, 7);
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct EventAllocator {
    /// `None`: not attached to the arena "default" yet.
    client: Mutex<Option<Arc<Client>>>,
}

macro_rules! allocate {
    ($($name:ident: $size:literal,)*) => { $(
        /// Allocate an event with a copy of `data`; its other bytes are zero.
        pub fn $name(&self, data: &[u8], event_type: u32) -> Result<RingPtr<PooledEvent<$size>>> {
            self.allocate(data, event_type)
        }
    )* };
}

impl EventAllocator {
    /// An allocator for the arena "default".
    #[allow(clippy::new_without_default)]
    pub const fn new() -> EventAllocator {
        EventAllocator {
            client: Mutex::new(None),
        }
    }

    /// An allocator that has an arena of its own.
    ///
    /// # Panics
    ///
    /// If there is no memory for it.
    pub fn new_with_config(config: DeviceConfig) -> EventAllocator {
        let config = ArenaConfig::new()
            .slots(SizeClass::Xs, config.xs_capacity)
            .slots(SizeClass::S, config.s_capacity)
            .slots(SizeClass::M, config.m_capacity)
            .slots(SizeClass::L, config.l_capacity)
            .slots(SizeClass::Xl, config.xl_capacity);
        let client = Client::create(&config).expect("an arena");

        EventAllocator {
            client: Mutex::new(Some(Arc::new(client))),
        }
    }

    /// The class that has room for `len` bytes.
    pub fn estimate_size(len: usize) -> EventSize {
        match SizeClass::for_len(len) {
            Some(SizeClass::Xs) => EventSize::XS,
            Some(SizeClass::S) => EventSize::S,
            Some(SizeClass::M) => EventSize::M,
            Some(SizeClass::L) => EventSize::L,
            Some(SizeClass::Xl) => EventSize::XL,
            _ => EventSize::XXL,
        }
    }

    allocate! {
        allocate_xs_event: 64,
        allocate_s_event: 256,
        allocate_m_event: 1024,
        allocate_l_event: 4096,
        allocate_xl_event: 16384,
    }

    fn allocate<const SIZE: usize>(
        &self,
        data: &[u8],
        event_type: u32,
    ) -> Result<RingPtr<PooledEvent<SIZE>>> {
        if data.len() > SIZE {
            return Err(Error::new(E2BIG, "the event is too long for its class"));
        }
        let mut event = Event::alloc(self.client()?, SIZE, event_type)?;
        let (used, rest) = event.split_at_mut(data.len());

        used.copy_from_slice(data);
        rest.fill(0);
        Ok(RingPtr::new(event.share(), data.len() as u32))
    }

    fn client(&self) -> Result<Arc<Client>> {
        let mut client = self.client.lock().expect("no thread panics here");

        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        let new = Arc::new(Client::open("default", Role::Producer)?);
        *client = Some(new.clone());
        Ok(new)
    }
}

/// What a [`RingPtr`] can point to: a [`PooledEvent`].
pub trait Slot: sealed::Sealed {
    /// What the pointer derefs to.
    type View;
}

mod sealed {
    /// Of this crate alone.
    pub trait Sealed {}

    impl<const SIZE: usize> Sealed for super::PooledEvent<SIZE> {}
}

impl<const SIZE: usize> Slot for PooledEvent<SIZE> {
    type View = View<SIZE>;
}

/// The fields of an event that lies in a slot.
pub struct View<const SIZE: usize> {
    /// All bytes of the slot.
    pub data: Bytes<SIZE>,
    /// How many of them the event has.
    pub len: u32,
    /// Its type.
    pub event_type: u32,
}

/// The bytes of a slot, which its [`RingPtr`] keeps.
pub struct Bytes<const SIZE: usize>(*const [u8; SIZE]);

impl<const SIZE: usize> Deref for Bytes<SIZE> {
    type Target = [u8; SIZE];

    fn deref(&self) -> &[u8; SIZE] {
        // SAFETY: the pointer is borrowed meanwhile, which has a hold on the slot.
        unsafe { &*self.0 }
    }
}

/// A pointer to an event, which lives as long as one of its clones does.
pub struct RingPtr<T: Slot> {
    view: T::View,
    held: Held<Arc<Client>>,
    _slot: PhantomData<T>,
}

// SAFETY: the view, which is that of a PooledEvent, is read only, and the hold is for
// all threads.
unsafe impl<T: Slot> Send for RingPtr<T> {}
// SAFETY: as above.
unsafe impl<T: Slot> Sync for RingPtr<T> {}

impl<const SIZE: usize> RingPtr<PooledEvent<SIZE>> {
    /// The slot has SIZE bytes, of which the event uses `len`.
    fn new(held: Held<Arc<Client>>, len: u32) -> Self {
        RingPtr {
            view: View {
                data: Bytes(held.as_ptr().cast()),
                len,
                event_type: held.event_type(),
            },
            held,
            _slot: PhantomData,
        }
    }
}

impl<const SIZE: usize> Clone for RingPtr<PooledEvent<SIZE>> {
    fn clone(&self) -> Self {
        RingPtr::new(self.held.clone(), self.view.len)
    }
}

impl<T: Slot> Deref for RingPtr<T> {
    type Target = T::View;

    fn deref(&self) -> &T::View {
        &self.view
    }
}

impl<T: Slot> fmt::Debug for RingPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.held.fmt(f)
    }
}
