"""What a partner's list entry led to here: people's answers to possible matches, and finds.

One entry may match many parties, and each match has its own story: so what is said back is one
record for each entry and match. The match is named by a keyed digest that its reader can count by
and cannot test guesses on. A match that a person has answered with "not the same" led to nothing,
whatever was found in that consignment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from esclusa.ledger import partner_lists, queue, records, versions
from esclusa.ledger.labels import Labels
from esclusa.ledger.schema import record, reference
from esclusa.model import Alert, Examination, Feedback, MatchDecision, Record, record_id
from esclusa.node.alerts import LabelAlgebra

SAME: Final = "the_same"
NOT_THE_SAME: Final = "not_the_same"
_TOLD: Final = frozenset({SAME, NOT_THE_SAME})
_OF_PARTNERS: Final = ("match_entry:from-", "match_entry:from.")
"""References of decisions on partners' entries lie between these: own lists have no hyphen."""

Under = tuple[int, ...]
"""The labels that what is said rests on."""


class Looked(NamedTuple):
    """An examination of ours of a record: the record, the examination, its label, and whether a
    seizure was reported."""

    subject: str
    exam: Record
    label: int
    seized: bool


class _Story(msgspec.Struct, kw_only=True):
    """What is known of one match with one entry."""

    entry: Record
    match: str
    under: set[int]
    decided: str = ""
    decided_at: str = ""
    looked: Looked | None = None


def signature(connection: sa.Connection, labels: Collection[int]) -> tuple[Any, ...]:
    """Return what changes when there may be something else to say: decisions on partners' entries,
    and these entries."""
    low, high = _OF_PARTNERS
    query = sa.select(sa.func.coalesce(sa.func.max(reference.c.seq), 0), sa.func.count()).where(
        reference.c.value >= low, reference.c.value < high
    )
    row: Any = connection.execute(query).one()
    return (*row, *sorted(partner_lists.in_force(connection, labels).items()))


def said(
    connection: sa.Connection, labels: Labels, algebra: LabelAlgebra, *, us: str,
    partners: frozenset[str], name_of: Callable[[str], str], looked: Iterable[Looked],
) -> Iterator[tuple[Feedback, Under]]:  # fmt: skip
    """Yield what is to be said of partners' list entries, with the labels that it rests on.

    :param partners: those to whom an agreement lets it go.
    :param name_of: gives a match the name by which its reader counts it.
    """
    stories: dict[tuple[str, str], _Story] = {}
    for item, label in _decisions(connection, labels):
        step = item.body
        assert isinstance(step, MatchDecision)
        for entry, at in _entries(connection, labels, partners, item.derived_from[:1]):
            story = _story(stories, entry, item.id, (label, at))
            if step.said is not None and step.said.outcome in _TOLD:
                story.decided, story.decided_at = step.said.outcome, step.said.at
    for one in looked:
        for entry, match, under in _led(connection, labels, algebra, partners, us, one):
            story = _story(stories, entry, match, ())
            if story.looked is None or _rank(one) > _rank(story.looked):
                story.looked = one
                story.under |= {*under, one.label}
    for _key, story in sorted(stories.items()):
        if (body := _body(story, us, name_of)) is not None:
            yield body, tuple(sorted(story.under))


def _story(
    stories: dict[tuple[str, str], _Story], entry: Record, match: str, under: Iterable[int]
) -> _Story:
    story = stories.setdefault(
        (entry.id, match), _Story(entry=entry, match=match, under=set())
    )  # fmt: skip
    story.under |= set(under)
    return story


def _body(story: _Story, us: str, name_of: Callable[[str], str]) -> Feedback | None:
    looked = None if story.decided == NOT_THE_SAME else story.looked
    if looked is None and not story.decided:
        return None
    exam = looked.exam.body if looked is not None else None
    assert exam is None or isinstance(exam, Examination)
    done = (exam.completed or exam.reported) if exam is not None else ""
    return Feedback(
        agency=us, to=story.entry.originator, about=story.entry.id, about_kind=partner_lists.KIND,
        result=exam.result if exam is not None else "", at=max(done, story.decided_at),
        event=exam.event if exam is not None else "",
        seized=looked is not None and looked.seized,
        categories=tuple(sorted({one.category for one in exam.findings})) if exam else (),
        match=name_of(story.match), decided=story.decided,
    )  # fmt: skip


