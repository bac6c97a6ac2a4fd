"""What benchmarks/screening.py asks beside the public tables: altered names, judged pairs, ships.

Everything drawn at random is seeded by the name itself, so a set stays the same from run to run.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from esclusa.analysis.screening import Index, make_query
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.score import NameScore, score_entry, score_name
from esclusa.analysis.screening.search import look_up
from esclusa.model import Alias, Identifier, ListEntry

PEERS = Path(__file__).with_name("peers") / "name_matchers.py"
SUBJECTS = {"Person", "Organization", "Company", "LegalEntity", "Vessel"}
KINDS = {"Person": "person", "Vessel": "vessel", "Company": "organisation",
         "Organization": "organisation"}  # fmt: skip
NUMBERS = ("idNumber", "passportNumber", "registrationNumber", "taxNumber", "imoNumber", "mmsi",
           "leiCode", "innCode", "ogrnCode", "swiftBic", "bikCode")  # fmt: skip
SCHEMES = {"passportNumber": "passport", "imoNumber": "imo", "taxNumber": "tax"}

Row = dict[str, str]


class Pair(msgspec.Struct, frozen=True):
    """Two parties as FollowTheMoney data, and whether a person said they are one."""

    left: dict[str, Any]
    right: dict[str, Any]
    same: bool

    @property
    def is_subject(self) -> bool:
        return {self.left["schema"], self.right["schema"]} <= SUBJECTS


def name_pair(schema: str, left: str, right: str, *, same: bool) -> Pair:
    """Return a pair of which only the names are known."""
    return Pair(
        {"schema": schema, "properties": {"name": [left]}},
        {"schema": schema, "properties": {"name": [right]}},
        same,
    )


def spanish(path: Path, side: Callable[[str], bool]) -> list[tuple[str, Pair]]:
    """Return (rule, pair) of tests/data/names/spanish.csv for one half."""
    schemas = {"person": "Person", "organisation": "Company"}
    with path.open(encoding="utf-8", newline="") as lines:
        kept = [row for row in csv.DictReader(lines) if side(row["name1"] + row["name2"])]
    return [
        (
            r["rule"],
            name_pair(schemas[r["kind"]], r["name1"], r["name2"], same=r["is_match"] == "true"),
        )
        for r in kept
    ]


def judged(path: Path) -> list[Pair]:
    """Return pairs judged by analysts; entity ids, referents and data sets are left behind."""
    return [
        Pair(_bare(one["left"]), _bare(one["right"]), one["judgement"] == "positive")
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]


def _bare(entity: dict[str, Any]) -> dict[str, Any]:
    links = {"addressEntity", "sourceUrl"}
    kept = {name: values for name, values in entity["properties"].items() if name not in links}
    return {"schema": entity["schema"], "properties": kept}


def our_scores(entries: list[ListEntry], pairs: list[Pair]) -> list[float]:
    """Return the score of each pair: the right side joins the lists, the left one is asked."""
    listed = [_entry(pair.right, number) for number, pair in enumerate(pairs)]
    index = Index.build([*entries, *listed])
    lookups, first = Lookups(index), len(entries)
    return [_score(index, lookups, pair.left, first + n) for n, pair in enumerate(pairs)]


def _entry(entity: dict[str, Any], number: int) -> ListEntry:
    properties = entity["properties"]
    names = names_of(entity)
    weak = [Alias(name=name, weak=True) for name in properties.get("weakAlias", ())]
    return ListEntry(
        list_id="pairs",
        uid=str(number),
        type=KINDS.get(entity["schema"], "other"),
        name=names[0] if names else "",
        aliases=(*(Alias(name=name) for name in names[1:]), *weak),
        birth_dates=tuple(properties.get("birthDate", ())),
        birth_places=tuple(properties.get("birthPlace", ())),
        nationalities=tuple(_all(properties, "nationality", "country", "citizenship")),
        addresses=tuple(properties.get("address", ())),
        identifiers=tuple(
            Identifier(scheme=SCHEMES.get(name, "other"), value=value)
            for name in NUMBERS
            for value in properties.get(name, ())
        ),
    )


def names_of(entity: dict[str, Any]) -> list[str]:
    """Return an entity's names, weak ones left out."""
    return list(dict.fromkeys(_all(entity["properties"], "name", "alias", "previousName")))


def _all(properties: dict[str, Any], *names: str) -> list[str]:
    return [value for name in names for value in properties.get(name, ())]


def _score(index: Index, lookups: Lookups, left: dict[str, Any], entry: int) -> float:
    properties, kind = left["properties"], KINDS.get(left["schema"], "any")
    names = names_of(left)[:20]
    numbers = [f"{SCHEMES.get(n, 'other')}:{v}" for n in NUMBERS for v in properties.get(n, ())]
    countries = _all(properties, "nationality", "country", "citizenship") or [""]
    known = {c.upper() for c in index.entries[entry].nationalities}
    country = next((c for c in countries if c.upper() in known), countries[0])
    told = [next(iter(properties.get(part, ())), "") for part in ("birthPlace", "address")]
    best = 0.0
    for birth in properties.get("birthDate", [""])[:4]:
        for name in names:
            query = make_query(name, kind, birth, country, numbers, *told)
            found = _best(index, lookups, query, entry)
            places = [
                (value, scheme, listed)
                for scheme, value in query.identifiers
                for number, listed in index.identifiers.get(value, ())
                if number == entry
            ]
            scored = score_entry(index, query, entry, found, places)
            best = max(best, scored.score if scored else 0.0)
    return best


