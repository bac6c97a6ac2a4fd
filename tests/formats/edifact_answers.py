"""What an answer to an EDIFACT interchange must be, whether CONTRL or APERAK."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from esclusa.errors import EsclusaError
from esclusa.formats.edifact.checking import Checked, check
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.model import Severity

WHEN = "2026-11-26T08:30"
DATA = Path(__file__).resolve().parents[1] / "data"

Answer = Callable[..., Iterator[bytes]]


def answered(answer: Answer, data: bytes, **more: object) -> list[RawMessage]:
    """The answers to a file, read again; each must be sound and valid after its own directory."""
    said = b"".join(answer(io.BytesIO(data), prepared=WHEN, reference="A1", **more))
    for item in check(io.BytesIO(said)):
        assert isinstance(item, Checked), item
        assert item.defects == (), item.defects
    return [item for item in read_messages(io.BytesIO(said)) if isinstance(item, RawMessage)]


def texts(message: RawMessage) -> list[str]:
    return [segment.text for segment in message.segments[1:-1]]


def sound_or_refused(answer: Answer, kind: str, data: bytes, name: str) -> None:
    """Whatever the file holds: one error in one sentence, or answers without an error."""
    try:
        said = b"".join(answer(io.BytesIO(data), prepared=WHEN, reference="A1", file=name))
    except EsclusaError as error:
        assert len(str(error).splitlines()) == 1
        return
    for item in check(io.BytesIO(said)):
        assert isinstance(item, Checked), item
        assert item.type == kind
        assert [d for d in item.defects if d.severity is not Severity.WARNING] == []


def samples(*folders: str) -> list[Path]:
    """The messages that lie in folders of ``tests/data``."""
    found = (path for folder in folders for path in (DATA / folder).iterdir())
    return sorted(path for path in found if path.suffix in (".edi", ".x12", ".txt"))
