"""Where notices come from outside: referrals of both sides, and the exchange itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from esclusa.casework.referral_words import words
from esclusa.casework.referrals import DRAFTS
from esclusa.ledger import exchange as exchange_rows
from esclusa.ledger import records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Level, ReferralMove, ReferralSubject
from esclusa.node import referral_rows as held
from esclusa.node.exchange import Exchange
from esclusa.node.exchange_ledger import HEARD
from esclusa.node.notice_look import Found, Look, Told, said, text_of
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.referral_telling import is_open
from esclusa.sharing.exchange import pacts

_KIND: Final = "referral_move"
_OURS: Final = int(Level.OFFICIAL)
"""How the exchange with a partner stands is the service's own business."""


class Referrals:
    """Referrals that were received, were answered, or whose clock runs out."""

    kinds = ("referral_received", "referral_answered", "referral_clock")
    records = (_KIND,)

    def __init__(self, labels: Labels, us: str, desk: ReferralDesk) -> None:
        self._labels = labels
        self._us = us
        self._desk = desk

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the other side's new steps, and the clocks that run."""
        seqs = [row.seq for row in look.fresh_of(_KIND)]
        steps = records.get_by_seq(look.connection, self._labels, look.visible, seqs)
        for item in steps.values():
            if isinstance(item.body, ReferralMove) and self._is_theirs(item.body):
                move = item.body
                kind = "referral_received" if move.host == self._us else "referral_answered"
                key = f"referral/{move.referral}/{move.agency}/{move.number}"
                yield Found(kind=kind, key=key, subject=move.referral)
        for kept in self._desk.every(look.connection, look.visible):
            left = kept.referral.left(look.now)
            if left is None or kept.referral.resting is not None or left <= dt.timedelta():
                continue
            due = text_of(kept.referral.due or look.now)
            yield Found(
                kind="referral_clock", key=f"referral_clock/{kept.referral.id}/{due}",
                subject=kept.referral.id, minutes=int(left.total_seconds() // 60),
            )  # fmt: skip

    def _is_theirs(self, move: ReferralMove) -> bool:
        sides = {move.requester, move.host}
        return move.agency != self._us and self._us in sides and move.number > DRAFTS

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return what is referred and where it stands; a clock only while it runs, a referral that
        was received only while somebody still has something to do."""
        kept = held.one(look.connection, self._labels, look.visible, self._us, subject)
        if kept is None or not kept.referral.side(self._us):
            return None
        it = kept.referral
        left = it.left(look.now)
        runs = left is not None and it.resting is None and left > dt.timedelta()
        if kind == "referral_clock" and not runs:
            return None
        if kind == "referral_received" and not is_open(it.state):
            return None
        what, state = subject_text(it.subject), words("state")[it.state]
        labels = [self._labels.get(number) for number in sorted(set(kept.labels.values()))]
        return said(
            labels, f"/referrals/{it.id}", f"{what}: {state.text_en}", f"{what}: {state.text_es}",
            due=text_of(it.due) if runs and it.due else "",
            referral=it.id if it.host == self._us and it.state == "requested" else "",
        )  # fmt: skip


def subject_text(subject: ReferralSubject) -> str:
    """Return what a referral is about in one line: bill, boxes, ship."""
    bill = f"{subject.carrier} {subject.bill}".strip()
    return ", ".join(part for part in (bill, " ".join(subject.boxes), subject.ship) if part)


class Partners:
    """Partners that an agreement is in force with and that were not heard for too long."""

    kinds = ("partner_silent",)
    records = ()

    def __init__(
        self, store: Store, exchange: Exchange, silent: Callable[[], dt.timedelta]
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._silent = silent

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the silent ones, each with the moment when it was last heard."""
        for agency, last in self._quiet(look).items():
            yield Found(kind="partner_silent", key=f"partner/{agency}/{last}", subject=agency)

    def told(self, look: Look, _kind: str, subject: str) -> Told | None:
        """Return its name and since when, while it is silent."""
        last = self._quiet(look).get(subject)
        if last is None:
            return None
        since = f"{subject}: {last[:16]}Z"
        return Told(title_en=since, title_es=since, path=f"/partners/{subject}", level=_OURS)

    def _quiet(self, look: Look) -> dict[str, str]:
        if look.level < _OURS:
            return {}
        state, silent = self._exchange.state(), self._silent()
        # Rows of the exchange belong to no label: a reader's connection does not see them.
        with self._store.read() as connection:
            heard = dict(exchange_rows.of_table(connection, HEARD))
        found = {}
        for agency, partner in self._exchange.partners.known.items():
            last = _moment(heard[agency]) if agency in heard else partner.added
            if pacts.holds(state.pacts.get(agency), look.now) and last + silent <= look.now:
                found[agency] = text_of(last)
        return found


def _moment(data: bytes) -> dt.datetime:
    return msgspec.json.decode(data, type=dt.datetime)
