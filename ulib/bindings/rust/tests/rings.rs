// SPDX-License-Identifier: MPL-2.0
//! Rings: writers, readers, sets, pipes, and who may lose what.

use rusted_ring::{
    ArenaConfig, Client, Deadline, DropReason, ErrorKind, EventType, Factory, Join, Kind, Listener,
    LocalClient, LossyReader, Order, Pipe, PipeConfig, Policy, PollFd, Reader, RingConfig,
    ServiceConfig, Set, SizeClass, Start, Strategy, Verdict, Watch, Writer, SERVICE_TYPE,
};
use std::os::raw::{c_int, c_short, c_ulong};
use std::os::unix::io::AsRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const ARENA: ArenaConfig<'_> = ArenaConfig::new().slots(SizeClass::Xs, 64);
const INLINE: RingConfig<'_> = RingConfig::inline(8, 64).name("ring");
const HANDLES: RingConfig<'_> = RingConfig::handles(8).name("ring");

fn local() -> LocalClient {
    LocalClient::create(&ARENA).unwrap()
}

fn put(writer: &mut Writer<&LocalClient>, numbers: std::ops::Range<u64>) {
    for number in numbers {
        writer
            .send(&number.to_ne_bytes(), 0, Deadline::NOW)
            .unwrap();
    }
}

fn take(reader: &mut Reader<&LocalClient>) -> Option<u64> {
    reader
        .try_read()
        .unwrap()
        .map(|entry| *entry.get().unwrap())
}

#[test]
fn events_come_in_order_and_then_the_end() {
    for config in [INLINE, HANDLES] {
        let client = local();
        let mut writer = Writer::open(&client, &config).unwrap();
        let mut reader = Reader::join(&client, "ring").unwrap();

        assert_eq!(take(&mut reader), None);
        for lap in 0..5 {
            put(&mut writer, lap * 8..lap * 8 + 8);
            for number in lap * 8..lap * 8 + 8 {
                assert_eq!(take(&mut reader), Some(number));
            }
            reader.skip(0).unwrap();
        }
        put(&mut writer, 40..41);
        drop(writer);
        assert_eq!(take(&mut reader), Some(40));
        assert!(reader.try_read().unwrap_err().is_end());
    }
}

#[test]
fn a_full_ring_decides_by_its_policy() {
    let client = local();
    let config = INLINE.policy(Policy::Fail);
    let mut writer = Writer::open(&client, &config).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..8);
    assert!(writer.under_pressure() && writer.should_throttle());
    assert_eq!(
        writer.add(b"", 0).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert_eq!(writer.reserve(1).unwrap_err().kind(), ErrorKind::WouldBlock);
    let until = Instant::now() + Duration::from_millis(1);
    assert_eq!(
        writer.wait(1, until).unwrap_err().kind(),
        ErrorKind::TimedOut
    );
    assert_eq!(reader.lag(), 8);
    reader.peek(3).unwrap().unwrap().release_all().unwrap();
    assert_eq!(reader.position(), 3);
    writer.wait(3, Deadline::NOW).unwrap();
    assert_eq!(writer.pressure(), 5.0 / 8.0);
}

#[test]
fn what_was_not_released_comes_again() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..5);
    let batch = reader.peek(32).unwrap().unwrap();
    assert_eq!(batch.len(), 5);
    let numbers: Vec<u64> = batch
        .iter()
        .map(|entry| *entry.unwrap().get().unwrap())
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    batch.release(2).unwrap();
    assert_eq!(take(&mut reader), Some(2));
}

#[test]
fn entry_5_of_5_is_refused() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..5);
    let batch = reader.peek(5).unwrap().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| batch.entry(5).is_ok())).is_err());
    assert_eq!(batch.release(6).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_reservation_publishes_what_was_pushed_and_committed() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    // not committed
    writer.reserve(3).unwrap().push(8, 1).unwrap().fill(1);
    assert_eq!(take(&mut reader), None);
    let mut room = writer.reserve(2).unwrap();
    assert_eq!(room.push(65, 0).unwrap_err().kind(), ErrorKind::TooLarge);
    room.push(64, 2).unwrap().fill(2);
    room.push(1, 3).unwrap().fill(3);
    assert_eq!(room.push(1, 0).unwrap_err().kind(), ErrorKind::TooLarge);
    room.commit();
    let entry = reader.try_read().unwrap().unwrap();
    assert_eq!((entry.event_type(), &**entry), (2, &[2; 64][..]));
    assert_eq!(&**reader.try_read().unwrap().unwrap(), [3]);
    assert!(reader.try_read().unwrap().is_none());
}

