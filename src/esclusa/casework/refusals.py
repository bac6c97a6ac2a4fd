"""The sentence of a refusal in the reader's language, and its stable code.

An error is raised with an English sentence that has a named place for each of its facts
(:class:`esclusa.errors.EsclusaError`). ``refusals.csv`` holds a row for every such sentence that a
page may show: the code by which programs know it, and its Spanish with the same places. The code
stays when a sentence is worded anew. What a reader, a code list or a form refuses comes as a whole
sentence; :mod:`esclusa.casework.sentences` has its Spanish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import msgspec

from esclusa.casework.sentences import translated
from esclusa.casework.tables import table
from esclusa.errors import EsclusaError, ExchangeError, InputError, PointerError, RuleError, Term

Word = Callable[[str, str], str]
"""(list, code) → the word of a closed list in the reader's language."""
SPANISH: Final = "es"
_AT: Final = "línea {}, carácter {}: "
"""Where something stands in the text of a rule."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with named places, in both languages, under its code."""

    code: str
    text_en: str
    text_es: str


@cache
def refusals() -> Mapping[str, Refusal]:
    """Return every refusal by its code."""
    return {row["code"]: Refusal(**row) for row in table("refusals.csv")}


@cache
def _by_text() -> Mapping[str, Refusal]:
    return {one.text_en: one for one in refusals().values()}


def refusal_of(error: EsclusaError) -> Refusal | None:
    """Return the row of an error's sentence, None where it has none.

    What the exchange or a search between nodes refuses is known by its rule: how far a batch or a
    proof was from what was expected is for the log.
    """
    if isinstance(error, ExchangeError):
        room = "search" if isinstance(error, PointerError) else "exchange"
        return refusals().get(f"{room}:{error.rule}")
    return _by_text().get(error.text)


def in_spanish(error: EsclusaError) -> str:
    """Return an error's sentence in Spanish, "" where there is none; for one whose facts are words
    of no list."""
    return spoken(error, SPANISH, lambda _group, code: code)


def code_of(error: EsclusaError) -> str:
    """Return the stable code of an error's sentence, "" where it has none."""
    found = refusal_of(error)
    return found.code if found else ""


def spoken(error: EsclusaError, language: str, word: Word) -> str:
    """Return an error's sentence in a language; "" where there is none but the English.

    One that has no row of its own may be a sentence of another room, which is known by its English.

    :param word: gives the words of the lists that a :class:`Term` names.
    """
    if language == SPANISH and isinstance(error, RuleError) and error.places:
        return "\n".join(
            (_AT.format(line, column) if line else "") + spoken(one, language, word)
            for line, column, one in error.places
        )
    if language != SPANISH:
        return ""
    if (found := refusal_of(error)) is None:
        return translated(plainly(error))
    said = {name: _fact(value, word) for name, value in error.facts.items()}
    text = found.text_es.format(**said) if said else found.text_es
    partner = getattr(error, "partner", "")
    return f"{partner}: {text}" if isinstance(error, ExchangeError) and partner else text


def plainly(error: EsclusaError) -> str:
    """Return an error's English sentence, without the place that a typed text has none of."""
    return error.reason if isinstance(error, InputError) and not error.file else str(error)


def against(code: str, facts: Mapping[str, str], lists: Mapping[str, str]) -> EsclusaError:
    """Return an error of the same sentence and facts as one that went through a view."""
    made = {n: Term(v, group=lists[n]) if n in lists else v for n, v in facts.items()}
    return EsclusaError(refusals()[code].text_en, **made)


def _fact(value: object, word: Word) -> object:
    if isinstance(value, Term):
        return word(value.group, value.replace(" ", "_")) if value.group else value.es
    return value
