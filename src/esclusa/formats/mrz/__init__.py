"""Machine readable zones of travel documents: TD1, TD2, TD3, MRV-A, MRV-B (ICAO Doc 9303).

:func:`read` (strict) and :func:`attempt` (forgiving) take one zone as text or bytes and give its
fields, a verdict for each check digit and defects by line and position. :func:`write` gives the
lines for fields; :func:`letters` the letters of a name. :func:`suggest` says which look-alikes
would make a wrong zone right. ``records`` turns zones into travellers and back, ``batch`` reads
columns of lines at once (numpy and polars, loaded only there), ``stream`` files of zones.

Nothing is corrected: what stands in a zone is what its reader gets.
"""

from esclusa.formats.mrz.layout import Kind
from esclusa.formats.mrz.lookalikes import Suggestion, suggest
from esclusa.formats.mrz.reader import attempt, read
from esclusa.formats.mrz.transliteration import letters
from esclusa.formats.mrz.writer import write
from esclusa.formats.mrz.zone import Check, Fields, Verdict, Zone

__all__ = [
    "Check", "Fields", "Kind", "Suggestion", "Verdict", "Zone", "attempt", "letters", "read",
    "suggest", "write",
]  # fmt: skip
