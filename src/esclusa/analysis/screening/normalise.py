"""A name as typed becomes a few upper-case Latin words that can be compared.

Order of the steps: cut to :data:`MAX_CHARS`; Unicode NFKC (UAX #15); controls to blanks, invisible
signs (zero width, direction) dropped; other scripts to Latin letters; punctuation; legal forms and
ship prefixes; titles and particles; trade words. Any text is accepted, nothing raises.

Words from scripts that leave vowels out (Arabic, Hebrew) keep the mark ``~`` in front, because
they compare by consonants alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

import msgspec

from esclusa.analysis.screening import words
from esclusa.analysis.screening.abjad import ABJAD as ABJAD
from esclusa.analysis.screening.scripts import latinised
from esclusa.analysis.screening.signs import written_signs

MAX_CHARS: Final = 400
"""Longest of 32,365 names in the lists we hold is 324 characters; what lies beyond is no name."""
MAX_TOKENS: Final = 24
"""Few of those names have more words, and their first 24 tell enough."""
MAX_TOKEN: Final = 40
_FORM_WORDS: Final = 7
"""Longest legal form in the list: sociedad de responsabilidad limitada de capital variable."""
_COUNTRY_WORDS: Final = 5
_JOINED_REST: Final = 3
"""ABDUL + three letters or more is a joined name (ABDULHAQ), with fewer one word (ABDULLA)."""

_DOTTED: Final = re.compile(r"\b(?:[A-Z]\.){2,}(?:[A-Z]\b)?")
_QUOTES: Final = re.compile("['`´‘’ʼʻʹʺ\"]")
_WORD: Final = re.compile(r"~?[A-Z0-9]+")
_TELLING: Final = re.compile("[.&~'`\"]")
"""ASCII signs that do more than part words; by then the text is ASCII."""
_GLUED_FORM: Final = re.compile(r"(?<=[a-z]{3})(?:[A-Z]{2,4}|GmbH|Ltd|Inc|SpA)\b")
_UNGLUED: Final = frozenset({"person", "vessel", "address"})
_LETTERS_AND_DIGITS: Final = re.compile(r"(?=.*[A-Z].*[A-Z])(?=.*[0-9])(?!.*[0-9]{3})")
_LOOK_ALIKE: Final = str.maketrans("01345789", "OIEASTBG")
_BLANKS: Final = {code: " " for code in range(128) if not chr(code).isalnum()}


class Name(msgspec.Struct, frozen=True, gc=False):
    """A normalised name. ``tokens`` compare; ``form`` is the canonical legal form, "" without one.

    ``is_firm`` is True when the text carried a legal form. ``signs`` is the name as written when
    it is one of a few Chinese or Korean signs (:mod:`~.signs`).
    """

    tokens: tuple[str, ...] = ()
    form: str = ""
    is_firm: bool = False
    signs: str = ""

    @property
    def text(self) -> str:
        """The tokens joined by blanks."""
        return " ".join(self.tokens)


def normalise(text: str, kind: str = "any") -> Name:
    """Return ``text`` as comparable words.

    :param kind: ``person``, ``organisation``, ``vessel``, ``address`` or ``any``; other words count
        as ``any``. A person keeps what looks like a legal form; a ship loses ``M/V`` and its like;
        an address has its abbreviations written out.

    ``normalise(normalise(x, k).text, k).tokens`` equals ``normalise(x, k).tokens``.
    """
    if kind not in _UNGLUED:
        text = _GLUED_FORM.sub(_parted_form, text[:MAX_CHARS])
    tokens = _split(latin(text), dotted_apart=kind == "person")
    signs = written_signs(text)
    if kind == "person":
        tokens = tuple(map(_without_digits, tokens))
    if _is_plain(tokens, kind):
        return Name(tokens, signs=signs)
    form, is_firm = "", False
    for _ in range(MAX_TOKENS):
        step = _pass(tokens, kind)
        form, is_firm = form or step.form, is_firm or step.is_firm
        if step.tokens == tokens:
            break
        tokens = step.tokens
        if _is_plain(tokens, kind):
            break
    return Name(tokens, form, is_firm, signs)


def _parted_form(found: re.Match[str]) -> str:
    """SiemensAG is SIEMENS with a legal form: a small letter stands before a capital one."""
    return f" {found[0]}" if found[0].upper() in words.legal_forms() else found[0]


def _without_digits(token: str) -> str:
    """Nobody's name holds a digit inside a word: I9OR SECH1N hides letters that look like them."""
    if token.isalpha() or not _LETTERS_AND_DIGITS.search(token):
        return token
    return token.translate(_LOOK_ALIKE)


def bare_words(text: str, kind: str = "any") -> tuple[str, ...]:
    """Return the words of a name in Latin letters before any is dropped or joined."""
    return _split(latin(text), dotted_apart=kind == "person")


def latin(text: str) -> str:
    """Return ``text`` in upper-case ASCII: compatibility forms folded, scripts transliterated."""
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = latinised(unicodedata.normalize("NFKC", text)[: 2 * MAX_CHARS])[: 4 * MAX_CHARS]
    return text.upper()


