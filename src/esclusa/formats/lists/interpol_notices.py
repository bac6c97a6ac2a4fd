"""Notices about persons as Interpol's public service gives them: JSON.

A page of a list (``{"_embedded": {"notices": […]}}``), a single notice, several of either in an
array or line by line. A notice is an object that has an ``entity_id``. A list's page has names,
date of birth and nationalities; the single notice adds place of birth, sex, warrants and languages.
Countries are ISO 3166-1 alpha-2, dates ``yyyy/mm/dd``, as full as they are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from esclusa.errors import LimitError
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists.dates import list_date, ordered_date
from esclusa.formats.lists.draft import At, Draft, Ids, Source, joined
from esclusa.formats.work import Work, metered
from esclusa.model import Defect, Message, Severity

ID: Final = "interpol_notices"

SOURCE: Final = Source(ID, "Interpol", "interpol")

_TOKEN: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+"|["{}\[\]]', re.DOTALL)
_KEY: Final = b'"entity_id"'
_COLOUR: Final = re.compile(r"/notices/v\d+/([a-z]+)")

_CLOSES: Final = {b"{": b"}", b"[": b"]"}

_DEEP: Final = 64
"""Objects and arrays inside each other; a page of notices has seven."""

_REMARKS: Final = {
    "sex_id": "Sex",
    "languages_spoken_ids": "Languages",
    "distinguishing_marks": "Distinguishing marks",
    "height": "Height (m)",
    "weight": "Weight (kg)",
}


def sniff(head: bytes, name: str) -> bool:
    """Answer whether it is JSON in which a notice with its id begins, or the list of them."""
    del name
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    told = b'"notices"' in head or b'"forename"' in head or b'"date_of_birth"' in head
    return first.startswith((b"{", b"[")) and told and (_KEY in head or b'"_embedded"' in head)


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the notices: one message with one entry for each.

    The file is held in memory. Raises :class:`~esclusa.errors.LimitError` when it is larger than
    ``limits.message_bytes``.
    """
    data = stream.read(limits.message_bytes + 1)
    if len(data) > limits.message_bytes:
        reason = f"file is larger than {limits.message_bytes:,} bytes"
        raise LimitError(reason, file=file, offset=limits.message_bytes)
    yield from metered(_items(data, limits), Work(file, limits))


def _items(data: bytes, limits: Limits) -> Iterator[Message | Defect]:
    ids = Ids()
    for found in _notices(data):
        if isinstance(found, Defect):
            yield found
            continue
        draft = _draft(data, found, limits)
        ids.check(draft)
        yield draft.message(SOURCE, "", limits)


class _Open:
    """An object or array that is open: where it starts, and whether it is a notice."""

    def __init__(self, at: int, closes: bytes) -> None:
        self.at, self.closes, self.notice = at, closes, False


def _notices(data: bytes) -> Iterator[At | Defect]:
    """Yield where each notice stands; a fatal defect when brackets or quotes do not close."""
    opened: list[_Open] = []
    for token in _TOKEN.finditer(data):
        word, at = token[0], token.start()
        if word in _CLOSES:
            opened.append(_Open(at, _CLOSES[word]))
        elif len(word) > 1:
            if word == _KEY and opened:
                opened[-1].notice = opened[-1].closes == b"}"
        elif opened and word == opened[-1].closes:
            closed = opened.pop()
            if closed.notice:
                yield At(closed.at, at + 1 - closed.at)
        else:
            yield _broken(at, "a text is not closed, or a bracket has no partner")
            return
        if len(opened) > _DEEP:
            yield _broken(at, f"objects are nested deeper than {_DEEP}")
            return
    if opened:
        yield _broken(len(data), "the file ends inside an object or array")


def _broken(offset: int, reason: str) -> Defect:
    return Defect(code="interpol.json", severity=Severity.FATAL, reason=reason, offset=offset)


def _draft(data: bytes, at: At, limits: Limits) -> Draft:
    draft = Draft(SOURCE, at, "", "person")
    if at.length > limits.row_bytes:
        reason = f"a notice is larger than {limits.row_bytes:,} bytes"
        draft.note("entry", Severity.FATAL, reason)
        return draft
    try:
        notice = msgspec.json.decode(data[at.offset : at.offset + at.length])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        draft.note("entry", Severity.FATAL, "a notice is not one JSON object")
        return draft
    _fill(notice, draft)
    return draft


def _fill(notice: dict[str, Any], draft: Draft) -> None:
    draft.uid = _text(notice, "entity_id")
    draft.primary(joined((_text(notice, "forename"), _text(notice, "name"))))
    birth = _text(notice, "date_of_birth")
    draft.born(_date(birth), birth)
    draft.born_in(
        joined((_text(notice, "place_of_birth"), _text(notice, "country_of_birth_id")), ", ")
    )
    for country in _texts(notice, "nationalities"):
        draft.country(country)
    colour = _COLOUR.search(_link(notice))
    if colour:
        draft.program(f"{colour[1]} notice")
    warrants = notice.get("arrest_warrants")
    for warrant in warrants if isinstance(warrants, list) else ():
        if isinstance(warrant, dict):
            _warrant(warrant, draft)
    for key, label in _REMARKS.items():
        draft.remark(label, ", ".join(_texts(notice, key)))


def _warrant(warrant: dict[str, Any], draft: Draft) -> None:
    charge = _text(warrant, "charge_translation") or _text(warrant, "charge")
    country = _text(warrant, "issuing_country_id")
    draft.remark("Wanted by", f"{country} ({charge})" if charge else country)


def _date(text: str) -> str:
    """Return ``1980/01/02``, ``1980/01`` or ``1980`` as ISO 8601."""
    return ordered_date(text, "ymd") or list_date(text.replace("/", "-"))


def _link(notice: dict[str, Any]) -> str:
    links = notice.get("_links")
    own = links.get("self") if isinstance(links, dict) else None
    return _text(own, "href") if isinstance(own, dict) else ""


def _text(value: dict[str, Any], key: str) -> str:
    return joined(_texts(value, key)[:1])


def _texts(value: dict[str, Any], key: str) -> list[str]:
    """Return what stands under a key as texts: one, several or none; numbers as they are."""
    held = value.get(key)
    many = held if isinstance(held, list) else [held]
    return [
        str(one) for one in many if isinstance(one, str | int | float) and not isinstance(one, bool)
    ]


FORMAT: Final = Format(
    id=ID,
    title_en="Interpol notices about persons (JSON)",
    title_es="Notificaciones de Interpol sobre personas (JSON)",
    standard="Interpol public notices service, v1",
    sniff=sniff,
    read=read,
)
