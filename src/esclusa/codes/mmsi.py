"""Maritime mobile service identities (ITU-R M.585-9 annexes 1 and 2).

Nine digits without a check digit. The leading digits tell what kind of station it is and where the
three maritime identification digits (MID) of the flag stand. A number is valid when it has one of
these forms and its MID is allocated; nothing proves that the station is who it says.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

import msgspec

from esclusa.codes import mid
from esclusa.codes.text import bare, quoted

LABEL_EN: Final = "MMSI"
LABEL_ES: Final = "Identidad MMSI"
STANDARD: Final = "ITU-R M.585-9"

_PREFIX: Final = re.compile(r"(?:MMSI|[:#])+")


class Form(msgspec.Struct, frozen=True):
    """A form of number. ``mid_at`` is where the MID starts, -1 when the form carries none."""

    prefix: str
    kind: str
    mid_at: int
    title_en: str
    title_es: str


FORMS: Final = (
    Form("111", "sar_aircraft", 3, "Search and rescue aircraft", "Aeronave de salvamento"),
    Form("970", "sart", -1, "Search and rescue transmitter", "Transmisor de salvamento"),
    Form("972", "mob", -1, "Man overboard device", "Dispositivo de hombre al agua"),
    Form("974", "epirb", -1, "Emergency beacon with AIS", "Radiobaliza con AIS"),
    Form("979", "amrd", -1, "Autonomous device group B", "Dispositivo autónomo del grupo B"),
    Form("98", "craft", 2, "Craft of a parent ship", "Embarcación auxiliar de un buque"),
    Form("99", "aton", 2, "Aid to navigation", "Ayuda a la navegación"),
    Form("00", "coast", 2, "Coast station", "Estación costera"),
    Form("0", "group", 1, "Group of ships", "Grupo de buques"),
    Form("8", "handheld", 1, "Hand-held radio", "Radio portátil"),
    *(Form(digit, "ship", 0, "Ship station", "Estación de buque") for digit in "234567"),
)
"""The longest prefix that fits decides (M.585-9 annex 1 §1 to §5, annex 2 §1 to §4)."""

_BY_LEAD: Final = {
    known.prefix + "".join(rest): known
    for known in sorted(FORMS, key=lambda known: len(known.prefix))
    for rest in product("0123456789", repeat=3 - len(known.prefix))
}
"""The form for the first three digits; a longer prefix overwrites a shorter one."""

ALL_COAST: Final = "009990000"
"""The address of all coast stations (M.585-9 annex 1 §2); carries no MID."""

_ANYWHERE: Final = Form("009990000", "coast", -1, "All coast stations", "Todas las costeras")


def normalise(text: str) -> str:
    """Return the digits alone: ``MMSI 351 759 000`` → ``351759000``."""
    return bare(text, _PREFIX)


def form(text: str) -> Form | None:
    """Return the form of a number, None when it has none that the recommendation knows."""
    return _read(text)[0]


def kind(text: str) -> str:
    """Return ``ship``, ``coast``, ``group``, ``sar_aircraft``, ``aton``, ``craft``, ``handheld``,
    ``sart``, ``mob``, ``epirb``, ``amrd``, or "" when the number has no known form."""
    found = _read(text)[0]
    return found.kind if found else ""


def mid_of(text: str) -> str:
    """Return the three maritime identification digits, "" when the form carries none."""
    return _read(text)[2]


def flag(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 of the administration that allots the number, or ""."""
    return mid.flag(_read(text)[2])


def is_valid(text: str) -> bool:
    """Answer whether the form is known and its MID allocated; never raises on any text."""
    return not fault(text)


def fault(text: str) -> str:
    """Return what is wrong with an MMSI as one sentence, "" when nothing is."""
    found, number, digits = _read(text)
    if found is None:
        return f"MMSI {quoted(text)} is not nine digits of a form that {STANDARD} knows"
    if digits and not mid.flag(digits):
        return f"MMSI {number} carries the MID {digits}, which is not allocated"
    return ""


def _read(text: str) -> tuple[Form | None, str, str]:
    """Form, number in normal form, and MID ("" when the form carries none)."""
    number = text if text.isdigit() else normalise(text)
    if len(number) != 9 or not (number.isdigit() and number.isascii()):
        return None, number, ""
    found = _ANYWHERE if number == ALL_COAST else _BY_LEAD.get(number[:3])
    if found is None or found.mid_at < 0:
        return found, number, ""
    return found, number, number[found.mid_at : found.mid_at + 3]
