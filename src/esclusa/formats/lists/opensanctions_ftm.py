"""Lists in the FollowTheMoney model as JSON lines, the form that OpenSanctions publishes.

One entity a line: ``{"id": …, "schema": "Vessel", "properties": {"name": ["…"]}}``. Properties may
also stand beside ``id``, and a single value need not be in brackets: both are met in practice. What
each property fills is data (``ftm_properties.json``); entities that are no subjects of a list
(``Ownership``, ``Sanction`` on its own …) are counted and named once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO, Final

import msgspec

from esclusa.formats.bounded import bounded
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists.dates import list_date
from esclusa.formats.lists.draft import owners
from esclusa.formats.lists.ftm_owners import relations
from esclusa.formats.lists.identifiers import made
from esclusa.formats.lists.places import country_words, unique
from esclusa.formats.tabular.lines import Line, read_lines
from esclusa.formats.work import Work, metered
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Relation, Severity

ID: Final = "opensanctions_ftm"

_SCHEMATA: Final = 200
"""Kinds of skipped entities told apart; the model itself has about 70."""

_VALUES: Final = 2_000
"""Values of one property that are read; the longest in the published lists has about 300."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    schemata: dict[str, str]
    properties: dict[str, str]


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the first line begins like an entity with a schema."""
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return first.startswith(b"{") and b'"schema"' in first


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT, list_id: str = ID
) -> Iterator[Message | Defect]:
    """Read the lines: one message with one entry for each subject.

    ``list_id`` names the list that the entries belong to. A last bare note names each schema that
    was passed over, how often, and where it first stood.
    """
    yield from metered(_items(stream, file, limits, list_id), Work(file, limits))


def _items(stream: BinaryIO, file: str, limits: Limits, list_id: str) -> Iterator[Message | Defect]:
    skipped: dict[str, list[int]] = {}
    for line in read_lines(stream, file=file, limits=limits):
        message = _line(line, list_id, skipped, limits)
        if message is not None:
            yield message
    for schema, (count, offset) in skipped.items():
        reason = f"{count:,} entities of schema {schema[:40]!r} make no list entry"
        yield Defect(code="ftm.schema", severity=Severity.NOTE, reason=reason, offset=offset)


def _line(
    line: Line, list_id: str, skipped: dict[str, list[int]], limits: Limits
) -> Message | None:
    """Return the message of one line, None when it is blank or its schema is passed over."""
    if line.raw is None:
        return _refused(line, "is longer than a line may be")
    text = line.raw.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        return None
    try:
        entity = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _refused(line, "is not one JSON value")
    if not isinstance(entity, dict) or not isinstance(entity.get("schema"), str):
        return _refused(line, "is not an entity with a schema")
    kind = _table().schemata.get(entity["schema"])
    if kind is None:
        _count(skipped, entity["schema"], line.offset)
        return None
    return _message(line, entity, kind, list_id, limits)


def _count(skipped: dict[str, list[int]], schema: str, offset: int) -> None:
    if schema not in skipped and len(skipped) >= _SCHEMATA:
        schema = "(others)"
    skipped.setdefault(schema, [0, offset])[0] += 1


def _message(
    line: Line, entity: dict[str, Any], kind: str, list_id: str, limits: Limits
) -> Message:
    parts = _Parts()
    own = entity.get("properties")
    parts.take(own if isinstance(own, dict) else entity, "")
    uid, name = entity.get("id"), _name(entity, parts)
    if not isinstance(uid, str) or not uid.strip():
        return _refused(line, "has no id")
    if not name:
        return _refused(line, "names nobody", uid)
    entry = ListEntry(
        list_id=list_id,
        uid=uid.strip(),
        type=kind,
        name=name,
        aliases=parts.aliases(name),
        birth_dates=unique(map(list_date, parts.of("birth_date"))),
        birth_places=unique(parts.of("birth_place")),
        nationalities=unique(map(country_words, parts.of("country"))),
        identifiers=parts.identifiers(),
        addresses=unique(parts.of("address")),
        programs=unique(parts.of("program")),
        listed_on=min(filter(None, map(list_date, parts.of("listed_on"))), default=""),
        remarks=parts.remarks(),
        relations=(*relations(own), *parts.owners()),
    )
    changed = entity.get("last_change")
    return Message(
        format=ID,
        offset=line.offset,
        length=line.length,
        reference=entry.uid,
        prepared=changed if isinstance(changed, str) else "",
        statements=(entry,),
        defects=bounded(
            tuple(_doubts(line, parts)), limits.defects_per_message, "ftm.defects.unlisted"
        ),
    )


def _name(entity: Mapping[str, Any], parts: _Parts) -> str:
    """Return the caption when it is one of the names, else the first name."""
    names = parts.of("name")
    caption = entity.get("caption")
    if isinstance(caption, str) and (caption.strip() in names or not names):
        return caption.strip()
    return names[0] if names else ""


def _doubts(line: Line, parts: _Parts) -> Iterator[Defect]:
    for date in parts.of("birth_date"):
        if not list_date(date):
            yield _defect("ftm.birth_date", Severity.NOTE, "has a birth date not understood", line)
    for name, count in parts.cut.items():
        reason = f"has {count:,} values of {name}, the first {_VALUES:,} are read"
        yield _defect("ftm.values", Severity.WARNING, reason, line)


def _refused(line: Line, reason: str, reference: str = "") -> Message:
    return Message(
        format=ID,
        offset=line.offset,
        length=line.length,
        reference=reference,
        defects=(_defect("ftm.line", Severity.FATAL, reason, line),),
    )


def _defect(code: str, severity: Severity, reason: str, line: Line) -> Defect:
    return Defect(
        code=code,
        severity=severity,
        reason=f"line {reason}",
        offset=line.offset,
        length=line.length,
    )


class _Parts:
    """Values sorted by the part of the entry they fill, in the order of the line."""

    def __init__(self) -> None:
        self._held: dict[str, list[str]] = {}
        self.cut: dict[str, int] = {}

    def take(self, properties: Mapping[str, Any], schema: str) -> None:
        """Sort the values of an entity's properties; ``schema`` names a nested entity."""
        table = _table().properties
        for key, values in properties.items():
            target = table.get(f"{schema}.{key}" if schema else key)
            if target is not None:
                many = values if isinstance(values, list) else [values]
                self._take(target, many[:_VALUES])
                if len(many) > _VALUES:
                    self.cut[key] = len(many)

    def _take(self, target: str, values: list[Any]) -> None:
        for value in values:
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                text = " ".join(str(value).split())
                if text and target != "nested":
                    self._held.setdefault(target, []).append(text)
            elif isinstance(value, dict) and target in ("nested", "address"):
                self._nested(value)

    def _nested(self, entity: dict[str, Any]) -> None:
        schema, own = entity.get("schema"), entity.get("properties")
        if isinstance(schema, str) and schema and isinstance(own, dict):
            self.take(own, schema)

    def of(self, target: str) -> list[str]:
        return self._held.get(target, [])

    def aliases(self, name: str) -> tuple[Alias, ...]:
        strong = unique((*self.of("name"), *self.of("alias")))
        known = {name, *strong}
        weak = (other for other in unique(self.of("weak_alias")) if other not in known)
        return (
            *(Alias(name=other) for other in strong if other != name),
            *(Alias(name=other, weak=True) for other in weak),
        )

    def identifiers(self) -> tuple[Identifier, ...]:
        found = (
            made(target.removeprefix("identifier:"), value)
            for target, values in self._held.items()
            if target.startswith("identifier:")
            for value in values
        )
        return tuple(dict.fromkeys(found))

    def owners(self) -> tuple[Relation, ...]:
        return tuple(one for text in self.of("remarks:Owner") for one in owners("Owner", text))

    def remarks(self) -> str:
        labelled = (
            f"{target.removeprefix('remarks:')}: {', '.join(values)}"
            for target, values in self._held.items()
            if target.startswith("remarks:")
        )
        return "; ".join(labelled)


@cache
def _table() -> _Table:
    data = files(__package__).joinpath("ftm_properties.json").read_bytes()
    return msgspec.json.decode(data, type=_Table)


FORMAT: Final = Format(
    id=ID,
    title_en="OpenSanctions and other FollowTheMoney lists (JSON lines)",
    title_es="Listas OpenSanctions y otras FollowTheMoney (líneas JSON)",
    standard="FollowTheMoney entities, OpenSanctions entities.ftm.json and targets.nested.json",
    sniff=sniff,
    read=read,
)
