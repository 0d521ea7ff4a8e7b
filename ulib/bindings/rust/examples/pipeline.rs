// SPDX-License-Identifier: MPL-2.0
//! `pipeline [FRAMES [KILLS]]`: frames of a camera go through a pipeline. The camera
//! paints a bright spot into each frame. A detector finds it, and publishes where it is.
//! A recorder checks every byte of each frame, and what was found there. No frame is
//! copied. KILLS times the camera or the detector ends in its work, and the next one goes
//! on: on the device they are processes that are killed, without the module they are
//! threads. Documentation/frames.rst explains the program.

mod common;

use common::{number, Actors, Result, NEVER};
use rusted_ring::{
    bytes_of, plain, Arena, ArenaConfig, Deadline, Entry, Error, Factory, LocalClient, Reader,
    RingConfig, Role, SizeClass, Writer,
};

const WIDTH: u64 = 1280;
const HEIGHT: u64 = 720;
const PIXELS: u64 = WIDTH * HEIGHT;
const FRAME_LEN: usize = 8 + PIXELS as usize; // its number, then its pixels
const AHEAD: u32 = 8; // frames that the camera may be ahead
const BRIGHT: u8 = 255;

const CAMERA: usize = 0;
const STAGES: usize = 2;

const FRAMES: RingConfig<'_> = RingConfig::handles(AHEAD).name("frames");
const SPOTS: RingConfig<'_> = RingConfig::inline(AHEAD, 64).name("spots");

plain! {
    struct Spot {
        frame: u64,
        at: u64,
    }
}

fn spot_of(number: u64) -> u64 {
    number * 7919 % PIXELS
}

fn paint(frame: &mut [u8], number: u64) {
    let (head, pixels) = frame.split_at_mut(8);

    head.copy_from_slice(bytes_of(&number));
    for (row, y) in pixels.chunks_exact_mut(WIDTH as usize).zip(0..) {
        row.fill(((number + y) % u64::from(BRIGHT)) as u8);
    }
    pixels[spot_of(number) as usize] = BRIGHT;
}

fn find(frame: &[u8]) -> u64 {
    let spot = frame[8..].iter().position(|&pixel| pixel == BRIGHT);

    spot.expect("a frame has a bright spot") as u64
}

#[derive(Clone)]
struct Setup {
    frames: u64,
    arena: String,
}

impl Setup {
    fn attach(&self) -> Result<LocalClient> {
        Ok(LocalClient::open(&self.arena, Role::Producer)?)
    }

    fn act(&self, stage: usize, last: u64) -> Result<()> {
        match stage {
            CAMERA => self.be_camera(last),
            _ => self.be_detector(last),
        }
    }

    /// Go on where the last camera has stopped: the ring counts its frames. End within
    /// frame `last`, as by a death.
    fn be_camera(&self, last: u64) -> Result<()> {
        let client = self.attach()?;
        let mut writer = Writer::open(&client, &FRAMES)?;

        while writer.position() < self.frames {
            let number = writer.position();
            let mut event = client.alloc_until(FRAME_LEN, 0, Deadline::FOREVER)?;
            if number == last {
                break;
            }
            paint(&mut event, number);
            writer.publish(event).map_err(Error::from)?;
        }
        Ok(())
    }

    /// Go on where the last detector has stopped: each frame has one spot, so the ring
    /// of spots tells. End within frame `last`, as by a death.
    fn be_detector(&self, last: u64) -> Result<()> {
        let client = self.attach()?;
        let mut writer = Writer::open(&client, &SPOTS)?;
        let mut reader = reader_of(&client, &FRAMES, "frames", Some("detector"))?;

        reader.release_to(writer.position())?;
        while writer.position() < self.frames {
            let number = writer.position();
            let frame = read_next(&mut reader)?;
            if number == last {
                return Ok(());
            }
            let spot = Spot {
                frame: number,
                at: find(&frame),
            };
            writer.add_value(&spot, 0)?;
        }
        reader.close(true);
        Ok(())
    }
}

/// Join a ring. If it has had no writer yet, make it.
fn reader_of<'c>(
    client: &'c LocalClient,
    config: &RingConfig<'_>,
    ring: &str,
    name: Option<&str>,
) -> Result<Reader<&'c LocalClient>> {
    Ok(Factory::new(client, *config).reader(ring, name)?)
}

/// Release the event before, and wait for the next one. If the writer has died, wait for
/// its successor.
fn read_next<'r, 'c>(
    reader: &'r mut Reader<&'c LocalClient>,
) -> Result<Entry<'r, &'c LocalClient>> {
    reader.follow(Deadline::FOREVER)?;
    Ok(reader.read(Deadline::NOW)?)
}

fn record(
    setup: &Setup,
    frames: &mut Reader<&LocalClient>,
    spots: &mut Reader<&LocalClient>,
    stages: &mut Actors,
) -> Result<()> {
    let mut painted = vec![0; FRAME_LEN];

    for number in 0..setup.frames {
        paint(&mut painted, number);
        let frame = read_next(frames)?;
        assert!(**frame == *painted, "each frame comes once, with all bytes");
        let spot: Spot = read_next(spots)?.read().expect("a spot");
        assert_eq!((spot.frame, spot.at), (number, spot_of(number)));
        stages.kill_in_time(number + 1, AHEAD.into())?;
    }
    Ok(())
}

fn run(setup: &Setup, kills: u64) -> Result<()> {
    let config = ArenaConfig::new()
        .slots(SizeClass::Xs, 64)
        // in the ring, and one in the hand of each client
        .slots(SizeClass::Xxl, AHEAD + 3);
    let _arena = Arena::create(&config.name(&setup.arena))?;
    let client = setup.attach()?;
    let mut frames = reader_of(&client, &FRAMES, "frames", None)?;
    let mut spots = reader_of(&client, &SPOTS, "spots", None)?;

    // from here on, the frames wait for the detector
    reader_of(&client, &FRAMES, "frames", Some("detector"))?;
    let arguments = vec![
        setup.frames.to_string(),
        kills.to_string(),
        setup.arena.clone(),
    ];
    let own = setup.clone();
    let mut stages = Actors::start(STAGES, setup.frames, kills, arguments, move |i, last| {
        own.act(i, last)
    })?;
    record(setup, &mut frames, &mut spots, &mut stages)?;
    stages.end()?;
    drop((frames, spots));
    let stat = client.pool_stat(SizeClass::Xxl, true)?;
    assert_eq!(stat.held, 0, "nothing is held at the end");
    Ok(())
}

fn main() -> Result<()> {
    let frames = number(1, 300)?;
    let kills = number(2, 50)?;

    assert!(
        frames > kills + u64::from(AHEAD),
        "there are more frames than kills"
    );
    if let Some(arena) = std::env::args().nth(3) {
        return Setup { frames, arena }.act(number(4, 0)? as usize, NEVER);
    }
    let setup = Setup {
        frames,
        arena: format!("pipeline.{}", std::process::id()),
    };
    run(&setup, kills)?;
    println!("pipeline: {frames} frames of {WIDTH} x {HEIGHT}, each seen and found once; {kills} times a stage ended in its work");
    Ok(())
}
