"""Every message family that Esclusa writes: records in, bytes out.

The reverse of ``registry``. A writer takes messages of records, whatever they were read from, so
that reading one format and writing another is translation. A new family is one line in
``_FAMILIES`` and a function that looks like :class:`Writing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from esclusa.errors import UnknownFormat
from esclusa.formats.crossing import equipment_to_events, events_to_equipment
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Heading, Refuse
from esclusa.model import Message, Statement, kind_of


class Writing(Protocol):
    """Write messages as one file, in pieces.

    ``kind`` is the type within the family (``cuscar``). ``refuse`` is told of each message that
    cannot be written, which is then left out; without it the first is raised.

    :raises WritingError: as said, or the heading cannot be written.
    """

    def __call__(
        self, messages: Iterable[Message], heading: Heading, kind: str, *, refuse: Refuse | None
    ) -> Iterator[bytes]: ...


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """A format that is written. ``kinds`` are those of the statements that it has a place for,
    ``alone`` those of them that make a message without others."""

    id: str
    kinds: frozenset[str]
    alone: frozenset[str]
    write: Writing


_PLAN: Final = "equipment port_call"
_EVENTS: Final = "transport_event"
_MOVES: Final = "transport_event +port_call"
_CALL: Final = "port_call ship_declaration"
_FORMS: Final = "port_call ship_declaration consignment traveller"
_FAMILIES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "edifact": ("esclusa.formats.edifact.writers", {
        "cuscar": "consignment equipment", "iftdgn": "consignment +port_call",
        "baplie": _PLAN, "baplie15": _PLAN, "baplie31": _PLAN, "paxlst": "traveller",
        "coprar": _MOVES, "coarri": _MOVES, "movins": _MOVES,
        "cusres": _EVENTS, "iftsta": _EVENTS,
        "codeco": _EVENTS, "coparn": _EVENTS, "vermas": _EVENTS,
        "calinf": _CALL, "vesdep": _CALL, "berman": _CALL, "cusrep": _CALL,
        "wasdis": "ship_declaration",
    }),
    "x12": ("esclusa.formats.x12.writers", {
        "309": "consignment", "310": "consignment",
        "350": _EVENTS, "353": _EVENTS, "355": _EVENTS,
    }),
    "asycuda": ("esclusa.formats.asycuda.writers", {
        "awmds": "consignment port_call", "awbolds": "consignment", "sad": "consignment",
    }),
    "fal": ("esclusa.formats.fal.writers", {"json": _FORMS, "xlsx": _FORMS}),
    "mrz": ("esclusa.formats.mrz.stream", {"": "traveller"}),
}  # fmt: skip
"""Family → module with ``write_file``, and its types with the kinds of record each carries; a
``+`` is before what is said beside the others and makes no message alone."""


def ids() -> tuple[str, ...]:
    """Return the ids of all formats that are written: ``edifact.cuscar`` …"""
    return tuple(
        f"{family}.{kind}" if kind else family
        for family, (_module, kinds) in _FAMILIES.items()
        for kind in kinds
    )


def writer(format_id: str) -> Writer:
    """Return the writer of a format; capitals do not matter.

    :raises UnknownFormat: when it is not written; the sentence names those that are.
    """
    family, _, kind = format_id.lower().partition(".")
    module, kinds = _FAMILIES.get(family, ("", {}))
    if kind not in kinds:
        reason = f"{format_id[:40]!r} is not written; written are {', '.join(ids())}"
        raise UnknownFormat(reason)
    found: Any = import_module(module).write_file
    words = kinds[kind].split()
    return Writer(
        id=format_id.lower(),
        kinds=frozenset(word.removeprefix("+") for word in words),
        alone=frozenset(word for word in words if word[0] != "+"),
        write=found,
    )


class Written(msgspec.Struct):
    """What became of messages that were written: ``messages`` came in; ``left`` counts by kind the
    statements that the format has no place for, ``refused`` names what could not be written."""

    messages: int = 0
    left: dict[str, int] = {}
    refused: list[WritingError] = []


def write(
    messages: Iterable[Message], format_id: str, heading: Heading, told: Written,
    *, event: str = "discharge",
) -> Iterator[bytes]:  # fmt: skip
    """Write messages of any origin as one file of a format; what is lost is counted in ``told``.

    Between a bay plan and orders or reports of moves, equipment becomes events and the reverse
    (``crossing``): ``event`` says whether the plan's boxes are to be discharged at its next port
    or were loaded at its own. A message none of whose statements has a place is left out; a
    cancelled one is written as a cancellation where the format has such. Nothing comes when nothing
    is left.

    :raises UnknownFormat: the format is not written.
    :raises WritingError: the heading cannot be written.
    """
    found = writer(format_id)
    kind = found.id.partition(".")[2]
    fitting = _fitting(messages, found, told, event)
    for first in fitting:
        yield from found.write(chain([first], fitting), heading, kind, refuse=told.refused.append)


def _fitting(
    messages: Iterable[Message], found: Writer, told: Written, event: str
) -> Iterator[Message]:
    for read in messages:
        told.messages += 1
        message = _crossed(read, found, told, event)
        kinds = {kind_of(one) for one in message.statements}
        placed = found.kinds if kinds & found.alone else frozenset[str]()
        kept = tuple(one for one in message.statements if _has_place(one, placed, told))
        if kept:
            yield replace(message, statements=kept)


def _crossed(message: Message, found: Writer, told: Written, event: str) -> Message:
    """Return a bay plan as moves, or moves as a bay plan, where the format speaks of those."""
    stated = {kind_of(statement) for statement in message.statements}
    if "transport_event" in found.kinds and "equipment" in stated:
        made = equipment_to_events(message, event)
        if lost := len(message.statements) - len(made.statements):
            told.left["equipment"] = told.left.get("equipment", 0) + lost
        return made
    if "equipment" in found.kinds and "transport_event" in stated:
        return events_to_equipment(message)
    return message


def _has_place(statement: Statement, kinds: frozenset[str], told: Written) -> bool:
    kind = kind_of(statement)
    if kind in kinds:
        return True
    told.left[kind] = told.left.get(kind, 0) + 1
    return False
