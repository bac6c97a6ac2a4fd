"""A defect: something wrong in a message, with its place."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """How much a defect costs.

    ``note``: worth telling the sender, nothing is lost. ``warning``: a value is doubtful, the
    message stands. ``error``: part of the message could not be used. ``fatal``: the message cannot
    be used at all and goes to quarantine.
    """

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"


class Defect(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong, and where.

    ``code`` is a stable dotted word such as ``edifact.unt.count``; ``reason`` is one English
    sentence that names the value found and what was expected. ``offset`` counts bytes from the
    start of the file, from 0. ``segment_no`` counts segments in the message from 1 (UNH = 1).
    ``element`` is written ``3`` or ``3.2`` (element, component), counted from 1.
    """

    code: str
    severity: Severity
    reason: str
    offset: int
    length: int = 0
    message: str = ""
    segment: str = ""
    segment_no: int = 0
    element: str = ""
