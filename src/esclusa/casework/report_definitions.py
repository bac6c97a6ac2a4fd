"""What each figure of a report counts, and what it does not: data with versions.

``report_definitions.csv`` has a row for each version of each figure. A changed meaning is a new row
with the next version; the old row stays, because reports that were kept were made by it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from esclusa.analysis.figures import Definition
from esclusa.casework import tables
from esclusa.errors import InputError

SECTIONS = (
    "alerts", "matches", "sent", "received", "examinations", "rules", "selection", "exchange",
    "intake",
)  # fmt: skip
"""Sections of a report, in the order in which they are read."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """A definition with its words: what the figure is called, what counts, and what does not."""

    definition: Definition
    title_en: str
    title_es: str
    counts_en: str
    counts_es: str
    not_en: str
    not_es: str

    def title(self, language: str) -> str:
        """Return what the figure is called."""
        return self.title_es if language == "es" else self.title_en

    def counts(self, language: str) -> str:
        """Return what counts."""
        return self.counts_es if language == "es" else self.counts_en

    def leaves_out(self, language: str) -> str:
        """Return what does not count, "" where nothing needs to be said."""
        return self.not_es if language == "es" else self.not_en


@cache
def every() -> dict[tuple[str, int], Meaning]:
    """Return all versions of all definitions by id and version."""
    made = (_meaning(row) for row in tables.table("report_definitions.csv"))
    return {(one.definition.id, one.definition.version): one for one in made}


@cache
def meanings() -> dict[str, Meaning]:
    """Return the newest version of each definition by id, in the order of a report."""
    found: dict[str, Meaning] = {}
    for (name, version), one in every().items():
        if name not in found or found[name].definition.version < version:
            found[name] = one
    return found


def definitions() -> tuple[Definition, ...]:
    """Return the definitions in force, in the order of a report."""
    return tuple(one.definition for one in meanings().values())


def meaning(name: str) -> Meaning:
    """Return the definition in force of a figure; raises ``InputError`` when there is none."""
    found = meanings().get(name)
    if found is None:
        raise InputError(f"there is no figure {name[:40]!r}", field="figure", problem="code")
    return found


def _meaning(row: dict[str, str]) -> Meaning:
    words = {name: row[name] for name in Meaning.__struct_fields__ if name in row}
    rest: dict[str, Any] = {name: row[name] for name in Definition.__struct_fields__}
    rest |= {"version": int(row["version"])}
    rest |= {name: row[name] != "no" for name in ("adds", "complete")}
    return Meaning(definition=Definition(**rest), **words)
