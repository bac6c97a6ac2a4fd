"""Names, numbers and addresses of parties: all invented, none given twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from esclusa.analysis.world.ground import Ground
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.roster import (
    AGENTS,
    BESIDE,
    BITS,
    PART_SIZE,
    PARTS,
    SHIPPERS,
)
from esclusa.analysis.world.scheme import MOST_INCARNATIONS, Scheme
from esclusa.analysis.world.streams import (
    Flags,
    Numbers,
    Streams,
    below,
    shuffled,
    uniform,
)

_FORMS: Final = ("SA", "SRL", "LTDA", "INC", "LLC", "CORP")
_TRADES: Final = {
    "importer": ("IMPORT", "TRADING", "DISTRIBUTION", "COMERCIAL"),
    "shipper": ("EXPORT", "FACTORY", "PRODUCTS", "AGRO"),
    "agent": ("LOGISTICS", "FORWARDING", "CARGO", "AGENCY"),
}
_CENTRES: Final = 12
"""Business centres of the world: addresses that honest firms share."""


def roles(party: Numbers) -> list[str]:
    """Return ``importer``, ``shipper`` or ``agent`` for each party."""
    kinds = np.searchsorted([SHIPPERS, AGENTS, BESIDE], party, side="right")
    names = ("importer", "shipper", "agent", "importer")
    return [names[kind] for kind in kinds.tolist()]


def numbers(party: Numbers, streams: Streams) -> pl.Series:
    """Return the number that the tables show for each party: P and seven digits."""
    found = shuffled(party, streams.key("party"), BITS)
    return "P" + pl.Series(found).cast(pl.String).str.zfill(7)


def names(party: Numbers, land: Ground, streams: Streams) -> pl.Series:
    """Return each party's name: two invented words, a trade, a legal form."""
    found = shuffled(party, streams.key("name"), BITS)
    half = BITS // 2
    trade = below(party, streams.key("trade"), 4)
    trades = [_TRADES[role][one] for role, one in zip(roles(party), trade.tolist(), strict=True)]
    form = pl.Series(_FORMS).gather(below(party, streams.key("form"), len(_FORMS)))
    first, second = words(found >> half, land), words(found & (2**half - 1), land)
    return first + " " + second + " " + pl.Series(trades, dtype=pl.String) + " " + form


def words(numbers: Numbers, land: Ground) -> pl.Series:
    """Return an invented word for each number below 1,024."""
    start, end = land.words.start, land.words.end
    return pl.Series(start).gather(numbers // len(end)) + pl.Series(end).gather(numbers % len(end))


def shares(party: Numbers, streams: Streams, scheme: Scheme) -> Flags:
    """Return which lives of a scheme's actors keep the address of the first."""
    rates = [trace.probability for trace in scheme.trace if trace.kind == "shared_address"]
    found: Flags = uniform(party, streams.key("keeps address")) < (rates[0] if rates else 0.0)
    return found


def addressed(
    party: Numbers, parameters: Parameters, streams: Streams, schemes: Sequence[Scheme]
) -> Numbers:
    """Return whose address each party has: its own, a business centre's, a former life's."""
    centre = -1 - below(party, streams.key("centre"), _CENTRES)
    rents = uniform(party, streams.key("in centre")) < parameters.parties.shared_address
    found = np.where(rents, centre, party)
    acting = party >= PARTS
    place = (party - PARTS) // PART_SIZE
    for number, scheme in enumerate(schemes):
        kept = acting & (place == number) & shares(party, streams, scheme)
        found = np.where(kept, (party - PARTS) // MOST_INCARNATIONS * MOST_INCARNATIONS + PARTS,
                         found)  # fmt: skip
    return found


def streets(address: Numbers, land: Ground, streams: Streams) -> pl.Series:
    """Return street and number."""
    kinds = pl.Series(land.words.street)
    street = kinds.gather(below(address, streams.key("street"), len(kinds)))
    name = words(below(address, streams.key("street name"), 1_024), land)
    number = pl.Series(1 + below(address, streams.key("house"), 400)).cast(pl.String)
    return street + " " + name + " " + number


def phones(address: Numbers, streams: Streams) -> pl.Series:
    """Return a telephone number of a range without subscribers (555)."""
    line = below(address, streams.key("phone"), 10**7)
    return "+555 " + pl.Series(line).cast(pl.String).str.zfill(7)


def cities(port: Numbers, land: Ground, streams: Streams) -> pl.Series:
    """Return an invented town near each port."""
    return words(below(port, streams.key("town"), 1_024), land)


def registered(
    party: Numbers, week: int, known: Numbers, schemes: Sequence[Scheme], streams: Streams
) -> Numbers:
    """Return the day, from the start of the world, on which each party was registered.

    :param known: the day for importers of honest parts, 0 for others.
    """
    chance = uniform(party, streams.key("registered"))
    old = -(60 + chance * 15 * 365)
    found = np.where((party >= SHIPPERS) & (party < BESIDE), old, known)
    for number, scheme in enumerate(schemes):
        here = (party >= PARTS) & ((party - PARTS) // PART_SIZE == number)
        young = 7 * week - (5 + chance * (scheme.registered_days - 5))
        found = np.where(here, young if scheme.identity == "shell" else old, found)
    return found.astype(np.int64)


def with_slips(texts: pl.Series, which: Numbers) -> pl.Series:
    """Return texts in which one letter is another where ``which`` is not negative."""
    places = np.flatnonzero(which >= 0)
    if not len(places):
        return texts
    changed = [_slip(texts[place], int(which[place])) for place in places.tolist()]
    return texts.scatter(places, changed)


def _slip(text: str, which: int) -> str:
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    at = letters[which % len(letters)]
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(ord(text[at]) - 65 + 1 + which % 25) % 26]
    return text[:at] + other + text[at + 1 :]


def with_swaps(numbers: pl.Series, which: Flags) -> pl.Series:
    """Return container numbers in which two unequal digits side by side are swapped, where told."""
    places = np.flatnonzero(which)
    if not len(places):
        return numbers
    return numbers.scatter(places, [_swap(numbers[place]) for place in places.tolist()])


def _swap(number: str) -> str:
    for at in range(4, len(number) - 1):
        if number[at] != number[at + 1]:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    return number
