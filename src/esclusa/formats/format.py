"""What a format module offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import msgspec

from esclusa.formats.limits import Limits
from esclusa.model import Defect, Message


class Reader(Protocol):
    """Read a binary stream from its present position to its end, forgivingly.

    Yields each :class:`Message` in file order as soon as it is complete, and a bare
    :class:`Defect` for trouble outside any message. Never raises for bad content: a broken message
    is yielded with a ``fatal`` defect and no statements, and its neighbours are read. Raises
    :class:`~esclusa.errors.LimitError` when the whole file must be refused. Memory does not grow
    with the file. ``file`` is the name used in errors.
    """

    def __call__(
        self, stream: BinaryIO, *, file: str = "", limits: Limits = ...
    ) -> Iterator[Message | Defect]: ...


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A message family that Esclusa reads.

    ``sniff`` looks at the first 4,096 bytes and the file's name and answers whether this reader
    should try; it never raises.
    """

    id: str
    title_en: str
    title_es: str
    standard: str
    sniff: Callable[[bytes, str], bool]
    read: Reader
