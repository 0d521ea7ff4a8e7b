// SPDX-License-Identifier: MPL-2.0
//! `cost OPERATION N`: do OPERATION N times, and print nanoseconds for each. cost.c does
//! the same in C.

use rusted_ring::{ArenaConfig, LocalClient, Reader, Result, RingConfig, SizeClass, Writer};
use std::hint::black_box;
use std::time::Instant;

const BATCH: u32 = 64;

fn alloc(client: &LocalClient, n: u64) -> Result<()> {
    for i in 0..n {
        let mut event = client.alloc(64, 0)?;
        *event.get_mut::<u64>().unwrap() = i;
    }
    Ok(())
}

fn hold(client: &LocalClient, n: u64) -> Result<()> {
    let event = client.alloc(64, 0)?.share();

    for _ in 0..n {
        let _clone = event.try_clone()?;
    }
    Ok(())
}

fn publish(client: &LocalClient, n: u64) -> Result<()> {
    let mut writer = Writer::open(client, &RingConfig::handles(1024).name("ring"))?;
    let mut reader = Reader::join(client, "ring")?;
    let mut sum = 0;

    for i in 0..n {
        let mut event = client.alloc(64, 0)?;
        *event.get_mut::<u64>().unwrap() = i;
        writer.publish(event)?;
        sum += reader.try_read()?.unwrap().get::<u64>().unwrap();
    }
    black_box(sum);
    Ok(())
}

fn add(client: &LocalClient, n: u64) -> Result<()> {
    let mut writer = Writer::open(client, &RingConfig::inline(1024, 64).name("ring"))?;
    let mut reader = Reader::join(client, "ring")?;
    let mut payload = [0u64; 8];
    let mut sum = 0;

    for i in 0..n {
        payload[0] = i;
        writer.add_value(&payload, 0)?;
        sum += reader.try_read()?.unwrap().get::<u64>().unwrap();
    }
    black_box(sum);
    Ok(())
}

fn batch(client: &LocalClient, n: u64) -> Result<()> {
    let mut writer = Writer::open(client, &RingConfig::inline(1024, 64).name("ring"))?;
    let mut reader = Reader::join(client, "ring")?;
    let mut sum = 0;

    for i in 0..n / u64::from(BATCH) {
        let mut room = writer.reserve(BATCH)?;
        for _ in 0..BATCH {
            room.push(64, 0)?[..8].copy_from_slice(&i.to_ne_bytes());
        }
        room.commit();
        let batch = reader.peek(BATCH)?.unwrap();
        for entry in batch.iter() {
            sum += entry?.get::<u64>().unwrap();
        }
        batch.release_all()?;
    }
    black_box(sum);
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let n: u64 = arguments[2].parse().expect("a number");
    let client = LocalClient::create(&ArenaConfig::new().slots(SizeClass::Xs, 2048))?;
    let start = Instant::now();

    match &*arguments[1] {
        "alloc" => alloc(&client, n)?,
        "hold" => hold(&client, n)?,
        "publish" => publish(&client, n)?,
        "add" => add(&client, n)?,
        "batch" => batch(&client, n)?,
        other => panic!("no operation {other}"),
    }
    println!("{:.1}", start.elapsed().as_nanos() as f64 / n as f64);
    Ok(())
}
