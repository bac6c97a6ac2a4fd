"""Why a record or a field stays, for people."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from esclusa.sharing.agreement.words import Sentence


@cache
def reasons() -> MappingProxyType[str, Sentence]:
    """Return every reason's sentence by its code: those of records, then those of fields."""
    text = files("esclusa.sharing.terms").joinpath("data", "reasons.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return MappingProxyType({row["code"]: Sentence(row["en"], row["es"]) for row in rows})
