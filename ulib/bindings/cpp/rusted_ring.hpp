// SPDX-License-Identifier: MPL-2.0
/*
 * rusted_ring for C++17, with more for C++20: spans and coroutines of the
 * standard library. These headers are all there is: a program links with
 * librusted_ring, and the short paths are the inline functions of
 * <rusted_ring.h>.
 *
 *	auto client = rusted_ring::client::open("market");
 *	auto ticks = rusted_ring::reader::open(client, "ticks");
 *
 *	while (auto view = ticks.read())
 *		if (auto *tick = view.as<struct tick>())
 *			use(*tick);
 *
 * Two forms: a function that can fail has a form with the prefix try_, which
 * never throws and returns a result<> (or a view or a batch, which say
 * themselves why they are empty), and a form without the prefix, which throws
 * an error. Without exceptions (-fno-exceptions) there is only the first one.
 *
 * Ownership: client, writer, reader, event and so on are moved, not copied, and
 * free what they have. One that was moved from is empty: it can be destroyed,
 * assigned and asked if it is empty, and nothing else. client_ref, writer_ref
 * and reader_ref refer to one, like a reference, and are copied. A client must
 * live longer than all that was made with it, and a reader longer than its
 * place in a set. So declare them in this order: client, writers and readers,
 * sets, events.
 *
 * The rules for threads, signals and fork() are those of rusted_ring(7), and
 * the manual page of rring_X() says what the member X promises. Constants are
 * those of C. Documentation/bindings_cpp.rst explains all of this.
 */
#ifndef RUSTED_RING_HPP
#define RUSTED_RING_HPP

#include <rusted_ring/cpp/arena.hpp>
#include <rusted_ring/cpp/batch.hpp>
#include <rusted_ring/cpp/begin.hpp>
#include <rusted_ring/cpp/client.hpp>
#include <rusted_ring/cpp/event.hpp>
#include <rusted_ring/cpp/factory.hpp>
#include <rusted_ring/cpp/pipe.hpp>
#include <rusted_ring/cpp/reader.hpp>
#include <rusted_ring/cpp/result.hpp>
#include <rusted_ring/cpp/service.hpp>
#include <rusted_ring/cpp/set.hpp>
#include <rusted_ring/cpp/watch.hpp>
#include <rusted_ring/cpp/writer.hpp>

#endif // RUSTED_RING_HPP
