"""One bill of a cargo report: groups 7 to 14 of CUSCAR D.01B."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from esclusa.formats.edifact import common as reading
from esclusa.formats.edifact import write_common as common
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.segment import Segment
from esclusa.model import Consignment, GoodsItem, Identifier, Party, Place

_WHAT: Final = "consignment"
_QUALIFIER: Final = re.compile(r"[A-Z0-9]{1,3}")
_TAKEN: Final = ("bill", "house", "master", "equipment")
"""Words of references that say something else than "a document"."""
_PACKAGE: Final = re.compile(r"[A-Z0-9]{1,3}")
_MARKS: Final = (35, 10)
"""Length and number of lines of C210."""
_TEXT: Final = (70, 5)
"""Length and number of lines of C108."""


def bill(found: Consignment, sequence: int) -> Iterator[Segment]:
    """Yield the segments of a consignment, ``sequence`` of its report.

    :raises WritingError: it has no bill number, or a value cannot be written.
    """
    if not found.bill:
        raise common.refused("it has no bill number", _WHAT)
    yield segment("CNI", str(sequence), found.master_bill or found.bill)
    yield from _references(found)
    yield from _money(found)
    yield from _places(found)
    yield from _payment(found)
    yield from _parties(found)
    for item in found.goods:
        yield from _goods(item)


def _references(found: Consignment) -> Iterator[Segment]:
    """Group 8, once for each reference: the last, the bill's own, holds all that follows."""
    for text in found.documents:
        qualifier, colon, rest = text.partition(":")
        plain = colon and rest and _QUALIFIER.fullmatch(qualifier)
        taken = reading.REFERENCE.get(qualifier) in _TAKEN
        yield segment("RFF", (qualifier, rest) if plain and not taken else ("ZZZ", text))
    for number in _boxes(found):
        yield segment("RFF", ("AAQ", number))
    yield segment("RFF", ("BH" if found.master_bill else "BM", found.bill))


def _boxes(found: Consignment) -> list[str]:
    """Containers to name apart from goods: those that hold none, or all to keep their order."""
    held = dict.fromkeys(number for item in found.goods for number in item.equipment)
    numbers = [box.number for box in found.equipment]
    apart = [number for number in numbers if number not in held]
    return apart if [*apart, *held] == numbers else numbers


def _money(found: Consignment) -> Iterator[Segment]:
    if found.freight_amount is not None:
        amount = common.number(found.freight_amount, _WHAT)
        yield segment("MOA", ("144", amount, found.freight_currency))


def _places(found: Consignment) -> Iterator[Segment]:
    yield from common.route(found)
    if found.stuffing_place and found.stuffing_place != _stuffed_at(found):
        yield from common.place("256", Place(name=found.stuffing_place))


def _stuffed_at(found: Consignment) -> str:
    """What the reader takes for the place when none is given: where the first stuffer lives."""
    for party in found.parties:
        if party.role == "stuffer":
            return ", ".join(part for part in (party.address, party.city) if part)
    return ""


def _payment(found: Consignment) -> Iterator[Segment]:
    if code := common.PAID.get(found.freight_payment):
        yield segment("CPI", "4", "", code)


def _parties(found: Consignment) -> Iterator[Segment]:
    """Group 11. The date of the bill stands with the first party: no other group has a date."""
    for at, party in enumerate(_with_carrier(found)):
        yield common.party(party)
        if found.issued and found.parties and not at:
            yield common.moment("95", found.issued, _WHAT)
        yield from common.party_numbers(party)
        yield from common.contacts(party)


def _with_carrier(found: Consignment) -> tuple[Party, ...]:
    """A bill's carrier, which its key rests on, is a party when nothing else says it."""
    carriers = [party for party in found.parties if party.role == "carrier"]
    said = _carrier_of(carriers[0]) if carriers else found.voyage.carrier or found.carrier
    if not found.carrier or said == found.carrier:
        return found.parties
    code = Identifier(scheme="other", value=found.carrier)
    return (Party(role="carrier", identifiers=(code,)), *found.parties)


def _carrier_of(party: Party) -> str:
    return party.identifiers[0].value if party.identifiers else party.name


# -- goods ----------------------------------------------------------------------------------------


def _goods(item: GoodsItem) -> Iterator[Segment]:
    """Group 14: GID FTX MEA MOA SGP DGS PCI CST LOC."""
    what = "goods item"
    packages = "" if item.packages is None else str(item.packages)
    yield segment("GID", str(item.sequence), (packages, *_package(item.package_type)))
    for text in _blocks(item.description, *_TEXT):
        yield segment("FTX", "AAA", "", "", text)
    yield from common.mass("AAE", "G", item.gross_mass_kg, what)
    if item.volume_m3 is not None:
        yield segment("MEA", "AAE", "AAW", ("MTQ", common.number(item.volume_m3, what)))
    if item.value is not None:
        yield segment("MOA", ("40", common.number(item.value, what), item.currency))
    for number in item.equipment:
        yield segment("SGP", number)
    for code in item.undg:
        yield segment("DGS", "IMD", "", code)
    for text in _blocks(item.marks, *_MARKS):
        yield segment("PCI", "24", text)
    if item.hs_code:
        yield segment("CST", "", (item.hs_code, "122", "5"))
    if item.origin_country:
        yield segment("LOC", "27", (item.origin_country, "162", "5"))


def _package(kind: str) -> tuple[str, ...]:
    """7065 for a code, 7064 for words."""
    return (kind,) if _PACKAGE.fullmatch(kind) else ("", "", "", kind)


def _blocks(text: str, width: int, most: int) -> Iterator[list[str]]:
    """A text as lines, as many to a segment as one holds."""
    found = common.lines(common.one_line(text), width)
    for at in range(0, len(found), most):
        yield found[at : at + most]
