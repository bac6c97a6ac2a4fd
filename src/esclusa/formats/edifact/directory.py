"""The packed UN/EDIFACT directories: messages, segments, elements, code lists (UNTDID part 5).

``directories/`` holds each as three gzips of tab-separated lines, read like every packed code list
and only when first asked; a message's structure is parsed when first asked. Service segments and
CONTRL (ISO 9735-1 annex C, ISO 9735-4) stand in ``service.tsv`` and belong to every directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.errors import ConfigError

DIRECTORIES: Final = Path(__file__).parent / "directories"

SERVICE: Final = "service"
"""Stands for the directory of CONTRL, which has versions of its own."""

_EDITION: Final = re.compile(r"[A-Z]\.([0-9]{2})([AB])")
_FORM: Final = re.compile(r"(an|a|n)(\.\.)?([0-9]+)")


class Source(msgspec.Struct, frozen=True):
    """Of one directory: how many messages, whether its own code lists came with it, the hash of
    what it was packed from, and what was mended while packing."""

    messages: int
    codes: bool
    source_sha256: str
    repaired: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True, gc=False):
    """A simple element as it stands in a segment or composite.

    ``form`` is ``a``, ``n`` or ``an``; the length counts characters, of numbers only digits.
    """

    id: str
    mandatory: bool
    form: str
    shortest: int
    longest: int


class Element(msgspec.Struct, frozen=True):
    """One place in a segment: a simple element (one part, ``id`` its own) or a composite."""

    id: str
    mandatory: bool
    repeats: int
    parts: tuple[Part, ...]

    @property
    def composite(self) -> bool:
        """Answer whether the place holds a composite."""
        return not self.id.isdigit()


class Node(msgspec.Struct, frozen=True):
    """A segment (``tag``) or a segment group (``group`` is its number) of a message."""

    tag: str
    group: str
    mandatory: bool
    repeats: int
    inside: tuple[Node, ...] = ()


@cache
def sources() -> dict[str, Source]:
    """Return every packed directory, earliest first, such as ``D.96A``."""
    raw = (DIRECTORIES / "sources.json").read_bytes()
    found = msgspec.json.decode(raw, type=dict[str, Source])
    return dict(sorted(found.items(), key=lambda one: age(one[0])))


def kinds(edition: str) -> tuple[str, ...]:
    """Return the message types of a packed directory."""
    return tuple(_service("M") if edition == SERVICE else _messages(edition))


def nearest(directory: str, kind: str) -> str:
    """Return the packed directory to judge a message by, "" when none has the message type.

    It is the one that the message names; else of those that have the type the one nearest in
    half-years, of two equally near the later. Versions older than D.93A (``S.93A``, ``1.911``)
    count as the year they tell, and what tells none counts as the oldest.
    """
    if kind in _service("M"):
        return SERVICE
    wanted = age(directory)
    having = [one for one in sources() if kind in _messages(one)]
    if directory in having:
        return directory
    return min(having, key=lambda one: (abs(age(one) - wanted), -age(one)), default="")


def age(directory: str) -> int:
    """Return an edition in half-years: D.17B → 4035.

    Of older versions the year counts: ``1.911`` and ``91.2`` are of 1991. What tells no year is 0.
    """
    match = _EDITION.fullmatch(directory)
    if match:
        return 2 * _year(int(match[1])) + (match[2] == "B")
    digits = re.search(r"(?<!\d)([89]\d)", directory)
    return 2 * _year(int(digits[1])) if digits else 0


@cache
def structure(edition: str, kind: str) -> tuple[Node, ...]:
    """Return the segments and groups of a message.

    :raises ConfigError: the directory does not have the message.
    """
    if edition == SERVICE:
        text = _service("M").get(kind, ("", ""))[1]
    else:
        text = _messages(edition).get(kind, "")
    if not text:
        raise ConfigError(f"directory {edition} has no message {kind}")
    return parse(text)


@cache
def segment(edition: str, tag: str) -> tuple[Element, ...] | None:
    """Return the elements of a segment, None when the directory does not have it."""
    found = _service("S").get(tag) or _rows(edition, "S").get(tag)
    return content(edition, found[1]) if found else None


def content(edition: str, text: str) -> tuple[Element, ...]:
    """Read a segment's content: ``8051:M1:an..3,C220:C1``, composites as the directory has them."""
    return tuple(_element(edition, one) for one in text.split(","))