def _split(text: str, *, dotted_apart: bool) -> tuple[str, ...]:
    if not _TELLING.search(text):
        parted = text.translate(_BLANKS).split()
        return tuple([word[:MAX_TOKEN] for word in parted[:MAX_TOKENS]])
    text = _QUOTES.sub("", text)
    if not dotted_apart:
        text = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = text.replace("&", " AND ")
    return tuple(word[:MAX_TOKEN] for word in _WORD.findall(text)[:MAX_TOKENS])


def _is_plain(tokens: tuple[str, ...], kind: str) -> bool:
    """Answer whether no rule can touch the words, which holds for most names; the rules say no more
    than that, so what is answered here never changes a result."""
    if kind == "address":
        return not tokens
    rules = _rules(kind if kind in _PASSES else "any")
    if not tokens or not rules.touched.isdisjoint(tokens):
        return False
    if rules.forms and (tokens[-1] in _form_ends() or tokens[0] in _form_starts()):
        return False
    if rules.prefixes and ("".join(tokens[:2]) in rules.prefixes or tokens[0] in rules.prefixes):
        return False
    return not rules.opens or _joined_starts().isdisjoint([token[:2] for token in tokens])


class Told(msgspec.Struct, frozen=True, gc=False):
    """A word of a name that no rule touches for its own sake: how it is compared, and whether a
    legal form may end or begin so, or a ship's prefix begin so; see :func:`_is_plain`."""

    tokens: tuple[str, ...]
    ends: bool
    starts: bool
    prefix: bool


def told(raw: str, kind: str) -> Told | None:
    """Return what a word of a name becomes, a sign or two of some scripts several words, None where
    a rule touches it.

    :param raw: a word without blanks that is read alone.
    """
    rules = _rules(kind if kind in _PASSES else "any")
    if kind not in _UNGLUED and _GLUED_FORM.search(raw):
        return None
    tokens = _split(latin(raw), dotted_apart=kind == "person")
    if kind == "person":
        tokens = tuple(map(_without_digits, tokens))
    if not tokens or not rules.touched.isdisjoint(tokens):
        return None
    if rules.opens and not _joined_starts().isdisjoint([token[:2] for token in tokens]):
        return None
    return Told(
        tokens,
        rules.forms and tokens[-1] in _form_ends(),
        rules.forms and tokens[0] in _form_starts(),
        any(prefix.startswith(tokens[0]) for prefix in rules.prefixes),
    )


class _Rules(msgspec.Struct, frozen=True):
    """What can change a name of one kind: words, legal forms, ship prefixes, joined words."""

    touched: frozenset[str]
    forms: bool
    prefixes: frozenset[str]
    opens: bool


@cache
def _rules(kind: str) -> _Rules:
    said, ship = words.word_set, words.word_set("vessel_prefixes")
    person = said("honorifics") | said("particles") | said("particles_inside") | set(_endings())
    firm = said("introductions") | said("fillers")
    anything = person | said("introductions") | said("fillers_anywhere")
    return {
        "person": _Rules(person, False, frozenset(), True),
        "organisation": _Rules(firm, True, frozenset(), False),
        "vessel": _Rules(said("fillers"), False, ship, False),
        "address": _Rules(frozenset(words.address_words()), False, frozenset(), False),
        "any": _Rules(anything, True, ship, True),
    }[kind]


def _pass(tokens: tuple[str, ...], kind: str) -> Name:
    return _PASSES.get(kind, _any)(tokens)


def _person(tokens: tuple[str, ...]) -> Name:
    kept = _without(tokens, words.word_set("honorifics"))
    kept = _without(_compounds(kept), words.word_set("particles"))
    kept = _without_inside(kept, words.word_set("particles_inside"))
    return Name(_open_joined(kept))


