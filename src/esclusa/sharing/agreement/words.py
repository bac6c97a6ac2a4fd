"""The words for people: sentences in English and Spanish from one data file."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from esclusa.sharing.agreement.shape import Texts


class Sentence(msgspec.Struct, frozen=True):
    """One sentence, or a part of one, in both languages."""

    en: str
    es: str

    def in_(self, language: str) -> str:
        """Return the text in ``en`` or ``es``; any other language reads English."""
        return self.es if language == "es" else self.en

    @classmethod
    def same(cls, text: str) -> Sentence:
        """Return what is written alike in both languages: a path, a number, a name."""
        return cls(text, text)

    @classmethod
    def of(cls, value: object) -> Sentence:
        """Return an agreement's own text in both languages, or a plain value."""
        return cls(value.en, value.es) if isinstance(value, Texts) else cls.same(str(value))


def said(key: str, **parts: str | Sentence) -> Sentence:
    """Return the sentence with this key, its places filled; raises ``KeyError`` for no such key."""
    found = _words()
    for step in key.split("."):
        found = found[step]
    return Sentence(
        *(
            found[language].format(
                **{
                    name: part.in_(language) if isinstance(part, Sentence) else part
                    for name, part in parts.items()
                }
            )
            for language in ("en", "es")
        )
    )


def wording(group: str, *words: str) -> Sentence:
    """Return words of a closed list for people, joined by commas."""
    found = [said(f"{group}.{word}") for word in words]
    return Sentence(", ".join(s.en for s in found), ", ".join(s.es for s in found))


@cache
def _words() -> dict[str, Any]:
    text = files("esclusa.sharing.agreement").joinpath("data", "words.toml").read_text("utf-8")
    return tomllib.loads(text)
