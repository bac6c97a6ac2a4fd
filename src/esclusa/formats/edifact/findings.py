"""Defects of one message, bounded in number."""

from __future__ import annotations

import msgspec

from esclusa.model import Defect, Severity

SEVERE = (Severity.ERROR, Severity.FATAL)


def note(defects: list[Defect], defect: Defect, limit: int, prefix: str) -> None:
    """Add a defect; past the limit only say that there are more.

    A flood of errors makes the message unusable, a flood of notes does not.

    :param prefix: of the code, ``edifact`` or ``x12``.
    """
    if len(defects) < limit:
        defects.append(defect)
    elif len(defects) == limit:
        defects.append(_last(defect, limit, prefix))
    elif defect.severity in SEVERE and defects[-1].severity is not Severity.FATAL:
        defects[-1] = _last(defect, limit, prefix)


def more(defect: Defect, limit: int, prefix: str) -> Defect:
    """The defect that stands for this one and all further ones of the same stretch."""
    reason = f"more than the limit of {limit} defects; the rest is not named"
    return msgspec.structs.replace(defect, code=f"{prefix}.defects", reason=reason)


def _last(defect: Defect, limit: int, prefix: str) -> Defect:
    severity = Severity.FATAL if defect.severity in SEVERE else Severity.WARNING
    return msgspec.structs.replace(more(defect, limit, prefix), severity=severity)
