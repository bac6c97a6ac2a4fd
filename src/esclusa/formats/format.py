"""What a format module offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Protocol

import msgspec

from esclusa.formats.limits import Limits
from esclusa.model import Defect, Message

if TYPE_CHECKING:
    from esclusa.formats.tabular.guess import Proposal
    from esclusa.formats.tabular.mapping import Mapping


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


class TableReader(Protocol):
    """As :class:`Reader`, for files whose columns a mapping explains; without one it is guessed.

    ``target`` narrows the guess, ``list_id`` names the list of list entries.
    """

    def __call__(
        self, stream: BinaryIO, *, file: str = "", limits: Limits = ...,
        mapping: Mapping | None = None, target: str = "", list_id: str = "",
    ) -> Iterator[Message | Defect]: ...  # fmt: skip


class Proposer(Protocol):
    """Propose a mapping for a table, the one that reading without a mapping uses.

    Raises :class:`~esclusa.errors.FormatError` and :class:`~esclusa.errors.LimitError`.
    """

    def __call__(
        self, stream: BinaryIO, *, file: str = "", limits: Limits = ..., target: str = ""
    ) -> Proposal: ...


class Fitter(Protocol):
    """Return those mappings all of whose column headings stand in the table's row of headings.

    A mapping that names columns by position alone fits no table. Raises
    :class:`~esclusa.errors.FormatError` and :class:`~esclusa.errors.LimitError`.
    """

    def __call__(
        self, stream: BinaryIO, mappings: Sequence[Mapping], *, file: str = "",
        limits: Limits = ...,
    ) -> tuple[Mapping, ...]: ...  # fmt: skip


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


class TableFormat(Format, frozen=True, kw_only=True):
    """A format whose files are tables, which a mapping explains. Each call takes a stream at its
    start."""

    read: TableReader
    propose: Proposer
    fitting: Fitter
