// SPDX-License-Identifier: MPL-2.0
//! Factories: writers and readers of named rings of one geometry.

use crate::client::ClientRef;
use crate::cursor::Cursor;
use crate::error::{check, Result};
use crate::name::{CName, Name};
use crate::reader::Reader;
use crate::ring::RingConfig;
use crate::sys;
use crate::writer::Writer;
use std::ptr;

/// Opens writers and readers of named rings that have the same geometry. The reader
/// of a ring that does not exist creates it, so nobody has to come first.
///
/// ```
/// # use rusted_ring::*;
/// # fn main() -> Result<()> {
/// let client = LocalClient::create(&ArenaConfig::default())?;
/// let topics = Factory::new(&client, RingConfig::inline(64, 64));
/// let mut reader = topics.reader("news", None)?;
/// let mut writer = topics.writer("news")?;
/// writer.add(b"hello", 0)?;
/// assert_eq!(&**reader.try_read()?.unwrap(), b"hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Factory<'a, C: ClientRef> {
    client: C,
    defaults: RingConfig<'a>,
}

impl<'a, C: ClientRef + Clone> Factory<'a, C> {
    /// A factory of rings like `defaults`, whose name is not used.
    pub fn new(client: C, defaults: RingConfig<'a>) -> Factory<'a, C> {
        Factory { client, defaults }
    }

    /// Become the writer of the ring `name`.
    pub fn writer(&self, name: Name<'_>) -> Result<Writer<C>> {
        let name = CName::new(Some(name))?;
        let mut writer = ptr::null_mut();

        // SAFETY: what the factory has is valid during the call.
        check(self.with_raw(|factory| unsafe {
            sys::rring_factory_writer(factory, name.as_ptr(), &mut writer)
        })?)?;
        // SAFETY: the call has stored a new writer.
        Ok(unsafe { Writer::from_raw(writer, self.client.clone()) })
    }

    /// Join the ring `name` at its oldest entry or, if the ring knows `reader_name`,
    /// where this name has stopped.
    pub fn reader(&self, name: Name<'_>, reader_name: Option<Name<'_>>) -> Result<Reader<C>> {
        let name = CName::new(Some(name))?;
        let reader_name = CName::new(reader_name)?;
        let mut reader = ptr::null_mut();

        // SAFETY: what the factory has is valid during the call.
        check(self.with_raw(|factory| unsafe {
            sys::rring_factory_reader(factory, name.as_ptr(), reader_name.as_ptr(), &mut reader)
        })?)?;
        // SAFETY: the call has stored a new reader.
        Reader::new(unsafe { Cursor::from_raw(reader, self.client.clone()) })
    }

    fn with_raw<T>(&self, with: impl FnOnce(&sys::rring_factory) -> T) -> Result<T> {
        self.defaults.with_raw(|defaults| {
            with(&sys::rring_factory {
                client: self.client.as_raw(),
                defaults: *defaults,
            })
        })
    }
}
