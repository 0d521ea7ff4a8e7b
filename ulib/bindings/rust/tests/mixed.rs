// SPDX-License-Identifier: MPL-2.0
//! The example `mixed_rust`, in this process: it goes on by its file.

use rusted_ring::{Arena, ArenaConfig, Client, Factory, RingConfig, Role, SizeClass};
use std::thread;

#[allow(dead_code)]
#[path = "../examples/mixed_rust.rs"]
mod mixed;

const COUNT: u64 = 1000;
const RING: RingConfig<'_> = RingConfig::inline(64, 64);

fn write(arena: &Arena) {
    let client = Client::attach(arena, Role::Producer).unwrap();
    let mut writer = Factory::new(&client, RING).writer("numbers").unwrap();

    for number in 0..COUNT {
        writer.add_value(&[number, 0, 0, 0, 0, 0, 0, 0], 0).unwrap();
    }
}

#[test]
fn a_reader_goes_on_by_its_file() {
    let dir = std::env::temp_dir().join(format!("mixed.{}", std::process::id()));
    let config = ArenaConfig::new().slots(SizeClass::Xs, 1).name("mixed");
    let arena = Arena::create(&config).unwrap();
    let client = Client::attach(&arena, Role::Producer).unwrap();

    std::fs::create_dir(&dir).unwrap();
    std::env::set_current_dir(&dir).unwrap();
    // the ring waits for the name
    drop(Factory::new(&client, RING).reader("numbers", Some("me")));
    thread::scope(|threads| {
        threads.spawn(|| write(&arena));
        for count in [1, COUNT / 2, COUNT] {
            let mut state = mixed::State::open("me").unwrap();
            mixed::read("numbers", "me", count, &mut state).unwrap();
            // as if it had been killed: its name and its file are left
            assert!(state.count >= count);
        }
    });
    let state = mixed::State::open("me").unwrap();
    assert_eq!((state.count, state.sum), (COUNT, COUNT * (COUNT - 1) / 2));
    std::fs::remove_dir_all(dir).unwrap();
}
