// SPDX-License-Identifier: MPL-2.0
//! Example 3 of the documentation of rusted-ring 0.3.2, "Batch Processing with Ring
//! Buffers", with what it leaves open filled in: `seed_batch [ITEMS]`. A ring takes 4096
//! items, so that more items are more batches. The fold over all of them is that of the
//! items.

use rusted_ring::compat::{PooledEvent, Reader, RingBuffer, Writer};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DATA_ITEM_TYPE: u32 = 1;

#[derive(Clone, Copy)]
struct DataItem {
    number: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct ProcessedBatch {
    items: u64,
    sum: u64,
}

impl ProcessedBatch {
    fn empty() -> ProcessedBatch {
        ProcessedBatch { items: 0, sum: 0 }
    }

    fn merge(self, item: u64) -> ProcessedBatch {
        ProcessedBatch {
            items: self.items + 1,
            sum: self.sum.wrapping_mul(31).wrapping_add(item),
        }
    }
}

fn serialize_data_item(item: &DataItem) -> [u8; 8] {
    item.number.to_ne_bytes()
}

fn deserialize_data_item(data: &[u8]) -> DataItem {
    DataItem {
        number: u64::from_ne_bytes(data[..8].try_into().unwrap()),
    }
}

fn apply_transformation(item: DataItem) -> u64 {
    item.number * 3 + 1
}

// Efficient batch processing using sequential ring buffer access
fn process_data_batch(so_far: ProcessedBatch, input_data: Vec<DataItem>) -> Result<ProcessedBatch> {
    // Create temporary ring buffer for batch processing
    let ring = RingBuffer::<256, 4096>::new();
    let mut writer = Writer::new(&ring);
    let mut reader = Reader::new(&ring);

    // Stage 1: Load data into ring buffer
    for item in input_data {
        let serialized = serialize_data_item(&item);
        let event = PooledEvent::<256>::new(&serialized, DATA_ITEM_TYPE);
        writer.add(event);
    }

    // Stage 2: Sequential processing (optimized for cache)
    let mut processed_items = Vec::new();
    while let Some(event) = reader.try_read() {
        let item = deserialize_data_item(&event.data);
        let processed = apply_transformation(item);
        processed_items.push(processed);
    }

    // Stage 3: Aggregate results
    let batch_result = processed_items
        .into_iter()
        .fold(so_far, |acc, item| acc.merge(item));

    Ok(batch_result)
}

fn main() -> Result<()> {
    let n: u64 = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let items: Vec<_> = (0..n).map(|number| DataItem { number }).collect();
    let right = items.iter().fold(ProcessedBatch::empty(), |so_far, &item| {
        so_far.merge(apply_transformation(item))
    });
    let mut result = ProcessedBatch::empty();

    for batch in items.chunks(4096) {
        result = process_data_batch(result, batch.to_vec())?;
    }
    assert_eq!(result, right);
    println!(
        "seed_batch: {n} items in {} batches, each item once",
        items.chunks(4096).len()
    );
    Ok(())
}
