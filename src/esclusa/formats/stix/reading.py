"""Read a TAXII envelope (TAXII 2.1 §3.7): each object by itself, so that a bad one costs itself.

Checked is what every consumer relies on: JSON in UTF-8, type, id, spec version, moments and marking
references (STIX 2.1 §3.2). What a type says beyond them is kept as it came.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from esclusa.errors import FormatError, LimitError

MOST_OBJECTS: Final = 10_000
MOST_OBJECT_BYTES: Final = 1 << 20

_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TYPE: Final = "[a-z][a-z0-9-]{1,248}[a-z0-9]"
_ID: Final = re.compile(f"{_TYPE}--{_UUID}\\Z")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?Z\Z")
OBSERVABLES: Final = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message",
        "file", "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process",
        "software", "url", "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
"""Types that have no version (STIX 2.1 §6)."""

Ref = Annotated[str, Meta(pattern=f"^marking-definition--{_UUID}$")]


class Head(msgspec.Struct, frozen=True, gc=False):
    """What every object says of itself."""

    type: str
    id: str
    spec_version: str = ""
    created: str = ""
    modified: str = ""
    object_marking_refs: tuple[Ref, ...] = ()


class Found(msgspec.Struct, frozen=True, gc=False):
    """An object of an envelope: where its bytes lie, what it says, or why it cannot be used."""

    offset: int
    body: bytes
    head: Head | None
    version: str = ""
    reason: str = ""


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    objects: list[msgspec.Raw]
    more: bool = False
    next: str = ""


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_HEAD: Final = msgspec.json.Decoder(Head)


def read(data: bytes, *, file: str = "") -> Iterator[Found]:
    """Yield the objects of an envelope in order.

    :raises FormatError: when it is no envelope at all; nothing has been yielded then.
    :raises LimitError: when it holds too many objects.
    """
    try:
        data.decode("utf-8")
        objects = _ENVELOPE.decode(data).objects
    except UnicodeDecodeError as error:
        raise FormatError("not text in UTF-8", file=file, offset=error.start) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise FormatError(f"not a TAXII envelope: {error}", file=file) from None
    if len(objects) > MOST_OBJECTS:
        raise LimitError(f"{len(objects)} objects; at most {MOST_OBJECTS} at once", file=file)
    return _each(data, objects)


def _each(data: bytes, objects: list[msgspec.Raw]) -> Iterator[Found]:
    place = 0
    for raw in objects:
        body = bytes(raw)
        # Mostly one comma stands between two objects; a search for so many bytes costs more.
        place = place + 1 if data.startswith(body, place + 1) else data.find(body, place)
        yield _found(place, body)
        place += len(body)


def _found(place: int, body: bytes) -> Found:
    if len(body) > MOST_OBJECT_BYTES:
        return Found(place, body, None, reason=f"longer than {MOST_OBJECT_BYTES} bytes")
    try:
        head = _HEAD.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        return Found(place, body, None, reason=f"not a STIX object: {error}")
    version, reason = _versioned(head)
    return Found(place, body, head, version, reason)


def _versioned(head: Head) -> tuple[str, str]:
    """Return the version in its stored form ("" when it has none), and what is wrong."""
    if head.id[:-38] != head.type or not _ID.match(head.id):
        return "", "the id is not the type, two hyphens and a UUID in small letters"
    if head.spec_version != "2.1" and (head.spec_version or head.type not in OBSERVABLES):
        return "", f"spec_version is {head.spec_version[:20]!r}; 2.1 was expected"
    if head.type in OBSERVABLES:
        return "", ""
    created = moment(head.created)
    if not created:
        return "", "created is not a timestamp"
    if head.type == "marking-definition":
        return created, ""
    modified = moment(head.modified)
    if not modified or modified < created:
        return "", "modified is not a timestamp at or after created"
    return modified, ""


@lru_cache(maxsize=4096)
def moment(text: str) -> str:
    """Return a STIX timestamp (§2.13) with six digits, "" when it is none."""
    match = _MOMENT.match(text)
    if match is None:
        return ""
    try:
        dt.datetime.fromisoformat(text[:19])
    except ValueError:
        return ""
    return f"{text[:19]}.{(match[1] or '').ljust(6, '0')[:6]}Z"


def shown(version: str) -> str:
    """Return a stored version as it goes out: three digits where three say it."""
    return f"{version[:23]}Z" if version.endswith("000Z") else version
