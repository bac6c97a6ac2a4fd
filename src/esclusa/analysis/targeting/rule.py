"""A rule: a dated, owned, tested statement of when a record deserves a look.

1. A rule without an end date does not exist. A word list or place list it uses has dates too.
2. A rule says its sentence in English and Spanish, its owner, purpose, legal basis and sources,
   and what a false alarm of it looks like.
3. A rule carries its own tests; a pack whose tests fail is not used.
4. A rule about travellers is fixed and reviewed: the review names the exact condition, so that a
   changed condition needs a new review.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from esclusa.analysis.targeting.tree import Node, unparse
from esclusa.analysis.targeting.words import mismatch
from esclusa.errors import RuleError

MAX_POINTS: Final = 100
LONGEST_RULE: Final = dt.timedelta(days=3 * 366)
"""Three years: a rule that nobody looked at for longer has lost its reason."""
LONGEST_PLACES: Final = dt.timedelta(days=366)
"""Place lists expire after twelve months: lanes shift and stigma stays (indicators C09, C27)."""

TRAVELLER: Final = "traveller"


class RuleTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One example: fields as they stand in the table (``given``), or a part of a record
    (``record``, with ``context``) that goes through the real features, and what to expect."""

    name: str
    expect: Literal["true", "false", "unknown"]
    subject: str = ""
    given: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    context: dict[str, Any] = {}


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who approved a rule about travellers, when, and which condition (:func:`fingerprint`)."""

    by: str
    on: dt.date
    condition: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as written in its file.

    ``points`` is a whole number from 1 to 100, with its reason. ``subjects`` are record kinds.
    ``when`` is the condition. ``valid_from`` and ``valid_to`` are days, both included.
    ``evidence`` lists the fields that the reason rests on. ``text_*`` may name fields in braces,
    ``{box_mass_gap:%}`` shows a share as per cent.
    """

    id: str
    version: str
    indicators: tuple[str, ...]
    subjects: tuple[str, ...]
    title_en: str
    title_es: str
    text_en: str
    text_es: str
    points: int
    points_reason: str
    when: str
    valid_from: dt.date
    valid_to: dt.date
    owner: str
    purpose: str
    legal_basis: str
    evidence: tuple[str, ...]
    sources: tuple[str, ...]
    false_positive_en: str
    false_positive_es: str
    tests: tuple[RuleTest, ...]
    review: Review | None = None


class WordList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dated list that conditions name as ``list("id")``.

    ``kind``: ``words`` are compared as normalised text, ``codes`` and ``places`` as codes.
    """

    id: str
    kind: Literal["words", "codes", "places"]
    title_en: str
    title_es: str
    valid_from: dt.date
    valid_to: dt.date
    source: str
    items: tuple[str, ...]


def fingerprint(condition: Node) -> str:
    """Return 16 hexadecimal digits that change whenever the meaning of the condition may."""
    return hashlib.sha256(unparse(condition).encode()).hexdigest()[:16]


def valid_on(thing: Rule | WordList, day: dt.date) -> bool:
    """Tell whether a rule or list is within its dates on ``day``."""
    return thing.valid_from <= day <= thing.valid_to


def from_table(kind: type[Any], table: Mapping[str, Any]) -> tuple[Any, list[RuleError]]:
    """Convert a parsed TOML table to a struct; return it with every mismatch.

    The struct is None when there is any mismatch.
    """
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    wrong = [
        RuleError("unknown entry {name}", entry=name, name=name)
        for name in table if name not in known
    ]  # fmt: skip
    wrong += [
        RuleError("{name} is missing", entry=field.name, name=field.name)
        for field in known.values() if field.required and field.name not in table
    ]  # fmt: skip
    values: dict[str, Any] = {}
    for name in known.keys() & table.keys():
        try:
            values[name] = msgspec.convert(table[name], known[name].type)
        except msgspec.ValidationError as error:
            said = mismatch(str(error))
            wrong.append(RuleError("{name}: {said}", entry=name, name=name, said=said))
    return (None if wrong else kind(**values)), sorted(wrong, key=lambda one: one.reason)
