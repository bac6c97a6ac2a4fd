"""The release gate: the only way from the ledger to a person.

Every method takes the reader, works out which labels he may see, asks the ledger with just those,
writes an audit line, and returns plain values. Nothing that is hidden can be told from nothing at
all: the answer, the count and the error are those of a ledger without the hidden record.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import takewhile
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError, NotFound
from esclusa.ledger import audit, custody, queue, records, search
from esclusa.ledger.indexing import references, title_of
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.once import once, remembering
from esclusa.ledger.once import reading as once_reading
from esclusa.ledger.store import Store
from esclusa.model import Alert, AlertMove, Body, Record, record_id
from esclusa.sharing import seeing, views
from esclusa.sharing.facts import changes, facts_of, plain
from esclusa.sharing.own_name import OWN, own_name
from esclusa.sharing.policy import Decisions
from esclusa.sharing.reader import Action, Reader

PAGE_LIMIT: Final = 200
_LINKS_SHOWN: Final = 20
_LINKS_PER_TIE: Final = 8
_TIES: Final = ("seal", "document", "bill", "equipment", "pair", "journey", "voyage")
"""What makes a link between records, the closest first: a ship's thousand bills share its voyage
and must not crowd out the one that shares a seal. A party's other records are found by search."""
_DEFECTS_SHOWN: Final = 500
_MOVES: Final = 4
"""Moves on an alert that are asked for at once; most have fewer."""
_IDENTIFIER: Final = re.compile(r"[0-9a-f-]{24,64}")
"""Identifiers of records, files and held messages: UUIDs, and digests of 24 to 64 digits."""


def today_utc() -> dt.date:
    """Return the present day in UTC."""
    return dt.datetime.now(dt.UTC).date()