def segment_name(edition: str, tag: str) -> str:
    """Return the English name of a segment, "" when the directory does not have it."""
    return (_service("S").get(tag) or _rows(edition, "S").get(tag) or ("", ""))[0]


def element_name(edition: str, identity: str) -> str:
    """Return the English name of an element or composite, "" when it has none."""
    for kind in "EC":
        found = _rows(edition, kind).get(identity) or _service(kind).get(identity)
        if found:
            return found[0]
    return ""


def lists_of(edition: str) -> str:
    """Return the directory whose code lists serve: its own, else the next later one's."""
    own = [one for one in sources() if sources()[one].codes]
    return next((one for one in own if age(one) >= age(edition)), own[-1])


@cache
def codes(edition: str, element: str) -> dict[str, str] | None:
    """Return the code list of an element, code → English name, None when it has none.

    See :func:`lists_of` for directories that came without code lists.
    """
    line = _lists(lists_of(edition)).get(element)
    if line is None:
        return None
    fields = line.split("\t")
    return dict(zip(fields[1::2], fields[2::2], strict=True))


# -- packed rows ----------------------------------------------------------------------------------


def _year(two: int) -> int:
    return (1900 if two >= 80 else 2000) + two


def _key(edition: str, what: str) -> str:
    return f"{edition.replace('.', '').lower()}_{what}"


@cache
def _messages(edition: str) -> dict[str, str]:
    rows = (row.split("\t") for row in packed.read(_key(edition, "messages"), DIRECTORIES))
    return {kind: text for kind, _, text in rows}


@cache
def _all_rows(edition: str) -> dict[str, dict[str, tuple[str, str]]]:
    if edition == SERVICE:
        return {}
    return _by_kind(packed.read(_key(edition, "segments"), DIRECTORIES))


def _by_kind(lines: list[str]) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for line in lines:
        kind, identity, name, content = line.split("\t")
        found.setdefault(kind, {})[identity] = (name, content)
    return found


def _rows(edition: str, kind: str) -> dict[str, tuple[str, str]]:
    return _all_rows(edition).get(kind, {})


@cache
def _service_rows() -> dict[str, dict[str, tuple[str, str]]]:
    return _by_kind((DIRECTORIES / "service.tsv").read_text("utf-8").splitlines())


def _service(kind: str) -> dict[str, tuple[str, str]]:
    return _service_rows().get(kind, {})


@cache
def _lists(edition: str) -> dict[str, str]:
    lines = packed.read(_key(edition, "codes"), DIRECTORIES)
    return {line.partition("\t")[0]: line for line in lines}


# -- parsing --------------------------------------------------------------------------------------


def parse(text: str) -> tuple[Node, ...]:
    """Read a structure: ``BGM:M1 (2:C9 NAD:M1 COM:C9 ) UNT:M1``."""
    return _nodes(iter(text.split(" ")))


def _nodes(tokens: Iterator[str]) -> tuple[Node, ...]:
    """Read ``BGM:M1 (2:C9 NAD:M1 COM:C9 )`` to its end or to the bracket that closes it."""
    found: list[Node] = []
    for token in tokens:
        if token == ")":
            break
        name, _, occurs = token.lstrip("(").partition(":")
        mandatory, repeats = occurs[0] == "M", int(occurs[1:])
        if token[0] == "(":
            found.append(Node("", name, mandatory, repeats, _nodes(tokens)))
        else:
            found.append(Node(name, "", mandatory, repeats))
    return tuple(found)


def _element(edition: str, text: str) -> Element:
    """Read ``C220:C1`` or ``8051:M1:an..3``."""
    identity, occurs, *form = text.split(":")
    mandatory, repeats = occurs[0] == "M", int(occurs[1:])
    if form:
        return Element(identity, mandatory, repeats, (_part(identity, mandatory, form[0]),))
    found = _service("C").get(identity) or _rows(edition, "C")[identity]
    return Element(identity, mandatory, repeats, tuple(map(component, found[1].split(","))))


def component(text: str) -> Part:
    """Read ``8067:C:an..3``."""
    identity, status, form = text.split(":")
    return _part(identity, status == "M", form)


def _part(identity: str, mandatory: bool, form: str) -> Part:
    match = _FORM.fullmatch(form)
    if match is None:
        raise ConfigError(f"element {identity}: {form!r} is no representation such as an..35")
    longest = int(match[3])
    return Part(identity, mandatory, match[1], 1 if match[2] else longest, longest)
