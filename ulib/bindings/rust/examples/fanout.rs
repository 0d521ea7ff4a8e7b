// SPDX-License-Identifier: MPL-2.0
//! `fanout [TRADES [KILLS]]`: a feed of trades goes to four consumers, each of which
//! keeps the turnover of each symbol. KILLS times the feed or a consumer ends in its
//! work, and the next one goes on: on the device they are processes that are killed,
//! without the module they are threads. At the end each consumer has counted each trade
//! exactly once. Documentation/durable.rst explains how.

mod common;

use common::{number, Actors, Checkpoint, Result, TempDir, NEVER};
use rusted_ring::{
    plain, Arena, ArenaConfig, Deadline, Factory, LocalClient, Reader, RingConfig, Role, SizeClass,
    Writer,
};
use std::path::{Path, PathBuf};

const CONSUMERS: usize = 4;
const FEED: usize = CONSUMERS; // the last actor
const SYMBOLS: usize = 64;
const BATCH: u32 = 64;
const AHEAD: u32 = 1024; // entries of the ring

const RING: RingConfig<'_> = RingConfig::inline(AHEAD, 64).name("trades");

plain! {
    struct Trade {
        number: u64,
        symbol: u32,
        price: u32,
        amount: u32,
        unused: u32,
    }

    /// What a consumer makes of the trades below `next`.
    struct Turnover {
        next: u64,
        of: [u64; SYMBOLS],
    }
}

impl Trade {
    fn new(number: u64) -> Trade {
        Trade {
            number,
            symbol: (number * 31 % SYMBOLS as u64) as u32,
            price: 100 + (number % 17) as u32,
            amount: 1 + (number % 5) as u32,
            unused: 0,
        }
    }
}

impl Turnover {
    const NONE: Turnover = Turnover {
        next: 0,
        of: [0; SYMBOLS],
    };

    fn add(&mut self, trade: &Trade) {
        assert_eq!(trade.number, self.next, "each trade comes once, in order");
        self.of[trade.symbol as usize] += u64::from(trade.price) * u64::from(trade.amount);
        self.next += 1;
    }
}

#[derive(Clone)]
struct Setup {
    trades: u64,
    arena: String,
    dir: PathBuf,
}

impl Setup {
    fn attach(&self) -> Result<LocalClient> {
        Ok(LocalClient::open(&self.arena, Role::Producer)?)
    }

    fn account(&self, i: usize) -> Result<Checkpoint<Turnover>> {
        let path = self.dir.join(i.to_string());

        Ok(Checkpoint::open(&path, Turnover::NONE)?)
    }

    fn act(&self, i: usize, last: u64) -> Result<()> {
        match i {
            FEED => self.feed(last),
            _ => self.consume(i, last),
        }
    }

    /// Go on where the last feed has stopped: the ring counts its trades. End before
    /// trade `last`, as by a death.
    fn feed(&self, last: u64) -> Result<()> {
        let client = self.attach()?;
        let mut writer = Writer::open(&client, &RING)?;

        while writer.position() < self.trades && writer.position() != last {
            writer.add_value(&Trade::new(writer.position()), 0)?;
        }
        Ok(())
    }

    /// Be consumer `i`. End after trade `last` was taken, and before it is released.
    fn consume(&self, i: usize, last: u64) -> Result<()> {
        let client = self.attach()?;
        let mut reader = reader_of(&client, Some(&name(i)))?;
        let mut account = self.account(i)?;

        reader.release_to(account.value.next)?;
        while account.value.next < self.trades {
            reader.follow(Deadline::FOREVER)?;
            let batch = reader.peek(BATCH)?.expect("a trade");
            for entry in batch.iter() {
                account.value.add(entry?.get().expect("a trade"));
            }
            account.store()?;
            if account.value.next > last {
                break;
            }
            batch.release_all()?;
        }
        Ok(())
    }
}

fn name(consumer: usize) -> String {
    char::from(b'a' + consumer as u8).to_string()
}

/// Join the ring. If it has had no writer yet, make it.
fn reader_of<'c>(client: &'c LocalClient, name: Option<&str>) -> Result<Reader<&'c LocalClient>> {
    Ok(Factory::new(client, RING).reader("trades", name)?)
}

/// Read all trades, too, and kill actors meanwhile.
fn supervise(setup: &Setup, reader: &mut Reader<&LocalClient>, actors: &mut Actors) -> Result<()> {
    while reader.position() < setup.trades {
        reader.follow(Deadline::FOREVER)?;
        reader.peek(AHEAD / 4)?.expect("a trade").release_all()?;
        actors.kill_in_time(reader.position(), AHEAD.into())?;
    }
    Ok(())
}

fn check_accounts(setup: &Setup) -> Result<()> {
    let mut right = Turnover::NONE;

    while right.next < setup.trades {
        right.add(&Trade::new(right.next));
    }
    for i in 0..CONSUMERS {
        let account = setup.account(i)?.value;
        assert_eq!((account.next, account.of), (right.next, right.of));
    }
    Ok(())
}

fn run(setup: &Setup, kills: u64) -> Result<()> {
    let config = ArenaConfig::new().slots(SizeClass::Xs, 64);
    let _arena = Arena::create(&config.name(&setup.arena))?;
    let client = setup.attach()?;
    let mut reader = reader_of(&client, None)?;

    // from here on, the trades wait for all consumers
    for i in 0..CONSUMERS {
        reader_of(&client, Some(&name(i)))?;
    }
    let arguments = vec![
        setup.trades.to_string(),
        kills.to_string(),
        setup.arena.clone(),
        setup.dir.to_str().expect("a path in UTF-8").into(),
    ];
    let own = setup.clone();
    let mut actors = Actors::start(
        CONSUMERS + 1,
        setup.trades,
        kills,
        arguments,
        move |i, last| own.act(i, last),
    )?;
    supervise(setup, &mut reader, &mut actors)?;
    actors.end()?;
    check_accounts(setup)
}

fn main() -> Result<()> {
    let trades = number(1, 1_000_000)?;
    let kills = number(2, 50)?;

    assert!(
        trades >= 2 * u64::from(AHEAD) && trades / 1000 >= kills,
        "2048 trades or more, and 1000 for each kill"
    );
    if let (Some(arena), Some(dir)) = (std::env::args().nth(3), std::env::args().nth(4)) {
        let dir = Path::new(&dir).to_path_buf();
        return Setup { trades, arena, dir }.act(number(5, 0)? as usize, NEVER);
    }
    let dir = TempDir::new("fanout")?;
    let setup = Setup {
        trades,
        arena: format!("fanout.{}", std::process::id()),
        dir: dir.0.clone(),
    };
    run(&setup, kills)?;
    println!("fanout: {CONSUMERS} consumers have each of {trades} trades once; {kills} times one of them or the feed ended in its work");
    Ok(())
}
