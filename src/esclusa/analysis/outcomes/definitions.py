"""Which results count as examined, found and unknown; read from ``definitions.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from esclusa.errors import InputError
from esclusa.model import Examination


class Definitions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the definitions. ``texts`` are its rules in words, ``_en`` and ``_es``."""

    number: int
    since: str
    unknown: tuple[str, ...]
    found: tuple[str, ...]
    nothing_found: tuple[str, ...]
    examined: tuple[str, ...]
    looking: tuple[str, ...]
    days_apart: int
    texts: dict[str, str] = {}

    def looked(self, stated: Examination) -> bool:
        """Tell whether somebody looked. Where no method is known, the result speaks."""
        ways = not stated.methods or any(method in self.looking for method in stated.methods)
        return stated.result in self.examined and ways

    def outcome(self, stated: Examination) -> bool | None:
        """Return True when something was found, False when nothing was, None when it is unknown."""
        if not self.looked(stated):
            return None
        if stated.result in self.found:
            return True
        return False if stated.result in self.nothing_found else None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: tuple[Definitions, ...]


@cache
def _all() -> dict[int, Definitions]:
    text = files("esclusa.analysis.outcomes").joinpath("definitions.toml").read_text("utf-8")
    return {each.number: each for each in msgspec.convert(tomllib.loads(text), _File).version}


def definitions(number: int | None = None) -> Definitions:
    """Return a version of the definitions, the newest when none is named; ``InputError`` when there
    is no such version."""
    known = _all()
    wanted = max(known) if number is None else number
    if wanted not in known:
        raise InputError(f"there is no version {wanted} of the definitions of outcomes")
    return known[wanted]
