// SPDX-License-Identifier: MPL-2.0
//! Types that are plain old data.

/// A type that is plain old data, so that an event can be one. [`plain!`] declares
/// structures of this kind without `unsafe`.
///
/// # Safety
///
/// Each value of the bytes is a value of the type; the type has no padding, no
/// pointer, no reference and no interior mutability; it has a fixed layout (a
/// primitive, an array, or `#[repr(C)]`).
///
/// [`plain!`]: crate::plain!
pub unsafe trait Plain: Copy + 'static {}

macro_rules! plain_primitives {
    ($($type:ty)*) => { $(
        // SAFETY: all bytes of a number are its value, and each is valid.
        unsafe impl Plain for $type {}
    )* };
}

plain_primitives!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

// SAFETY: there is no padding between the elements of an array.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// The bytes of a value.
pub fn bytes_of<T: Plain>(value: &T) -> &[u8] {
    // SAFETY: a plain type has no padding, so all its bytes are initialized.
    unsafe { std::slice::from_raw_parts((value as *const T).cast(), std::mem::size_of::<T>()) }
}

/// Declares structures that are [`Plain`]: `#[repr(C)]`, `Clone`, `Copy` and
/// `Debug`, with plain fields and without padding. The compiler refuses any other. A field
/// has no attributes but documentation.
///
/// ```
/// rusted_ring::plain! {
///     /// A trade.
///     pub struct Trade {
///         /// Counts up.
///         pub number: u64,
///         pub price: u32,
///         pub amount: u32,
///     }
/// }
/// assert_eq!(std::mem::size_of::<Trade>(), 16);
/// ```
///
/// There are 4 bytes of padding in this one, which would be published as they are:
///
/// ```compile_fail,E0080
/// rusted_ring::plain! {
///     struct Padded {
///         price: u32,
///         number: u64,
///     }
/// }
/// ```
///
/// ```compile_fail,E0277
/// rusted_ring::plain! {
///     struct HasAPointer {
///         name: &'static str,
///     }
/// }
/// ```
///
/// Without this rule, a field that is not compiled could pass for padding:
///
/// ```compile_fail
/// rusted_ring::plain! {
///     struct Padded {
///         price: u8,
///         #[cfg(any())]
///         unused: [u8; 7],
///         number: u64,
///     }
/// }
/// ```
#[macro_export]
macro_rules! plain {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[doc = $of_field:literal])* $of:vis $field:ident: $type:ty),* $(,)?
    })*) => { $(
        $(#[$attribute])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name {
            $($(#[doc = $of_field])* $of $field: $type,)*
        }

        // SAFETY: the fields are plain, and fill the structure.
        unsafe impl $crate::Plain for $name {}

        const _: () = {
            const fn is_plain<T: $crate::Plain>() -> usize {
                ::std::mem::size_of::<T>()
            }
            assert!(
                0 $(+ is_plain::<$type>())* == ::std::mem::size_of::<$name>(),
                "the structure has padding"
            );
        };
    )* };
}
