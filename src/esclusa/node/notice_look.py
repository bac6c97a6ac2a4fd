"""What a source of notices is given to look with, and what it answers.

A source is one place in the node that has something to tell: the queue, referrals, lists. A new one
(requests, cases) is a class with ``kinds``, ``found`` and ``told``, a row for each kind in
``casework/notice_kinds.csv``, and a line in :func:`esclusa.node.notice_making.sources`.

1. ``found`` says what a class of readers can be told of since the last look. It asks under the
   labels that it is given and under no others: those that these readers may see **and** that the
   channel may carry. So neither a title nor a score nor the time of a notice rests on more.
2. ``told`` is asked at the moment of sending, under the labels of that moment. It says what can be
   said then, and None when there is nothing to tell any more: it may not be seen now, or somebody
   has dealt with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from esclusa.ledger.labels import Label
from esclusa.model import Level


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the ledger for readers who may see these labels. ``fresh`` are the versions
    stored since the last look (seq, id, kind, label_id), of these labels alone; ``now`` is aware.
    ``level`` is the highest that may be told, for what stands under no label.
    """

    connection: sa.Connection
    visible: frozenset[int]
    now: dt.datetime
    level: int = int(Level.SECRET)
    fresh: tuple[Any, ...] = ()

    def fresh_of(self, kind: str) -> list[Any]:
        """Return the fresh versions of one kind of record."""
        return [row for row in self.fresh if row.kind == kind]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be told. ``key`` is told once to an account; ``subject`` is what the
    source finds it by later, and no content.

    ``person`` is the account that it is for, "" for whoever may be told.
    ``at`` is since when it is so (ISO 8601 UTC, "" for now): what was so before an account chose is
    not told it. ``score`` and ``about`` are an alert's points and kind of record; ``minutes`` what
    is left of a clock.
    """

    kind: str
    key: str
    subject: str
    at: str = ""
    score: float | None = None
    about: str = ""
    minutes: int | None = None
    person: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of it now. ``title`` is content, in both languages; ``path`` is its page.

    ``level`` is the highest of all that the title rests on. ``due`` is a moment by which somebody
    must act, "" for none. ``referral`` names the referral that a form could answer, "" for none.
    """

    title_en: str
    title_es: str
    path: str
    level: int
    due: str = ""
    referral: str = ""

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return self.title_es if language == "es" else self.title_en


class Source(Protocol):
    """One place that has something to tell."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of notices that it tells of."""

    @property
    def records(self) -> tuple[str, ...]:
        """The kinds of records whose new versions it looks at."""

    def found(self, look: Look) -> Iterator[Found]:
        """Yield what there is to tell."""
        ...

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return what can be said of it now, None when nothing can or need be said."""
        ...


def said(labels: list[Label], path: str, en: str, es: str = "", **more: str) -> Told:
    """Return what is told of something that rests on these labels."""
    return Told(
        title_en=en, title_es=es or en, path=path,
        level=max(int(label.marking.level) for label in labels), **more,
    )  # fmt: skip


def text_of(moment: dt.datetime) -> str:
    """Return an aware moment as the ledger writes moments."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
