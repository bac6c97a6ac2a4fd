"""Moves as faces see them, of whatever life cycle: words of the data, what was recorded, fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from esclusa.casework.forms import Code, Field, Need, Word
from esclusa.errors import AgreementError, Term
from esclusa.sharing.referral_views import CodeView, FieldView, RecordedView, WordView
from esclusa.sharing.terms import reasons

Who = Callable[[str, str], str]
"""(agency, what its step says of who made it) → who a reader of this node is told it was."""


def text_of(moment: dt.datetime) -> str:
    """Return an aware moment in UTC as moves write it: to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def word(words: Mapping[str, Word], code: str) -> WordView:
    """Return a word of the data with its texts; an unknown code, of a newer partner, as it is."""
    found = words.get(code)
    text = (found.text_en, found.text_es) if found else (code, code)
    return WordView(code=code, en=text[0], es=text[1])


def reason(words: Mapping[str, Word], code: str) -> WordView:
    """Return why something stays: one of these words, or of the terms of release."""
    if code in words:
        return word(words, code)
    said = reasons()[code]
    return WordView(code=code, en=said.en, es=said.es)


def nothing_goes(partner: str, why: WordView) -> AgreementError:
    """Return the error of a move that would reach nobody.

    :param why: as :func:`reason` says it.
    """
    told = Term(why.en, es=why.es)
    return AgreementError("nothing would reach {partner}: {why}", partner=partner, why=told)


def coded(codes: Mapping[str, Code], value: str) -> WordView:
    """Return a code of a list with its text; an unknown one as it is, "" as a dash."""
    known = codes.get(value)
    texts = (known.text_en, known.text_es) if known else (value or "–", value or "–")
    return WordView(code=value, en=texts[0], es=texts[1])


def recorded(name: str, value: str, field: Field | None, codes: Mapping[str, Code]) -> RecordedView:
    """Return one thing that a move recorded.

    :param field: None for one of a newer partner.
    :param codes: the list of the field, empty where it has none.
    """
    code = codes.get(value)
    return RecordedView(
        field=field_word(field) if field else WordView(code=name, en=name, es=name), value=value,
        text=WordView(code=value, en=code.text_en, es=code.text_es) if code else None,
    )  # fmt: skip


def field_word(field: Field) -> WordView:
    """Return a field's name in both languages."""
    return WordView(code=field.name, en=field.text_en, es=field.text_es)


def form_field(field: Field, need: Need, codes: Iterable[Code], value: str) -> FieldView:
    """Return a field of a form; ``codes`` are what it offers, ``value`` what it holds."""
    return FieldView(
        word=field_word(field), type=field.type, most=field.most, value=value,
        needed="no" if need.optional else "yes" if len(need.fields) == 1 else "one_of",
        codes=code_views(codes),
    )  # fmt: skip


def code_views(found: Iterable[Code]) -> tuple[CodeView, ...]:
    """Return codes as a form offers them."""
    return tuple(
        CodeView(
            word=WordView(code=code.code, en=code.text_en, es=code.text_es),
            meaning_en=code.meaning_en, meaning_es=code.meaning_es,
        )
        for code in found
    )  # fmt: skip
