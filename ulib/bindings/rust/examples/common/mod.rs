// SPDX-License-Identifier: MPL-2.0
//! What the examples share: actors that end in their work, and files that are right
//! whenever their writer is killed.
#![allow(dead_code)]

use rusted_ring::{bytes_of, Backend, Plain};
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::{size_of, MaybeUninit};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// No event is the last one before an end.
pub const NEVER: u64 = u64::MAX;

/// Argument `i` as a number.
pub fn number(i: usize, default: u64) -> Result<u64> {
    match std::env::args().nth(i) {
        Some(text) => Ok(text.parse()?),
        None => Ok(default),
    }
}

/// A folder that ends with this object.
pub struct TempDir(pub PathBuf);

impl TempDir {
    pub fn new(name: &str) -> io::Result<TempDir> {
        let path = std::env::temp_dir().join(format!("{name}.{}", std::process::id()));

        std::fs::create_dir(&path)?;
        Ok(TempDir(path))
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A value in a file. The file has two places, each with a number and a checksum: a new
/// value goes to the place of the older one, so one of them is whole at each instant.
pub struct Checkpoint<T> {
    file: File,
    writes: u64,
    pub value: T,
}

impl<T: Plain> Checkpoint<T> {
    /// Load the value, or begin with `value`.
    pub fn open(path: &Path, value: T) -> io::Result<Checkpoint<T>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut checkpoint = Checkpoint {
            file,
            writes: 0,
            value,
        };

        for place in 0..2 {
            if let Some((writes, value)) = checkpoint.load(place)? {
                if writes > checkpoint.writes {
                    checkpoint.writes = writes;
                    checkpoint.value = value;
                }
            }
        }
        Ok(checkpoint)
    }

    fn record_len() -> usize {
        size_of::<T>() + 16
    }

    fn load(&self, place: u64) -> io::Result<Option<(u64, T)>> {
        let mut record = vec![0; Self::record_len()];
        let at = place * record.len() as u64;

        if self.file.read_at(&mut record, at)? < record.len() {
            return Ok(None);
        }
        let (data, sum) = record.split_at(record.len() - 8);
        if sum != checksum(data).to_ne_bytes() {
            return Ok(None);
        }
        let (writes, data) = data.split_at(8);
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: a plain type may have any bytes, and these are as many.
        let value = unsafe {
            value
                .as_mut_ptr()
                .cast::<u8>()
                .copy_from_nonoverlapping(data.as_ptr(), data.len());
            value.assume_init()
        };
        Ok(Some((
            u64::from_ne_bytes(writes.try_into().unwrap()),
            value,
        )))
    }

    /// Store the value.
    pub fn store(&mut self) -> io::Result<()> {
        let mut record = Vec::with_capacity(Self::record_len());

        self.writes += 1;
        record.extend(self.writes.to_ne_bytes());
        record.extend(bytes_of(&self.value));
        record.extend(checksum(&record).to_ne_bytes());
        let at = self.writes % 2 * record.len() as u64;
        self.file.write_all_at(&record, at)
    }
}

/// Depends on each byte, and on their order.
pub fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Parts of a program that end in their work. On the device they are processes that are
/// killed, without the module threads that return before they are done.
pub struct Actors {
    act: Arc<dyn Fn(usize, u64) -> Result<()> + Send + Sync>,
    /// Arguments of a process, before the number of its actor.
    arguments: Vec<String>,
    running: Vec<Actor>,
    units: u64,
    kills: u64,
    killed: u64,
    random: u32,
}

enum Actor {
    Process(Child),
    Thread(JoinHandle<Result<()>>),
}

impl Actors {
    /// Start `n` actors. Actor i does `act(i, last)`: it ends within unit `last` of
    /// `units`. All of them end `kills` times in all.
    pub fn start(
        n: usize,
        units: u64,
        kills: u64,
        arguments: Vec<String>,
        act: impl Fn(usize, u64) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Actors> {
        let mut actors = Actors {
            act: Arc::new(act),
            arguments,
            running: Vec::new(),
            units,
            kills,
            killed: 0,
            random: 1,
        };

        for i in 0..n {
            let actor = match Backend::detect() {
                Backend::Device => actors.start_process(i)?,
                _ => actors.start_thread(i, n),
            };
            actors.running.push(actor);
        }
        Ok(actors)
    }

    fn start_process(&self, i: usize) -> Result<Actor> {
        let child = Command::new(std::env::current_exe()?)
            .args(&self.arguments)
            .arg(i.to_string())
            .spawn()?;

        Ok(Actor::Process(child))
    }

    /// The kills are shared out among the actors.
    fn start_thread(&self, i: usize, n: usize) -> Actor {
        let act = self.act.clone();
        let ends = (self.kills + i as u64) / n as u64;
        let units = self.units;

        Actor::Thread(thread::spawn(move || {
            for end in 1..=ends {
                act(i, end * units / (ends + 1))?;
            }
            act(i, NEVER)
        }))
    }

    /// Called when `done` units are done, of which the actors are at most `ahead`
    /// ahead: kill one of them if it is time to.
    pub fn kill_in_time(&mut self, done: u64, ahead: u64) -> Result<()> {
        let every = (self.units - ahead) / (self.kills + 1);

        if self.killed == self.kills || done < (self.killed + 1) * every {
            return Ok(());
        }
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        let i = (self.random >> 16) as usize % self.running.len();
        if let Actor::Process(child) = &mut self.running[i] {
            child.kill()?;
            assert_eq!(child.wait()?.code(), None, "an actor is killed at work");
            self.running[i] = self.start_process(i)?;
            self.killed += 1;
        }
        Ok(())
    }

    /// Wait until all have done their work.
    pub fn end(self) -> Result<()> {
        for actor in self.running {
            match actor {
                Actor::Process(mut child) => {
                    assert!(child.wait()?.success(), "an actor ends well")
                }
                Actor::Thread(thread) => thread.join().expect("an actor does not panic")?,
            }
        }
        Ok(())
    }
}
