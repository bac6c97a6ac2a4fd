"""Figures about alerts that are kept as they change, so that nobody counts a million rows.

``alert_count`` holds how many alerts stand under each label, by the day on which they were raised,
kind and state; and by the hour, those that nobody took. ``alert_decision`` holds the verdicts that
stood, each from when to when. Both are written in the transaction that changes the queue, by
:func:`changing`, which every function that does so goes through.

An alert may stand under several labels, and a reader gets the broadest row that he may see. So each
row here says in ``above`` under which labels the same alert has a broader one: it counts for those
who see its own label and none of these. Added up over the labels of a reader this is what counting
his queue gives. See ``docs/decisions/0046-counts-kept.md``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from esclusa.ledger import bulk
from esclusa.ledger.schema import alert_count, alert_decision, queue, record, reference

DAY, HOUR = "d", "h"
"""How ``span`` begins: a day of any state, an hour of those that nobody took."""
_MANY: Final = 500
_KEYS: Final = ("span", "label_id", "above", "kind", "state")
Key = tuple[str, int, str, str, str]


class Move(msgspec.Struct, frozen=True):
    """As much of a move on an alert as its verdicts need."""

    number: int
    move: str
    by: str
    at: str
    verdict: str = ""


_MOVE: Final = msgspec.json.Decoder(Move)
_ANALYSIS: Final = "analysis"


class Verdict(NamedTuple):
    """A verdict that stood: recorded at ``made``, the last one of its alert from ``since`` up to
    ``until`` ("" while it still is). ``waited``: for how many microseconds the alert waited for it,
    since it was raised or last came back because facts changed."""

    number: int
    made: str
    since: str
    until: str
    verdict: str
    by: str
    at: str
    waited: int


def day_of(moment: str) -> str:
    """Return the span of the day of a moment (ISO 8601, as the ledger writes it)."""
    return DAY + moment[: len("2026-11-27")]


def hour_of(moment: str) -> str:
    """Return the span of the hour of a moment."""
    return HOUR + moment[: len("2026-11-27T08")]


def ranks(rows: Sequence[Any]) -> dict[int, str]:
    """Return what stands in ``above`` for each label of one alert: "" for the broadest, or the
    labels of the broader rows between bars.

    :param rows: all queue rows of the alert, with ``label_id``, ``breadth`` and ``seq``.
    """
    if len(rows) == 1:
        return {rows[0].label_id: ""}
    found: dict[int, str] = {}
    higher: list[int] = []
    for row in sorted(rows, key=lambda one: (-one.breadth, -one.seq)):
        found[row.label_id] = f"|{'|'.join(map(str, sorted(higher)))}|" if higher else ""
        higher.append(row.label_id)
    return found


def counts_for(above: str, visible: Collection[int]) -> bool:
    """Tell whether a row counts for a reader of these labels."""
    return not above or not any(int(one) in visible for one in above.strip("|").split("|"))


def verdicts(moves: Sequence[tuple[str, Move]], created: str) -> list[Verdict]:
    """Return the verdicts of one alert under one label and when each was the last that stood.

    :param moves: (when recorded, move) in order; an undo takes back the last that was left.
    :param created: when the alert was raised.
    """
    held: list[tuple[str, Move]] = []
    back: list[str] = []
    waited: dict[int, int] = {}
    present: tuple[str, Move] | None = None
    since, found = "", list[Verdict]()
    for recorded, move in moves:
        if move.move == "undo":
            del held[-1:]
        else:
            held.append((recorded, move))
        if move.move == "verdict":
            waited[move.number] = _passed(max(back, default=created), move.at)
        elif move.move == "reopen" and move.by == _ANALYSIS:
            back.append(move.at)
        last = next((one for one in reversed(held) if one[1].move == "verdict"), None)
        if last != present:
            _end(found, present, since, recorded, waited)
            present, since = last, recorded
    _end(found, present, since, "", waited)
    return found


def _end(
    found: list[Verdict], ended: tuple[str, Move] | None, since: str, until: str,
    waited: Mapping[int, int],
) -> None:  # fmt: skip
    if ended is not None and since != until:
        made, move = ended
        found.append(Verdict(move.number, made, since, until, move.verdict, move.by, move.at,
                             waited[move.number]))  # fmt: skip


def _passed(start: str, end: str) -> int:
    passed = dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)
    return max(passed // dt.timedelta(microseconds=1), 0)


# --- keeping ------------------------------------------------------------------------------------


@contextmanager
def changing(
    connection: sa.Connection, alert_ids: Collection[str], *, gone: bool = False
) -> Iterator[None]:
    """Keep the figures in step with what the block does to the queue rows of these alerts; moves on
    them are written before it ends.

    :param gone: the block leaves no row of them.
    """
    names = sorted(dict.fromkeys(alert_ids))
    before = _counted(_rows(connection, names))
    yield
    rows = {} if gone else _rows(connection, names)
    after = _counted(rows)
    after.subtract(before)
    _add(connection, {key: number for key, number in after.items() if number})
    _decide(connection, names, rows)


def moved_by(connection: sa.Connection, seqs: Sequence[int]) -> set[str]:
    """Return the alerts on which these versions are moves."""
    query = (
        sa.select(reference.c.value)
        .join(record, record.c.seq == reference.c.seq)
        .where(record.c.kind == "alert_move", reference.c.value.startswith("record:"))
    )
    found = set[str]()
    for some in bulk.lots(seqs):
        rows = connection.execute(query.where(bulk.among(connection, record.c.seq, some)))
        found.update([value.removeprefix("record:") for value in rows.scalars()])
    return found


def decide_anew(connection: sa.Connection, alert_ids: Collection[str]) -> None:
    """Work the verdicts of these alerts out again: moves on them were erased."""
    names = sorted(set(alert_ids))
    _decide(connection, names, _rows(connection, names))


def rebuild(connection: sa.Connection) -> None:
    """Count everything anew, for a ledger that had none of these figures."""
    connection.execute(alert_count.delete())
    connection.execute(alert_decision.delete())
    last = ""
    while True:
        query = sa.select(queue.c.alert_id).where(queue.c.alert_id > last).distinct()
        names = list(connection.execute(query.order_by(queue.c.alert_id).limit(5_000)).scalars())
        if not names:
            return
        rows = _rows(connection, names)
        _add(connection, dict(_counted(rows)))
        _decide(connection, names, rows, fresh=True)
        last = names[-1]


def differences(connection: sa.Connection) -> Iterator[str]:
    """Yield one sentence for each kept count that is not what counting gives."""
    query = sa.select(queue.c.alert_id, *_PLACE).order_by(queue.c.alert_id)
    found: Counter[Key] = Counter()
    held: list[Any] = []
    for row in connection.execute(query, execution_options={"yield_per": 5_000}):
        if held and held[0].alert_id != row.alert_id:
            found.update(_counted({"": held}))
            held = []
        held.append(row)
    found.update(_counted({"": held} if held else {}))
    kept = {tuple(row[:5]): row[5] for row in connection.execute(sa.select(alert_count))}
    for key in sorted(found.keys() | kept.keys()):
        if found[key] != kept.get(key, 0):
            yield f"the count of alerts of {key[0][1:]} says {kept.get(key, 0)}, not {found[key]}"


_PLACE: Final = (
    queue.c.label_id, queue.c.breadth, queue.c.seq, queue.c.created, queue.c.subject_kind,
    queue.c.state,
)  # fmt: skip


def _rows(connection: sa.Connection, names: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for some in bulk.lots(names):
        query = sa.select(queue.c.alert_id, *_PLACE).where(
            bulk.among(connection, queue.c.alert_id, some)
        )
        for row in connection.execute(query).all():
            found[row[0]].append(row)
    return found


def _counted(alerts: Mapping[str, Sequence[Any]]) -> Counter[Key]:
    alike: Counter[tuple[str, int, str, str, str]] = Counter()
    for rows in alerts.values():
        if len(rows) == 1:  # nearly all: nobody sees a broader row than this one
            _name, label, _breadth, _seq, created, kind, state = rows[0]
            alike[created, label, "", kind, state] += 1
            continue
        above = ranks(rows)
        for row in rows:
            _name, label, _breadth, _seq, created, kind, state = row
            alike[created, label, above[label], kind, state] += 1
    # Thousands of a batch were raised at one moment: their days and hours are worked out once.
    found: Counter[Key] = Counter()
    for (created, label, over, kind, state), number in alike.items():
        found[day_of(created), label, over, kind, state] += number
        if state == "new":
            found[hour_of(created), label, over, "", state] += number
    return found


def _add(connection: sa.Connection, changes: Mapping[Key, int]) -> None:
    if not changes:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    entered = dialect.insert(alert_count)
    added = entered.on_conflict_do_update(
        index_elements=[alert_count.c[name] for name in _KEYS],
        set_={"number": alert_count.c.number + entered.excluded.number},
    )
    rows = [dict(zip(_KEYS, key, strict=True)) | {"number": n} for key, n in changes.items()]
    connection.execute(added, rows)
    if any(number < 0 for number in changes.values()):
        spans = sorted({key[0] for key, number in changes.items() if number < 0})
        for start in range(0, len(spans), _MANY):
            connection.execute(alert_count.delete().where(
                alert_count.c.span.in_(spans[start : start + _MANY]), alert_count.c.number == 0
            ))  # fmt: skip


def _decide(
    connection: sa.Connection, names: Sequence[str], alerts: Mapping[str, Sequence[Any]],
    *, fresh: bool = False,
) -> None:  # fmt: skip
    """Write the verdicts of these alerts anew.

    :param fresh: none of them has any here yet.
    """
    made: list[dict[str, Any]] = []
    for some in bulk.lots(names):
        if not fresh:
            gone = bulk.among(connection, alert_decision.c.alert_id, some)
            connection.execute(alert_decision.delete().where(gone))
        here = [name for name in some if name in alerts]
        moves = _moves(connection, here) if here else {}
        for name in sorted({name for name, _label in moves}):
            above = ranks(alerts[name])
            for row in alerts[name]:
                told = moves.get((name, row.label_id), ())
                made += [
                    {"alert_id": name, "label_id": row.label_id, "above": above[row.label_id],
                     **one._asdict()}
                    for one in verdicts(told, row.created)
                ]  # fmt: skip
    if made:
        connection.execute(alert_decision.insert(), made)


def _moves(
    connection: sa.Connection, names: Sequence[str]
) -> dict[tuple[str, int], list[tuple[str, Move]]]:
    query = (
        sa.select(reference.c.value, record.c.label_id, record.c.recorded_time, record.c.body)
        .join(record, record.c.seq == reference.c.seq)
        .where(bulk.among(connection, reference.c.value, [f"record:{name}" for name in names]))
        .where(record.c.kind == "alert_move", record.c.body.is_not(None))
        .order_by(reference.c.seq)
    )
    found: dict[tuple[str, int], list[tuple[str, Move]]] = defaultdict(list)
    for value, label, recorded, body in connection.execute(query):
        told = (recorded, _MOVE.decode(bytes(body)))
        found[value.removeprefix("record:"), label].append(told)
    return found