class Gate:
    """Releases from one ledger.

    :param today: what day it is, for markings that end; tests hand in their own.
    """

    def __init__(
        self, store: Store, labels: Labels, *, today: Callable[[], dt.date] = today_utc
    ) -> None:
        self._store = store
        self._labels = labels
        self._today = today
        self._decisions = Decisions()
        self.shows_copies: Callable[[Label], bool] = lambda _label: False
        """Whether copies under a label may be shown now; the exchange says so once there is one."""

    def visible(self, reader: Reader) -> frozenset[int]:
        """Return the numbers of the labels the reader may see now, for his present purpose."""
        labels = self._labels.all()
        seen = self._decisions.seen(
            reader, self._today(), [(item.id, item.originator, item.marking) for item in labels]
        )
        # Copies have a label for each last day; all that came one way are shown or hidden together.
        ways = {label.paths: label for label in labels if label.supplier and label.id in seen}
        shown = {way for way, label in ways.items() if self.shows_copies(label)}
        return frozenset(
            label.id
            for label in labels
            if label.id in seen and (not label.supplier or label.paths in shown)
        )

    @contextmanager
    def together(self, reader: Reader, said: list[audit.Line] | None = None) -> Iterator[None]:
        """Let what several services are asked for one reader be one reading: one snapshot under
        the labels of now, and the audit lines of all of it in one transaction, durable when this
        returns. They are written as well when the block raises: what was read was read.

        :param said: takes the lines instead; the caller hands them to :meth:`write_down`.
        """
        if self._page(reader) is not None:
            yield
            return
        with once_reading(), self.reading(reader) as (connection, visible):
            remembering(connection)
            page = _Page(self, reader, connection, visible, [] if said is None else said)
            before = _PAGE.set(page)
            try:
                yield
            finally:
                _PAGE.reset(before)
                if said is None:
                    self.write_down(page.said)

    def write_down(self, said: Sequence[audit.Line]) -> None:
        """Write audit lines in one transaction; they are durable when this returns."""
        if said:
            with self._store.write() as log:
                audit.write_lines(log, said)

    def _page(self, reader: Reader) -> _Page | None:
        page = _PAGE.get()
        return page if page is not None and page.gate is self and page.reader == reader else None

    @contextmanager
    def reading(self, reader: Reader) -> Iterator[tuple[sa.Connection, frozenset[int]]]:
        """One snapshot for a reader, with the labels he may see now.

        The queries carry these labels; on PostgreSQL the database holds to them as well.
        """
        if (page := self._page(reader)) is not None:
            yield page.connection, page.visible
            return
        visible = self.visible(reader)
        with self._store.read_for(visible) as connection:
            yield connection, visible

    def note(self, reader: Reader, action: Action, *, subject: str = "", detail: str = "") -> None:
        """Write an audit line; it is durable when this returns, or when :meth:`together` does."""
        line = audit.Line(
            who=reader.name, role=reader.role, purpose=reader.purpose, action=action,
            subject=subject, detail=detail,
        )  # fmt: skip
        if (page := self._page(reader)) is not None:
            page.said.append(line)
            return
        with self._store.write() as connection:
            audit.write_lines(connection, (line,))

    # --- the queue -------------------------------------------------------------------------

    def queue(self, reader: Reader, wanted: views.QueueFilter) -> views.QueuePage:
        """Release a page of the work queue."""
        reader.require(Action.QUEUE_READ)
        question = _question(reader, wanted)
        with self.reading(reader) as (connection, visible):
            counted = queue.count(connection, visible, question)
            rows, cursor = queue.page(connection, visible, question, few=counted <= queue.COUNTED)
            alerts = records.bodies_by_seq(connection, visible, [row.seq for row in rows])
        self.note(reader, Action.QUEUE_READ, detail=f"rows={len(rows)}")
        return views.QueuePage(
            rows=tuple(
                self._queue_row(row, alerts[row.seq], question.now)
                for row in rows
                if row.seq in alerts
            ),
            next_cursor=cursor,
            count=min(counted, queue.COUNTED),
            more_than_count=counted > queue.COUNTED,
        )

    def neighbours(
        self, reader: Reader, alert_id: str, wanted: views.QueueFilter
    ) -> tuple[str, str]:
        """Return the alerts before and after one in a filtered queue, "" at its ends."""
        reader.require(Action.QUEUE_READ)
        question = _question(reader, msgspec.structs.replace(wanted, cursor=""))
        with self.reading(reader) as (connection, visible):
            return queue.neighbours(connection, visible, question, alert_id)

    def place(self, reader: Reader, alert_id: str, wanted: views.QueueFilter) -> str:
        """Return the cursor of the page of a filtered queue in which an alert stands."""
        reader.require(Action.QUEUE_READ)
        question = _question(reader, msgspec.structs.replace(wanted, cursor=""))
        with self.reading(reader) as (connection, visible):
            return queue.place(connection, visible, question, alert_id)

    def _queue_row(self, row: Any, alert: Body, now: str) -> views.QueueRow:
        state = seeing.state_of(row, now)
        return views.QueueRow(
            alert_id=row.alert_id,
            subject_id=row.subject_id,
            subject_kind=row.subject_kind,
            title=row.title,
            score=row.score,
            reasons=alert.reasons if isinstance(alert, Alert) else (),
            state=state,
            claimed_by=row.claimed_by,
            verdict=row.verdict,
            port=row.port,
            arrival="" if row.arrival == queue.UNKNOWN_ARRIVAL else row.arrival,
            created=row.created,
            level=int(self._labels.get(row.label_id).marking.level),
            until=row.until if state == "snoozed" else "",
            seen=seeing.seen(row, alert, now),
        )

    def alert(self, reader: Reader, alert_id: str) -> views.AlertView:
        """Release an alert with its moves."""
        reader.require(Action.RECORD_READ)
        with self.reading(reader) as (connection, visible):
            view = self._alert_view(connection, visible, queue.find(connection, visible, alert_id))
        self.note(reader, Action.RECORD_READ, subject=_identifier(alert_id), detail=_found(view))
        if view is None:
            raise NotFound("no such alert")
        return view

    def _alert_view(
        self, connection: sa.Connection, visible: Collection[int], row: Any
    ) -> views.AlertView | None:
        if row is None:
            return None
        key = ("version", row.seq, frozenset(visible))
        found = once(
            connection, key,
            lambda: records.get_by_seq(connection, self._labels, visible, [row.seq]),
        )  # fmt: skip
        record = found.get(row.seq)
        if record is None or not isinstance(record.body, Alert):
            return None
        now = records.now_text()
        state = seeing.state_of(row, now)
        return views.AlertView(
            alert_id=row.alert_id,
            alert=record.body,
            state=state,
            claimed_by=row.claimed_by,
            verdict=row.verdict,
            moves=self.moves(connection, row.alert_id, row.label_id),
            until=row.until if state == "snoozed" else "",
            seen=seeing.seen(row, record.body, now),
        )

    def moves(
        self, connection: sa.Connection, alert_id: str, label_id: int
    ) -> tuple[AlertMove, ...]:
        """Return the moves on an alert under one label, in order; the caller holds that label."""
        originator = self._labels.get(label_id).originator
        found: list[AlertMove] = []
        while True:
            name = record_id(originator, "alert_move", f"{alert_id}/{len(found) + 1}")
            record = records.get(connection, self._labels, {label_id}, name)
            if record is None or not isinstance(record.body, AlertMove):
                return tuple(found)
            found.append(record.body)

    def moves_of(
        self, connection: sa.Connection, alerts: Iterable[tuple[str, int]]
    ) -> dict[str, tuple[AlertMove, ...]]:
        """Return :meth:`moves` of many alerts, each with its label; the caller holds these."""
        found: dict[tuple[str, int], list[AlertMove]] = {key: [] for key in alerts}
        open_ones = list(found)
        while open_ones:
            asked = {
                key: [record_id(self._labels.get(key[1]).originator, "alert_move",
                                f"{key[0]}/{len(found[key]) + more}")
                      for more in range(1, _MOVES + 1)]
                for key in open_ones
            }  # fmt: skip
            places = [(name, key[1]) for key, names in asked.items() for name in names]
            held = records.current_bodies(connection, places)
            open_ones = []
            for key, names in asked.items():
                some = [held.get((name, key[1])) for name in names]
                said = list(takewhile(lambda body: isinstance(body, AlertMove), some))
                found[key] += [body for body in said if isinstance(body, AlertMove)]
                if len(said) == len(names):
                    open_ones.append(key)
        return {alert: tuple(said) for (alert, _label), said in found.items()}

    # --- records ---------------------------------------------------------------------------

    def record(self, reader: Reader, name: str, *, version: int | None = None) -> views.RecordView:
        """Release a record: facts, marking, provenance, versions, links, alert."""
        reader.require(Action.RECORD_READ)
        with self.reading(reader) as (connection, visible):
            record = records.get(connection, self._labels, visible, name, version=version)
            view = self._record_view(connection, visible, record) if record else None
        own = OWN if view and own_name(reader.name, _names(view)) else ""
        self.note(reader, Action.RECORD_READ, subject=_identifier(name), detail=_found(view) or own)
        if view is None:
            raise NotFound("no such record")
        return view

    def _record_view(
        self, connection: sa.Connection, visible: Collection[int], record: Record
    ) -> views.RecordView:
        body = record.body
        label = records.label_of(connection, record.seq)
        versions = records.chain(connection, self._labels, record.id, label)
        row = queue.of_subject(connection, visible, record.id)
        kept = custody.find(connection, record.provenance.source, visible)
        return views.RecordView(
            id=record.id,
            kind=record.kind,
            version=record.version,
            key=record.key if body is not None else "",
            title=title_of(body) if body is not None else "",
            originator=record.originator,
            marking=record.marking,
            provenance=record.provenance,
            source_name=kept.name if kept else "",
            recorded=_when(record),
            valid_time=record.valid_time,
            withdrawn=record.withdrawn,
            erased=body is None,
            facts=facts_of(body) if body is not None else (),
            body=plain(body) if body is not None else {},
            versions=self._versions(connection, visible, versions),
            links=self._links(connection, visible, record),
            alert=self._alert_view(connection, visible, row),
        )

    def _versions(
        self, connection: sa.Connection, visible: Collection[int], chain: tuple[Record, ...]
    ) -> tuple[views.VersionRow, ...]:
        rows = []
        before: Record | None = None
        for item in chain:
            kept = custody.find(connection, item.provenance.source, visible)
            both = before is not None and before.body is not None and item.body is not None
            rows.append(
                views.VersionRow(
                    version=item.version,
                    recorded=_when(item),
                    withdrawn=item.withdrawn,
                    erased=item.body is None,
                    source=kept.name if kept else "",
                    changes=changes(before.body, item.body) if both else (),  # type: ignore[union-attr,arg-type]
                )
            )
            before = item
        return tuple(rows)

    def _links(
        self, connection: sa.Connection, visible: Collection[int], record: Record
    ) -> tuple[views.Link, ...]:
        found: dict[str, views.Link] = {}
        for name in record.derived_from:
            source = records.get(connection, self._labels, visible, name)
            if source:
                found[source.id] = _link(source, "derived_from")
        ties = references(record.body) if record.body is not None else set()
        for scheme in _TIES:
            wanted = {tie for tie in ties if tie.startswith(f"{scheme}:")}
            if not wanted:
                continue
            for _value, other in records.related(
                connection, self._labels, visible, wanted, limit=_LINKS_PER_TIE + 1
            ):
                if other.id != record.id and len(found) < _LINKS_SHOWN:
                    found.setdefault(other.id, _link(other, f"same_{scheme}"))
        return tuple(found.values())

    def recorded(
        self, reader: Reader, kind: str, since: dt.datetime, until: dt.datetime
    ) -> Iterator[Record]:
        """Yield the records of a kind in force that the reader may see, recorded from ``since`` up
        to and without ``until`` (aware), for an answer in counts; one audit line for all."""
        reader.require(Action.RECORD_READ)
        period = f"{since.date()} to {until.date()}"
        self.note(reader, Action.RECORD_READ, detail=f"kind={kind} recorded={period}")
        with self.reading(reader) as (connection, visible):
            for label in sorted(visible):
                found = records.current_of_kind(connection, self._labels, kind, label_id=label)
                for record in found:
                    if record.recorded_time and since <= record.recorded_time < until:
                        yield record

    def search(
        self, reader: Reader, text: str, *, kind: str = "", limit: int = 50
    ) -> views.SearchPage:
        """Release search results, newest first."""
        reader.require(Action.SEARCH)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self.reading(reader) as (connection, visible):
            rows = search.search(connection, visible, text, kind=kind, limit=limit + 1)
            found = [records.to_record(row, self._labels) for row in rows]
        own = f" {OWN}" if own_name(reader.name, (text,)) else ""
        self.note(reader, Action.SEARCH, detail=f"rows={len(found[:limit])}{own}")
        return views.SearchPage(
            query=text,
            rows=tuple(_search_row(record) for record in found[:limit]),
            more=len(found) > limit,
        )

    # --- intake, lists, audit --------------------------------------------------------------

    def sources(self, reader: Reader, *, limit: int = 50) -> tuple[views.SourceView, ...]:
        """Release the newest files in custody."""
        reader.require(Action.INTAKE_READ)
        with self.reading(reader) as (connection, visible):
            rows = custody.recent(connection, visible, limit=max(1, min(limit, PAGE_LIMIT)))
            found = tuple(self._source_view(connection, visible, row, deep=False) for row in rows)
        self.note(reader, Action.INTAKE_READ, detail=f"rows={len(found)}")
        return found

    def source(self, reader: Reader, identity: str) -> views.SourceView:
        """Release a file's story: counts, defects, quarantine."""
        reader.require(Action.INTAKE_READ)
        with self.reading(reader) as (connection, visible):
            row = custody.find(connection, identity, visible)
            view = self._source_view(connection, visible, row, deep=True) if row else None
        self.note(reader, Action.INTAKE_READ, subject=_identifier(identity), detail=_found(view))
        if view is None:
            raise NotFound("no such file in custody")
        return view

    def _source_view(
        self, connection: sa.Connection, visible: Collection[int], row: Any, *, deep: bool
    ) -> views.SourceView:
        counts = dict(json.loads(row.counts))
        counts["alerts"] = queue.count_of_source(connection, visible, row.id)
        return views.SourceView(
            id=row.id,
            name=row.name,
            size=row.size,
            format=row.format,
            state=row.state,
            received=row.received,
            received_by=row.received_by,
            counts=counts,
            reason=row.reason,
            mapping=row.mapping.partition("@")[0],
            mapping_digest=row.mapping.partition("@")[2],
            defects=custody.defects_of(connection, row.id, limit=_DEFECTS_SHOWN) if deep else (),
            quarantine=tuple(
                _quarantine_row(held, row.name)
                for held in (custody.held(connection, [row.id]) if deep else ())
            ),
        )  # fmt: skip

    def quarantine(
        self, reader: Reader, *, limit: int = PAGE_LIMIT
    ) -> tuple[views.QuarantineRow, ...]:
        """Release the messages that wait in quarantine, those of the newest file first."""
        reader.require(Action.INTAKE_READ)
        with self.reading(reader) as (connection, visible):
            rows = custody.still_held(connection, visible, limit=max(1, min(limit, PAGE_LIMIT)))
        self.note(reader, Action.INTAKE_READ, detail=f"quarantine rows={len(rows)}")
        return tuple(_quarantine_row(row, row.source_name) for row in rows)

    def audit(
        self, reader: Reader, *, limit: int = 100, before: int = 0, who: str = "", action: str = ""
    ) -> tuple[views.AuditRow, ...]:
        """Release audit lines, newest first; reading the log is itself a line."""
        reader.require(Action.AUDIT_READ)
        self.note(reader, Action.AUDIT_READ)
        with self._store.read() as connection:
            rows = audit.lines(
                connection, limit=max(1, min(limit, PAGE_LIMIT)), before=max(0, before),
                who=who, action=action,
            )  # fmt: skip
        return tuple(
            views.AuditRow(
                seq=row.seq, at=row.at, who=row.who, role=row.role, purpose=row.purpose,
                action=row.action, subject=row.subject, detail=row.detail,
            )
            for row in rows
        )  # fmt: skip


