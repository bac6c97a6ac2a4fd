"""Defects past the limit of one message: counted, not named."""

from __future__ import annotations

from esclusa.model import Defect, Severity

SEVERE = (Severity.ERROR, Severity.FATAL)


class Hidden:
    """Counts what is not named, and remembers the first of it."""

    __slots__ = ("code", "count", "offset", "severe")

    def __init__(self) -> None:
        self.count = 0
        self.code = ""
        self.offset = 0
        self.severe = False

    def add(self, code: str, severity: Severity, offset: int) -> None:
        """Count one defect."""
        if not self.count:
            self.code, self.offset = code, offset
        self.count += 1
        self.severe = self.severe or severity in SEVERE

    def closing(self, prefix: str, limit: int, message: str | None) -> Defect:
        """The one defect that stands for all of them.

        A flood of errors makes a message unusable, a flood of notes does not.

        :param prefix: of the code, ``edifact`` or ``x12``.
        :param message: reference of the message they belong to, None for none.
        """
        worst = Severity.ERROR if message is None else Severity.FATAL
        code = f"{prefix}.{self.code}"
        return Defect(
            code=f"{prefix}.defects",
            severity=worst if self.severe else Severity.WARNING,
            reason=f"{self.count:,} more defects, past the limit of {limit:,}, are not named; the "
            f"first is {code}",
            offset=self.offset,
            message=message or "",
        )
