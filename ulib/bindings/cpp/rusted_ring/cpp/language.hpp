// SPDX-License-Identifier: MPL-2.0
/*
 * What the language offers: C++17 or C++20, exceptions, coroutines, attributes.
 */
#ifndef RUSTED_RING_CPP_LANGUAGE_HPP
#define RUSTED_RING_CPP_LANGUAGE_HPP

#if __cplusplus < 201703L
#error "rusted_ring.hpp needs C++17"
#endif

/*
 * A short path. The members are one call deeper than the inline functions of C.
 * So the compiler would inline fewer of them than in a program in C, and must
 * be told to. For the inline functions themselves, this has no effect if
 * <rusted_ring.h> was included before.
 */
#ifdef RRING_NO_INLINE
#define RUSTED_RING_SHORT
#else
#define RUSTED_RING_SHORT	[[gnu::always_inline]]
#ifndef RRING_IN_LINE
#define RRING_IN_LINE	static inline __attribute__((__always_inline__))
#endif
#endif

/* In C++ a function of C hides the constructor of a structure of its name. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <rusted_ring.h>
#pragma GCC diagnostic pop

#if __has_include(<version>)
#include <version>
#endif

#ifdef __cpp_exceptions
#define RUSTED_RING_EXCEPTIONS	1
#else
#define RUSTED_RING_EXCEPTIONS	0
#endif

/* clang 14 has coroutines, but no feature macro for the library's part. */
#if __cplusplus >= 202002L && defined(__cpp_impl_coroutine) &&		\
	defined(__cpp_concepts) && __has_include(<coroutine>)
#define RUSTED_RING_COROUTINES	1
#else
#define RUSTED_RING_COROUTINES	0
#endif

/* The result points into the object, which must live as long as the result. */
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::lifetimebound)
#define RUSTED_RING_BOUND	[[clang::lifetimebound]]
#endif
#endif
#ifndef RUSTED_RING_BOUND
#define RUSTED_RING_BOUND
#endif

/*
 * The types differ between C++17 and C++20, in which a span is a std::span. So
 * their names differ for the linker, too: a program that passes an object from
 * a file of one kind to a file of the other does not link.
 */
#if __cplusplus >= 202002L
#define RUSTED_RING_BEGIN	namespace rusted_ring { inline namespace cpp20 {
#else
#define RUSTED_RING_BEGIN	namespace rusted_ring { inline namespace cpp17 {
#endif
#define RUSTED_RING_END		} }

#endif // RUSTED_RING_CPP_LANGUAGE_HPP
