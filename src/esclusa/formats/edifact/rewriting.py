"""Write a file back as it was, byte for byte, but for the segments that somebody changed.

What a reader makes of a file loses things that mean nothing: line breaks, wrapped lines, blanks,
telex headers, counts that are wrong. So the bytes themselves go from source to sink, and a changed
segment alone is written anew, with the separators and in the character set it stood in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple, Protocol, cast

from esclusa.formats.edifact.buffer import BLOCK
from esclusa.formats.edifact.charset import decode
from esclusa.formats.edifact.drafting import WritingError, again, segment
from esclusa.formats.edifact.repertoire import Charset, named, one
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.model import Defect


class _Read(Protocol):
    """Reads a stream into raw messages and bare defects."""

    def __call__(
        self, stream: BinaryIO, *, file: str = "", limits: Limits = ...
    ) -> Iterator[RawMessage | Defect]: ...


class Dialect(NamedTuple):
    """What one syntax does its own way.

    ``trailer`` is the tag that ends a message, ``recount`` gives it another count, ``again`` writes
    a segment with other separators.
    """

    read: _Read
    trailer: str
    recount: Callable[[Segment, str], Segment]
    again: Callable[[Segment, Separators], Segment]


def _recount(tail: Segment, count: str) -> Segment:
    more = [tail.repeats(at) for at in range(2, len(tail) + 1)]
    return segment("UNT", count, *more, marks=tail.marks)


EDIFACT: Final = Dialect(read_messages, "UNT", _recount, again)


class Edit(NamedTuple):
    """``new`` takes the place of ``old``: none leaves it out, several insert."""

    old: Segment
    new: tuple[Segment, ...] = ()


Change = Callable[[RawMessage], Iterable[Edit]]
"""Says what is to change in a message; nothing leaves it as it is."""


def unchanged(message: RawMessage) -> Iterable[Edit]:
    """The change that changes nothing."""
    del message
    return ()


def rewrite(
    source: BinaryIO,
    sink: BinaryIO,
    change: Change = unchanged,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    dialect: Dialect = EDIFACT,
) -> int:
    """Copy a file of interchanges, whatever state it is in, with changes; count the edits.

    Where segments come or go, the count of the trailer moves by as many; it stays as wrong as it
    was. At most one message is held, of ``limits.message_bytes``.

    :param source: binary, read once from its present position to its end.
    :param sink: gets bytes as soon as nothing before them can change.
    :param file: the name used in errors.
    :raises WritingError: an edit names a segment of no or another message, two edits name the same
        one, or a new segment does not fit the interchange. The sink then ends before the message.
    :raises LimitError: as the reader does; the sink then ends there.
    """
    kept = _Kept(source, sink, limits.message_bytes + 4 * BLOCK)
    count = 0
    for item in dialect.read(cast("BinaryIO", kept), file=file, limits=limits):
        if isinstance(item, RawMessage):
            kept.give(item.offset)
            edits = _ordered(item, change(item), file, dialect)
            pieces = [(each.old, _piece(each, item, kept, file, dialect)) for each in edits]
            for old, piece in pieces:
                kept.give(old.offset)
                sink.write(piece)
                kept.drop(old.offset + old.length)
            kept.give(item.offset + item.length)
            count += len(edits)
    kept.give(kept.end)
    return count


def bytes_of(source: BinaryIO, message: RawMessage) -> bytes:
    """Return a message as it stands in its file, UNH to UNT; the source must be able to seek."""
    source.seek(message.offset)
    return source.read(message.length)


class _Kept:
    """A stream that remembers what was read from it until it is given to the sink."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, most: int) -> None:
        self.source = source
        self.sink = sink
        self.most = most
        self.data = bytearray()
        self.start = 0

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    def read(self, size: int = -1, /) -> bytes:
        """Read on; what is older than any message that can still stand open is given away."""
        block = self.source.read(size)
        self.data += block
        if len(self.data) > self.most:
            self.give(self.end - self.most)
        return block

    def give(self, offset: int) -> None:
        """Hand all bytes before ``offset`` to the sink."""
        count = offset - self.start
        if count > 0:
            self.sink.write(bytes(self.data[:count]))
            self.drop(offset)

    def drop(self, offset: int) -> None:
        count = offset - self.start
        if count > 0:
            del self.data[:count]
            self.start = offset

    def piece(self, found: Segment) -> bytes:
        begin = found.offset - self.start
        return bytes(self.data[begin : begin + found.length])


def _ordered(message: RawMessage, edits: Iterable[Edit], file: str, dialect: Dialect) -> list[Edit]:
    """Edits in file order, with the one of the trailer where the number of segments changes."""
    found = sorted(edits, key=lambda edit: edit.old.offset)
    own = {id(each) for each in message.segments}
    for at, edit in enumerate(found):
        if id(edit.old) not in own:
            raise _refused(message, edit.old, "the segment is none of this message", file)
        if at and found[at - 1].old is edit.old:
            raise _refused(message, edit.old, "two edits name this segment", file)
    tail = message.segments[-1]
    grown = sum(len(edit.new) - 1 for edit in found)
    counted = tail.tag == dialect.trailer and tail.get(1).isdigit()
    if grown and counted and found[-1].old is not tail:
        count = str(int(tail.get(1)) + grown)
        found.append(Edit(tail, (dialect.recount(tail, count),)))
    return found


def _piece(edit: Edit, message: RawMessage, kept: _Kept, file: str, dialect: Dialect) -> bytes:
    """The bytes of the new segments. A terminator that was missing is put in."""
    old = edit.old
    if old.offset < kept.start:
        raise _refused(message, old, "the message is too large to be changed", file)
    was = kept.piece(old)
    found = _charset(was, message, old)
    end = old.marks.terminator.encode("ascii")
    wrapped = b"\r" + end if end == b"\n" and was.endswith(b"\r\n") else end
    pieces = []
    for new in edit.new:
        text = dialect.again(new, old.marks).text
        data = one(text, found)
        if isinstance(data, int):
            character = text[data]
            reason = f"{character!r} (U+{ord(character):04X}) does not fit {found.name}"
            raise _refused(message, new, reason, file, number=old.number)
        pieces.append(data + wrapped)
    return b"".join(pieces)


def _charset(was: bytes, message: RawMessage, old: Segment) -> Charset:
    """The set that UNB declares, or the one the old bytes were really in."""
    used = decode(was.decode("latin-1"), message.codec)[1]
    codecs = {"": message.codec, "UTF-8": "utf-8", "Windows-1252": "cp1252"}
    return named(codecs[used], old.marks)


def _refused(
    message: RawMessage, found: Segment, reason: str, file: str, *, number: int = 0
) -> WritingError:
    return WritingError(
        reason, file=file, message=message.reference, segment=found.tag,
        number=number or found.number,
    )  # fmt: skip
