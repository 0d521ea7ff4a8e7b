// SPDX-License-Identifier: MPL-2.0
//! Services: sessions begin and end, and each reply goes to its request.

use rusted_ring::{
    Arena, ArenaConfig, Call, Caller, Deadline, ErrorKind, Listener, LocalClient, Role,
    ServiceConfig, SizeClass, Strategy,
};
use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

const ARENA: ArenaConfig<'_> = ArenaConfig::new().slots(SizeClass::Xs, 256);
const CALLERS: usize = 4;

fn call_often(arena: &Arena, all_are_there: &Barrier) {
    let client = LocalClient::attach(arena, Role::Producer).unwrap();
    let mut caller = Caller::open(&client, "sum", Strategy::Block, Deadline::FOREVER).unwrap();

    all_are_there.wait();
    for number in 1..=100u64 {
        let reply = caller
            .call(&number.to_ne_bytes(), 0, Deadline::FOREVER)
            .unwrap();
        assert_eq!(reply.read(), Some(number * (number + 1) / 2));
        assert_eq!(reply.number(), number);
    }
}

/// Add up the numbers of each session until all callers have gone.
fn serve(listener: &mut Listener<&LocalClient>) {
    let mut sums = HashMap::new();
    let mut ended = 0;

    while ended < CALLERS {
        match listener.next(Deadline::FOREVER).unwrap() {
            Call::Begin(session) => assert!(sums.insert(session, 0).is_none()),
            Call::Request(request) => {
                let sum: &mut u64 = sums.get_mut(&request.session()).unwrap();
                *sum += request.read::<u64>().unwrap();
                request
                    .reply(&sum.to_ne_bytes(), 0, Deadline::FOREVER)
                    .unwrap();
            }
            Call::End(session) => {
                assert_eq!(sums[&session], 5050);
                ended += 1;
            }
        }
    }
}

#[test]
fn each_caller_has_a_session_of_its_own() {
    for config in [
        ServiceConfig::inline("sum", 16, 64),
        ServiceConfig::handles("sum", 16),
    ] {
        let arena = Arena::create(&ARENA).unwrap();
        let client = LocalClient::attach(&arena, Role::Producer).unwrap();
        let mut listener = Listener::open(&client, &config).unwrap();
        let all_are_there = Barrier::new(CALLERS);

        thread::scope(|threads| {
            for _ in 0..CALLERS {
                threads.spawn(|| call_often(&arena, &all_are_there));
            }
            serve(&mut listener);
        });
        assert_eq!(listener.sessions(), 0);
    }
}

#[test]
fn a_late_reply_finds_its_request_until_the_session_ends() {
    let arena = Arena::create(&ARENA).unwrap();
    let server = LocalClient::attach(&arena, Role::Producer).unwrap();
    let config = ServiceConfig::inline("late", 16, 64);
    let mut listener = Listener::open(&server, &config).unwrap();
    let done = Barrier::new(2);

    thread::scope(|threads| {
        threads.spawn(|| {
            let client = LocalClient::attach(&arena, Role::Producer).unwrap();
            let mut caller =
                Caller::open(&client, "late", Strategy::Block, Deadline::FOREVER).unwrap();
            let first = caller.send(b"first", 0, Deadline::NOW).unwrap();
            let second = caller.send(b"second", 0, Deadline::NOW).unwrap();
            for wanted in [second, first] {
                let reply = caller.receive(Deadline::FOREVER).unwrap();
                assert_eq!((reply.number(), &**reply), (wanted, &b"done"[..]));
            }
            done.wait();
        });
        let mut open = Vec::new();
        while open.len() < 2 {
            if let Call::Request(request) = listener.next(Deadline::FOREVER).unwrap() {
                open.push((request.session(), request.number()));
            }
        }
        while let Some((session, number)) = open.pop() {
            listener
                .reply(session, number, b"done", 0, Deadline::NOW)
                .unwrap();
        }
        done.wait();
        let session = match listener.next(Deadline::FOREVER).unwrap() {
            Call::End(session) => session,
            call => panic!("{call:?}"),
        };
        assert_eq!(
            listener.next(Deadline::NOW).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        let error = listener
            .reply(session, 1, b"too late", 0, Deadline::NOW)
            .unwrap_err();
        assert!(error.is_end());
    });
}
