"""Text from strangers, made fit to be kept: no control codes, no half characters."""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.fal.filing import Cell
from esclusa.formats.reading import Notes
from esclusa.model import Severity

_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither XML 1.0 nor a database text can hold."""

LONGEST: Final = 32_767
"""What a cell of a workbook can hold; no form has a text near it."""


def clean(cell: Cell, notes: Notes) -> str:
    """Return a cell's text without outer blanks and unfit characters; a text too long is "".

    Line ends become ``\\n``, as a workbook keeps them.
    """
    text = cell.text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > LONGEST:
        reason = f"a text of more than {LONGEST:,} characters was left out"
        notes.add("fal.text.long", Severity.ERROR, reason, cell, cell.where)
        return ""
    if _UNFIT.search(text):
        reason = "control codes or half characters were left out"
        notes.add("fal.text.characters", Severity.WARNING, reason, cell, cell.where)
        return _UNFIT.sub("", text).strip()
    return text


def fit(text: str) -> bool:
    """Answer whether a text can be written: nothing is cut or bent."""
    return len(text) <= LONGEST and not _UNFIT.search(text)
