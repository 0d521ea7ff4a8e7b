# SPDX-License-Identifier: MPL-2.0
"""fanout.py [TRADES [KILLS]]: a feed of trades goes to four consumers, each of
which keeps the turnover of each symbol. KILLS times the feed or a consumer ends in
its work. At the end each consumer has counted each trade exactly once.
Documentation/durable.rst explains how; the example in C does the same.
"""

import mmap
import struct

import rusted_ring as rr
from actors import Actors, await_batch, must, numbers

CONSUMERS = "abcd"
SYMBOLS = 64
BATCH = 64
AHEAD = 1024    # entries of the ring
TRADE = struct.Struct("<QIII44x")    # number, symbol, price, amount

trades, kills = numbers(100_000, 50)
must(trades >= 2 * AHEAD and trades // 1000 >= kills,
     "2048 trades or more, and 1000 for each kill")
arena = rr.Arena(capacity={rr.SizeClass.XS: 64})


class Account:
    """Two copies, of which one is valid: the store of one byte says which. So there
    is a valid one at each instant at which its consumer can be killed."""

    COPY = struct.Struct(f"<{1 + SYMBOLS}Q")    # the next trade, the turnovers

    def __init__(self):
        self.memory = mmap.mmap(-1, 1 + 2 * self.COPY.size)    # of all processes

    def load(self):
        at = 1 + self.memory[0] * self.COPY.size
        next_trade, *turnover = self.COPY.unpack_from(self.memory, at)
        return next_trade, turnover

    def store(self, next_trade, turnover):
        other = 1 - self.memory[0]
        self.COPY.pack_into(self.memory, 1 + other * self.COPY.size, next_trade,
                            *turnover)
        self.memory[0] = other


accounts = [Account() for _ in CONSUMERS]


def factory_of(client):
    return rr.Factory(client, stride=64, capacity=AHEAD)


def trade(number):
    return number, number * 31 % SYMBOLS, 100 + number % 17, 1 + number % 5


def add_trade(turnover, symbol, price, amount):
    turnover[symbol] += price * amount


def be_feed(last):
    """Go on where the last feed has stopped: the ring counts its trades."""
    with arena.client() as client:
        writer = factory_of(client).writer("trades")
        while (number := writer.position) < min(trades, last):
            ahead = range(number, min(number + BATCH, trades, last))
            writer.add_batch(b"".join(TRADE.pack(*trade(n)) for n in ahead),
                             TRADE.size)


def take(account, batch):
    """Return how many trades are in the account after those of the batch."""
    next_trade, turnover = account.load()
    for number, *what in TRADE.iter_unpack(batch):
        must(number == next_trade, "each trade comes once, in order")
        add_trade(turnover, *what)
        next_trade += 1
    account.store(next_trade, turnover)
    return next_trade


def consumer(i):
    def consume(last):
        """End after a trade was taken, and before it is released."""
        with arena.client() as client:
            reader = factory_of(client).reader("trades", CONSUMERS[i])
            done, _ = accounts[i].load()
            reader.release_to(done)
            while done < trades:
                batch = await_batch(reader, BATCH)
                done = take(accounts[i], batch)
                if done > last:
                    break
                batch.release()

    return consume


def check_accounts():
    right = [0] * SYMBOLS
    for number in range(trades):
        add_trade(right, *trade(number)[1:])
    for account in accounts:
        must(account.load() == (trades, right),
             "each consumer has counted each trade once")


with arena.client() as client:
    reader = factory_of(client).reader("trades")
    for name in CONSUMERS:    # from here on, the trades wait for all consumers
        factory_of(client).reader("trades", name).close()
    actors = Actors([be_feed, *map(consumer, range(len(CONSUMERS)))], trades,
                    kills)
    number = 0
    while number < trades:
        with await_batch(reader, AHEAD // 4) as batch:
            number += len(batch)
        actors.kill_in_time(number, AHEAD)
    actors.join()
check_accounts()
print(f"fanout: {len(CONSUMERS)} consumers have each of {trades} trades once; "
      f"{kills} times one of them or the feed ended in its work")
