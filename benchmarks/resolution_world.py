"""A made-up world with known truth: persons, firms and ships, each named in several sources.

Names are recombined and made up (:mod:`.resolution_names`), so nobody is meant; there are the more
of them the larger the world. Sources make typing errors, turn names round, leave words and dates
out, and mostly do not give numbers.
"""

from __future__ import annotations

import random

import msgspec
from benchmarks.resolution_names import Vocabularies, vocabularies

from esclusa.analysis.resolution import Mention

FORMS = ("SA", "S.A.", "S DE RL", "LTD", "LIMITED", "GMBH", "LLC", "INC", "", "")
PLACES = ("MARISOL", "NORTHREACH", "ALTAMIRA", "PORT ELSA", "SAN TELMO", "KINGSMOUTH", "VERA BAY")
COUNTRIES = ("PA", "CO", "US", "CN", "ES", "MX", "RU", "TR", "EG", "NG", "IN", "BR")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Row(msgspec.Struct, frozen=True):
    """One record as a source gives it, and the number of whom it is about."""

    truth: int
    kind: str
    name: str
    birth: str = ""
    country: str = ""
    number: str = ""
    phone: str = ""
    address: str = ""
    place: str = ""


class _Truth(msgspec.Struct, frozen=True):
    kind: str
    words: tuple[str, ...]
    birth: str
    country: str
    number: str
    phone: str
    address: str
    place: str


def make_world(seed: int, records: int, kinds: tuple[str, ...] = ()) -> list[Row]:
    """Return about so many records in a mixed order; ``kinds`` empty makes all three."""
    source, names = random.Random(seed), vocabularies()
    rows: list[Row] = []
    truth = 0
    while len(rows) < records:
        kind = source.choices(("person", "organisation", "vessel"), (60, 30, 10))[0]
        if kinds and kind not in kinds:
            continue
        who = _truth(source, kind, names)
        times = 1 + min(int(source.expovariate(0.7)), 12)
        rows.extend(_seen(source, truth, who) for _ in range(times))
        truth += 1
    rows = rows[:records]
    source.shuffle(rows)
    return rows


def mentions(rows: list[Row]) -> list[Mention]:
    """Return the rows as mentions of records that came in this order."""
    return [
        Mention(
            id=f"{n:08}", record=f"r{n}", path="name", label=1, seq=n, type=row.kind,
            names=_some(row.name), birth_dates=_some(row.birth), nationalities=_some(row.country),
            identifiers=_some(row.number), addresses=_some(row.address), places=_some(row.place),
            phones=_some(row.phone),
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


def _some(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _truth(source: random.Random, kind: str, names: Vocabularies) -> _Truth:
    day = f"{source.randint(1940, 2005)}-{source.randint(1, 12):02}-{source.randint(1, 28):02}"
    return _Truth(
        kind, _words(source, kind, names), day if kind == "person" else "",
        source.choice(COUNTRIES), _number(source, kind), f"+{source.randint(10**10, 10**11 - 1)}",
        f"{source.randint(1, 999)} {names.family.draw(source)} {source.choice(('ROAD', 'STREET', 'AVENUE'))}",
        source.choice(PLACES),
    )  # fmt: skip


def _words(source: random.Random, kind: str, names: Vocabularies) -> tuple[str, ...]:
    """The words of a name; which parts it has is drawn, in shares set by hand."""
    draw, family, given, trade, ship = source.choices, "family", "given", "trade", "ship"
    if kind == "person":
        parts = draw(((given, family), (given, given, family), (given, family, family)), (2, 1, 1))
    elif kind == "organisation":
        parts = draw(
            ((family, trade), (family, family, trade), (family, trade, trade), (trade, trade)),
            (45, 30, 20, 5),
        )
    else:
        parts = draw(
            ((given, ship), (family, ship), (family,), (ship, ship), (family, family)),
            (20, 40, 15, 10, 15),
        )
    words = tuple(names.draw(source, part) for part in parts[0])
    numbered = kind == "vessel" and source.random() < 0.15
    return (*words, str(source.randint(1, 30))) if numbered else words


def _number(source: random.Random, kind: str) -> str:
    if kind == "vessel":
        digits = f"{source.randint(100000, 999999)}"
        check = sum(int(d) * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10
        return f"imo:{digits}{check}"
    scheme = "passport" if kind == "person" else "tax"
    return f"{scheme}:{source.choice(LETTERS)}{source.randint(10**6, 10**8)}"


def _seen(source: random.Random, truth: int, who: _Truth) -> Row:
    """One source's record: each field is given, left out or damaged by chance."""
    chance = source.random
    return Row(
        truth, who.kind, _name(source, who),
        _birth(source, who.birth) if chance() < 0.75 else "",
        (source.choice(COUNTRIES) if chance() < 0.03 else who.country) if chance() < 0.8 else "",
        (_typo(source, who.number) if chance() < 0.02 else who.number) if chance() < 0.35 else "",
        (who.phone if chance() < 0.85 else f"+{source.randint(10**10, 10**11 - 1)}") if chance() < 0.3 else "",
        _address(source, who) if chance() < 0.4 and who.kind != "vessel" else "",
        (source.choice(PLACES) if chance() < 0.1 else who.place) if chance() < 0.5 else "",
    )  # fmt: skip


def _name(source: random.Random, who: _Truth) -> str:
    words, chance = list(who.words), source.random
    if len(words) > 2 and chance() < 0.3:
        del words[1]
    if chance() < 0.2:
        at = source.randrange(len(words))
        words[at] = _typo(source, words[at])
    if who.kind == "person" and chance() < 0.04:
        words[0] = words[0][0]
    if who.kind == "person" and chance() < 0.25:
        return f"{words[-1]}, {' '.join(words[:-1])}"
    if who.kind == "organisation":
        return f"{' '.join(words)} {source.choice(FORMS)}".strip()
    return f"{'MV ' if who.kind == 'vessel' and chance() < 0.3 else ''}{' '.join(words)}"


def _typo(source: random.Random, word: str) -> str:
    at = source.randrange(1, max(len(word), 2))
    letter = source.choice(LETTERS) if word[-1].isalpha() else str(source.randint(0, 9))
    return source.choice(
        (word[:at] + word[at + 1 :], word[:at] + letter + word[at + 1 :], word[:at] + letter + word[at:],
         word[: at - 1] + word[at : at + 1] + word[at - 1 : at] + word[at + 1 :])
    )  # fmt: skip


def _birth(source: random.Random, birth: str) -> str:
    if not birth:
        return ""
    year, month, day = birth.split("-")
    return source.choices(
        (birth, year, f"{year}-{month}", f"{year}-{day}-{month}" if int(day) < 13 else birth,
         f"{int(year) + source.choice((-1, 1))}-{month}-{day}"),
        (82, 10, 3, 3, 2),
    )[0]  # fmt: skip


def _address(source: random.Random, who: _Truth) -> str:
    text = who.address if source.random() < 0.9 else f"{source.randint(1, 999)} QUAY ROAD"
    return text.replace("STREET", "ST") if source.random() < 0.3 else text