#[test]
fn a_kept_event_outlives_its_entry() {
    let client = local();
    let mut writer = Writer::open(&client, &HANDLES).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..3);
    let first = reader.try_read().unwrap().unwrap().keep().unwrap();
    let second = reader.read_keep().unwrap().unwrap();
    assert_eq!(take(&mut reader), Some(2));
    assert_eq!((first.get(), second.get()), (Some(&0u64), Some(&1u64)));
    let third = reader.try_read().unwrap();
    assert!(third.is_none() && reader.read_keep().unwrap().is_none());
}

#[test]
fn an_inline_entry_has_no_handle_and_cannot_be_kept() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..2);
    let entry = reader.try_read().unwrap().unwrap();
    assert_eq!(entry.handle(), None);
    assert_eq!(entry.keep().unwrap_err().kind(), ErrorKind::Invalid);
    let mut buffer = [0; 8];
    let copied = reader.read_copy(&mut buffer).unwrap().unwrap();
    assert_eq!((copied.len, u64::from_ne_bytes(buffer)), (8, 1));
}

#[test]
fn a_name_goes_on_where_it_stopped() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let join = Join::named("ring").as_reader("name");
    let mut reader = Reader::open(&client, &join).unwrap();

    assert!(!reader.resumed());
    put(&mut writer, 0..4);
    assert_eq!(take(&mut reader), Some(0));
    assert_eq!(take(&mut reader), Some(1));
    drop(reader);
    let mut reader = Reader::open(&client, &join.resume_only()).unwrap();
    assert!(reader.resumed());
    assert_eq!(take(&mut reader), Some(1));
    assert_eq!(writer.readers(), 1);
    reader.close(true);
    assert_eq!(writer.readers(), 0);
    let error = Reader::open(&client, &join.resume_only()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_reader_starts_where_it_says() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE.retain(4)).unwrap();
    let join = Join::ring(writer.ring_id());

    put(&mut writer, 0..6);
    for (start, first) in [(Start::Oldest, 2), (Start::At(4), 4), (Start::Newest, 6)] {
        let reader = Reader::open(&client, &join.start(start)).unwrap();
        assert_eq!(reader.position(), first);
        assert_eq!((reader.kind(), reader.stride()), (Kind::Inline, 64));
        assert_eq!((reader.capacity(), reader.lost()), (8, 0));
        assert_eq!(reader.dropped(DropReason::Full), 0);
    }
}

#[test]
fn readers_that_can_be_lapped_are_of_another_type() {
    let client = local();
    let config = HANDLES.stall_limit(Duration::from_nanos(1));
    let mut writer = Writer::open(&client, &config.policy(Policy::Fail)).unwrap();
    let error = Reader::join(&client, "ring").unwrap_err();
    let mut slow = LossyReader::open(&client, &Join::named("ring")).unwrap();

    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(writer.readers(), 1);
    for number in 0..24u64 {
        while writer
            .send(&number.to_ne_bytes(), 0, Deadline::NOW)
            .is_err()
        {}
    }
    let mut got = 0;
    loop {
        match slow.read_keep() {
            Ok(Some(event)) => got += u64::from(*event.get::<u64>().unwrap() < 24),
            Ok(None) => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Gone),
        }
    }
    assert_eq!(slow.lost() + got, 24);
    assert!(got <= 8);
}

#[test]
fn an_observer_counts_what_it_loses() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE.policy(Policy::Overwrite)).unwrap();
    let mut observer = LossyReader::observe(&client, &Join::named("ring")).unwrap();
    let mut buffer = [0; 64];
    let mut got = 0;

    put(&mut writer, 0..100);
    assert_eq!(writer.observed(0), 0);
    drop(writer);
    loop {
        match observer.read_copy(&mut buffer) {
            Ok(Some(_)) => got += 1,
            Ok(None) => unreachable!("the stream has ended"),
            Err(error) if error.is_end() => break,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Gone),
        }
    }
    assert_eq!(observer.lost() + got, 100);
}

#[test]
fn a_copy_that_does_not_fit_comes_again() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();
    let mut buffer = [0; 8];

    put(&mut writer, 7..8);
    let error = reader.read_copy(&mut buffer[..7]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(reader.read_copy(&mut buffer).unwrap().unwrap().len, 8);
    assert_eq!(buffer, 7u64.to_ne_bytes());
}

