"""Redress numbers as a node knows them: what one stands for, where it was used, how often people
were taken for somebody else, and numbers whose last day has passed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.matches import NOT_THE_SAME
from esclusa.codes import redress as numbers
from esclusa.errors import InputError, NotFound
from esclusa.ledger import matches, records, redress, ties, versions
from esclusa.ledger.indexing import redress_reference, title_of
from esclusa.model import Alert, MatchDecision, Record, RedressGrant, record_id
from esclusa.node import redress_rows as held
from esclusa.node.alerts import MissingLabel
from esclusa.node.match_memory import REDRESS
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_rows import all_labels
from esclusa.node.screen_again import screen_again
from esclusa.sharing import redress_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

_USES_SHOWN: Final = 100
_TRIES: Final = 4
"""Each meets one more marking for the first time."""
DEFINITION: Final = "misidentified/1"
"""What :meth:`Numbers.counts` counts; see docs/redress.md. A change is a new number."""
_DECISION: Final = msgspec.json.Decoder(MatchDecision)


class Numbers:
    """Redress numbers of a node and of its partners, for people and for the node's own tick."""

    def __init__(self, gate: Gate, pipeline: Pipeline) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._us = pipeline.settings.agency
        self._settled = ("", 0)

    def _today(self) -> str:
        return f"{self._pipeline.analyst.now():%Y-%m-%d}"

    def number(self, reader: Reader, text: str) -> tuple[views.NumberView, ...]:
        """Return what a number stands for, as far as the reader may see it.

        :raises InputError: when it is no redress number, or mistyped.
        :raises NotFound: when no number like it is known here.
        """
        reader.require(Action.REDRESS_READ)
        if fault := numbers.fault(text):
            raise InputError(fault, field="number", problem="name")
        with self._gate.reading(reader) as (connection, visible):
            shown = [
                self._number(connection, visible, item)
                for item, _label in redress.grants(connection, self._labels, visible, {text})
            ]  # fmt: skip
        self._gate.note(reader, Action.REDRESS_READ, subject=shown[0].record if shown else "",
                        detail="number" if shown else "not found")  # fmt: skip
        if not shown:
            raise NotFound("no such redress number is known here")
        return tuple(shown)

    def counts(self, reader: Reader, *, since: str = "", until: str = "") -> views.CountsView:
        """Return how often people were taken for somebody else, of what the reader may see.

        :param since: first day (``YYYY-MM-DD``, UTC); "" for the beginning.
        :param until: last day; "" for today.
        :raises InputError: for what is no day.
        """
        reader.require(Action.REDRESS_READ)
        last = until or self._today()
        for field, text in (("since", since), ("until", until)):
            _require_day(field, text)
        cleared, quiet, unfit = Counter[str](), Counter[str](), 0
        with self._gate.reading(reader) as (connection, visible):
            for decision in self._decided(connection, visible):
                said = decision.said
                if said and said.outcome == NOT_THE_SAME and since <= said.at[:10] <= last:
                    cleared[decision.list_id] += 1
            grants = redress.all_grants(connection, self._labels, visible)
            for lists in self._contacts(connection, visible, grants, since, last):
                quiet.update(lists)
                unfit += not lists
        today = self._today()
        live = [
            grant
            for item, _label in grants
            if (grant := redress.grant_of(item)).state == "granted" and not is_over(grant, today)
        ]
        ours = sum(grant.agency == self._us for grant in live)
        self._gate.note(reader, Action.REDRESS_READ, detail="counts")
        return views.CountsView(
            definition=DEFINITION, since=since, until=last, cleared=cleared.total(),
            quiet=quiet.total(), unfit=unfit, numbers=ours, partners_numbers=len(live) - ours,
            lists=tuple(
                views.ListCount(list_id=name, cleared=cleared[name], quiet=quiet[name])
                for name in sorted(cleared.keys() | quiet.keys())
            ),
        )  # fmt: skip

    def _decided(
        self, connection: sa.Connection, visible: Collection[int]
    ) -> Iterator[MatchDecision]:
        """Yield what stands of each match that the reader may know of."""
        every = versions.all_of_kind(connection, visible, "match_decision", indexed=True)
        newest = {held.id: held for held in every}
        yield from (_DECISION.decode(held.body) for held in newest.values() if not held.withdrawn)

    def _contacts(
        self, connection: sa.Connection, visible: Collection[int],
        grants: Sequence[tuple[Record, int]], since: str, until: str,
    ) -> Iterator[set[str]]:  # fmt: skip
        """Yield, for each record that states one of these numbers and was recorded in the days, the
        lists whose matches a number keeps quiet there."""
        stated = {redress.grant_of(item).redress for item, _label in grants}
        for name in sorted(redress.stating(connection, stated)):
            record = records.get(connection, self._labels, visible, name)
            if record is None or record.kind != "traveller" or record.recorded_time is None:
                continue
            if since <= f"{record.recorded_time:%Y-%m-%d}" <= until:
                alert = records.get(
                    connection, self._labels, visible, record_id(self._us, "alert", name)
                )
                body = alert.body if alert is not None else None
                yield {
                    reason.code.partition(":")[0]
                    for reason in (body.reasons if isinstance(body, Alert) else ())
                    if reason.source == "list" and reason.match and reason.match.state == REDRESS
                }

    def settle(self) -> None:
        """Screen again what numbers still keep quiet that have ended, and what could not be
        screened when a partner's number came; looks anew when a day or a number has changed."""
        today = self._today()
        missed, every = self._pipeline.analyst.numbers.missed, all_labels(self._labels)
        with self._store.read() as connection:
            now = (today, redress.last_place(connection))
            if now == self._settled and not missed:
                return
            over = [
                item.id
                for item, _label in redress.all_grants(connection, self._labels, every)
                if redress.grant_of(item).state != "granted"
                or is_over(redress.grant_of(item), today)
            ]
            names = self._quiet_by(connection, over) | missed
        self.screen(names)
        missed -= names
        self._settled = now

    def erased(self, name: str) -> set[str]:
        """Return the records that a grant keeps quiet which is about to be erased."""
        with self._store.read() as connection:
            return self._quiet_by(connection, [name])

    def screen(self, names: Collection[str]) -> None:
        """Screen records again, after what they rest on has changed."""
        if not names:
            return
        for _ in range(_TRIES):
            with self._store.read() as connection:
                labels = ties.labels_of(connection, names)
            for label in labels:
                self._pipeline.analyst.refresh(label)
            with suppress(MissingLabel), self._store.write() as connection:
                screen_again(self._pipeline, connection, names)
                return

    # --- inside --------------------------------------------------------------------------------

    def _number(
        self, connection: sa.Connection, visible: Collection[int], item: Record
    ) -> views.NumberView:
        grant = redress.grant_of(item)
        value = redress_reference(grant.redress)
        ours = [
            found for found in held.kept(connection, visible, self._today(), value=value)
            if grant.agency == self._us
        ]  # fmt: skip
        state = "expired" if is_over(grant, self._today()) else grant.state
        return views.NumberView(
            number=numbers.shown(grant.redress), agency=grant.agency, state=state, at=grant.at,
            until=grant.until, person=grant.person, record=item.id,
            entries=held.entries(connection, self._labels, visible, self._us, grant.entries),
            case=ours[0].case.id if ours else "",
            uses=self.uses(connection, visible, grant.redress),
        )  # fmt: skip

    def uses(
        self, connection: sa.Connection, visible: Collection[int], number: str
    ) -> tuple[views.UseView, ...]:
        """Return the visible records that state a number, with what it did there."""
        if not number:
            return ()
        found = sorted(redress.stating(connection, {number}))[:_USES_SHOWN]
        rows = (self._use(connection, visible, name, number) for name in found)
        return tuple(row for row in rows if row is not None)

    def _use(
        self, connection: sa.Connection, visible: Collection[int], name: str, number: str
    ) -> views.UseView | None:
        record = records.get(connection, self._labels, visible, name)
        if record is None or record.body is None or record.kind != "traveller":
            return None
        alert = records.get(connection, self._labels, visible, record_id(self._us, "alert", name))
        body = alert.body if alert is not None else None
        told = [
            found for found in (body.reasons if isinstance(body, Alert) else ())
            if found.match and found.match.grant and found.source == "list"
        ]  # fmt: skip
        told.sort(key=lambda found: found.match is not None and found.match.state != REDRESS)
        return views.UseView(
            record=name, title=title_of(record.body),
            did="quiet" if told and told[0].match and told[0].match.state == REDRESS else "",
            text_en=told[0].text_en if told else "", text_es=told[0].text_es if told else "",
        )  # fmt: skip

    def _quiet_by(self, connection: sa.Connection, grants: Sequence[str]) -> set[str]:
        """Return the records whose alerts these grants keep quiet."""
        values = [f"redressed:{name}" for name in grants]
        seqs = matches.alerts_holding(connection, None, values) if values else []
        return {
            body.subject_id
            for body in records.bodies(connection, seqs)
            if isinstance(body, Alert)
            for found in body.reasons
            if found.match and found.match.state == REDRESS
        }


def is_over(grant: RedressGrant, today: str) -> bool:
    """Tell whether a number's last day has passed."""
    return grant.state == "granted" and grant.until < today


def _require_day(field: str, text: str) -> None:
    try:
        if text:
            dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text[:20]!r} is no day of the form YYYY-MM-DD", field=field, problem="day"
        ) from None
