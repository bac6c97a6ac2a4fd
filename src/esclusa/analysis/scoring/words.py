"""The words of reasons, cards and alarms in English and Spanish, from ``data/words.toml``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

Language = Literal["en", "es"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "es")


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    text = (files(__package__) / "data/words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(group: str, name: str, language: Language, /, **values: object) -> str:
    """Return a text in a language with its values filled in; raises ``KeyError`` if it is none."""
    return _texts()[group][f"{name}_{language}"].format(**values)


def has(group: str, name: str) -> bool:
    """Tell whether a text stands in the file."""
    return f"{name}_en" in _texts()[group]
