// SPDX-License-Identifier: MPL-2.0
//! Names on their way to and from C.

use crate::error::{Error, Result, EINVAL};
use std::ffi::CString;
use std::os::raw::c_char;

/// A name of an arena, a ring, a reader or a service: up to 63 characters of
/// printable ASCII without space; slashes make hierarchies.
pub type Name<'a> = &'a str;

/// A name for a call, or none.
pub(crate) struct CName(Option<CString>);

impl CName {
    pub(crate) fn new(name: Option<&str>) -> Result<CName> {
        let name = name
            .map(CString::new)
            .transpose()
            .map_err(|_| Error::new(EINVAL, "a name has a character NUL"))?;

        Ok(CName(name))
    }

    /// Valid as long as this object.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0
            .as_ref()
            .map_or(std::ptr::null(), |name| name.as_ptr())
    }
}

/// The name in an array, which may lack the zero at the end.
pub(crate) fn from_array(name: &[c_char]) -> String {
    let bytes: Vec<u8> = name
        .iter()
        .map(|&c| c as u8)
        .take_while(|&c| c != 0)
        .collect();

    String::from_utf8_lossy(&bytes).into_owned()
}
