"""What screening answers with."""

from __future__ import annotations

from typing import Final

import msgspec

LIKELY: Final = "likely"
POSSIBLE: Final = "possible"
CANNOT_TELL: Final = "cannot_tell"

COMMON_NAME: Final = 17.0
"""Weight of agreeing words up to which a name is common: the weight of MARIA RODRIGUEZ is 13, of
three common words 19, of one rare and one common word 17 and more (see ``Vocabulary.weight``)."""

_PROOFS: Final = frozenset({"identifier"})
_BIRTHS: Final = frozenset({"birth_date", "birth_swapped", "birth_month"})
_NUMBERS: Final = frozenset({"identifier", "identifier_mmsi", "identifier_call_sign",
                             "identifier_other_scheme", "identifier_any_scheme"})  # fmt: skip
_AGAINST: Final = frozenset({"against", "signs", "syllable", "birth_contradiction",
                             "birth_contradiction_partial", "imo_other", "number_other",
                             "number_alone", "place_other", "place_alone", "kind"})  # fmt: skip
_LEFT_OVER: Final = frozenset({"asked_only", "listed_only"})


class Part(msgspec.Struct, frozen=True, gc=False):
    """One named part of a score. ``values`` fill the sentence that ``code`` names."""

    code: str
    points: float
    values: tuple[tuple[str, str], ...] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list entry that a query may mean. Its score, 0 to 100, is the sum of its parts' points.

    ``rank`` counts from 1 within the query. ``edition`` is that of the list, ``version`` that of
    the weights. ``evidence`` are the query's fields that the score rests on (``name``,
    ``birth_date``, ``nationality``, ``identifiers``). A hit is a question for a person, never a
    finding.
    """

    list_id: str
    uid: str
    edition: str
    version: str
    entry_type: str
    entry_name: str
    matched_name: str
    weak_alias: bool
    score: float
    rank: int
    matched_weight: float
    parts: tuple[Part, ...]
    evidence: tuple[str, ...]

    @property
    def cannot_tell(self) -> tuple[str, ...]:
        """Codes of what would have decided but is missing somewhere, such as ``no_birth_date``."""
        return tuple(part.code for part in self.parts if part.code.startswith("no_"))

    @property
    def answer(self) -> str:
        """``likely``, ``possible`` or ``cannot_tell``: what can be said, by these rules in order.

        1. An identifier, or the birth date to the month, agrees and nothing contradicts: likely.
        2. Every word agrees and nothing contradicts, yet no birth date (for ships: no IMO number)
           and no number can be compared, and the words are common ones (:data:`COMMON_NAME`): no
           higher score would be honest, it cannot be told.
        3. Everything else is possible.
        """
        codes = {part.code for part in self.parts}
        if _AGAINST.isdisjoint(codes):
            if codes & _PROOFS or (codes & _BIRTHS and self.matched_name):
                return LIKELY
            silent = any(code.startswith("no_") for code in codes) and codes.isdisjoint(_NUMBERS)
            if silent and codes.isdisjoint(_LEFT_OVER) and self.matched_weight <= COMMON_NAME:
                return CANNOT_TELL
        return POSSIBLE
