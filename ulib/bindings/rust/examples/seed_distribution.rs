// SPDX-License-Identifier: MPL-2.0
//! Example 1 of the documentation of rusted-ring 0.3.2, "Event Distribution System",
//! with what it leaves open filled in: `seed_distribution [EVENTS]`. Four actors share each
//! event; at the end each has got all of them. The module `compat` says what differs.

use rusted_ring::compat::{EventAllocator, PooledEvent, RingPtr};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

// Initialize global allocator
static ALLOCATOR: EventAllocator = EventAllocator::new();

pub struct EventMetadata {
    pub source: &'static str,
}

// Event wrapper for your application
#[derive(Clone)]
pub struct ApplicationEvent {
    pub data: RingPtr<PooledEvent<1024>>, // Ring buffer data
    pub metadata: Arc<EventMetadata>,     // Heap metadata when needed
    pub timestamp: u64,                   // Inline primitive
}

struct Processors {
    persistence_tx: Sender<ApplicationEvent>,
    search_tx: Sender<ApplicationEvent>,
    analytics_tx: Sender<ApplicationEvent>,
    audit_tx: Sender<ApplicationEvent>,
}

/// Until the actors are done with earlier events, no slot may be free.
fn allocate(payload: &[u8], event_type: u32) -> Result<RingPtr<PooledEvent<1024>>> {
    loop {
        match ALLOCATOR.allocate_m_event(payload, event_type) {
            Err(error) if error.kind() == rusted_ring::ErrorKind::NoSpace => thread::yield_now(),
            result => return Ok(result?),
        }
    }
}

// Incoming event handler
fn handle_incoming_event(
    to: &Processors,
    payload: &[u8],
    event_type: u8,
    timestamp: u64,
) -> Result<()> {
    // Allocate from ring buffer instead of heap
    let ring_ptr = allocate(payload, event_type as u32)?;

    // Create application event
    let app_event = ApplicationEvent {
        data: ring_ptr,
        metadata: Arc::new(EventMetadata { source: "example" }),
        timestamp,
    };

    // Distribute to multiple processors
    to.persistence_tx.send(app_event.clone())?; // Database writer
    to.search_tx.send(app_event.clone())?; // Search indexer
    to.analytics_tx.send(app_event.clone())?; // Analytics processor
    to.audit_tx.send(app_event)?; // Audit logger

    Ok(())
}

fn payload_of(number: u64) -> Vec<u8> {
    let len = 300 + number % 600;

    (0..len).map(|i| (number + i) as u8).collect()
}

/// What an actor makes of the events, in order.
fn add(so_far: u64, payload: &[u8], event_type: u32, timestamp: u64) -> u64 {
    let all = payload.iter().map(|&byte| u64::from(byte));

    all.chain([u64::from(event_type), timestamp])
        .fold(so_far, |sum, value| {
            (sum ^ value).wrapping_mul(0x100_0000_01b3)
        })
}

// Actor processing
fn actor(rx: Receiver<ApplicationEvent>) -> u64 {
    let mut sum = 0;

    while let Ok(event) = rx.recv() {
        // Zero-copy access to ring buffer data
        let payload = &event.data.data[..event.data.len as usize];
        assert_eq!(event.metadata.source, "example");
        sum = add(sum, payload, event.data.event_type, event.timestamp);
        // Ring buffer slot reference count decremented when event drops
    }
    sum
}

fn start() -> (Sender<ApplicationEvent>, JoinHandle<u64>) {
    let (tx, rx) = channel();

    (tx, thread::spawn(move || actor(rx)))
}

fn main() -> Result<()> {
    let events: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let (persistence_tx, database) = start();
    let (search_tx, index) = start();
    let (analytics_tx, analytics) = start();
    let (audit_tx, audit) = start();
    let processors = Processors {
        persistence_tx,
        search_tx,
        analytics_tx,
        audit_tx,
    };
    let mut right = 0;

    for number in 0..events {
        let payload = payload_of(number);
        handle_incoming_event(&processors, &payload, number as u8, number)?;
        right = add(right, &payload, u32::from(number as u8), number);
    }
    drop(processors);
    for actor in [database, index, analytics, audit] {
        assert_eq!(actor.join().expect("no panic"), right);
    }
    println!("seed_distribution: {events} events, all bytes of each in 4 actors");
    Ok(())
}
