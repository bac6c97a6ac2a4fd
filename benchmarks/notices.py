"""What notices cost a node, in seconds of CPU.

    python benchmarks/notices.py [--accounts 100] [--bills 10000]

So many accounts want to be told of alerts in their feed and by mail once a day. Measured: the round
that finds nothing new, the round after an ingest that made alerts, and the writing of one mail of 50
lines. Nothing is sent. Goal: a quiet round within 0.1 s at 100 accounts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.ledger import accounts, mail_addresses
from esclusa.ledger import notices as rows
from esclusa.node import Node, notice_mail, notice_settings
from esclusa.node.notice_telling import letter_text
from esclusa.sharing.notice_policy import Limit

GOAL = 0.1
CHANNELS = """
[mail]
host = "localhost"
sender = "esclusa@node.example"
domains = ["customs.example"]
level = 1
[feed]
"""


def spent(work: Callable[[], object]) -> float:
    """Return the CPU seconds that something takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def people(node: Node, count: int) -> None:
    """Enter accounts that want to be told of every kind of alert."""
    kinds = ("alert", "match_reopened", "list_changed", "referral_clock", "request_clock")
    for number in range(count):
        name = f"a{number}"
        with node.store.write() as connection:
            accounts.add(connection, name=name, password="-", role="analyst", clearance=1,
                         caveats="[]")  # fmt: skip
        way = Way(kinds=kinds, to=f"{name}@customs.example", when="daily")
        choice = Choice(mail=way, feed=Way(kinds=kinds))
        node.notices.choose(node.administrator(), choice, name)
        with node.store.write() as connection:  # as if each had entered the code
            mail_addresses.change(connection, name, confirmed="2026-11-01T00:00:00.000000Z")


def mail(node: Node) -> bytes:
    """Write the mail that an account would get, of at most 50 lines."""
    outbox = node.notices.outbox
    reader = node.people.account("a0")
    assert reader is not None
    with node.store.read() as connection:
        items = rows.items_by(connection, "a0", "mail", limit=50)
    telling = outbox._telling
    with telling.looking(reader, Limit(level=1), outbox.now()) as looks:
        said = telling.say(looks, reader, items, "en")
    text = letter_text(said, site="Marisol", account="a0", address="https://node.example",
                       language="en", zone=ZoneInfo("America/Panama"))  # fmt: skip
    settings = notice_settings.load(node.folder).mail
    assert settings is not None
    letter = notice_mail.Letter(id="0" * 32, to="a0@customs.example", site="Marisol", text=text,
                                subject="x", at=dt.datetime.now(dt.UTC))  # fmt: skip
    return notice_mail.write(letter, settings)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=100)
    asked.add_argument("--bills", type=int, default=10_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = worlds.make(Path(folder) / "node")
        (node.folder / notice_settings.FILE).write_text(CHANNELS)
        node.notices.tick()
        people(node, given.accounts)
        node.notices.tick()
        worlds.take_in(node, "many.edi", worlds.interchange(given.bills // 5))
        loud = spent(node.notices.outbox.gather)
        with node.store.read() as connection:
            items = connection.exec_driver_sql("SELECT count(*) FROM notice_item").scalar()
        quiet = min(spent(node.notices.outbox.tick) for _ in range(5))
        print(f"{given.accounts} accounts, {given.bills:,} bills, {items:,} items entered")
        print(f"round after the ingest: {loud:.2f} s")
        print(f"round without anything new: {quiet:.3f} s, goal {GOAL} s")
        print(f"one mail of 50 lines: {min(spent(lambda: mail(node)) for _ in range(5)):.3f} s")
        node.close()
    if quiet > GOAL:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