def _best(index: Index, lookups: Lookups, query: Any, entry: int) -> NameScore | None:
    if not query.name.tokens:
        return None
    asked = look_up(query.name.tokens, lookups)
    scored = (score_name(index, query, asked, index.names[n]) for n in index.names_of(entry))
    return max((s for s in scored if s is not None), key=lambda s: s.points, default=None)


def peer_scores(python: Path, pairs: list[Pair]) -> dict[str, tuple[list[float], float]]:
    """Return scores and CPU seconds of nomenklatura's matchers, run by its own interpreter."""
    warm = name_pair("Person", "Ana Vega", "Ana Vega", same=True)
    lines = "\n".join(json.dumps({"left": p.left, "right": p.right}) for p in [warm, *pairs])
    command = [str(python), str(PEERS), "logic-v2", "logic-v1"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return {name: (one["scores"][1:], one["seconds"]) for name, one in found.items()}


# --- altered names -------------------------------------------------------------------------------

ROMANISED = (("KH", "H"), ("OU", "U"), ("EE", "I"), ("Q", "K"), ("SH", "CH"), ("J", "DJ"),
             ("DH", "D"), ("EI", "AY"), ("Y", "I"), ("AH", "A"), ("MM", "M"), ("SS", "S"),
             ("GH", "G"), ("W", "V"), ("E", "I"), ("U", "O"))  # fmt: skip
"""Everyday choices between romanisations, the first two that fit are taken."""
ADDED = ("ABDULLAH", "KARIM", "SALEH", "HASSAN", "MUSA", "RAHMAN")


def altered(row: Row) -> list[tuple[str, Row]]:
    """Return (rule, row) for each alteration that a row of UN positives allows."""
    name = row["full_name"].upper()
    source = random.Random(zlib.crc32(name.encode()))
    words = name.replace(",", " ").split()
    made = {
        "typing error": _typo(words, source),
        "two typing errors": _typo(_typo(words, source), source) if len(name) > 12 else None,
        "part left out": _without_one(words, source),
        "part added": [*words[:1], source.choice(ADDED), *words[1:]] if len(words) > 1 else None,
        "order swapped": [*words[-1:], *words[:-1]] if len(words) > 1 else None,
        "other romanisation": _romanised(words),
        "initial": [words[0][:1], *words[1:]] if len(words) > 2 else None,
    }
    names = [
        (rule, {**row, "full_name": " ".join(now)})
        for rule, now in made.items()
        if now and now != words
    ]
    return names + [
        (rule, {**row, "date_of_birth": date}) for rule, date in _dates(row["date_of_birth"])
    ]


def _typo(words: list[str], source: random.Random) -> list[str]:
    longest = max(range(len(words)), key=lambda n: (len(words[n]), -n))
    word = words[longest]
    if len(word) < 4:
        return words
    at, letter = source.randrange(1, len(word) - 1), source.choice("AEIOLMNRST")
    kinds = (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    return [*words[:longest], source.choice(kinds), *words[longest + 1 :]]


def _without_one(words: list[str], source: random.Random) -> list[str] | None:
    if len(words) < 3:
        return None
    at = source.randrange(len(words))
    return words[:at] + words[at + 1 :]


def _romanised(words: list[str]) -> list[str]:
    changed, done = " ".join(words), 0
    for old, new in ROMANISED:
        if done < 2 and old in changed:
            changed, done = changed.replace(old, new, 1), done + 1
    return changed.split()


def _dates(date: str) -> Iterable[tuple[str, str]]:
    year, _, rest = date.partition("-")
    if year.isdigit():
        yield "year one off", f"{int(year) + 1}-{rest}".rstrip("-")
    month, _, day = rest.partition("-")
    if day and month != day and int(day) <= 12:
        yield "day and month swapped", f"{year}-{day}-{month}"


# --- ships ---------------------------------------------------------------------------------------

FIRST = (
    "OCEAN SEA BLUE GOLDEN PACIFIC ATLANTIC NORTHERN SILVER ROYAL GRAND LUCKY EVER STAR SUN CORAL "
    "GREEN BRAVE EASTERN GULF NEW NOBLE POLAR RED RIVER SOUTHERN UNITED WESTERN WHITE"
)
LAST = (
    "LANTERN PELICAN BREEZE SPIRIT HORIZON GLORY TRADER PIONEER DAWN EAGLE CRYSTAL HARMONY QUEEN "
    "WAVE FALCON FORTUNE GARDEN HERO ISLAND JEWEL LEGEND PEARL PRINCE RUNNER SKY TIGER VENTURE WIND"
)
ALONE = "MARISOL ALTAMIRA NORTHREACH GUAYACAN CEIBA TUCAN QUETZAL CORDILLERA BAHIA ISTMO"


def altered_ship(name: str) -> list[str]:
    """Return a listed ship's name as senders write it: prefix, typing error, words joined."""
    words = name.upper().split()
    source = random.Random(zlib.crc32(name.encode()))
    return [f"M/V {name}", " ".join(_typo(words, source)), "".join(words)]


def ships() -> list[str]:
    """Return made-up names of innocent ships."""
    pairs = [f"{first} {last}" for first in _words(FIRST) for last in _words(LAST)]
    numbered = [
        f"{name} {number}" for name in _words(ALONE) for number in ("", "I", "II", "7", "EXPRESS")
    ]
    return [name.strip() for name in pairs + numbered]


def _words(text: str) -> list[str]:
    return text.split()
