"""Every message family that Esclusa writes: records in, bytes out.

The reverse of ``registry``. A writer takes messages of records, whatever they were read from, so
that reading one format and writing another is translation. A new family is one line in
``_FAMILIES`` and a function that looks like :class:`Writing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from esclusa.errors import UnknownFormat
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
    """A format that is written. ``kinds`` are those of the statements that it has a place for."""

    id: str
    kinds: frozenset[str]
    write: Writing


_CARGO: Final = "consignment equipment"
_FAMILIES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "edifact": ("esclusa.formats.edifact.writers", {
        "cuscar": _CARGO, "baplie": "equipment port_call", "paxlst": "traveller",
    }),
    "mrz": ("esclusa.formats.mrz.stream", {"": "traveller"}),
}  # fmt: skip
"""Family → module with ``write_file``, and its types with the kinds of record each carries."""


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
    return Writer(id=format_id.lower(), kinds=frozenset(kinds[kind].split()), write=found)


class Written(msgspec.Struct):
    """What became of messages that were written: ``messages`` came in; ``left`` counts by kind the
    statements that the format has no place for, ``refused`` names what could not be written."""

    messages: int = 0
    left: dict[str, int] = {}
    refused: list[WritingError] = []


def write(
    messages: Iterable[Message], format_id: str, heading: Heading, told: Written
) -> Iterator[bytes]:
    """Write messages of any origin as one file of a format; what is lost is counted in ``told``.

    A message none of whose statements has a place is left out; a cancelled one is written as a
    cancellation where the format has such. Nothing comes when nothing is left.

    :raises UnknownFormat: the format is not written.
    :raises WritingError: the heading cannot be written.
    """
    found = writer(format_id)
    kind = found.id.partition(".")[2]
    fitting = _fitting(messages, found, told)
    yield from found.write(fitting, heading, kind, refuse=told.refused.append)


def _fitting(messages: Iterable[Message], found: Writer, told: Written) -> Iterator[Message]:
    for message in messages:
        told.messages += 1
        kept = tuple(one for one in message.statements if _has_place(one, found, told))
        if kept:
            yield replace(message, statements=kept)


def _has_place(statement: Statement, found: Writer, told: Written) -> bool:
    kind = kind_of(statement)
    if kind in found.kinds:
        return True
    told.left[kind] = told.left.get(kind, 0) + 1
    return False
