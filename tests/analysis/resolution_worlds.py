"""Small worlds of mentions for the tests of resolution: few words, so that much collides."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from esclusa.analysis.resolution import (
    Entities,
    Judgement,
    Mention,
    Rarity,
    Settings,
    default_settings,
)
from esclusa.analysis.resolution.settings import Limits

RARITY = Rarity("test", {"JUN": 300.0, "MARIA": 300.0}, 1000.0)
"""JOHN and MARIA are common, every other word is rare."""

TIGHT: Settings = msgspec.structs.replace(
    default_settings(), limits=Limits(block=3, names=4, words=5, cluster=6)
)
"""Limits that a dozen mentions reach."""

NAMES = (
    "John Kowalczyk", "Kowalczyk John", "John Kowalcyzk", "Maria Zubarowski", "Maria Zubarovski",
    "John Maria Zubarowski", "Kowalczyk", "J. Kowalczyk", "Barrantes Kowalczyk", "",
)  # fmt: skip
DATES = ("1971-05-02", "1971-02-05", "1971", "1985-11-30", "1971-99-99")
NUMBERS = ("passport:P1234567", "passport:P7654321", "national_id:8-123-456", "national_id:8-999-1")


def mention(
    number: int, name: str = "", kind: str = "person", label: int = 1, **more: object
) -> Mention:
    """Return mention ``m<number>`` of record ``r<number>``."""
    return Mention(
        id=f"m{number:03}", record=f"r{number:03}", path="name", label=label, seq=number,
        type=kind, names=(name,) if name else (), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def judgement(number: int, a: int, b: int, verdict: str, label: int = 1) -> Judgement:
    """Return judgement ``j<number>``, later than those of lower numbers."""
    return Judgement(
        id=f"j{number}", a=f"m{a:03}", b=f"m{b:03}", verdict=verdict, by="officer",
        at=f"2026-11-01T00:00:{number:02}Z", label=label,
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, most: int = 12, labels: int = 1) -> list[Mention]:
    """Mentions of a few persons, firms and containers, much alike."""
    some = st.sampled_from
    count = draw(st.integers(0, most))
    return [
        mention(
            number,
            draw(some(NAMES)),
            draw(some(("person", "person", "person", "party", "organisation", "container"))),
            draw(st.integers(1, labels)),
            birth_dates=draw(some(((), (), *((date,) for date in DATES)))),
            identifiers=draw(some(((), (), *((text,) for text in NUMBERS)))),
            phones=draw(some(((), (), ("+507 555 0101",), ("+507 555 0102",)))),
        )
        for number in range(count)
    ]


@st.composite
def judgements(draw: st.DrawFn, count: int = 14, labels: int = 1) -> list[Judgement]:
    """Up to five judgements on any two mentions, some of them absent from the world."""
    pairs = st.tuples(st.integers(0, count), st.integers(0, count)).filter(lambda p: p[0] != p[1])
    return [
        judgement(
            number, *draw(pairs), draw(st.sampled_from(("same", "different"))),
            draw(st.integers(1, labels)),
        )
        for number in range(draw(st.integers(0, 5)))
    ]  # fmt: skip


def facts(entities: Entities) -> object:
    """All that a reader can tell of entities: members, labels, reasons, questions, notices."""
    found = list(entities)
    return (
        found,
        [entities.explain(entity.id) for entity in found],
        entities.questions(),
        entities.notices(),
    )
