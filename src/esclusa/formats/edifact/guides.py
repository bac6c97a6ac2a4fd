"""Guides: what an agency or a trade makes of a message of the directory, as data.

One TOML file for each guide in ``directories/guides/``; ``docs/formats/validation.md`` explains its
words. A guide changes status and repetitions of what the directory has, forbids or adds segments
and groups, adds codes, leaves lists of others open, and changes elements. A national guide extends
the one that its trade agreed on.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from esclusa.errors import ConfigError
from esclusa.formats.edifact.directory import DIRECTORIES, Element, Node, age, component, parse

GUIDES: Final = DIRECTORIES / "guides"

FORBIDDEN: Final = "-"

_OCCURS: Final = re.compile(r"([MC])([0-9]+)")


class Added(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment or group put in: ``after`` is a path, ``what`` is ``GEI:C5`` or a whole group in
    the words of the packed structure, ``(9:C9 DOC:M1 DTM:C5 )``."""

    after: str
    what: str


class Guide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One guide.

    ``extends`` is the id of the guide whose words hold here too; of a word that both have for the
    same path, the own one counts. ``associations`` are the codes of UNH 0057 by which a sender
    names it; these and ``messages`` are never taken over. ``earliest`` and ``latest`` are the
    editions that messages of earlier and later ones are judged by. ``occurs`` maps a path (``DTM``,
    ``2/DTM``, ``4`` for a group) to ``M1``, ``C9`` … ``opens`` maps a group's number to the tokens
    (``LOC+147``) that open it. ``codes`` adds to lists, ``open_lists`` are not checked. ``forms``
    gives elements another representation, ``optional`` lists elements (``TDT/2``, ``DOC/1.2``) that
    may be left out, ``required`` those that may not. ``segments`` gives segments another content.
    In ``positional`` segments a repeated last element takes a position each time.
    """

    id: str
    title_en: str
    title_es: str
    source: str
    messages: tuple[str, ...]
    extends: str = ""
    associations: tuple[str, ...] = ()
    earliest: str = ""
    latest: str = ""
    occurs: dict[str, str] = {}
    forbid: tuple[str, ...] = ()
    add: tuple[Added, ...] = ()
    opens: dict[str, tuple[str, ...]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    open_lists: tuple[str, ...] = ()
    forms: dict[str, str] = {}
    optional: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    segments: dict[str, str] = {}
    positional: tuple[str, ...] = ()


BASE: Final = Guide(
    id="", title_en="Directory", title_es="Directorio", source="UN/EDIFACT", messages=()
)
"""No guide: the directory as it is."""


@cache
def guides(folder: Path = GUIDES) -> dict[str, Guide]:
    """Return every guide by its id; raises :class:`~esclusa.errors.ConfigError` for a bad one."""
    found = [load(file.read_text("utf-8"), file.name) for file in sorted(folder.glob("*.toml"))]
    known = {guide.id: guide for guide in found}
    return {guide.id: _whole(guide, known) for guide in found}


_OWN: Final = frozenset({"id", "title_en", "title_es", "source", "messages", "associations"})
"""Words of a guide that those who extend it do not take over."""


def _whole(guide: Guide, known: dict[str, Guide]) -> Guide:
    """Return a guide with the words of the one that it extends; of that one only its own words."""
    if not guide.extends:
        return guide
    base = known.get(guide.extends)
    if base is None or base.extends:
        why = "extends another itself" if base else "is not there"
        raise ConfigError(f"guide {guide.id}: {guide.extends!r}, which it extends, {why}")
    words = {name: _both(name, guide, base) for name in Guide.__struct_fields__ if name not in _OWN}
    return msgspec.structs.replace(guide, **words)


def _both(name: str, guide: Guide, base: Guide) -> object:
    own, taken = getattr(guide, name), getattr(base, name)
    if isinstance(own, dict):
        return {**taken, **own}
    return taken + own if isinstance(own, tuple) else own or taken


def load(text: str, name: str) -> Guide:
    """Read a guide from TOML; raises :class:`~esclusa.errors.ConfigError` naming the file."""
    try:
        return msgspec.toml.decode(text, type=Guide)
    except msgspec.MsgspecError as error:
        raise ConfigError(f"guide {name}: {error}") from error


def by_id(identity: str) -> Guide:
    """Return a guide, the bare directory for ""; raises ``ConfigError`` for an unknown one."""
    if not identity:
        return BASE
    try:
        return guides()[identity]
    except KeyError:
        known = ", ".join(guides())
        raise ConfigError(f"there is no guide {identity!r}; there are {known}") from None


def stated(kind: str, association: str) -> Guide:
    """Return the guide that a message names by its association code, else the bare directory."""
    for guide in guides().values():
        if kind in guide.messages and association in guide.associations:
            return guide
    return BASE


def within(directory: str, guide: Guide) -> str:
    """Return the directory, or the edition that the guide reads its messages by instead."""
    if guide.earliest and age(directory) < age(guide.earliest):
        return guide.earliest
    if guide.latest and age(directory) > age(guide.latest):
        return guide.latest
    return directory


def overlaid(nodes: tuple[Node, ...], guide: Guide) -> tuple[Node, ...]:
    """Return a structure as the guide has it.

    :raises ConfigError: the guide names a path that the structure does not have.
    """
    for path, occurs in guide.occurs.items():
        nodes = _edited(nodes, path, guide, occurs, ())
    for added in guide.add:
        nodes = _edited(nodes, added.after, guide, "", parse(added.what))
    for path in guide.forbid:
        nodes = _edited(nodes, path, guide, FORBIDDEN, ())
    for group in guide.opens:
        _edited(nodes, group, guide, "", ())
    return nodes


def _edited(
    nodes: tuple[Node, ...], path: str, guide: Guide, occurs: str, more: tuple[Node, ...]
) -> tuple[Node, ...]:
    """Change what stands at ``path`` and put ``more`` after it."""
    group, _, tag = path.rpartition("/")
    name = tag or path
    if _inside(nodes, group, name, FORBIDDEN, ()) == nodes:
        raise ConfigError(f"guide {guide.id}: {path!r} is not there")
    return _inside(nodes, group, name, occurs, more)


def _inside(
    nodes: tuple[Node, ...], group: str, name: str, occurs: str, more: tuple[Node, ...]
) -> tuple[Node, ...]:
    """Look for ``name`` (a tag, or the number of a group) in ``group`` ("": the message's own)."""
    found: list[Node] = []
    done = False
    for node in nodes:
        here = not done and name == (
            node.group if name.isdigit() else node.tag if not group else ""
        )
        if here:
            done = True
            found += _replaced(node, occurs, more)
        elif (node.inside and name.isdigit()) or (node.inside and group == node.group):
            found.append(_with(node, _inside(node.inside, "", name, occurs, more)))
        elif node.inside and group:
            found.append(_with(node, _inside(node.inside, group, name, occurs, more)))
        else:
            found.append(node)
    return tuple(found)


def _with(node: Node, inside: tuple[Node, ...]) -> Node:
    return msgspec.structs.replace(node, inside=inside)


def _replaced(node: Node, occurs: str, more: tuple[Node, ...]) -> tuple[Node, ...]:
    if occurs == FORBIDDEN:
        return ()
    match = _OCCURS.fullmatch(occurs)
    if match:
        node = msgspec.structs.replace(node, mandatory=match[1] == "M", repeats=int(match[2]))
    return (node, *more)


def element_of(tag: str, number: int, element: Element, guide: Guide) -> Element:
    """Return an element as the guide has it."""
    parts = tuple(
        msgspec.structs.replace(
            component(f"{part.id}:C:{guide.forms[part.id]}") if part.id in guide.forms else part,
            mandatory=_status(f"{tag}/{number}.{at}", part.mandatory, guide),
        )
        for at, part in enumerate(element.parts, 1)
    )
    mandatory = _status(f"{tag}/{number}", element.mandatory, guide)
    return msgspec.structs.replace(element, mandatory=mandatory, parts=parts)


def _status(path: str, mandatory: bool, guide: Guide) -> bool:
    return path in guide.required or (mandatory and path not in guide.optional)
