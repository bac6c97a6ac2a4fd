"""UNB, UNG and UNH: what the EDIFACT envelopes say (ISO 9735-1 § 7 and annex B)."""

from __future__ import annotations

import re
from datetime import datetime

from esclusa.formats.edifact.assembly import Assembly
from esclusa.formats.edifact.charset import codec
from esclusa.formats.edifact.segment import Group, Interchange, RawMessage, Segment

OLDEST_YEAR = 80
"""EDIFACT dates from 1987, X12 from 1979: two-digit years from here up are of the last century."""


class Envelopes(Assembly):
    """The EDIFACT levels: UNB to UNZ, UNG to UNE, UNH to UNT."""

    prefix = "edifact"
    heads = ("UNH", "UNG", "UNB")
    trailers = ("UNT", "UNE", "UNZ")
    tolerated = re.compile("US[A-Z]|UG[HT]")
    """Security segments of ISO 9735-5 and the like."""

    def raw_message(self, head: Segment) -> RawMessage:
        """Read UNH: 0062 reference, S009 type, version, release, agency, association code."""
        kind = head.element(2) + [""] * 5
        interchange = self.interchange
        return RawMessage(
            type=kind[0],
            directory=".".join(part for part in kind[1:3] if part),
            agency=kind[3],
            association=kind[4],
            reference=head.get(1),
            interchange_sender=interchange.sender,
            interchange_recipient=interchange.recipient,
            interchange_reference=interchange.reference,
            prepared=interchange.prepared,
            codec=interchange.codec,
            offset=head.offset,
            length=head.length,
            segments=[head],
            defects=[],
            interchange=interchange,
            group=self.group,
        )

    def raw_group(self, head: Segment) -> Group:
        """Read UNG: 0048 reference."""
        return Group(offset=head.offset, reference=head.get(5), head=head)


def open_interchange(unb: Segment) -> Interchange:
    """Read UNB: S001 syntax, S002 sender, S003 recipient, S004 preparation, 0020 reference."""
    return Interchange(
        offset=unb.offset,
        reference=unb.get(5),
        sender=unb.get(2),
        recipient=unb.get(3),
        prepared=prepared(unb.get(4, 1), unb.get(4, 2)),
        codec=codec(unb.get(1)),
        version=unb.get(1, 2),
        head=unb,
    )


def prepared(date: str, time: str) -> str:
    """A header's YYMMDD or CCYYMMDD and HHMM or HHMMSS as ISO 8601 without a zone.

    :return: "" if unreadable.
    """
    if re.fullmatch(r"[0-9]{6}", date):
        date = ("19" if int(date[:2]) >= OLDEST_YEAR else "20") + date
    if not re.fullmatch(r"[0-9]{8}", date) or not re.fullmatch(r"([0-9]{4}|[0-9]{6})?", time):
        return ""
    try:
        return datetime.strptime(date + time.ljust(6, "0"), "%Y%m%d%H%M%S").isoformat()
    except ValueError:
        return ""
