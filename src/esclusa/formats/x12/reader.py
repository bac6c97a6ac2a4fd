"""ANSI ASC X12 files: the syntax engine's raw transaction sets, given to their typed reader.

To add a transaction set: write ``read(raw, notes) -> list[Reading]`` in its own module, and name it
in ``TYPES`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, Reading, messages_of
from esclusa.formats.work import Work
from esclusa.formats.x12 import (
    customs_answer_355,
    customs_events_353,
    customs_status_350,
    ocean_bill_310,
    ocean_manifest_309,
)
from esclusa.formats.x12.growth import most
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Defect, Message

TYPES: Final[dict[str, Callable[[RawMessage, Notes], list[Reading]]]] = {
    "309": ocean_manifest_309.read,
    "310": ocean_bill_310.read,
    "350": customs_status_350.read,
    "353": customs_events_353.read,
    "355": customs_answer_355.read,
}


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read an X12 file; see :class:`~esclusa.formats.format.Reader`."""
    work = Work(file, limits)
    for item in read_messages(stream, file=file, limits=limits, work=work):
        if isinstance(item, Defect):
            yield item
        else:
            yield from messages_of(item, "x12", TYPES.get(item.type), limits, work, most)


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the file opens with an X12 interchange header (ISA), after blanks or not."""
    del name
    text = head.lstrip(b"\xef\xbb\xbf\r\n\t \x00")
    return text.startswith(b"ISA") and len(text) > 3 and not text[3:4].isalnum()


FORMAT: Final = Format(
    id="x12",
    title_en="ANSI X12 transaction sets (309, 310, 350, 353, 355)",
    title_es="Transacciones ANSI X12 (309, 310, 350, 353, 355)",
    standard="ANSI ASC X12 release 003030 and later",
    sniff=sniff,
    read=read,
)
