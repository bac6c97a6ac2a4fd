"""Records as UN/EDIFACT: the typed writer of each message type, and an interchange of them.

The reverse of ``reader``. To add a message type: write ``write(message) -> list[NewMessage]`` in
its own module, and name it in ``TYPES`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact import (
    write_baplie,
    write_calls,
    write_containers,
    write_cuscar,
    write_cusres,
    write_iftdgn,
    write_iftsta,
    write_paxlst,
    write_wasdis,
)
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.envelope import prepared
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.writing import NewMessage, interchange_head, write_interchange
from esclusa.formats.heading import Heading, Refuse
from esclusa.formats.made import made
from esclusa.model import Message

TYPES: Final[dict[str, Callable[[Message], list[NewMessage]]]] = {
    "BAPLIE": write_baplie.write,
    "BAPLIE15": partial(write_baplie.write, guide="SMDG15"),
    "BAPLIE31": partial(write_baplie.write, guide="SMDG31"),
    "CUSCAR": write_cuscar.write,
    "CUSRES": write_cusres.write,
    "PAXLST": write_paxlst.write,
    **write_containers.WRITERS,
    **write_calls.WRITERS,
    "IFTDGN": write_iftdgn.write,
    "IFTSTA": write_iftsta.write,
    "WASDIS": write_wasdis.write,
}


def write(
    unb: Segment,
    messages: Iterable[Message],
    kind: str,
    *,
    una: bool = False,
    line_break: str = "",
    file: str = "",
    refuse: Callable[[WritingError], None] | None = None,
) -> Iterator[bytes]:
    """Write messages of records as one interchange of ``kind`` (``"CUSCAR"``).

    A message with statements of several voyages becomes several. Each is prepared when the
    interchange is. What ``refuse`` and the other parameters do stands with
    :func:`~esclusa.formats.edifact.writing.write_interchange`.

    :raises WritingError: no writer for ``kind``, and as there.
    """
    writer = TYPES.get(kind)
    if writer is None:
        raise WritingError(f"no writer for {kind[:6]!r}; there are {', '.join(TYPES)}", file=file)
    when = prepared(unb.get(4), unb.get(4, 2))
    dated = (replace(message, prepared=when) for message in messages)
    found = made(dated, writer, file, refuse)
    yield from write_interchange(
        unb, found, una=una, line_break=line_break, file=file, refuse=refuse
    )


_WIDE: Final = frozenset({"UNOX", "UNOY"})
"""Character sets that came with syntax version 4."""


def write_file(
    messages: Iterable[Message], heading: Heading, kind: str, *, refuse: Refuse | None = None
) -> Iterator[bytes]:
    """Write one interchange of ``kind`` (``cuscar``).

    See :class:`~esclusa.formats.writers.Writing`.
    """
    unb = interchange_head(
        sender=heading.sender,
        recipient=heading.recipient,
        prepared=heading.prepared,
        reference=heading.reference,
        syntax=heading.charset,
        version="4" if heading.charset in _WIDE else "3",
    )
    yield from write(unb, messages, kind.upper(), refuse=refuse)
