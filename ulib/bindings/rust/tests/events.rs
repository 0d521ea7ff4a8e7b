// SPDX-License-Identifier: MPL-2.0
//! Events: slots come back, holds count, and nothing is lost when a call refuses.

use rusted_ring::{
    guard_evictions, plain, Arena, ArenaConfig, Client, Deadline, ErrorKind, Event, Events, Handle,
    Held, LocalClient, Policy, Reader, RingConfig, Role, SizeClass, Writer,
};
use std::sync::Arc;
use std::thread;

const ARENA: ArenaConfig<'_> = ArenaConfig::new()
    .slots(SizeClass::Xs, 32)
    .slots(SizeClass::S, 8)
    .slots(SizeClass::Xxl, 4);

fn local() -> LocalClient {
    LocalClient::create(&ARENA).unwrap()
}

fn held(client: &LocalClient, class: SizeClass) -> u32 {
    client.trim();
    client.pool_stat(class, true).unwrap().held
}

#[test]
fn a_client_says_whether_it_was_evicted() {
    guard_evictions().unwrap();
    assert!(!local().is_evicted());
}

#[test]
fn a_dropped_event_frees_its_slot() {
    let client = local();
    let event = client.alloc(64, 0).unwrap();

    assert_eq!(held(&client, SizeClass::Xs), 1);
    drop(event);
    assert_eq!(held(&client, SizeClass::Xs), 0);
}

#[test]
fn a_clone_is_one_more_hold() {
    let client = local();
    let first = client.alloc_copy(b"stays", 3).unwrap().share();
    let second = first.clone();

    drop(first);
    assert_eq!(held(&client, SizeClass::Xs), 1);
    assert_eq!((&**second, second.event_type()), (&b"stays"[..], 3));
    drop(second);
    assert_eq!(held(&client, SizeClass::Xs), 0);
}

#[test]
fn the_last_hold_but_one_is_no_last_hold() {
    let client = local();
    let event = client.alloc(64, 0).unwrap().share();
    let clones: Vec<_> = (1..65535).map(|_| event.clone()).collect();

    assert_eq!(event.try_clone().unwrap_err().errno(), 75); // EOVERFLOW
    drop(clones);
    assert_eq!(held(&client, SizeClass::Xs), 1);
}

#[test]
fn an_event_is_as_long_as_it_was_allocated() {
    let client = local();
    let mut event = client.alloc(10, 0).unwrap();

    assert_eq!(event.len(), 10);
    event.resize(64).unwrap();
    assert_eq!(event.len(), 64);
    assert_eq!(event.resize(65).unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(client.alloc(0, 0).unwrap().len(), 0);
    assert_eq!(client.alloc(1 << 20, 0).unwrap().len(), 1 << 20);
    assert_eq!(
        client.alloc(usize::MAX, 0).unwrap_err().kind(),
        ErrorKind::TooLarge
    );
}

#[test]
fn without_a_free_slot_there_is_an_error() {
    let client = local();
    let mut events: Vec<_> = (0..8).map(|_| client.alloc(256, 0).unwrap()).collect();

    assert_eq!(client.alloc(256, 0).unwrap_err().kind(), ErrorKind::NoSpace);
    assert_eq!(
        client
            .alloc_until(256, 0, std::time::Duration::from_millis(1))
            .unwrap_err()
            .kind(),
        ErrorKind::TimedOut
    );
    events.pop();
    client.alloc(256, 0).unwrap();
}

#[test]
fn a_refused_event_comes_back() {
    let client = local();
    let config = RingConfig::handles(1).name("ring").policy(Policy::Fail);
    let mut writer = Writer::open(&client, &config).unwrap();
    let _reader = Reader::join(&client, "ring").unwrap();

    writer.publish(client.alloc_copy(b"1", 0).unwrap()).unwrap();
    let refused = writer
        .publish(client.alloc_copy(b"2", 0).unwrap())
        .unwrap_err();
    assert_eq!(refused.error.kind(), ErrorKind::WouldBlock);
    assert_eq!(&*refused.event, b"2");
    let refused = writer
        .publish_until(refused.event, Deadline::NOW)
        .unwrap_err();
    assert_eq!(refused.error.kind(), ErrorKind::TimedOut);
}

#[test]
fn the_event_of_another_client_is_refused() {
    let arena = Arena::create(&ARENA).unwrap();
    let one = LocalClient::attach(&arena, Role::Producer).unwrap();
    let other = LocalClient::attach(&arena, Role::Producer).unwrap();
    let mut writer = Writer::open(&one, &RingConfig::handles(4)).unwrap();

    let refused = writer.publish(other.alloc(8, 0).unwrap()).unwrap_err();
    assert_eq!(refused.error.kind(), ErrorKind::Invalid);
    let mut events = other.alloc_batch(SizeClass::Xs, 8, 0, 2).unwrap();
    let error = writer.publish_batch(&mut events).unwrap_err();
    assert_eq!((error.kind(), events.len()), (ErrorKind::Invalid, 2));
}

#[test]
fn a_handle_names_an_event_until_its_last_hold() {
    let arena = Arena::create(&ARENA).unwrap();
    let one = LocalClient::attach(&arena, Role::Producer).unwrap();
    let other = LocalClient::attach(&arena, Role::Consumer).unwrap();
    let event = one.alloc_copy(b"by handle", 0).unwrap().share();
    let handle = event.handle();
    let theirs = other.upgrade(handle).unwrap();

    drop(event);
    assert_eq!(&**theirs, b"by handle");
    drop(theirs);
    one.trim();
    one.pool_stat(SizeClass::Xs, true).unwrap();
    assert_eq!(other.upgrade(handle).unwrap_err().kind(), ErrorKind::Gone);
    // SAFETY: no slot has this number.
    let forged = unsafe { Handle::from_u64(!0) };
    assert_eq!(
        other.upgrade(forged).unwrap_err().kind(),
        ErrorKind::Malformed
    );
}

#[test]
fn an_event_outlives_the_client_variable_if_it_has_an_arc() {
    let client = Arc::new(Client::create(&ARENA).unwrap());
    let event = Event::copy_of(client.clone(), b"kept", 0).unwrap().share();

    drop(client);
    let clone: Held<Arc<Client>> = event.clone();
    assert_eq!(&**thread::spawn(move || clone).join().unwrap(), b"kept");
}

#[test]
fn all_threads_may_hold_and_drop() {
    let client = Client::create(&ARENA).unwrap();
    let event = client.alloc_copy(&[7; 64], 0).unwrap().share();

    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..1000 {
                    let clone = event.clone();
                    assert_eq!(&**clone, &[7; 64]);
                    drop(client.alloc(64, 0).unwrap());
                }
            });
        }
    });
    drop(event);
    client.trim();
    assert_eq!(client.pool_stat(SizeClass::Xs, true).unwrap().held, 0);
}