class _Page(NamedTuple):
    """What several services read of one ledger for one reader, and the audit lines of it."""

    gate: Gate
    reader: Reader
    connection: sa.Connection
    visible: frozenset[int]
    said: list[audit.Line]


_PAGE: Final[ContextVar[_Page | None]] = ContextVar("page", default=None)


def _names(view: views.RecordView) -> Iterator[str]:
    """Each party's or person's names as one text; first and last name may be two fields."""
    found: dict[str, list[str]] = {}
    for fact in view.facts:
        prefix, _, last = fact.path.rpartition(".")
        if "name" in last:
            found.setdefault(prefix, []).append(fact.value)
    return (" ".join(parts) for parts in found.values())


def _question(reader: Reader, wanted: views.QueueFilter) -> queue.Wanted:
    states = ("open", "new", "claimed", "snoozed", "closed", "withdrawn", "all")
    if wanted.state not in states:
        raise InputError(
            f"the state {wanted.state[:40]!r} is not one of {', '.join(states)}", field="state",
            problem="code", expected=", ".join(states),
        )  # fmt: skip
    if wanted.sort not in ("score", "recent", "arrival"):
        raise InputError(
            f"the order {wanted.sort[:40]!r} is not score, recent or arrival", field="sort",
            problem="code", expected="score, recent, arrival",
        )  # fmt: skip
    return queue.Wanted(
        state=wanted.state,
        kind=wanted.kind,
        port=wanted.port,
        claimed_by=reader.name if wanted.mine else "",
        minimum_score=wanted.minimum_score,
        sort=wanted.sort,
        cursor=wanted.cursor,
        limit=max(1, min(wanted.limit, PAGE_LIMIT)),
        now=records.now_text(),
    )


def _identifier(text: str) -> str:
    """Return what was asked for when it may be an identifier: what else a person types in its place
    (a name, a bill of lading) is content, and of any length."""
    return text if _IDENTIFIER.fullmatch(text) else "no identifier"


def _found(view: object | None) -> str:
    return "not found" if view is None else ""


def _when(record: Record) -> str:
    return record.recorded_time.isoformat() if record.recorded_time else ""


def _link(record: Record, relation: str) -> views.Link:
    title = title_of(record.body) if record.body is not None else ""
    return views.Link(record_id=record.id, kind=record.kind, title=title, relation=relation)


def _quarantine_row(held: Any, source_name: str) -> views.QuarantineRow:
    return views.QuarantineRow(
        id=held.id, source_id=held.source_id, source_name=source_name, offset=held.offset,
        length=held.length, message=held.message, reason=held.reason, state=held.state,
        retries=held.retries,
    )  # fmt: skip


def _search_row(record: Record) -> views.SearchRow:
    return views.SearchRow(
        record_id=record.id,
        kind=record.kind,
        title=title_of(record.body) if record.body is not None else "",
        originator=record.originator,
        level=int(record.marking.level),
        recorded=_when(record),
    )
