"""FAL files from records: ``json`` or ``xlsx``, all the forms of the calls in one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.fal import json_layout, xlsx_writing
from esclusa.formats.fal.writing import filings
from esclusa.formats.heading import Heading, Refuse
from esclusa.model import Message


def write_file(
    messages: Iterable[Message], heading: Heading, kind: str, *, refuse: Refuse | None = None
) -> Iterator[bytes]:
    """Write one file; the forms name the ship and its call, so the heading says nothing.

    See :class:`~esclusa.formats.writers.Writing`. The file is held, and written whole or not.
    """
    del heading
    found = [message for message in messages if _written(message, refuse)]
    if not found:
        return
    together = replace(found[0], statements=tuple(s for one in found for s in one.statements))
    try:
        yield json_layout.write(together) if kind == "json" else xlsx_writing.write(together)
    except WritingError as error:
        if refuse is None:
            raise
        refuse(error)


def _written(message: Message, refuse: Refuse | None) -> bool:
    try:
        filings(message)
    except WritingError as error:
        if refuse is None:
            raise
        refuse(error)
        return False
    return True
