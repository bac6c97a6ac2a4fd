"""Figures about alerts that are kept as they change equal what counting everything gives.

Random schedules of all that changes the queue, on both databases: alerts under one, two or three
labels, moves of people and of the analysis, undone ones, snoozes that end, many at once, other
breadths, alerts taken out and made anew, moves erased. The counting here knows nothing of the kept
tables: it reads the queue and the moves, and picks for each reader the row that he gets.
About 4 CPU seconds a database.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from esclusa.casework.alerts import ANALYSIS, kept, next_move
from esclusa.errors import EsclusaError
from esclusa.ledger import alert_figures, emptying, queue, records, tallies
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import alert_count, alert_decision, record
from esclusa.ledger.schema import queue as queue_table
from esclusa.ledger.store import Store
from esclusa.model import AlertMove, Level, Marking

DAYS = ("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06")
SPANS = ((DAYS[0], DAYS[5]), (DAYS[1], DAYS[3]), (DAYS[3], DAYS[4]), (DAYS[4], DAYS[5]))
LEVELS = (Level.OFFICIAL, Level.CONFIDENTIAL, Level.SECRET)
ALERTS = 14


class World:
    """A ledger's queue, changed at random; the clock goes on with each step."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
        labels = Labels(store)
        self.labels = [labels.intern("marisol", Marking(level=level)) for level in LEVELS]
        self.moves: dict[tuple[str, int], list[AlertMove]] = {}
        self.seq = 0

    def now(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def step(self, connection: sa.Connection) -> None:
        self.at += dt.timedelta(minutes=self.random.randint(1, 70))
        steps = (self.raise_, self.raise_, *[self.move] * 9, self.many, self.broaden, self.remove,
                 self.erase_move)  # fmt: skip
        self.random.choice(steps)(connection)

    def name(self) -> str:
        return f"{self.random.randrange(ALERTS):036}"

    def raise_(self, connection: sa.Connection) -> None:
        """Enter an alert under some labels, or say it anew; what is known of a row stays."""
        name, rng = self.name(), self.random
        held = {key[1]: row for key, row in queue.known(connection, [name]).items()}
        labels = rng.sample(self.labels, rng.choice((1, 1, 2, 3)))
        queue.put(connection, [self.row(name, label, held.get(label)) for label in labels])

    def row(self, name: str, label: int, held: Any) -> dict[str, Any]:
        self.seq += 1
        if held is not None:
            return dict(held._mapping) | {"seq": self.seq, "breadth": self.random.randint(1, 3)}
        return {
            "alert_id": name, "label_id": label, "seq": self.seq, "subject_id": f"s{name}",
            "subject_kind": ("consignment", "traveller")[int(name) % 2], "source_id": "",
            "breadth": self.labels.index(label) + 1, "title": "t", "score": 5.0, "open": True,
            "state": "new", "claimed_by": "", "verdict": "", "port": "", "arrival": "9999",
            "created": self.now(), "until": "",
        }  # fmt: skip

    def rows(self, connection: sa.Connection) -> list[Any]:
        order = (queue_table.c.alert_id, queue_table.c.label_id)
        return list(connection.execute(sa.select(queue_table).order_by(*order)))

    def move(self, connection: sa.Connection) -> None:
        """Make a move that the state allows, on one row."""
        if rows := self.rows(connection):
            self.made(connection, [self.random.choice(rows)])

    def many(self, connection: sa.Connection) -> None:
        """Give one verdict on several rows in one step."""
        rows = self.rows(connection)
        self.made(connection, self.random.sample(rows, min(4, len(rows))), "verdict")

    def made(self, connection: sa.Connection, rows: list[Any], move: str = "") -> None:
        rng, places = self.random, []
        for row in rows:
            held = self.moves.setdefault((row.alert_id, row.label_id), [])
            chosen = move or rng.choice(("claim", "release", "verdict", "verdict", "undo", "snooze",
                                         "wake", "reopen", "void"))  # fmt: skip
            end = self.at + dt.timedelta(hours=rng.randint(1, 30))
            given: dict[str, Any] = {"verdict": {"verdict": rng.choice(("refer", "explained"))},
                                     "snooze": {"until": end.isoformat()}}.get(chosen, {})  # fmt: skip
            by = ANALYSIS if chosen in ("reopen", "void") else rng.choice(("ana", "eva"))
            try:
                made = next_move(held, alert_id=row.alert_id, move=chosen, by=by, at=self.now(),
                                 supervisor=True, reason="seen", **given)  # fmt: skip
            except EsclusaError:
                continue
            if made.until:
                until = dt.datetime.fromisoformat(made.until).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                made = msgspec.structs.replace(made, until=until)
            held.append(made)
            places.append((row.label_id, made))
        drafts = [Draft(body=one, originator="marisol", label_id=label,
                        derived_from=(one.alert_id,)) for label, one in places]  # fmt: skip
        records.append(connection, drafts, recorded=self.now())
        queue.move(connection, [
            queue.Place(alert_id=one.alert_id, label_id=label, state=one.state,
                        claimed_by=one.claimed_by, verdict=one.verdict, until=one.until)
            for label, one in places
        ])  # fmt: skip

    def broaden(self, connection: sa.Connection) -> None:
        """Say of a known row that it rests on more, or less, than another of the same alert."""
        if rows := self.rows(connection):
            held = self.random.choice(rows)
            queue.put(connection, [self.row(held.alert_id, held.label_id, held)])

    def remove(self, connection: sa.Connection) -> None:
        """Take an alert out, with what was said about it, everywhere or under one label."""
        name, label = self.name(), self.random.choice((None, *self.labels))
        gone = [key for key in self.moves if key[0] == name and label in (None, key[1])]
        ids = [self.id_of(connection, one) for key in gone for one in self.moves.pop(key)]
        some = None if label is None else [label]
        emptying.erase(connection, [one for one in ids if one], labels=some)
        queue.remove(connection, [name], label=label)

    def erase_move(self, connection: sa.Connection) -> None:
        """Erase the last move on an alert alone, under its label."""
        keys = sorted(key for key, moves in self.moves.items() if moves)
        if keys:
            key = self.random.choice(keys)
            one = self.moves[key][-1]
            if name := self.id_of(connection, one):
                emptying.erase(connection, [name], labels=[key[1]])

    def id_of(self, connection: sa.Connection, move: AlertMove) -> str:
        query = sa.select(record.c.id).where(record.c.key == f"{move.alert_id}/{move.number}")
        return connection.execute(query).scalars().first() or ""


# --- counting everything ------------------------------------------------------------------------


class Counted:
    """All that a reader of some labels is told, from the rows of the queue and the moves."""

    def __init__(self, connection: sa.Connection, visible: set[int], now: str) -> None:
        best: dict[str, Any] = {}
        for row in connection.execute(sa.select(queue_table)):
            other = best.get(row.alert_id)
            if row.label_id in visible and (
                other is None or (row.breadth, row.seq) > (other.breadth, other.seq)
            ):
                best[row.alert_id] = row
        self.rows, self.now = best, now
        self.told: dict[str, list[tuple[str, AlertMove]]] = {name: [] for name in best}
        query = sa.select(record).where(record.c.kind == "alert_move", record.c.body.is_not(None))
        decoder = msgspec.json.Decoder(AlertMove)
        for row in connection.execute(query.order_by(record.c.seq)):
            move = decoder.decode(bytes(row.body))
            if move.alert_id in best and best[move.alert_id].label_id == row.label_id:
                self.told[move.alert_id].append((row.recorded_time, move))

    def state(self, row: Any) -> str:
        return "new" if row.state == "snoozed" and row.until <= self.now else row.state

    def is_wanted(self, row: Any, wanted: queue.Wanted) -> bool:
        asleep = row.until > self.now
        of_state = {
            "open": row.open and not asleep, "undecided": row.open, "closed": not row.open,
            "all": True, "new": self.state(row) == "new", "claimed": row.state == "claimed",
            "snoozed": asleep,
        }  # fmt: skip
        return (
            of_state[wanted.state]
            and wanted.kind in ("", row.subject_kind)
            and wanted.claimed_by in ("", row.claimed_by)
        )

    def raised(self, since: str, until: str) -> Counter[tuple[str, str]]:
        return Counter(
            (row.subject_kind, self.state(row)) for row in self.rows.values()
            if since <= row.created < until
        )  # fmt: skip

    def decided(self, since: str, until: str) -> list[tuple[str, str, str, int]]:
        """Return (alert, verdict, at, microseconds waited) by the last verdict of the span that was
        not taken back in it."""
        found = []
        for name, moves in self.told.items():
            left: list[AlertMove] = []
            for recorded, move in moves:
                if since <= recorded < until and (move.move != "undo" or left):
                    left = kept([*left, move])
            last = next((one for one in reversed(left) if one.move == "verdict"), None)
            if last is not None:
                back = [one.at for _at, one in moves if one.move == "reopen"
                        and one.by == ANALYSIS and one.number < last.number]  # fmt: skip
                start = max(back, default=self.rows[name].created)
                passed = dt.datetime.fromisoformat(last.at) - dt.datetime.fromisoformat(start)
                waited = max(passed, dt.timedelta()) // dt.timedelta(microseconds=1)
                found.append((name, last.verdict, last.at, waited))
        return sorted(found, key=lambda one: (one[2], one[0]))

    def waiting(self) -> list[tuple[str, str]]:
        return sorted(
            ((name, row.created) for name, row in self.rows.items()
             if row.open and self.state(row) == "new"),
            key=lambda one: (one[1], one[0]),
        )  # fmt: skip


def check(connection: sa.Connection, visible: set[int], now: str) -> None:
    """Hold every figure and every list against the counting."""
    want = Counted(connection, visible, now)
    reader = (connection, visible)
    for span in SPANS:
        assert alert_figures.raised(*reader, *span, now) == want.raised(*span)
        days = Counter(row.created[:10] for row in want.rows.values()
                       if span[0] <= row.created < span[1])  # fmt: skip
        assert alert_figures.raised_by_day(*reader, *span) == days
        decided = want.decided(*span)
        times: dict[str, list[int]] = {}
        for _name, verdict, _at, waited in decided:
            times.setdefault(verdict, []).append(waited)
        told = alert_figures.decided(*reader, *span)
        assert {one: sorted(some) for one, some in told.items()} == {
            one: sorted(some) for one, some in times.items()
        }
        by_day = alert_figures.decided_by_day(*reader, *span)
        assert by_day.total() == len(decided)
        pages = alert_figures.decided_page(*reader, *span, part="", limit=99, offset=0)
        assert pages[0] == len(decided)
        assert [(row.alert_id, row.part, row.at) for row in pages[1]] == [o[:3] for o in decided]
        for by_state, part in ((False, ""), (False, "traveller"), (True, "new"), (True, "snoozed")):
            rows = sorted(
                (row.created, name) for name, row in want.rows.items()
                if span[0] <= row.created < span[1]
                and part in ("", want.state(row) if by_state else row.subject_kind)
            )  # fmt: skip
            found = []
            for offset in range(0, ALERTS, 5):
                number, some = alert_figures.raised_page(
                    *reader, *span, now, by_state=by_state, part=part, limit=5, offset=offset
                )
                assert number == len(rows)
                found += [(row.at, row.alert_id) for row in some]
            assert found == rows
    moment = dt.datetime.fromisoformat(now)
    ages = tuple((moment - dt.timedelta(hours=h)).isoformat()[:13] for h in (5, 24, 60))
    bounds = alert_figures.Bounds(ages)
    waits = want.waiting()
    numbers, oldest = alert_figures.unclaimed(*reader, now, bounds)
    assert numbers == Counter(bounds.age(at) for _name, at in waits)
    assert oldest == (waits[0][1] if waits else "")
    for age in (None, 0, 1, 2, 3):
        of_age = [one for one in waits if age in (None, bounds.age(one[1]))]
        found = []
        for offset in range(0, ALERTS, 4):
            found += alert_figures.unclaimed_page(*reader, now, bounds, age, limit=4, offset=offset)
        assert found == of_age


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    held = Store(ledger_url)
    held.upgrade()
    yield held
    held.close()


@pytest.mark.parametrize("seed", (1, 2))
def test_after_any_schedule_the_kept_figures_are_those_of_counting(store: Store, seed: int) -> None:
    world = World(store, seed)
    low, middle, high = world.labels
    for turn in range(150):
        with store.write() as connection:
            world.step(connection)
        if turn % 30 == 29:
            with store.read() as connection:
                assert not list(tallies.differences(connection))
                for visible in ({low}, {low, middle}, {low, middle, high}):
                    check(connection, visible, world.now())
    with store.read() as connection:
        assert len(list(connection.execute(sa.select(alert_decision)))) > 3
        assert {row.above for row in connection.execute(sa.select(alert_count))} > {""}


STATES = ("open", "undecided", "closed", "all", "new", "claimed", "snoozed")
NARROW: tuple[dict[str, Any], ...] = (
    {}, {"kind": "traveller"}, {"kind": "consignment"}, {"claimed_by": "ana"}, {"claimed_by": "eva"},
)  # fmt: skip


def test_the_count_beside_the_queue_is_that_of_counting_up_to_its_bound(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one question bound does not stay with the next, which asks for other values; also in the
    transaction that changed the queue."""
    world = World(store, 3)
    low, middle, high = world.labels
    reached = set()
    with store.write() as connection:
        for turn in range(52):
            (world.step if turn < 40 else world.raise_)(connection)
        bounds = (({high}, 2), ({low, middle}, 2), ({low, middle, high}, 5), (set[int](), 2))
        for visible, most in bounds:
            monkeypatch.setattr(queue, "COUNTED", most)
            held = Counted(connection, visible, world.now())
            for state, given in itertools.product(STATES, NARROW):
                wanted = queue.Wanted(state=state, now=world.now(), **given)
                rows = [row for row in held.rows.values() if held.is_wanted(row, wanted)]
                told = queue.count(connection, visible, wanted)
                assert told == min(len(rows), most + 1)
                reached.add((state, told > most, bool(told)))
        made = queue._counted.cache_info().misses
        for sort in ("recent", "arrival"):
            queue.count(connection, {high}, queue.Wanted(state="closed", sort=sort, cursor=sort))
        assert queue._counted.cache_info().misses == made
    assert {(state, True, True) for state in ("open", "undecided", "new", "all")} <= reached
    assert {(state, False, True) for state in STATES} <= reached


def test_counting_anew_gives_what_was_kept(store: Store) -> None:
    """So a ledger that had no such tables is given them by the migration."""
    world = World(store, 9)
    with store.write() as connection:
        for _turn in range(150):
            world.step(connection)
        before = tables(connection)
        tallies.rebuild(connection)
        assert tables(connection) == before
        assert all(before)


def tables(connection: sa.Connection) -> tuple[set[Any], ...]:
    return tuple(
        {tuple(row) for row in connection.execute(sa.select(one))}
        for one in (alert_count, alert_decision)
    )


def test_a_count_that_went_astray_is_found(store: Store) -> None:
    world = World(store, 4)
    with store.write() as connection:
        for _turn in range(40):
            world.step(connection)
        connection.execute(alert_count.update().values(number=alert_count.c.number + 1))
    with store.read() as connection:
        assert list(tallies.differences(connection))


def test_under_a_label_that_is_not_seen_nothing_counts(store: Store) -> None:
    """Two worlds: what stands under a hidden label alone changes no figure of who may not see it."""
    world = World(store, 6)
    low, _middle, high = world.labels
    with store.write() as connection:
        queue.put(connection, [world.row(f"{n:036}", low, None) for n in range(4)])
        before = alert_figures.raised(connection, {low}, DAYS[0], DAYS[5], world.now())
        queue.put(connection, [world.row(f"{n:036}", high, None) for n in range(2, 9)])
        world.made(connection, [row for row in world.rows(connection) if row.label_id == high],
                   "verdict")  # fmt: skip
        assert alert_figures.raised(connection, {low}, DAYS[0], DAYS[5], world.now()) == before
        assert not alert_figures.decided(connection, {low}, DAYS[0], DAYS[5])
        both = {low, high}
        told = alert_figures.raised(connection, both, DAYS[0], DAYS[5], world.now())
        assert told.total() == 9
        assert (
            sum(map(len, alert_figures.decided(connection, both, DAYS[0], DAYS[5]).values())) == 7
        )
