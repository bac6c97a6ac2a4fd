"""Records as X12: the typed writer of each transaction set, and an interchange of them.

The reverse of ``reader``. To add a set: write ``write(message) -> list[NewSet]`` in its own module,
and name it in ``TYPES`` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.segment import Separators
from esclusa.formats.heading import Heading, Refuse
from esclusa.formats.made import made
from esclusa.formats.x12 import write_309, write_310, write_events
from esclusa.formats.x12.writing import (
    Envelope,
    NewGroup,
    NewSet,
    group_head,
    set_head,
    write_interchange,
)
from esclusa.model import Message

TYPES: Final[dict[str, tuple[str, Callable[[Message], list[NewSet]]]]] = {
    "309": (write_309.FUNCTIONAL, write_309.write),
    "310": (write_310.FUNCTIONAL, write_310.write),
    "350": (write_events.FUNCTIONAL, write_events.write_350),
    "353": (write_events.FUNCTIONAL, write_events.write_353),
    "355": (write_events.FUNCTIONAL, write_events.write_355),
}
"""Transaction set → functional identifier (479) of release 004010, and its writer."""

_CODECS: Final = {"UNOC": "iso8859-1", "UNOY": "utf-8", "UNOW": "utf-8"}


def write(
    envelope: Envelope,
    messages: Iterable[Message],
    kind: str,
    *,
    marks: Separators | None = None,
    line_break: str = "",
    file: str = "",
    refuse: Refuse | None = None,
) -> Iterator[bytes]:
    """Write messages of records as one interchange with one group of ``kind`` (``"309"``).

    A message may become several sets; they are numbered in their order. What ``marks``, ``refuse``
    and the other parameters do stands with :func:`~esclusa.formats.x12.writing.write_interchange`.

    :raises WritingError: no writer for ``kind``, and as there.
    """
    functional, writer = TYPES.get(kind, ("", None))
    if writer is None:
        raise WritingError(f"no writer for {kind[:6]!r}; there are {', '.join(TYPES)}", file=file)
    head = group_head(
        functional,
        sender=envelope.sender,
        recipient=envelope.recipient,
        prepared=envelope.prepared,
        control=envelope.control,
    )
    group = NewGroup(head, _numbered(made(messages, writer, file, refuse)))
    yield from write_interchange(
        envelope, [group], marks=marks, line_break=line_break, file=file, refuse=refuse
    )


def write_file(
    messages: Iterable[Message], heading: Heading, kind: str, *, refuse: Refuse | None = None
) -> Iterator[bytes]:
    """Write one interchange of ``kind`` (``309``); see :class:`~esclusa.formats.writers.Writing`.

    Separators are chosen that no value contains, so the records of the whole file are held.
    """
    number = heading.reference
    envelope = Envelope(
        sender=heading.sender,
        recipient=heading.recipient,
        prepared=heading.prepared,
        control=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1,
        codec=_CODECS.get(heading.charset, "ascii"),
    )
    yield from write(envelope, messages, kind, refuse=refuse)


def _numbered(sets: Iterable[NewSet]) -> Iterator[NewSet]:
    for number, each in enumerate(sets, 1):
        yield NewSet(set_head(each.head.get(1), str(number)), each.segments)
