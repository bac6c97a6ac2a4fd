"""Strict reading: the same pass as forgiving reading, ended by the first defect that counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.errors import FormatError
from esclusa.model import Defect, Message, Severity

_ORDER: Final = tuple(Severity)
"""Severities from the least to the most severe."""


def strictly(
    items: Iterable[Message | Defect], file: str = "", *, least: Severity = Severity.ERROR
) -> Iterator[Message]:
    """Hand on the messages of a forgiving reader up to the first defect that counts.

    ``items`` is what a format's ``read``, ``read_file`` or ``read_stream`` yields, ``file`` the
    name used in the error. A defect counts when it is at least as severe as ``least``. The message
    that has it is not handed on, nor is anything behind it read; defects that do not count stay
    with their messages.

    Raises :class:`~esclusa.errors.FormatError` with the file, the byte and the reason, and whatever
    the reader itself raises.
    """
    for item in items:
        defects = (item,) if isinstance(item, Defect) else item.defects
        counting = [each for each in defects if _counts(each, least)]
        if counting:
            raise _error(min(counting, key=lambda each: each.offset), file)
        if isinstance(item, Message):
            yield item


def _counts(defect: Defect, least: Severity) -> bool:
    return _ORDER.index(defect.severity) >= _ORDER.index(least)


def _error(defect: Defect, file: str) -> FormatError:
    where = f" {defect.segment} {defect.segment_no}" if defect.segment_no else ""
    element = f", element {defect.element}" if defect.element else ""
    place = f" ({where.strip()}{element})" if where else ""
    return FormatError(f"{defect.reason}{place}", file=file, offset=defect.offset)
