"""OFAC's lists in the advanced form: ``sdn_advanced.xml``, ``cons_advanced.xml``.

The sanctions exchange schema of the United Nations (``Sanctions``, version 3): words stand once in
``ReferenceValueSets`` and are named by number everywhere else; places, papers, parties, relations
and listings are five lists that point at each other (OFAC, "Advanced Sanctions Data Model"). An
alias of ``LowQuality`` may only support a match; names in other scripts are aliases.

The listings stand at the end of the file, so its entries are held until then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from esclusa.errors import LimitError
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.lists.draft import Draft, Ids
from esclusa.formats.lists.ofac_parties import SOURCE, fill
from esclusa.formats.lists.ofac_references import References, date_of
from esclusa.formats.lists.xml_list import attribute, begins_with, drafted, wrong_root
from esclusa.formats.work import Work, metered
from esclusa.formats.xml import Element, read_elements
from esclusa.model import Defect, Message

ID: Final = SOURCE.id

ROOT: Final = "Sanctions"

HELD_BYTES: Final = 512 * MIB
"""Size of the file. The largest published one has 130 MB; its entries take a tenth of that."""

_MARKS: Final = (b"ReferenceValueSets", b"DateOfIssue", b"ADVANCED_XML", b"un.org/sanctions")


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the schema's root is among the first bytes, and something else of it."""
    del name
    plain = head.replace(b"\0", b"")
    return begins_with(head, ROOT) and any(mark in plain for mark in _MARKS)


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the list: one message with one entry for each ``DistinctParty``, when all is read.

    Raises :class:`~esclusa.errors.LimitError` past :data:`HELD_BYTES`.
    """
    yield from metered(_items(stream, file, limits), Work(file, limits))


def _items(stream: BinaryIO, file: str, limits: Limits) -> Iterator[Message | Defect]:
    found = _Found()
    broken: list[Defect] = []
    tags = (*found.references.tags, *_HANDLERS)
    for item in read_elements(
        stream, tags, file=file, limits=limits, element_bytes=limits.row_bytes
    ):
        if isinstance(item, Defect):
            broken.append(item)
        elif item.depth == 0:
            yield from wrong_root(item, ROOT, SOURCE)
        elif handler := _HANDLERS.get(item.tag):
            _bounded(item, file)
            handler(found, item)
        else:
            found.references.take(item)
    for draft in found.finished():
        yield draft.message(SOURCE, found.prepared, limits)
    yield from broken


def _bounded(element: Element, file: str) -> None:
    if element.offset > HELD_BYTES:
        reason = f"more than {HELD_BYTES:,} bytes, whose entries must be held to the end"
        raise LimitError(reason, file=file, offset=element.offset)


class _Found:
    """What was read so far: words, places and papers, and the drafts by number of their profile."""

    def __init__(self) -> None:
        self.references = References()
        self.prepared = ""
        self._ids = Ids()
        self._drafts: list[Draft] = []
        self._profiles: dict[str, Draft] = {}
        self._relations: list[tuple[str, str, str]] = []

    def issue(self, element: Element) -> None:
        """Take the date of the edition."""
        self.prepared = date_of(element)

    def place(self, element: Element) -> None:
        """Take a place that parties point at."""
        self.references.place(element)

    def paper(self, element: Element) -> None:
        """Take a numbered paper of an identity."""
        self.references.paper(element)

    def party(self, element: Element) -> None:
        """Take a party as a draft."""
        draft = drafted(element, SOURCE, lambda each: fill(each, self.references), self._ids)
        self._drafts.append(draft)
        for profile in element.all("Profile"):
            self._profiles[attribute(profile, "ID")] = draft

    def relation(self, element: Element) -> None:
        """Take what one party is to another."""
        kind = self.references.word("RelationType", attribute(element, "RelationTypeID"))
        if attribute(element, "Former") == "true":
            kind = f"Formerly {kind}"
        ends = attribute(element, "From-ProfileID"), attribute(element, "To-ProfileID")
        self._relations.append((*ends, kind))

    def listing(self, element: Element) -> None:
        """Take the listing of a party: its list, programmes, dates and legal bases."""
        draft = self._profiles.get(attribute(element, "ProfileID"))
        if draft is None:
            return
        words = self.references
        name = words.word("List", attribute(element, "ListID"))
        draft.remark("List", name)
        for measure in element.all("SanctionsMeasure"):
            kind = words.word("SanctionsType", attribute(measure, "SanctionsTypeID"))
            if kind in ("", "Program"):
                draft.program(measure.get("Comment"))
            else:
                draft.remark("Measure", kind)
        for event in element.all("EntryEvent"):
            draft.remark("Legal basis", words.word("LegalBasis", attribute(event, "LegalBasisID")))
            for date in event.all("Date"):
                draft.listed(date_of(date))

    def finished(self) -> list[Draft]:
        """Return the drafts in the order of the file, their relations among the remarks."""
        for start, end, kind in self._relations:
            draft, other = self._profiles.get(start), self._profiles.get(end)
            if draft is not None and other is not None:
                draft.related(kind or "Linked to", other.uid, other.name)
                other.related(kind, draft.uid, draft.name, back=True)
        return self._drafts


_HANDLERS: Final = {
    "DateOfIssue": _Found.issue,
    "Location": _Found.place,
    "IDRegDocument": _Found.paper,
    "DistinctParty": _Found.party,
    "ProfileRelationship": _Found.relation,
    "SanctionsEntry": _Found.listing,
}


FORMAT: Final = Format(
    id=ID,
    title_en="OFAC lists, SDN and consolidated (advanced XML)",
    title_es="Listas OFAC, SDN y consolidada (XML avanzado)",
    standard="UN sanctions exchange schema 1.0 as OFAC publishes it, ADVANCED_XML.xsd",
    sniff=sniff,
    read=read,
)
