"""What figures and their parts are called, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from esclusa.casework import waiver_exceptions
from esclusa.casework.alerts import verdicts
from esclusa.casework.referral_words import codes
from esclusa.casework.tables import table
from esclusa.codes.examination import lists
from esclusa.node.rules import pack_in_force

Texts = tuple[str, str]
"""English and Spanish."""


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    text = files("esclusa.node.reporting").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(key: str, language: str, *values: object) -> str:
    """Return a title of the report in a language."""
    return _words()["titles"][key][language == "es"].format(*values)


def section(key: str, language: str) -> str:
    """Return the title of a section."""
    return _words()["sections"][key][language == "es"]


def part(vocabulary: str, code: str) -> Texts:
    """Return what a part of a figure is called; a code of no list (a partner, a format, a rule of
    the node's own) is its own name."""
    return _parts(vocabulary).get(code, (code, code))


def closed(vocabulary: str) -> tuple[str, ...]:
    """Return the parts that a report shows even where nothing counted, in their order."""
    return tuple(_parts(vocabulary)) if vocabulary in ("verdict", "outcome") else ()


def in_order(vocabulary: str, found: Sequence[str]) -> list[str]:
    """Return parts in the order of their list, those that are on none behind, by name."""
    places = {code: place for place, code in enumerate(_parts(vocabulary))}
    return sorted(found, key=lambda code: (places.get(code, len(places)), code))


@cache
def _parts(vocabulary: str) -> Mapping[str, Texts]:
    return dict(_listed(vocabulary))


def _listed(vocabulary: str) -> Iterator[tuple[str, Texts]]:
    if vocabulary == "verdict":
        yield from ((one.code, (one.text_en, one.text_es)) for one in verdicts())
    elif vocabulary == "outcome":
        rows = table("match_outcomes.csv")
        yield from ((row["code"], (row["text_en"], row["text_es"])) for row in rows)
    elif vocabulary == "ground":
        known = codes("decline").items()
        yield from ((code, (one.text_en, one.text_es)) for code, one in known)
    elif vocabulary == "exception":
        for said in waiver_exceptions.every():
            yield said.key, (said.whole("en"), said.whole("es"))
    elif vocabulary in ("lane", "selection_lane"):
        yield from ((code, (one.en, one.es)) for code, one in lists().lane.items())
    elif vocabulary == "rule":
        for one in pack_in_force().rules:
            rule = one.rule
            yield rule.id, (f"{rule.id} {rule.title_en}", f"{rule.id} {rule.title_es}")
    for code, texts in _words().get(vocabulary, {}).items():
        yield code, (texts[0], texts[1])
