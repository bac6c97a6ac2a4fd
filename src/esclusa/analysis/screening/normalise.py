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
from anyascii import anyascii

from esclusa.analysis.screening import words

MAX_CHARS: Final = 400
"""Longest of 32,365 names in the lists we hold is 324 characters; what lies beyond is no name."""
MAX_TOKENS: Final = 24
"""Few of those names have more words, and their first 24 tell enough."""
MAX_TOKEN: Final = 40
ABJAD: Final = "~"
"""First character of a word written without its vowels."""

_FORM_WORDS: Final = 7
"""Longest legal form in the list: sociedad de responsabilidad limitada de capital variable."""
_JOINED_REST: Final = 3
"""ABDUL + three letters or more is a joined name (ABDULHAQ), with fewer one word (ABDULLA)."""

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_ABJAD_SIGNS: Final = re.compile(
    "[\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_ABJAD_WORD: Final = re.compile("[\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u066e-\u06d5]+")
_SYLLABLE: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")
_DOTTED: Final = re.compile(r"\b(?:[A-Z]\.){2,}(?:[A-Z]\b)?")
_QUOTES: Final = re.compile("['`´‘’ʼʻʹʺ\"]")
_WORD: Final = re.compile(r"~?[A-Z0-9]+")
_PLAIN: Final = re.compile(r"[A-Z0-9 ]*")


class Name(msgspec.Struct, frozen=True):
    """A normalised name. ``tokens`` compare; ``form`` is the canonical legal form, "" without one.

    ``is_firm`` is True when the text carried a legal form.
    """

    tokens: tuple[str, ...] = ()
    form: str = ""
    is_firm: bool = False

    @property
    def text(self) -> str:
        """The tokens joined by blanks."""
        return " ".join(self.tokens)


def normalise(text: str, kind: str = "any") -> Name:
    """Return ``text`` as comparable words.

    :param kind: ``person``, ``organisation``, ``vessel`` or ``any``; other words count as ``any``.
        A person keeps what looks like a legal form; a ship loses ``M/V`` and its like.

    ``normalise(normalise(x, k).text, k).tokens`` equals ``normalise(x, k).tokens``.
    """
    tokens = _split(latin(text), dotted_apart=kind == "person")
    form, is_firm = "", False
    for _ in range(MAX_TOKENS):
        step = _pass(tokens, kind)
        form, is_firm = form or step.form, is_firm or step.is_firm
        if step.tokens == tokens:
            break
        tokens = step.tokens
    return Name(tokens, form, is_firm)


def latin(text: str) -> str:
    """Return ``text`` in upper-case ASCII: compatibility forms folded, scripts transliterated."""
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = _transliterate(unicodedata.normalize("NFKC", text)[: 2 * MAX_CHARS])
    return text.upper()


def _transliterate(text: str) -> str:
    text = _ABJAD_SIGNS.sub("", _INVISIBLE.sub("", text))
    text = _ABJAD_WORD.sub(_abjad_word, text)
    text = _SYLLABLE.sub(r" \g<0> ", text)
    return anyascii(text)[: 4 * MAX_CHARS]


def _abjad_word(found: re.Match[str]) -> str:
    word = found[0]
    if word.startswith("ال") and len(word) > 4:
        word = word[2:]
    letters = _abjad_letters()
    first = letters.get(word[0], "")
    rest = "".join(letters.get(letter, "") for letter in word[1:].replace("ع", "").replace("א", ""))
    return f" {ABJAD}{first}{rest} "


@cache
def _abjad_letters() -> dict[str, str]:
    return dict(words.toml("sound.toml")["abjad"])


def _split(text: str, *, dotted_apart: bool) -> tuple[str, ...]:
    if not _PLAIN.fullmatch(text):
        text = _QUOTES.sub("", text)
        if not dotted_apart:
            text = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", text)
        text = text.replace("&", " AND ")
    return tuple(word[:MAX_TOKEN] for word in _WORD.findall(text)[:MAX_TOKENS])


def _pass(tokens: tuple[str, ...], kind: str) -> Name:
    return _PASSES.get(kind, _any)(tokens)


def _person(tokens: tuple[str, ...]) -> Name:
    kept = _without(tokens, words.word_set("honorifics"))
    kept = _without(kept, words.word_set("particles"))
    return Name(_open_joined(_without_inside(kept, words.word_set("particles_inside"))))


def _organisation(tokens: tuple[str, ...]) -> Name:
    tokens = _without(tokens, words.word_set("introductions"))
    bare, form, found = strip_form(tokens)
    return Name(_without(bare, words.word_set("fillers")), form, found)


def _vessel(tokens: tuple[str, ...]) -> Name:
    bare = _without_prefix(tokens, words.word_set("vessel_prefixes"))
    return Name(_without(bare, words.word_set("fillers")))


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
    opened: list[str] = []
    for at, token in enumerate(tokens):
        opened.extend(_opened(token, last=at == len(tokens) - 1) if token[0] == "A" else (token,))
    return tuple(opened[:MAX_TOKENS])


def _opened(token: str, *, last: bool) -> tuple[str, ...]:
    for spelling, canonical in words.joined_prefixes():
        if token.startswith(spelling):
            rest = token[len(spelling) :]
            if len(rest) >= _JOINED_REST:
                return canonical, rest
            return (canonical,) if not rest and not last else (token,)
    return (token,)
