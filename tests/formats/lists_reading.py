"""Reading the made-up lists of the tests."""

from __future__ import annotations

import io
from pathlib import Path

from esclusa.formats import Limits
from esclusa.formats.format import Format
from esclusa.model import Defect, ListEntry, Message, Severity

LISTS = Path(__file__).parents[1] / "data" / "lists"


def held(name: str) -> bytes:
    """The bytes of a list of the tests."""
    return (LISTS / name).read_bytes()


def read_all(form: Format, data: bytes, limits: Limits | None = None) -> list[Message | Defect]:
    return list(form.read(io.BytesIO(data), limits=limits or Limits()))


def messages(items: list[Message | Defect]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def entries(items: list[Message | Defect]) -> dict[str, ListEntry]:
    """The entries by their id."""
    made = [each for item in messages(items) for each in item.statements]
    return {each.uid: each for each in made if isinstance(each, ListEntry)}


def defects(items: list[Message | Defect]) -> list[Defect]:
    """All defects, those of messages among them, in the order of reading."""
    return [
        defect
        for item in items
        for defect in ((item,) if isinstance(item, Defect) else item.defects)
    ]


def fatal(items: list[Message | Defect]) -> list[Defect]:
    return [defect for defect in defects(items) if defect.severity is Severity.FATAL]
