"""What a message says: asked anew at the moment of sending, for its reader and its channel.

Rules:

1. a channel's limit narrows the labels that its reader may see; what is asked under the labels left
   for content makes lines, and nothing else does;
2. what there is only under those left for a hint makes the message say that something waits, as
   every message does: it is not counted, named, nor told by a subject or an order;
3. if there is neither, there is no message.

So the bytes of a message are those of a world without what it may not tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from esclusa.casework.notices import kinds, one_line, word
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.node.notice_look import Found, Look, Source, Told
from esclusa.sharing.notice_policy import Limit, Sight, sight
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

LINES: Final = 50
"""Lines in one message; what is beyond them waits at the node."""
_TITLE: Final = 200


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be said: item, kind, title in the reader's language, and when it is due
    ("" when it is not)."""

    item: str
    kind: str
    at: str
    title: str
    path: str
    due: str = ""
    referral: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says: its lines, whether there are more, and whether something waits that has
    no line. ``waits_at`` is when the newest of that came to be told."""

    lines: tuple[Line, ...] = ()
    more: bool = False
    waits: bool = False
    waits_at: str = ""

    def __bool__(self) -> bool:
        return bool(self.lines) or self.waits


class Looks(msgspec.Struct, frozen=True):
    """The two looks of a channel: under the labels left for content, and for a hint."""

    content: Look
    waits: Look


class Telling:
    """The sources by kind, and what they say to a reader by a channel.

    A limit of None is that of the node itself: who sits at it may see all that a reader may see.
    """

    def __init__(self, gate: Gate, store: Store, labels: Labels, sources: Iterable[Source]) -> None:
        self._gate = gate
        self._store = store
        self._labels = labels
        self.sources = tuple(sources)
        self._of: Mapping[str, Source] = {
            kind: source for source in self.sources for kind in source.kinds
        }

    def may(self, reader: Reader, kind: str) -> bool:
        """Tell whether a role includes being told of a kind."""
        known = kinds().get(kind)
        return known is not None and kind in self._of and reader.may(Action(known.action))

    @contextmanager
    def looking(
        self, reader: Reader, limit: Limit | None, now: dt.datetime, fresh: Sequence[Any] = ()
    ) -> Iterator[Looks]:
        """One snapshot for a reader by a channel with this limit.

        :param fresh: versions stored since the last look, of any label.
        """
        visible = self._gate.visible(reader)
        content, waits = self._narrowed(visible, limit)
        levels = (limit.level, limit.waits) if limit else (reader.clearance, reader.clearance)
        with self._store.read_for(waits) as connection:
            yield Looks(*(
                Look(
                    connection=connection, visible=labels, now=now,
                    level=min(level, reader.clearance),
                    fresh=tuple(row for row in fresh if row.label_id in labels),
                )
                for labels, level in zip((content, waits), levels, strict=True)
            ))  # fmt: skip

    def _narrowed(
        self, visible: frozenset[int], limit: Limit | None
    ) -> tuple[frozenset[int], frozenset[int]]:
        if limit is None:
            return visible, visible
        seen = {}
        for number in visible:
            label = self._labels.get(number)
            seen[number] = sight(label.marking, copy=bool(label.supplier), limit=limit)
        return (
            frozenset(number for number, one in seen.items() if one is Sight.CONTENT),
            frozenset(number for number, one in seen.items() if one is not Sight.NOTHING),
        )

    def found(self, looks: Looks) -> tuple[list[Found], list[Found]]:
        """Return what there is to tell: as content, and as a hint."""
        content, waits = looks.content, looks.waits
        plain = self._all(content)
        if (content.visible, content.level) == (waits.visible, waits.level):
            return plain, []
        return plain, self._all(waits)

    def _all(self, look: Look) -> list[Found]:
        """Return what every source finds: what has no score first, then the highest score."""
        found = [item for source in self.sources for item in source.found(look)]
        return sorted(
            found, key=lambda item: (item.score is not None, -(item.score or 0), item.key)
        )

    def told(self, look: Look, reader: Reader, item: Any) -> Told | None:
        """Return what there is to say of one item to a reader now, None when nothing."""
        if not self.may(reader, item.kind):
            return None
        return self._of[item.kind].told(look, item.kind, item.subject)

    def say(self, looks: Looks, reader: Reader, items: Sequence[Any], language: str) -> Said:
        """Return what a channel may say of items to a reader now."""
        lines: list[Line] = []
        hinted: list[str] = []
        for item in items:
            told = None
            if item.sight == Sight.CONTENT:
                told = self.told(looks.content, reader, item)
            if told is not None:
                lines.append(line_of(item, told, language))
            elif self.told(looks.waits, reader, item) is not None:
                hinted.append(item.at)
        return Said(
            lines=tuple(lines[:LINES]), more=len(lines) > LINES, waits=bool(hinted),
            waits_at=max(hinted, default=""),
        )  # fmt: skip


def line_of(item: Any, told: Told, language: str) -> Line:
    """Return the line of an item: one line of printable text, however its title was written."""
    return Line(
        item=item.id, kind=item.kind, at=item.at, title=one_line(told.title(language), _TITLE),
        path=told.path, due=told.due, referral=told.referral,
    )  # fmt: skip


def letter_text(
    said: Said, *, site: str, account: str, address: str, language: str, zone: ZoneInfo,
    form: bool = False,
) -> str:  # fmt: skip
    """Return the text of a mail.

    :param address: with which links begin, "" for none.
    :param form: a form for an answer is attached.
    """
    parts = [word("opening", language, site=one_line(site, _TITLE))]
    parts += [_paragraph(line, address, language, zone) for line in said.lines]
    if said.more:
        parts.append(word("more", language))
    if form:
        parts.append(word("form", language))
    if address:
        parts.append(f"{word('all', language)}\n{address}/notices?via=mail")
        settings = f"{address}/notices#settings"
        parts.append(word("why", language, account=account, address=settings))
    else:
        parts.append(word("why_bare", language, account=account))
    parts.append(word("person", language))
    return "\n\n".join(parts) + "\n"


def _paragraph(line: Line, address: str, language: str, zone: ZoneInfo) -> str:
    text = f"- {kinds()[line.kind].one(language)}: {line.title}"
    if line.due:
        text += f" ({word('due', language, moment=moment(line.due, zone))})"
    return f"{text}\n  {address}/notices/{line.item}?via=mail" if address else text


def moment(text: str, zone: ZoneInfo) -> str:
    """Return a moment with its zone named, and in UTC beside it when that is another."""
    at = dt.datetime.fromisoformat(text)
    utc = f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
    local = f"{at.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"
    return utc if zone.key == "UTC" else f"{local} = {utc}"


def hook_body(said: Said, *, agency: str, account: str, address: str, at: dt.datetime) -> bytes:
    """Return the JSON of a webhook's message (Standard Webhooks 1.0.0, "Payload structure").

    :param at: when the message was first due, aware.
    """
    data = {
        "node": agency,
        "account": account,
        "items": [
            {
                "kind": line.kind,
                "title": line.title,
                **({"due": line.due} if line.due else {}),
                **({"address": f"{address}/notices/{line.item}?via=webhook"} if address else {}),
            }
            for line in said.lines
        ],
        "more": said.more,
    }
    stamp = at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return msgspec.json.encode({"type": "notice.waits", "timestamp": stamp, "data": data})
