"""ASYCUDA World files from records: ``awmds``, ``awbolds`` or ``sad``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esclusa.formats.asycuda import write_awmds, write_sad
from esclusa.formats.heading import Heading, Refuse
from esclusa.model import Message


def write_file(
    messages: Iterable[Message], heading: Heading, kind: str, *, refuse: Refuse | None = None
) -> Iterator[bytes]:
    """Write one manifest, the bills added to one, or one declaration.

    The heading's recipient is the customs office. See
    :class:`~esclusa.formats.writers.Writing`.
    """
    if kind == "sad":
        yield from write_sad.write(messages, heading, refuse)
    else:
        yield from write_awmds.write(messages, heading, kind == "awbolds", refuse)
