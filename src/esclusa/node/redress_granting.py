"""A number given and ended: the grant's record, its label, and whether it would reach partners."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.redress import GRANTED, Case
from esclusa.casework.redress_effect import entry_of
from esclusa.codes import redress as numbers
from esclusa.errors import EsclusaError, NotFound
from esclusa.ledger import records, redress
from esclusa.ledger.records import Draft
from esclusa.model import (
    ListEntry,
    Marking,
    RedressEntry,
    RedressGrant,
    RedressMove,
)
from esclusa.node.exchange import Exchange
from esclusa.node.partner_entries import code_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.redress_rows import Kept
from esclusa.node.referral_telling import reason
from esclusa.node.screen_again import screen_again
from esclusa.node.two_side_writing import stays
from esclusa.sharing.exchange.labels import ORCON
from esclusa.sharing.referral_views import WordView

_TRIES: Final = 20


class Granting:
    """Writes what steps on cases do to numbers."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange) -> None:
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._exchange = exchange
        self._us = pipeline.settings.agency

    def fresh(self, connection: sa.Connection, made: RedressMove, case: Case) -> RedressMove:
        """Return a grant whose number nobody else has, here or at a partner."""
        for _ in range(_TRIES):
            if not made.redress or made.redress == case.number or not redress.grants(
                connection, self._labels, None, {made.redress}
            ):  # fmt: skip
                return made
            made = msgspec.structs.replace(made, redress=numbers.made(drawn()))
        raise EsclusaError("no free redress number was drawn")

    def write(self, connection: sa.Connection, item: Kept, made: RedressMove) -> None:
        """Write what a step does to the number, and bring in step who states it."""
        before = item.case
        if made.move in ("grant", "renew"):
            body = RedressGrant(
                redress=made.redress, agency=self._us, state="granted", at=made.at,
                until=made.until, person=before.person, entries=before.entries,
            )  # fmt: skip
            label = self.label(item.label, made.partners)
        elif before.number and made.move in ("withdraw", "revoke"):
            body = RedressGrant(redress=before.number, agency=self._us, state="ended", at=made.at)
            label = self.label(item.label, before.partners)
        else:
            return
        last = made.until or made.at[:10]
        drafts = [Draft(
            body=body, originator=self._us, label_id=label, valid_time=made.at,
            derived_from=self.copies(label, before.entries),
            retain_until=self._kept(last, days=self._settings.match_kept_days),
        )]  # fmt: skip
        if before.number and (old := self.label(item.label, before.partners)) != label:
            # It is told to others now: what was said to the former ones is taken back first.
            drafts.insert(0, Draft(
                body=RedressGrant(redress=before.number, agency=self._us, state="ended",
                                  at=made.at),
                originator=self._us, label_id=old, valid_time=made.at, withdrawn=True,
            ))  # fmt: skip
        records.append(connection, drafts)
        screen_again(self._pipeline, connection, redress.stating(connection, {body.redress}))

    def label(self, home: int, partners: Sequence[str]) -> int:
        """Return the label of a grant: the case's, and the partners that are told. What speaks of
        a partner's entries is told to nobody, and stays under the label of its case."""
        if self._labels.get(home).supplier:
            return home
        marking = self._labels.get(home).marking
        return self._labels.intern(self._us, msgspec.structs.replace(
            marking, releasable_to=frozenset(partners), caveats=marking.caveats - {ORCON},
            retain_until=None,
        ))  # fmt: skip

    def home(self, labels: Sequence[int]) -> int:
        """Return the label of a case: as strict as what it rests on, and for nobody else. One that
        speaks of a partner's entries is hidden with the copies of them.
        """
        algebra = self._pipeline.analyst.algebra
        found = self._labels.intern(self._us, Marking(level=self._settings.intake_marking().level))
        for label in labels:
            found = algebra.join(found, label)
        marking = self._labels.get(found)
        if marking.supplier:
            return found
        bare = msgspec.structs.replace(marking.marking, releasable_to=frozenset())
        return self._labels.intern(self._us, bare)

    def entry(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> tuple[RedressEntry, int]:
        """Return a list entry as a grant names it, with its label; a partner's by its record."""
        found = records.get(connection, self._labels, visible, name)
        if found is None or not isinstance(found.body, ListEntry) or found.withdrawn:
            raise NotFound("no such list entry")
        label = records.label_of(connection, found.seq)
        return entry_of(*code_of(found), found.body), label

    def copies(self, label: int, entries: Sequence[RedressEntry]) -> tuple[str, ...]:
        """Return the copies with which goes what stands under a label and speaks of entries; they
        are those of one partner, or none is."""
        return tuple(one.uid for one in entries) if self._labels.get(label).supplier else ()

    def stays(self, item: Kept) -> Iterator[tuple[str, WordView]]:
        """Yield the partners that are named and do not get the number, with the reason."""
        case = item.case
        if case.state != GRANTED:
            return
        grant = RedressGrant(
            redress=case.number, agency=self._us, state="granted", at=case.granted,
            until=case.until, person=case.person, entries=case.entries,
        )  # fmt: skip
        label = self._labels.get(self.label(item.label, case.partners))
        for partner in case.partners:
            why = stays(self._exchange, grant, label.marking, partner)
            if why:
                yield partner, reason(why)

    def _kept(self, day: str, *, days: int) -> str:
        return (dt.date.fromisoformat(day[:10]) + dt.timedelta(days=days)).isoformat()


def drawn() -> list[int]:
    """Return ten random numbers for a new redress number."""
    return [secrets.randbelow(len(numbers.DRAWN)) for _ in range(numbers.DRAWN_LENGTH)]
