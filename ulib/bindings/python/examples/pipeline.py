# SPDX-License-Identifier: MPL-2.0
"""pipeline.py [FRAMES [KILLS [WIDTH HEIGHT]]]: a camera paints a bright spot into
each frame, a detector finds it, and a recorder checks every byte of each frame and
what was found there. No frame is copied. KILLS times the camera or the detector
ends in its work. Documentation/frames.rst explains it; camera.c does the same.
"""

import re
import struct

import rusted_ring as rr
from actors import Actors, await_event, must, numbers

AHEAD = 8    # frames that the camera may be ahead
BRIGHT = 255
NUMBER = struct.Struct("<Q")    # a frame begins with it
SPOT = struct.Struct("<QQ")     # number of the frame, index of the bright pixel

frames, kills, width, height = numbers(100, 30, 640, 480)
pixels = width * height
arena = rr.Arena(capacity={rr.SizeClass.XS: 64, rr.SizeClass.XXL: 4 * AHEAD})


def frames_of(client):
    return rr.Factory(client, capacity=AHEAD)


def spots_of(client):
    return rr.Factory(client, stride=64, capacity=AHEAD)


def spot_of(number):
    return number * 7919 % pixels


def paint(frame, number):
    NUMBER.pack_into(frame, 0, number)
    for y in range(height):
        at = NUMBER.size + y * width
        frame[at:at + width] = bytes([(number + y) % BRIGHT]) * width
    frame[NUMBER.size + spot_of(number)] = BRIGHT


def find(frame):
    """Search in the arena's memory, without a copy."""
    return re.search(b"\xff", frame.data[NUMBER.size:]).start()


def be_camera(last):
    """Go on where the last camera has stopped: the ring counts its frames."""
    with arena.client() as client:
        writer = frames_of(client).writer("frames")
        while (number := writer.position) < frames:
            frame = client.alloc(NUMBER.size + pixels, timeout=None)
            if number == last:
                break
            paint(frame.data, number)
            writer.publish(frame)


def be_detector(last):
    """Go on where the last detector has stopped: each frame has one spot."""
    with arena.client() as client:
        writer = spots_of(client).writer("spots")
        reader = frames_of(client).reader("frames", "detector")
        reader.release_to(writer.position)
        while (number := writer.position) < frames:
            frame = await_event(reader)
            if number == last:
                return
            writer.add(SPOT.pack(number, find(frame)))
        reader.close(forget=True)


def record(every, spots, actors):
    painted = memoryview(bytearray(NUMBER.size + pixels))
    for number in range(frames):
        paint(painted, number)
        must(await_event(every).data == painted,
             "each frame comes once, in order, with all its bytes")
        must(SPOT.unpack(await_event(spots)) == (number, spot_of(number)),
             "each frame has its spot, once")
        actors.kill_in_time(number, AHEAD)


with arena.client() as client:
    every = frames_of(client).reader("frames")
    spots = spots_of(client).reader("spots")
    frames_of(client).reader("frames", "detector").close()
    actors = Actors([be_camera, be_detector], frames, kills)
    record(every, spots, actors)
    actors.join()
    every.release()
    held = client.pool_stat(rr.SizeClass.XXL, sweep=True)["held"]
    must(held == 0, "nothing is held at the end")
print(f"pipeline: {frames} frames of {width} x {height}, each seen and found once; "
      f"{kills} times a stage ended in its work")
