"""ISA, GS and ST: what the X12 envelopes say (ASC X12.5 and X12.6)."""

from __future__ import annotations

import re

from esclusa.formats.edifact.assembly import Assembly
from esclusa.formats.edifact.envelope import prepared
from esclusa.formats.edifact.segment import Group, Interchange, RawMessage, Segment
from esclusa.formats.x12.cutting import cut_text
from esclusa.formats.x12.transaction import TransactionSet

NUMBER = re.compile("[0-9]+")


class Envelopes(Assembly):
    """The X12 levels: ISA to IEA, GS to GE, ST to SE."""

    prefix = "x12"
    heads = ("ST", "GS", "ISA")
    trailers = ("SE", "GE", "IEA")
    tolerated = re.compile("TA[13]|IS[BEA]|S[234][AES]|SV?A")
    """Acknowledgements and security segments of the interchange level."""

    def raw_message(self, head: Segment) -> RawMessage:
        """Read ST: ST01 transaction set, ST02 control number, ST03 implementation convention."""
        interchange, group = self.interchange, self.group
        text, marks = head.text, head.marks
        regular = head.length == len(text) + 1 and head.number == 1
        values = cut_text(text, marks)
        return TransactionSet(
            type=values[1],
            directory=group.version if group else "",
            agency=group.agency if group else "",
            association=values[3],
            reference=values[2],
            interchange_sender=interchange.sender,
            interchange_recipient=interchange.recipient,
            interchange_reference=interchange.reference,
            prepared=interchange.prepared,
            offset=head.offset,
            length=head.length,
            segments=[] if regular else [head],
            defects=[],
            interchange=interchange,
            group=group,
            marks=marks,
            texts=[text] if regular else [],
            tags=[head.tag] if regular else [],
            stretches=[(0, head.offset, 1)] if regular else [],
        )

    def raw_group(self, head: Segment) -> Group:
        """Read GS: GS06 control number, GS07 responsible agency, GS08 version."""
        return Group(
            offset=head.offset,
            reference=head.get(6),
            agency=head.get(7),
            version=head.get(8),
            head=head,
        )

    def close_plain(self, text: str, offset: int) -> bool:
        """Take an SE that counts and refers as it should; False when it does not, or might not.

        :param text: ASCII, of as many bytes as it has characters.
        """
        message, limits = self.message, self.limits
        if not isinstance(message, TransactionSet) or not message.texts or self.overflow:
            return False
        found, element = len(message.texts) + 1, message.marks.element
        end = offset + len(text) + 1
        if (
            text != f"SE{element}{found}{element}{message.reference}"
            or found > limits.segments
            or end - message.offset > limits.message_bytes
        ):
            return False
        message.stretches.append((found - 1, offset, 1))
        message.texts.append(text)
        message.tags.append("SE")
        self.hand_over(end)
        return True

    def same(self, repeated: str, reference: str) -> bool:
        """Control numbers of GS and ISA are numbers: leading zeros do not count."""
        if repeated == reference:
            return True
        both = NUMBER.fullmatch(repeated) and NUMBER.fullmatch(reference)
        return both is not None and repeated.lstrip("0") == reference.lstrip("0")


def open_interchange(isa: Segment) -> Interchange:
    """Read ISA: 06 sender, 08 receiver, 09 date, 10 time, 12 version, 13 control number.

    Its elements are padded with blanks, and ISA16 is the component separator itself, so it is
    split at the element separator only.
    """
    words = [word.strip(" ") for word in isa.text.split(isa.marks.element)] + [""] * 17
    return Interchange(
        offset=isa.offset,
        reference=words[13],
        sender=words[6],
        recipient=words[8],
        prepared=prepared(words[9], words[10]),
        version=words[12],
        head=isa,
    )
