// SPDX-License-Identifier: MPL-2.0
//! `archive [LINES [KILLS]]`: lines of two rings go to an archive, a file that has each
//! of them exactly once, although the archivist ends KILLS times in its work: on the
//! device it is a process that is killed, without the module a thread. The archive is the
//! part of the file that a checkpoint counts, together with the positions in the rings.
//! What is behind it is of a death, and is written again. Documentation/durable.rst
//! explains how.

mod common;

use common::{number, Actors, Checkpoint, Result, TempDir, NEVER};
use rusted_ring::{
    plain, Arena, ArenaConfig, Deadline, Factory, LocalClient, Order, Reader, RingConfig, Role,
    Set, SizeClass, Strategy, Writer,
};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;

const RINGS: [&str; 2] = ["lines/even", "lines/odd"];
const BATCH: u32 = 64;
const AHEAD: u32 = 256; // entries of a ring

const LINES: RingConfig<'_> = RingConfig::inline(AHEAD, 64);

plain! {
    /// What the archive has: so many bytes, which are the lines below `next` of each ring.
    struct Progress {
        bytes: u64,
        next: [u64; 2],
    }
}

fn line(ring: usize, position: u64) -> String {
    format!("{} {position}\n", RINGS[ring])
}

#[derive(Clone)]
struct Setup {
    lines: u64, // of each ring
    arena: String,
    dir: PathBuf,
}

impl Setup {
    fn attach(&self) -> Result<LocalClient> {
        Ok(LocalClient::open(&self.arena, Role::Producer)?)
    }

    fn progress(&self) -> Result<Checkpoint<Progress>> {
        let nothing = Progress {
            bytes: 0,
            next: [0; 2],
        };

        Ok(Checkpoint::open(&self.dir.join("progress"), nothing)?)
    }

    fn file(&self) -> Result<File> {
        let path = self.dir.join("archive");

        Ok(OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?)
    }

    /// Archive all lines. End after line `last` was written, as by a death.
    fn archive(&self, last: u64) -> Result<()> {
        let client = self.attach()?;
        let mut progress = self.progress()?;
        let mut file = self.file()?;
        let mut set = Set::open(&client, Order::Fair, Strategy::Block)?;
        let mut keys = Vec::new();

        file.set_len(progress.value.bytes)?;
        for (ring, &next) in RINGS.iter().zip(&progress.value.next) {
            let mut reader = reader_of(&client, ring, Some("archive"))?;
            reader.release_to(next)?;
            keys.push(set.add(reader, 0)?);
        }
        while progress.value.next.iter().sum::<u64>() < 2 * self.lines {
            let batch = match set.peek(BATCH)? {
                Some(batch) => batch,
                None => {
                    set.wait(Deadline::FOREVER)?;
                    continue;
                }
            };
            for entry in batch.iter() {
                let ring = keys.iter().position(|&key| key == entry.key).unwrap();
                let event = entry.event?;
                assert_eq!(entry.position, progress.value.next[ring]);
                file.write_all(&event)?;
                progress.value.bytes += event.len() as u64;
                progress.value.next[ring] += 1;
            }
            if progress.value.next.iter().sum::<u64>() > last {
                break;
            }
            progress.store()?;
            batch.release_all()?;
        }
        Ok(())
    }

    /// The archive has each line of each ring once, in the order of the ring.
    fn check(&self) -> Result<()> {
        let progress = self.progress()?.value;
        let mut text = vec![0; progress.bytes as usize];
        let mut next = [0; 2];

        self.file()?.read_exact_at(&mut text, 0)?;
        for found in std::str::from_utf8(&text)?.split_inclusive('\n') {
            let ring = usize::from(found.starts_with(RINGS[1]));
            assert_eq!(found, line(ring, next[ring]));
            next[ring] += 1;
        }
        assert_eq!(next, [self.lines; 2]);
        Ok(())
    }
}

fn reader_of<'c>(
    client: &'c LocalClient,
    ring: &str,
    name: Option<&str>,
) -> Result<Reader<&'c LocalClient>> {
    Ok(Factory::new(client, LINES).reader(ring, name)?)
}

/// Write all lines of both rings. The archive is a ring's length behind at most, so it is
/// known how many lines it has.
fn write(setup: &Setup, archivist: &mut Actors) -> Result<()> {
    let client = setup.attach()?;
    let factory = Factory::new(&client, LINES);
    let mut writers: Vec<Writer<_>> = Vec::new();

    for ring in RINGS {
        writers.push(factory.writer(ring)?);
    }
    for position in 0..setup.lines {
        for (ring, writer) in writers.iter_mut().enumerate() {
            writer.add(line(ring, position).as_bytes(), 0)?;
        }
        archivist.kill_in_time((2 * position).saturating_sub(2 * u64::from(AHEAD)), 0)?;
    }
    Ok(())
}

fn run(setup: &Setup, kills: u64) -> Result<()> {
    let config = ArenaConfig::new().slots(SizeClass::Xs, 64);
    let _arena = Arena::create(&config.name(&setup.arena))?;
    let client = setup.attach()?;

    // from here on, the lines wait for the archivist
    for ring in RINGS {
        reader_of(&client, ring, Some("archive"))?;
    }
    let arguments = vec![
        setup.lines.to_string(),
        kills.to_string(),
        setup.arena.clone(),
        setup.dir.to_str().expect("a path in UTF-8").into(),
    ];
    let own = setup.clone();
    let mut archivist = Actors::start(1, 2 * setup.lines, kills, arguments, move |_, last| {
        own.archive(last)
    })?;
    thread::scope(|threads| {
        threads
            .spawn(|| write(setup, &mut archivist))
            .join()
            .expect("the writer does not panic")
    })?;
    archivist.end()?;
    setup.check()
}

fn main() -> Result<()> {
    let lines = number(1, 100_000)?;
    let kills = number(2, 50)?;

    assert!(
        lines >= 4 * u64::from(AHEAD) && lines / 1000 >= kills,
        "1024 lines or more, and 1000 for each kill"
    );
    if let (Some(arena), Some(dir)) = (std::env::args().nth(3), std::env::args().nth(4)) {
        let dir = Path::new(&dir).to_path_buf();
        return Setup { lines, arena, dir }.archive(NEVER);
    }
    let dir = TempDir::new("archive")?;
    let setup = Setup {
        lines,
        arena: format!("archive.{}", std::process::id()),
        dir: dir.0.clone(),
    };
    run(&setup, kills)?;
    println!("archive: each of {lines} lines of 2 rings once; {kills} times the archivist ended in its work");
    Ok(())
}
