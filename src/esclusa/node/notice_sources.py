"""Where notices come from inside the node: the queue, matches, lists, rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from esclusa.casework.rule_life import Periods, state_on
from esclusa.ledger import queue, records, watchlists
from esclusa.ledger.labels import Labels
from esclusa.model import Alert
from esclusa.node import own_rules
from esclusa.node.list_desk import key_of
from esclusa.node.notice_look import Found, Look, Told, said, text_of

_LOOKED_BACK: Final = dt.timedelta(days=7)
"""How old a list's edition may be to be told of: longer than a node is ever down unnoticed."""
_REOPENED: Final = "reopened"


class Alerts:
    """Alerts of the queue that nobody has taken yet."""

    kinds = ("alert",)
    records = ("alert",)

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def found(self, look: Look) -> Iterator[Found]:
        """Yield open alerts that are new or say something else than before."""
        names = {row.id for row in look.fresh_of("alert")}
        for row in queue.find_all(look.connection, look.visible, names).values():
            if row.state == "new":
                yield Found(
                    kind="alert", key=f"alert/{row.alert_id}", subject=row.alert_id, at=row.created,
                    score=row.score, about=row.subject_kind,
                )  # fmt: skip

    def told(self, look: Look, _kind: str, subject: str) -> Told | None:
        """Return its title while nobody has taken it."""
        row = queue.find(look.connection, look.visible, subject)
        if row is None or row.state != "new":
            return None
        return said([self._labels.get(row.label_id)], f"/alerts/{subject}", row.title)


class Matches:
    """Decisions on matches that facts have overtaken."""

    kinds = ("match_reopened",)
    records = ("alert",)

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the matches that alerts call reopened and did not before."""
        rows = look.fresh_of("alert")
        seqs = [row.seq for row in rows]
        held = records.get_by_seq(look.connection, self._labels, look.visible, seqs)
        items = [(held[row.seq], row.label_id) for row in rows if row.seq in held]
        before = records.before(look.connection, items)
        for row in rows:
            item = held.get(row.seq)
            if item is None or not isinstance(item.body, Alert):
                continue
            for name in sorted(_reopened(item.body) - _reopened(before.get(item.seq))):
                day = text_of(look.now)[:10]
                yield Found(kind="match_reopened", key=f"match/{name}/{day}",
                            subject=f"{item.id}/{name}")  # fmt: skip

    def told(self, look: Look, _kind: str, subject: str) -> Told | None:
        """Return the title of its alert while the match is reopened."""
        alert, _, name = subject.partition("/")
        row = queue.find(look.connection, look.visible, alert)
        if row is None:
            return None
        held = records.get_by_seq(look.connection, self._labels, look.visible, [row.seq])
        item = held.get(row.seq)
        if item is None or name not in _reopened(item.body):
            return None
        return said([self._labels.get(row.label_id)], f"/matches/{name}", row.title)


def _reopened(body: object) -> set[str]:
    reasons = body.reasons if isinstance(body, Alert) else ()
    return {one.match.id for one in reasons if one.match and one.match.state == _REOPENED}


class Lists:
    """Editions of watchlists that came into force, or that wait for a person."""

    kinds = ("list_changed", "list_held")
    records = ()
    _KINDS: Final = {watchlists.IN_FORCE: "list_changed", watchlists.HELD: "list_held"}

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the editions of the last days."""
        since = text_of(look.now - _LOOKED_BACK)
        for row in watchlists.recent(look.connection, look.visible, since):
            if kind := self._KINDS.get(row.state):
                subject = f"{row.id}/{row.label_id}/{row.number}"
                yield Found(kind=kind, key=f"{kind}/{subject}", subject=subject,
                            at=max(row.loaded, row.decided))  # fmt: skip

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return title and edition while it is in force, or waits."""
        list_id, label, number = subject.rsplit("/", 2)
        for row in watchlists.editions(look.connection, look.visible, list_id):
            if (str(row.label_id), str(row.number)) == (label, number):
                if self._KINDS.get(row.state) != kind:
                    return None
                known = self._labels.get(row.label_id)
                path = f"/lists/{quote(list_id, safe='')}@{key_of(known.marking)}"
                return said([known], path, f"{row.title} {row.edition}".strip())
        return None


class Rules:
    """Rules of the node's own that are due for a review."""

    kinds = ("rule_review",)
    records = ()

    def __init__(self, labels: Labels, periods: Periods) -> None:
        self._labels = labels
        self._periods = periods

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the versions that are due."""
        for rule, version in self._due(look):
            subject = f"{rule.record_id}/{rule.label_id}/{version}"
            yield Found(kind="rule_review", key=f"rule/{subject}", subject=subject)

    def told(self, look: Look, _kind: str, subject: str) -> Told | None:
        """Return id and version while it is due."""
        for rule, version in self._due(look):
            if f"{rule.record_id}/{rule.label_id}/{version}" == subject:
                known = self._labels.get(rule.label_id)
                path = f"/rules/{quote(rule.rule_id, safe='')}@{key_of(known.marking)}"
                return said([known], path, f"{rule.rule_id} {version}")
        return None

    def _due(self, look: Look) -> Iterator[tuple[own_rules.Kept, str]]:
        day = look.now.astimezone(dt.UTC).date()
        for rule in own_rules.kept(look.connection, look.visible):
            known = rule.versions()
            for place, version in enumerate(known):
                if state_on(known, place, day, self._periods) == "review_due":
                    yield rule, version.name