#[test]
fn a_batch_is_published_as_far_as_there_is_room() {
    let client = local();
    let config = RingConfig::handles(4).name("ring").policy(Policy::Fail);
    let mut writer = Writer::open(&client, &config).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();
    let mut events: Events<_> = client.alloc_batch(SizeClass::Xs, 1, 0, 6).unwrap();

    for (payload, i) in events.iter_mut().zip(0..) {
        payload[0] = i;
    }
    assert_eq!(writer.publish_batch(&mut events).unwrap(), 4);
    assert_eq!(events.len(), 2);
    for i in 0..4 {
        assert_eq!(reader.try_read().unwrap().unwrap()[0], i);
    }
    reader.skip(0).unwrap();
    assert_eq!(
        writer
            .publish_batch_until(&mut events, Deadline::FOREVER)
            .unwrap(),
        2
    );
    assert_eq!(reader.try_read().unwrap().unwrap()[0], 4);
    drop((events, reader, writer));
    assert_eq!(held(&client, SizeClass::Xs), 0);
}

plain! {
    struct Trade {
        number: u64,
        price: f64,
    }
}

#[test]
fn a_type_needs_all_its_bytes() {
    let client = local();
    let mut short = client.alloc(15, 0).unwrap();
    let mut long = client.alloc(16, 0).unwrap();

    assert!(short.get_mut::<Trade>().is_none());
    let trade = long.get_mut::<Trade>().unwrap();
    trade.number = 5;
    trade.price = 0.5;
    let (short, long) = (short.share(), long.share());
    assert!(short.get::<Trade>().is_none() && short.read::<Trade>().is_none());
    assert_eq!(long.get::<Trade>().unwrap().number, 5);
    assert_eq!(long.read::<Trade>().unwrap().price, 0.5);
}

#[test]
fn a_copy_has_as_many_bytes_as_both() {
    let client = local();
    let event = client.alloc_copy(b"12345", 0).unwrap().share();
    let mut buffer = [0; 8];

    assert_eq!(event.copy_to(&mut buffer[..3]), 3);
    assert_eq!(event.copy_to(&mut buffer), 5);
    assert_eq!(&buffer, b"12345\0\0\0");
}

#[test]
fn only_an_owned_arena_seals() {
    let client = LocalClient::create(&ARENA.slots(SizeClass::L, 1)).unwrap();
    let event = client.alloc_copy(&[1; 4096], 0).unwrap();
    let refused = event.seal().unwrap_err();

    assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
    assert!(!refused.event.share().is_sealed());
}

#[test]
fn errors_say_why() {
    let error = LocalClient::open("no such arena", Role::Observer).unwrap_err();

    assert!(error.to_string().len() > 10, "{error}");
    let error = LocalClient::open("nul\0", Role::Observer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = LocalClient::open("none", Role::Observer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        std::io::Error::from(error).kind(),
        std::io::ErrorKind::NotFound
    );
}