#[test]
fn a_ring_has_one_type() {
    let client = local();
    let tick = EventType::of::<u64>("tick");
    let _writer = Writer::open(&client, &INLINE.event_type(tick)).unwrap();
    let join = Join::named("ring");

    let reader = Reader::open(&client, &join.event_type(tick)).unwrap();
    assert_eq!(reader.event_type(), Some(("tick".into(), 8)));
    let other = EventType::of::<u32>("tick");
    let error = Reader::open(&client, &join.event_type(other)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OtherType);
}

#[test]
fn a_handler_says_what_is_done() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();
    let mut seen = Vec::new();

    assert_eq!(reader.for_each(8, |_| Verdict::Done).unwrap(), None);
    put(&mut writer, 0..8);
    let n = reader.for_each(32, |event| {
        seen.push(event[0]);
        if event[0] == 2 {
            Verdict::Last
        } else {
            Verdict::Done
        }
    });
    assert_eq!((n.unwrap(), &*seen), (Some(3), &[0, 1, 2][..]));
    let n = reader.for_each(32, |event| match event[0] {
        3 => Verdict::Done,
        _ => Verdict::NotDone,
    });
    assert_eq!(n.unwrap(), Some(1));
    assert_eq!(reader.for_each(1, |_| Verdict::NotDone).unwrap(), Some(0));
    assert_eq!(take(&mut reader), Some(4));
}

#[test]
fn the_panic_of_a_handler_goes_on_behind_the_call() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    put(&mut writer, 0..4);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        reader.for_each(4, |event| {
            assert!(event[0] < 2, "the handler panics");
            Verdict::Done
        })
    }));
    assert!(panic.is_err());
    assert_eq!(take(&mut reader), Some(2));
}

#[test]
fn a_writer_that_leaves_is_followed() {
    let client = local();
    let writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();

    writer.leave();
    assert!(reader.try_read().unwrap().is_none());
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    put(&mut writer, 0..1);
    drop(writer);
    assert_eq!(take(&mut reader), Some(0));
    assert!(reader.try_read().unwrap_err().is_end());
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    put(&mut writer, 1..2);
    reader.follow(Deadline::FOREVER).unwrap();
    assert_eq!(take(&mut reader), Some(1));
}

