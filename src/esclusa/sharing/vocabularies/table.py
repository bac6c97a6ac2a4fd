"""The mapping tables: what a foreign word adds to a marking, one row each, the least strict first.

Columns: ``effect`` is ``marks``, ``nothing`` (it asks for nothing that a marking must say) or
``refuse``. ``group``: words of one group exclude each other. ``audience``: ``everyone``,
``community``, ``recipient`` or "" for no limit. ``days``: to be kept so long after receipt.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from functools import cache
from importlib.resources import files

import msgspec

from esclusa.errors import MarkingError
from esclusa.model import EVERYONE, OPEN, Level, Marking


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Whom words such as "recipient" and "community" mean: agencies by name.

    ``recipient`` are those that a record comes to. An empty set means nobody.
    """

    recipient: frozenset[str]
    community: frozenset[str] = frozenset()

    def named(self, word: str) -> frozenset[str]:
        """Return the agencies that a word of the tables means."""
        return {
            "": frozenset({EVERYONE}),
            "everyone": frozenset({EVERYONE}),
            "community": self.community | self.recipient,
            "recipient": self.recipient,
        }[word]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a word (``key`` and ``value``) and what it adds."""

    key: str
    value: str
    effect: str
    group: str = ""
    level: str = ""
    audience: str = ""
    caveats: frozenset[str] = frozenset()
    source_grade: str = ""
    information_grade: str = ""
    days: int | None = None

    def marking(self, audience: Audience, received: dt.date) -> Marking:
        """Return the marking that the word adds; joined with others it only makes stricter.

        :raises MarkingError: when the word is one that this node refuses.
        """
        if self.effect == "refuse":
            raise MarkingError(f"the marking {self.key} {self.value} cannot be kept here")
        return Marking(
            level=Level[self.level.upper()] if self.level else Level.OPEN,
            releasable_to=audience.named(self.audience),
            caveats=self.caveats,
            source_grade=self.source_grade or OPEN.source_grade,
            information_grade=self.information_grade or OPEN.information_grade,
            retain_until=None if self.days is None else received + dt.timedelta(days=self.days),
        )


@cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of a table, in its order."""
    text = files("esclusa.sharing.vocabularies").joinpath("data", name).read_text("utf-8")
    return tuple(_row(found) for found in csv.DictReader(io.StringIO(text)))


def _row(found: dict[str, str]) -> Row:
    if found["effect"] not in ("marks", "nothing", "refuse"):
        raise ValueError(f"{found['key']} {found['value']}: effect {found['effect']!r}")
    return Row(
        key=found["key"], value=found["value"], effect=found["effect"], group=found["group"],
        level=found["level"], audience=found["audience"],
        caveats=frozenset(found["caveats"].split()), source_grade=found["source_grade"],
        information_grade=found["information_grade"],
        days=int(found["days"]) if found["days"] else None,
    )  # fmt: skip
