// SPDX-License-Identifier: MPL-2.0
//! `mixed_rust RING NAME COUNT`: read COUNT events of RING in the arena "mixed" of the device
//! under the name NAME. Their first 8 bytes are the numbers 0, 1 and so on. Print NAME,
//! COUNT and their sum. If the program is killed, the next one goes on by the file
//! NAME.state: it has two places of 16 bytes for how many events there were and their
//! sum, which are written in turn.

use rusted_ring::{bytes_of, Deadline, Error, Join, LocalClient, Reader, Result, Role, Start};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

const BATCH: u32 = 64;

pub struct State {
    file: File,
    place: u64,
    pub count: u64,
    pub sum: u64,
}

impl State {
    pub fn open(name: &str) -> std::io::Result<State> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(format!("{name}.state"))?;
        let mut state = State {
            file,
            place: 0,
            count: 0,
            sum: 0,
        };

        for place in 0..2 {
            let mut record = [0; 16];
            if state.file.read_at(&mut record, place * 16)? == record.len() {
                state.take(place, u128::from_ne_bytes(record));
            }
        }
        Ok(state)
    }

    /// The record with more events is the newer one.
    fn take(&mut self, place: u64, record: u128) {
        let [count, sum] = [record as u64, (record >> 64) as u64];

        if count > self.count {
            *self = State {
                place,
                count,
                sum,
                file: self.file.try_clone().expect("one more descriptor"),
            };
        }
    }

    fn add(&mut self, number: u64) {
        // what was stored before a death comes again
        if number < self.count {
            return;
        }
        assert_eq!(number, self.count, "the events come in order");
        self.count += 1;
        self.sum = self.sum.wrapping_add(number);
    }

    fn store(&mut self) -> std::io::Result<()> {
        self.place = 1 - self.place;
        self.file
            .write_all_at(bytes_of(&[self.count, self.sum]), self.place * 16)
    }
}

/// Take the next events. If the writer has gone, wait for the next one.
fn take_some(reader: &mut Reader<&LocalClient>, state: &mut State) -> Result<()> {
    reader.follow(Deadline::FOREVER)?;
    let batch = reader.peek(BATCH)?.expect("an event");
    for entry in batch.iter() {
        let entry = entry?;
        assert_eq!(entry.len(), 64);
        state.add(entry.read().expect("a number"));
    }
    state.store().expect("the state can be written");
    batch.release_all()
}

/// Read until there were `count` events. The ring keeps the name.
pub fn read(ring: &str, name: &str, count: u64, state: &mut State) -> Result<()> {
    if state.count >= count {
        return Ok(());
    }
    let client = LocalClient::open("mixed", Role::Consumer)?;
    client.await_ring(ring, Deadline::FOREVER)?;
    let join = Join::named(ring).as_reader(name).start(Start::Oldest);
    let mut reader = Reader::open(&client, &join)?;
    while state.count < count {
        take_some(&mut reader, state)?;
    }
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [ring, name, count] = match &arguments[..] {
        [_, ring, name, count] => [ring, name, count],
        _ => return Err("mixed_rust RING NAME COUNT".into()),
    };
    let mut state = State::open(name)?;

    read(ring, name, count.parse()?, &mut state).map_err(|error: Error| error.to_string())?;
    println!("{name} {} {}", state.count, state.sum);
    Ok(())
}
