"""The plain reader for what the index doubts, with the bytes that it must see around it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from esclusa.formats.edifact.columns.index import Doubt, Index
from esclusa.formats.edifact.reader import read
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.model import Message


def stream_of(index: Index, doubt: Doubt) -> io.BytesIO:
    """The doubtful bytes behind their interchange's header."""
    part = bytes(index.data[doubt.offset : doubt.offset + doubt.length])
    return io.BytesIO(doubt.prefix + part + doubt.suffix)


def messages(index: Index, doubts: Iterable[Doubt]) -> Iterator[Message]:
    """Doubtful messages with their statements; offsets are those of the file."""
    for doubt in doubts:
        for item in read(stream_of(index, doubt), limits=index.limits):
            if isinstance(item, Message):
                yield replace(item, offset=item.offset + doubt.offset - len(doubt.prefix))


def raw_messages(index: Index) -> Iterator[RawMessage]:
    """Doubtful messages as segments; offsets are those of the file."""
    for doubt in index.doubts:
        moved = doubt.offset - len(doubt.prefix)
        for item in read_messages(stream_of(index, doubt), limits=index.limits):
            if isinstance(item, RawMessage):
                item.offset += moved
                for segment in item.segments:
                    segment.offset += moved
                yield item
