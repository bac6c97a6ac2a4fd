"""Every message of every packed directory can be written and read without a reader of its own: each
segment of its table once, in the order of the table. About 4 CPU seconds.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from esclusa.formats.edifact import directory
from esclusa.formats.edifact.directory import Node, Part
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.rewriting import rewrite
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import validate
from esclusa.formats.edifact.writing import (
    NewMessage,
    interchange_head,
    message_head,
    write_interchange,
)

EDITIONS = tuple(directory.sources())
HEAD = interchange_head(sender="MARISOL", recipient="NORTHREACH", prepared="2026-04-13T10:15",
                        reference="1")  # fmt: skip


def tags(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield each segment of a table once, groups in their place."""
    for node in nodes:
        if node.tag:
            yield node.tag
        yield from tags(node.inside)


def value(edition: str, part: Part) -> str:
    """Return the first code of the element's list that has its form, else the shortest text."""
    for code in directory.codes(edition, part.id) or ():
        fits = part.shortest <= len(code) <= part.longest
        if fits and (part.form == "an" or (part.form == "n") == code.isdigit()):
            return code
    return ("1" if part.form == "n" else "A") * part.shortest


@cache
def written(edition: str, tag: str) -> Segment:
    """Return a segment with what it must hold, at least one value."""
    content = directory.segment(edition, tag) or ()
    some = any(one.mandatory for one in content)
    elements: list[str | list[str]] = []
    for place, one in enumerate(content):
        parts = [""] * len(one.parts)
        if one.mandatory or (place == 0 and not some):
            parts = [value(edition, part) if part.mandatory else "" for part in one.parts]
            parts[0] = parts[0] or ("" if any(parts) else value(edition, one.parts[0]))
        elements.append(parts if one.composite else parts[0])
    return segment(tag, *elements)


@cache
def interchange(edition: str) -> bytes:
    """Return one interchange with a message of each type of a directory."""
    messages = (
        NewMessage(message_head(str(number), kind, edition), [
            written(edition, tag) for tag in tags(directory.structure(edition, kind))
            if tag not in ("UNH", "UNT")
        ])
        for number, kind in enumerate(directory.kinds(edition), start=1)
    )  # fmt: skip
    return b"".join(write_interchange(HEAD, messages))


def messages(edition: str) -> list[RawMessage]:
    read = list(read_messages(io.BytesIO(interchange(edition)), file="all.edi"))
    return [item for item in read if isinstance(item, RawMessage)]


@pytest.mark.parametrize("edition", EDITIONS)
def test_each_message_comes_back_segment_by_segment_and_the_file_byte_for_byte(
    edition: str,
) -> None:
    kinds, found = directory.kinds(edition), messages(edition)
    assert [raw.type for raw in found] == list(kinds)
    assert sum(len(raw.segments) for raw in found) > 40 * len(kinds)
    for raw in found:
        wanted = list(tags(directory.structure(edition, raw.type)))
        assert [one.tag for one in raw.segments] == wanted, raw.type
        assert [one.text for one in raw.segments[1:-1]] == [
            written(edition, tag).text for tag in wanted[1:-1]
        ]
        assert raw.defects == [], raw.type
    sink = io.BytesIO()
    rewrite(io.BytesIO(interchange(edition)), sink, file="all.edi")
    assert sink.getvalue() == interchange(edition)


@pytest.mark.parametrize("turn", range(len(EDITIONS)))
def test_each_message_is_what_its_directory_says(turn: int) -> None:
    """Of every type one directory that has it, the next type the next one."""
    edition = EDITIONS[turn]
    every = sorted({kind for one in EDITIONS for kind in directory.kinds(one)})
    mine = set(every[turn :: len(EDITIONS)]) & set(directory.kinds(edition))
    found = [raw for raw in messages(edition) if raw.type in mine]
    assert len(found) > 10
    for raw in found:
        told = [(one.code, one.reason) for one in validate(raw, directory=edition, guide="")]
        assert told == [], (edition, raw.type)