def _compounds(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Join what Latin spelling writes in two ways: SAIF AL-DIN and SAIFUDDIN, HAMD ULLAH.

    Before particles go, because DIN alone is a name and AL-DIN is half of one.
    """
    endings = _endings()
    if endings.keys().isdisjoint(tokens):
        return tokens
    joined: list[str] = []
    for token in tokens:
        ending, articles = endings.get(token, ("", frozenset()))
        before = joined[:-1] if articles and joined and joined[-1] in articles else joined
        takes = ending and before and len(before[-1]) >= _JOINED_REST
        if takes and (before is not joined or not articles) and before[-1] not in _abd():
            joined = [*before[:-1], (before[-1] + ending)[:MAX_TOKEN]]
        else:
            joined.append(token)
    return tuple(joined)


@cache
def _endings() -> dict[str, tuple[str, frozenset[str]]]:
    """Return word → (ending it stands for, articles one of which must stand before it)."""
    return {
        word: (rule["to"], frozenset(rule.get("after", ())))
        for rule in words.toml("scripts.toml")["ending"]
        for word in rule["from"]
    }


@cache
def _abd() -> frozenset[str]:
    return frozenset({"ABD", *(spelling for spelling, _ in words.joined_prefixes())})


def _organisation(tokens: tuple[str, ...]) -> Name:
    tokens = _without(tokens, words.word_set("introductions"))
    bare, form, found = strip_form(tokens)
    return Name(_without(bare, words.word_set("fillers")), form, found)


def _vessel(tokens: tuple[str, ...]) -> Name:
    bare = _without_prefix(tokens, words.word_set("vessel_prefixes"))
    return Name(_without(bare, words.word_set("fillers")))


def _address(tokens: tuple[str, ...]) -> Name:
    spelt = words.address_words()
    told = _with_country(tokens)
    return Name(tuple(said for token in told if (said := spelt.get(token, token))) or tokens)


def _with_country(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Write the country at the end of an address as its three letters: ``UAE`` → ``ARE``."""
    for size in range(min(_COUNTRY_WORDS, len(tokens) - 1), 0, -1):
        code = words.country_code(" ".join(tokens[-size:]))
        if code:
            return (*tokens[:-size], code)
    return tokens


def _any(tokens: tuple[str, ...]) -> Name:
    bare, form, found = strip_form(_without(tokens, words.word_set("introductions")))
    if found:
        return Name(_organisation(bare).tokens, form, True)
    bare = _without(bare, words.word_set("fillers_anywhere"))
    return Name(_person(_without_prefix(bare, words.word_set("vessel_prefixes"))).tokens)


_PASSES: Final[dict[str, Callable[[tuple[str, ...]], Name]]] = {
    "person": _person,
    "organisation": _organisation,
    "vessel": _vessel,
    "address": _address,
}


def strip_form(tokens: tuple[str, ...]) -> tuple[tuple[str, ...], str, bool]:
    """Return (tokens without legal forms at either end, canonical form, whether one was found).

    At least one token always stays.
    """
    forms, canonical, found = words.legal_forms(), "", False
    while taken := _form_at_end(tokens, forms):
        canonical = canonical or forms["".join(tokens[-taken:])]
        tokens, found = tokens[:-taken], True
    while taken := _form_at_start(tokens, forms):
        canonical = canonical or forms["".join(tokens[:taken])]
        tokens, found = tokens[taken:], True
    return tokens, canonical, found


def _form_at_end(tokens: tuple[str, ...], forms: dict[str, str]) -> int:
    if len(tokens) < 2 or tokens[-1] not in _form_ends():
        return 0
    longest = min(_FORM_WORDS, len(tokens) - 1)
    return next((n for n in range(longest, 0, -1) if "".join(tokens[-n:]) in forms), 0)


def _form_at_start(tokens: tuple[str, ...], forms: dict[str, str]) -> int:
    if len(tokens) < 2 or tokens[0] not in _form_starts():
        return 0
    longest = min(_FORM_WORDS, len(tokens) - 1)
    return next((n for n in range(longest, 0, -1) if "".join(tokens[:n]) in forms), 0)


@cache
def _form_ends() -> frozenset[str]:
    """Every way in which a legal form can end: most names are done after one look-up."""
    forms = words.legal_forms()
    return frozenset(form[start:] for form in forms for start in range(len(form)))


@cache
def _form_starts() -> frozenset[str]:
    forms = words.legal_forms()
    return frozenset(form[:end] for form in forms for end in range(1, len(form) + 1))


def _without(tokens: tuple[str, ...], dropped: frozenset[str]) -> tuple[str, ...]:
    if dropped.isdisjoint(tokens):
        return tokens
    return tuple(token for token in tokens if token not in dropped) or tokens


def _without_inside(tokens: tuple[str, ...], dropped: frozenset[str]) -> tuple[str, ...]:
    if len(tokens) < 3 or dropped.isdisjoint(tokens):
        return tokens
    return tokens[:1] + tuple(token for token in tokens[1:] if token not in dropped)


def _without_prefix(tokens: tuple[str, ...], prefixes: frozenset[str]) -> tuple[str, ...]:
    for size in (2, 1):
        if len(tokens) > size and "".join(tokens[:size]) in prefixes:
            return tokens[size:]
    return tokens


def _open_joined(tokens: tuple[str, ...]) -> tuple[str, ...]:
    starts = _joined_starts()
    if not any(token[:2] in starts for token in tokens):
        return tokens
    opened: list[str] = []
    for at, token in enumerate(tokens):
        joined = token[:2] in starts
        opened.extend(_opened(token, last=at == len(tokens) - 1) if joined else (token,))
    return tuple(opened[:MAX_TOKENS])


@cache
def _joined_starts() -> frozenset[str]:
    return frozenset(spelling[:2] for spelling, _ in words.joined_prefixes())


def _opened(token: str, *, last: bool) -> tuple[str, ...]:
    for spelling, canonical in words.joined_prefixes():
        if token.startswith(spelling):
            rest = token[len(spelling) :]
            if len(rest) >= _JOINED_REST:
                return canonical, rest
            return (canonical,) if not rest and not last else (token,)
    return (token,)