#[test]
fn a_ring_has_one_writer() {
    let client = local();
    let _writer = Writer::open(&client, &INLINE).unwrap();

    let error = Writer::open(&client, &INLINE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    let error = Reader::join(&client, "other").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_set_reads_all_its_rings_in_its_order() {
    let client = local();
    let topics = Factory::new(&client, RingConfig::inline(8, 64));
    let mut set = Set::open(&client, Order::Priority, Strategy::Block).unwrap();
    let mut writers = Vec::new();
    let mut keys = Vec::new();

    for (name, priority) in [("low", 1), ("high", 0)] {
        let reader = topics.reader(name, None).unwrap();
        keys.push(set.add(reader, priority).unwrap());
        writers.push(topics.writer(name).unwrap());
    }
    assert!(set.try_read().unwrap().is_none() && set.peek(4).unwrap().is_none());
    for writer in &mut writers {
        put(writer, 0..2);
    }
    let batch = set.peek(8).unwrap().unwrap();
    let order: Vec<_> = batch
        .iter()
        .map(|entry| (entry.key, entry.position))
        .collect();
    let right = [(keys[1], 0), (keys[1], 1), (keys[0], 0), (keys[0], 1)];
    assert_eq!(order, right);
    batch.release(1).unwrap();
    let (key, entry) = set.try_read().unwrap().unwrap();
    assert_eq!((key, entry.get::<u64>()), (keys[1], Some(&1)));
    set.wait(Deadline::FOREVER).unwrap();
    let mut reader = set.remove(keys[0]).unwrap();
    assert!(set.reader(keys[0]).is_none() && set.remove(keys[0]).is_none());
    assert_eq!(take(&mut reader), Some(0));
    drop(writers);
    assert!(set.try_read().unwrap_err().is_end());
}

#[test]
fn a_pipe_carries_both_ways() {
    let client = Arc::new(Client::create(&ARENA).unwrap());
    let config = PipeConfig::handles("pipe", 4);
    let mut here = Pipe::create(client.clone(), &config).unwrap();
    let mut there = Pipe::connect(client.clone(), &config).unwrap();

    let echo = thread::spawn(move || loop {
        let kept = match there.receive(Deadline::FOREVER) {
            Ok(entry) => entry.keep().unwrap(),
            Err(error) => break assert!(error.is_end()),
        };
        there.publish(kept).unwrap();
    });
    for n in 0..100u64 {
        here.send(&n.to_ne_bytes(), 5, Deadline::FOREVER).unwrap();
        let entry = here.receive(Deadline::FOREVER).unwrap();
        assert_eq!((entry.read(), entry.event_type()), (Some(n), 5));
        here.wait(4, Deadline::FOREVER).unwrap();
    }
    drop(here);
    echo.join().unwrap();
}

#[test]
fn a_watch_tells_services_from_other_rings() {
    let client = local();
    let _writer = Writer::open(&client, &INLINE).unwrap();
    let config = ServiceConfig::inline("service", 16, 64);
    let _listener = Listener::open(&client, &config).unwrap();
    let mut watch = Watch::open(&client, "").unwrap();
    let ring = watch.next(Deadline::NOW).unwrap();
    let service = watch.next(Deadline::NOW).unwrap();

    assert_eq!(watch.type_of(&ring), None);
    assert_eq!(watch.type_of(&service).unwrap().0, SERVICE_TYPE);
}

#[test]
fn a_watch_tells_of_a_ring_and_its_readers() {
    let client = local();
    let mut watch = Watch::open(&client, "").unwrap();
    let writer = Writer::open(&client, &INLINE).unwrap();
    let reader = Reader::open(&client, &Join::named("ring").as_reader("me")).unwrap();
    let mut seen = Vec::new();

    client.await_ring("ring", Deadline::NOW).unwrap();
    reader.close(true);
    drop(writer);
    while let Ok(change) = watch.next(Deadline::NOW) {
        seen.push(format!(
            "{:?} {} {}",
            change.kind, change.ring_name, change.reader_name
        ));
    }
    assert_eq!(
        seen[..3],
        ["Opened ring ", "Joined ring me", "Left ring me"]
    );
    assert_eq!(watch.missed(), 0);
    let error = client.await_ring("ring", Deadline::NOW).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[repr(C)]
struct Poll {
    fd: c_int,
    events: c_short,
    revents: c_short,
}

extern "C" {
    fn poll(fds: *mut Poll, n: c_ulong, timeout: c_int) -> c_int;
}

#[test]
fn the_descriptor_is_readable_when_there_is_an_event() {
    let client = local();
    let mut writer = Writer::open(&client, &INLINE).unwrap();
    let mut reader = Reader::join(&client, "ring").unwrap();
    let descriptor = PollFd::new(&client).unwrap();
    let mut wanted = Poll {
        fd: descriptor.as_raw_fd(),
        events: 1, // POLLIN
        revents: 0,
    };

    assert!(reader.try_read().unwrap().is_none());
    assert_eq!(unsafe { poll(&mut wanted, 1, 0) }, 0);
    put(&mut writer, 0..1);
    assert_eq!(unsafe { poll(&mut wanted, 1, 10_000) }, 1);
    assert_eq!(take(&mut reader), Some(0));
}

#[test]
fn a_program_begins_with_one_call() {
    let mut writer = Writer::begin("begun", "ring").unwrap();
    let mut reader = Reader::begin("begun", "ring", Some("name")).unwrap();

    writer.send(b"hello", 1, Deadline::NOW).unwrap();
    assert_eq!(&**reader.read(Deadline::NOW).unwrap(), b"hello");
    let error = reader.read(Deadline::NOW).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let error = Reader::begin("begun", "other", None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn writer_and_reader_move_into_threads_with_their_client() {
    let client = Arc::new(Client::create(&ARENA).unwrap());
    let mut writer: Writer = Writer::open(client.clone(), &INLINE).unwrap();
    let mut reader: Reader = Reader::join(client, "ring").unwrap();

    let producer = thread::spawn(move || {
        for number in 0..10_000u64 {
            writer.add_value(&number, 0).unwrap();
        }
    });
    let consumer = thread::spawn(move || {
        for number in 0..10_000u64 {
            let entry = reader.read(Deadline::FOREVER).unwrap();
            assert_eq!(entry.get(), Some(&number));
        }
        assert!(reader.read(Deadline::FOREVER).unwrap_err().is_end());
    });
    producer.join().unwrap();
    consumer.join().unwrap();
}
