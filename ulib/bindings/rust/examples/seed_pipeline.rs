// SPDX-License-Identifier: MPL-2.0
//! Example 2 of the documentation of rusted-ring 0.3.2, "High-Throughput Data Pipeline",
//! with what it leaves open filled in: `seed_pipeline [EVENTS]`. Each event passes two
//! rings in order, none lost, none repeated. The module `compat` says what differs: here a
//! stage calls `read()`, which waits, where the original calls `try_read()`.

use rusted_ring::compat::{PooledEvent, Reader, RingBuffer, Writer};
use std::sync::Arc;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const INPUT_EVENT_TYPE: u32 = 1;
const PARSED_EVENT_TYPE: u32 = 2;

fn receive_external_data(number: u64) -> Vec<u8> {
    format!("{number};{}", number * number % 1009).into_bytes()
}

fn parse_and_validate(data: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(data)?;
    let (number, value) = text.split_once(';').ok_or("no value")?;

    Ok([number.parse::<u64>()?, value.parse()?]
        .iter()
        .flat_map(|number| number.to_ne_bytes())
        .collect())
}

/// The number and the value.
fn final_processing(data: &[u8]) -> (u64, u64) {
    let number = |at: usize| u64::from_ne_bytes(data[at..at + 8].try_into().unwrap());

    (number(0), number(8))
}

// Pipeline stages
fn create_processing_pipeline(events: u64) -> Result<u64> {
    // Stage 1: Input buffer
    let input_ring = Arc::new(RingBuffer::<512, 16384>::new());
    let mut input_writer = Writer::new(input_ring.clone());
    let mut input_reader = Reader::new(input_ring);

    // Stage 2: Processing buffer
    let process_ring = Arc::new(RingBuffer::<1024, 8192>::new());
    let mut process_writer = Writer::new(process_ring.clone());
    let mut process_reader = Reader::new(process_ring);

    // Producer: Feed data into pipeline
    std::thread::spawn(move || {
        for number in 0..events {
            let raw_data = receive_external_data(number);
            let event = PooledEvent::<512>::new(&raw_data, INPUT_EVENT_TYPE);
            input_writer.add(event);
        }
    });

    // Stage 1: Parse and validate
    std::thread::spawn(move || {
        while let Some(input_event) = input_reader.read() {
            let data = &input_event.data[..input_event.len as usize];
            if let Ok(parsed_data) = parse_and_validate(data) {
                let processed_event = PooledEvent::<1024>::new(&parsed_data, PARSED_EVENT_TYPE);
                process_writer.add(processed_event);
            }
        }
    });

    // Stage 2: Final processing and output
    let output = std::thread::spawn(move || {
        let mut next = 0;
        while let Some(process_event) = process_reader.read() {
            let result = final_processing(&process_event.data);
            assert_eq!(result, (next, next * next % 1009));
            next += 1;
        }
        next
    });

    Ok(output.join().expect("no panic"))
}

fn main() -> Result<()> {
    let events: u64 = std::env::args().nth(1).map_or(Ok(200_000), |n| n.parse())?;

    assert_eq!(create_processing_pipeline(events)?, events);
    println!("seed_pipeline: {events} events in order, none lost, none repeated");
    Ok(())
}