def _rank(looked: Looked) -> tuple[bool, bool, str]:
    """Return what tells of several examinations of one party the one that is said: a seizure before
    a find before nothing, then the latest."""
    exam = looked.exam.body
    assert isinstance(exam, Examination)
    return looked.seized, exam.result == "found", exam.completed or exam.reported


def _decisions(connection: sa.Connection, labels: Labels) -> Iterator[tuple[Record, int]]:
    """Yield the newest step of each decision of ours on a partner's entry, with its label."""
    low, high = _OF_PARTNERS
    query = (
        sa.select(record)
        .join(reference, reference.c.seq == record.c.seq)
        .where(reference.c.value >= low, reference.c.value < high)
        .where(record.c.kind == "match_decision", record.c.current, record.c.body.is_not(None))
        .order_by(record.c.seq)
    )
    for row in connection.execute(query).all():
        yield records.to_record(row, labels), row.label_id


def _entries(
    connection: sa.Connection, labels: Labels, partners: frozenset[str], names: Collection[str]
) -> Iterator[tuple[Record, int]]:
    """Yield those of these records that are list entries which such a partner gave of its own."""
    for item, label, _until in records.live(connection, labels, names):
        held = labels.get(label)
        own = held.supplier == held.originator and held.supplier in partners
        if own and item.kind == partner_lists.KIND:
            yield item, label


def _led(
    connection: sa.Connection, labels: Labels, algebra: LabelAlgebra, partners: frozenset[str],
    us: str, one: Looked,
) -> Iterator[tuple[Record, str, Under]]:  # fmt: skip
    """Yield partners' entries that an alert on an examined record named before the outcome was
    known, with the match and the labels of alert and entry."""
    if one.exam.recorded_time is None:
        return
    known = f"{one.exam.recorded_time:%Y-%m-%dT%H:%M:%S.%f}Z"
    alert = record_id(us, "alert", one.subject)
    rows = {
        label: row.seq
        for (_alert, label), row in queue.known(connection, [alert]).items()
        if row.created <= known
    }
    bodies = records.bodies_by_seq(connection, rows, list(rows.values())) if rows else {}
    lowest = sorted(rows, key=lambda label: (_below(algebra, label, rows), label))
    seen: set[tuple[str, str]] = set()
    for label in lowest:
        for name, match in _matches(bodies.get(rows[label])):
            for entry, at in _entries(connection, labels, partners, [name]):
                before = entry.recorded_time and entry.recorded_time <= one.exam.recorded_time
                if before and (name, match) not in seen:
                    seen.add((name, match))
                    yield entry, match, (label, at)


def _below(algebra: LabelAlgebra, label: int, rows: Mapping[int, int]) -> int:
    return sum(algebra.covers(other, label) for other in rows)


def _matches(alert: object) -> Iterator[tuple[str, str]]:
    for reason in alert.reasons if isinstance(alert, Alert) else ():
        if reason.source == "list" and reason.match and reason.match.state != NOT_THE_SAME:
            yield reason.record_id, reason.match.id


def of_our_entries(
    connection: sa.Connection, visible: Collection[int], us: str
) -> Iterator[tuple[versions.Held, Feedback]]:
    """Yield what was said about list entries, by us and to us, as it stands under these labels."""
    decoder = msgspec.json.Decoder(Feedback)
    newest: dict[tuple[str, int], versions.Held] = {}
    for held in versions.all_holding(connection, visible, "feedback:"):
        newest[held.id, held.label_id] = held
    standing = records.standing(connection, [held.seq for held in newest.values()])
    for held in newest.values():
        if held.seq in standing:
            body = decoder.decode(held.body)
            if body.about_kind == partner_lists.KIND and us in (body.to, body.agency):
                yield held, body
