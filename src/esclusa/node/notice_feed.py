"""A feed of what waits for an account: Atom (RFC 4287), by an address that only its owner has.

Whoever has the address reads the feed, so it shows what the channel may carry and no more; to the
owner, signed in, it shows what the owner may see. Bytes follow from what is shown alone, so who
reads it can ask whether anything changed (RFC 9110 §13.1).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from esclusa.casework.notices import kinds, one_line, word
from esclusa.node.notice_telling import Line, Said

_MOST: Final = 400
ATOM: Final = "http://www.w3.org/2005/Atom"
_SPACE: Final = uuid.UUID("9d7c1a52-30a4-4c0e-8a4b-5b1c52f1a7de")
"""Root of the names of feeds, chosen once."""
TYPE: Final = "application/atom+xml; charset=utf-8"


class Feed(msgspec.Struct, frozen=True):
    """A feed's bytes, its entity tag with its quotation marks, and when it last changed."""

    body: bytes
    tag: str
    changed: dt.datetime


def write(
    said: Said, *, name: str, site: str, account: str, address: str, language: str, since: str
) -> Feed:
    """Return a feed.

    :param name: what tells this feed from others, without its secret.
    :param since: when the account chose (ISO 8601 UTC): the time of a feed with nothing in it.
    """
    times = [line.at for line in said.lines] + ([said.waits_at] if said.waits else [])
    changed = max(times, default=since)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _text(root, "id", _urn(uuid.uuid5(_SPACE, name)))
    _text(root, "title", _clean(word("feed", language, site=site, account=account)))
    _text(root, "updated", _second(changed))
    _text(ET.SubElement(root, "author"), "name", _clean(site))
    if address:
        ET.SubElement(root, "link", {"rel": "alternate", "href": f"{address}/notices?via=feed"})
    entries: list[tuple[str, Line | None]] = [(line.at, line) for line in said.lines]
    if said.waits:
        entries.append((said.waits_at, None))
    for at, line in sorted(entries, key=lambda entry: entry[0], reverse=True):
        _entry(root, name, at, line, address, language)
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="utf-8")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Feed(body, tag, dt.datetime.fromisoformat(_second(changed)))


def _entry(
    root: ET.Element, name: str, at: str, line: Line | None, address: str, language: str
) -> None:
    entry = ET.SubElement(root, "entry")
    if line is None:
        identity = _urn(uuid.uuid5(_SPACE, f"{name} waits"))
        title, path = word("waits", language), ""
    else:
        identity = _urn(uuid.UUID(hex=line.item))
        title = f"{kinds()[line.kind].one(language)}: {line.title}"
        path = f"/{line.item}"
    _text(entry, "id", identity)
    _text(entry, "title", _clean(title))
    _text(entry, "updated", _second(at))
    if address:
        href = f"{address}/notices{path}?via=feed"
        ET.SubElement(entry, "link", {"rel": "alternate", "href": href})
    _text(entry, "content", _clean(title))


def _urn(name: uuid.UUID) -> str:
    return f"urn:uuid:{name}"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _clean(text: str) -> str:
    """Return a text that XML 1.0 §2.2 can hold."""
    return one_line(text, _MOST)


def _second(text: str) -> str:
    """Return a moment to the second, as RFC 3339 writes it."""
    return f"{text[:19]}Z"


def is_known(feed: Feed, tags: str, since: str) -> bool:
    """Tell whether the asking side has this feed already (RFC 9110 §13.2.2): by its tags where it
    sends any, else by the time.

    :param tags: ``If-None-Match``, "" when it sent none.
    :param since: ``If-Modified-Since``, an HTTP date, "" when it sent none.
    """
    if tags:
        return tags.strip() == "*" or feed.tag in _tags(tags)
    try:
        asked = dt.datetime.strptime(since, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=dt.UTC)
    except ValueError:
        return False
    return feed.changed <= asked


def _tags(text: str) -> Sequence[str]:
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]
