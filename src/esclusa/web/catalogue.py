"""Texts in the reader's language.

Source strings are English. Catalogues are gettext ``.po`` files, read once at start: no compiled
file can then lag behind its source. Words of the closed lists (states, kinds, field names) stand in
``vocabulary.toml`` and are translated with their section as gettext context, because "claim" the
move and "claim" the button need not be the same word in Spanish.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from markupsafe import Markup

LANGUAGES: Final = {"en": "English", "es": "Español"}
"""Code (BCP 47) and the language's own name."""
FOLDER: Final = Path(__file__).parent
VOCABULARY_FILE: Final = FOLDER / "vocabulary.toml"
_WORDS_KEPT: Final = 4096

Key = tuple[str, str]
"""Context ("" for none) and English text."""


def mark(text: str) -> str:
    """Mark a text for translation where it stands; it is translated where it is shown."""
    return text


def po_path(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / "locale" / language / "LC_MESSAGES" / "esclusa.po"


@cache
def vocabulary() -> dict[str, dict[str, str]]:
    """Return the closed words: section, code, English label."""
    return tomllib.loads(VOCABULARY_FILE.read_text(encoding="utf-8"))


class Catalogue:
    """The texts of one language. A text without a translation is shown in English."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = _read(po_path(language)) if po_path(language).exists() else {}
        self.word: Callable[[str, object], str] = lru_cache(_WORDS_KEPT)(self._word)
        self._plain: Callable[[str], Markup] = lru_cache(_WORDS_KEPT)(self._as_it_is)

    def gettext(self, text: str) -> str:
        """Translate a text."""
        return self._form(("", text), 0) or text

    def pgettext(self, context: str, text: str) -> str:
        """Translate a text in a context."""
        return self._form((context, text), 0) or text

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Translate a text that counts; English and Spanish share the rule "one, and the rest"."""
        form = int(number != 1)
        return self._form(("", singular), form) or (plural if form else singular)

    def say(self, text: str, /, **values: object) -> Markup:
        """Return a text in HTML, with values escaped into its places (``%(name)s``): the ``_`` of
        templates. Jinja's own hands itself a copy of all values of the page with each text, and a
        page has a hundred."""
        return Markup(self.gettext(text)) % values if values else self._plain(text)

    def _as_it_is(self, text: str) -> Markup:
        return Markup(self.gettext(text)) % {}

    def say_number(self, singular: str, plural: str, number: int, /, **values: object) -> Markup:
        """Return a text that counts as :meth:`say` does; ``%(num)s`` is the number."""
        return Markup(self.ngettext(singular, plural, number)) % {"num": number, **values}

    def _word(self, section: str, code: object) -> str:
        """Return the label of a word of a closed list; a word we do not know is shown as it is.

        Called as ``word``, which remembers: a page of the queue asks for the same few a thousand
        times.
        """
        text = str(code)
        label = vocabulary()[section].get(text)
        return self.pgettext(section, label) if label else text

    def field(self, path: str) -> str:
        """Return a field path in words: ``goods.0.hs_code`` gives ``Goods item 1 › HS code``.

        Indexes count from 0 in the path and from 1 on the page.
        """
        said: list[str] = []
        for part in path.split("."):
            if part.isdigit() and said:
                said[-1] += f" {int(part) + 1}"
            else:
                said.append(self.word("field", part))
        return " › ".join(said)

    def _form(self, key: Key, number: int) -> str:
        forms = self._texts.get(key, ())
        return forms[number] if number < len(forms) else ""


@cache
def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a language, English for one we do not have."""
    return Catalogue(language if language in LANGUAGES else "en")


def _read(path: Path) -> dict[Key, tuple[str, ...]]:
    with path.open("rb") as file:
        messages = list(read_po(file))
    return {
        (found.context or "", _first(found.id)): _forms(found.string)
        for found in messages
        if found.id and not found.fuzzy
    }


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())
