"""Every message of a file with all that is wrong with its form: syntax, structure and codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import validate
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.model import Defect, Severity

SEVERITIES = tuple(Severity)
"""From the least to the most."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A message and its defects in the order of the file. ``offset`` and ``length`` are bytes."""

    type: str
    directory: str
    association: str
    reference: str
    interchange: str
    offset: int
    length: int
    segments: int
    defects: tuple[Defect, ...]

    def worst(self) -> Severity | None:
        """Return the severity of the worst defect, None when there is none."""
        found = [SEVERITIES.index(defect.severity) for defect in self.defects]
        return SEVERITIES[max(found)] if found else None


def check(
    stream: BinaryIO, *, file: str = "", directory: str = "", guide: str | None = None,
    limits: Limits = DEFAULT,
) -> Iterator[Checked | Defect]:  # fmt: skip
    """Yield each message of a stream, checked, and the defects of envelopes between them.

    Parameters and errors are those of :func:`~esclusa.formats.edifact.validation.validate`.
    """
    work = Work(file, limits)
    for item in read_messages(stream, file=file, limits=limits, work=work):
        if isinstance(item, Defect):
            yield item
        else:
            yield checked(item, directory=directory, guide=guide, limits=limits, work=work)


def checked(
    raw: RawMessage, *, directory: str = "", guide: str | None = None, limits: Limits = DEFAULT,
    work: Work | None = None,
) -> Checked:  # fmt: skip
    """Return one message with its own defects and those that its directory and guide tell."""
    told = validate(raw, directory=directory, guide=guide, limits=limits, work=work)
    defects = sorted((*raw.defects, *told), key=lambda defect: defect.offset)
    return Checked(
        type=raw.type, directory=raw.directory, association=raw.association,
        reference=raw.reference, interchange=raw.interchange_reference, offset=raw.offset,
        length=raw.length, segments=len(raw.segments), defects=tuple(defects),
    )  # fmt: skip
