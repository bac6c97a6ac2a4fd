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
        defects.append(more(defect, limit, prefix))
    elif defect.severity in SEVERE and defects[-1].severity is not Severity.FATAL:
        defects[-1] = more(defect, limit, prefix)


def more(defect: Defect, limit: int, prefix: str) -> Defect:
    """The defect that stands for all further ones; fatal if the first of them is severe."""
    severe = defect.severity in SEVERE
    return msgspec.structs.replace(
        defect,
        code=f"{prefix}.defects",
        severity=Severity.FATAL if severe else Severity.WARNING,
        reason=f"more than the limit of {limit} defects; the rest is not named",
    )
