// SPDX-License-Identifier: MPL-2.0
//! The first program of Documentation/bindings_rust.rst.

use rusted_ring::{ArenaConfig, Deadline, LocalClient, Reader, Result, RingConfig, Writer};

fn main() -> Result<()> {
    let client = LocalClient::create(&ArenaConfig::default())?;
    let mut writer = Writer::open(&client, &RingConfig::handles(64).name("greetings"))?;
    let mut reader = Reader::join(&client, "greetings")?;

    let mut event = client.alloc(5, 0)?; // fill it in place
    event.copy_from_slice(b"hello");
    writer.publish(event)?; // give it away
    let entry = reader.read(Deadline::FOREVER)?; // read it in place
    println!("{}", String::from_utf8_lossy(&entry));
    Ok(())
}
