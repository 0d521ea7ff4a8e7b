// SPDX-License-Identifier: MPL-2.0
//! What may go to another thread: this compiles. What may not is in the documentation of
//! `LocalClient` and `Reader`, as examples that do not compile.

use rusted_ring::{
    Arena, Caller, Client, Event, Events, Held, Listener, LossyReader, Pipe, PollFd, Reader, Set,
    Watch, Writer,
};
use std::sync::Arc;

fn send<T: Send>() {}

fn sync<T: Sync>() {}

fn all_that_belongs_to<C>()
where
    C: rusted_ring::ClientRef + Send + Sync,
{
    send::<Event<C>>();
    send::<Events<C>>();
    send::<Held<C>>();
    send::<Writer<C>>();
    send::<Reader<C>>();
    send::<LossyReader<C>>();
    send::<Set<C>>();
    send::<Pipe<C>>();
    send::<Listener<C>>();
    send::<Caller<C>>();
    send::<Watch<C>>();
    send::<PollFd<C>>();
    sync::<Event<C>>();
    sync::<Held<C>>();
}

#[test]
fn what_belongs_to_a_client_of_all_threads_goes_to_any_of_them() {
    send::<Client>();
    sync::<Client>();
    sync::<Arena>();
    all_that_belongs_to::<&Client>();
    all_that_belongs_to::<Arc<Client>>();
}
