"""Validates a message against its UN/EDIFACT directory and the guide that its trade follows.

The reader says whether the envelope holds (``syntax``); this says whether the message does: each
segment in its place and often enough, each element there, of its length and characters, each code
in its list. What is found are defects like the reader's, in file order, and never an exception for
what a sender wrote.

Severity: ``error`` for structure, for what is missing or too much; ``warning`` for a value (length,
characters, code); ``note`` where another directory or another's code list had to stand in.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from esclusa.formats.edifact import directory as packed
from esclusa.formats.edifact.contents import UNCHECKED, Content, Flaw, Found
from esclusa.formats.edifact.guides import BASE, Guide, by_id, element_of, overlaid, stated, within
from esclusa.formats.edifact.plan import Plan
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.walk import Fault, Finding, walk
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.work import DEFECT, Work
from esclusa.model import Defect, Severity

AGENCY: Final = "UN"
"""0051 of messages that UNECE keeps."""

SHORT: Final = 32
KEPT: Final = 4096
"""Sound segments of a message that are remembered: ports and carriers return box after box."""


class Schema:
    """A message of a directory under a guide: its plan, and the content of its segments.

    Both are made when first needed and kept for the process.
    """

    def __init__(self, edition: str, kind: str, guide: Guide) -> None:
        self.edition = edition
        self.kind = kind
        self.guide = guide
        self.borrowed = packed.lists_of(edition) != edition
        openers = {group: frozenset(tokens) for group, tokens in guide.opens.items()}
        self.plan = Plan(overlaid(packed.structure(edition, kind), guide), openers)
        self._contents: dict[tuple[str, Separators], Content | None] = {}

    def tags(self, segments: list[Segment]) -> set[str]:
        """Return the tags of the message that it may have."""
        return {segment.tag for segment in segments} & self.plan.tags

    def content(self, tag: str, marks: Separators) -> Content | None:
        """Return what a segment may hold, None when the directory does not have it."""
        key = (tag, marks)
        if key not in self._contents:
            self._contents[key] = self._content(tag, marks)
        return self._contents[key]

    def _content(self, tag: str, marks: Separators) -> Content | None:
        told = self.guide.segments.get(tag)
        elements = packed.content(self.edition, told) if told else packed.segment(self.edition, tag)
        if elements is None:
            return None
        changed = tuple(
            element_of(tag, number, element, self.guide)
            for number, element in enumerate(elements, 1)
        )
        ids = {part.id for element in changed for part in element.parts}
        lists = {one: self._codes(one) for one in ids}
        codes = {one: allowed for one, allowed in lists.items() if allowed is not None}
        return Content(tag, changed, codes, marks, positional=tag in self.guide.positional)

    def _codes(self, element: str) -> frozenset[str] | None:
        if element in UNCHECKED or element in self.guide.open_lists:
            return None
        known = packed.codes(self.edition, element)
        if known is None:
            return None
        return frozenset(known) | frozenset(self.guide.codes.get(element, ()))


def validate(
    raw: RawMessage,
    *,
    directory: str = "",
    guide: str | None = None,
    limits: Limits = DEFAULT,
    work: Work | None = None,
) -> tuple[Defect, ...]:
    """Return what is wrong with a message, in the order of the file.

    :param raw: as the reader yields it; its own defects are not repeated.
    :param directory: such as ``D.17B``, "" for the one that UNH names.
    :param guide: a guide's id, "" for the bare directory, None for the guide that UNH 0057 names.
    :param work: what the file may still cost; a file made of faults costs more than its size.
    :raises ConfigError: there is no such guide.
    :raises LimitError: the file has cost more ``work`` than its size allows.

    Of a defect ``segment_no`` is the segment's number in the message, and ``offset`` the byte of
    the element where its place is known (one byte for each character, nothing wrapped), else of the
    segment. What is missing is told at the segment before which it should stand. Past
    ``limits.defects_per_message`` the rest is counted in one closing note.
    """
    edition, chosen = judged_by(raw, directory, guide)
    notes = Notes(raw.reference, raw.offset, limits.defects_per_message)
    schema = _schema_for(raw, directory or raw.directory, edition, chosen, notes)
    if schema is not None and raw.segments:
        _check(raw, schema, notes, limits)
    if work is not None:
        broken = sum(defect.severity is not Severity.NOTE for defect in notes.found)
        work.spend(DEFECT * (broken + notes.unlisted), raw.offset + raw.length)
    notes.found.sort(key=lambda defect: defect.offset)
    return notes.closed()


def judged_by(raw: RawMessage, directory: str, guide: str | None) -> tuple[str, Guide]:
    """Return the packed directory and the guide that :func:`validate` judges a message by.

    Parameters and errors are those of :func:`validate`; the directory is "" where none has the
    message.
    """
    chosen = stated(raw.type, raw.association) if guide is None else by_id(guide)
    if raw.type not in chosen.messages:
        chosen = BASE
    return packed.nearest(within(directory or raw.directory, chosen), raw.type), chosen


@lru_cache(maxsize=256)
def schema(edition: str, kind: str, guide: str = "") -> Schema:
    """Return a message of a packed directory under a guide.

    :raises ConfigError: there is no such message or guide.
    """
    return Schema(edition, kind, by_id(guide))


def _schema_for(
    raw: RawMessage, directory: str, edition: str, guide: Guide, notes: Notes
) -> Schema | None:
    """Return the schema, and say so where the directory is not the one that was named."""
    at = raw.segments[0] if raw.segments else None
    if not edition:
        whose = "" if raw.agency in (AGENCY, "") else f", its agency is {snippet(raw.agency)}"
        reason = f"no packed directory has the message {snippet(raw.type)}{whose}; not validated"
        notes.add("edifact.message.unknown", Severity.WARNING, reason, at, "2.1")
        return None
    if edition not in (directory, packed.SERVICE):
        why = "is not packed"
        if directory in packed.sources():
            why = f"is not what guide {guide.id} goes by" if guide.id else "lacks the message"
        reason = f"directory {snippet(directory)} {why}; validated against {edition}"
        notes.add("edifact.message.directory", Severity.NOTE, reason, at, "2.2")
    return schema(edition, raw.type, guide.id)


def _check(raw: RawMessage, schema: Schema, notes: Notes, limits: Limits) -> None:
    segments = raw.segments
    plan = schema.plan
    tokens = [_token(plan, segment) for segment in segments]
    for finding in walk(plan, tokens, limits.defects_per_message + 1):
        _tell_place(schema, segments, finding, notes)
    contents = {tag: schema.content(tag, segments[0].marks) for tag in schema.tags(segments)}
    good: set[str] = set()
    for segment in segments:
        text = segment.text
        if text in good:
            continue
        content = contents.get(segment.tag)
        if content is None:
            continue
        if not content.sound(text):
            _tell_values(schema, segment, content, notes)
        elif len(text) <= SHORT and len(good) < KEPT:
            good.add(text)


def _tell_values(schema: Schema, segment: Segment, content: Content, notes: Notes) -> None:
    if notes.unlisted:
        # Past the limit a segment is counted and no longer taken apart.
        notes.unlisted += 1
        return
    for found in content.flaws(segment):
        _tell_value(schema, segment, found, notes)


def _token(plan: Plan, segment: Segment) -> str:
    tag = segment.tag
    if tag in plan.known:
        return plan.token(tag, segment.get(1))
    # Security headers and trailers may stand in any message (ISO 9735-5 § 5).
    return "" if tag.startswith("US") and tag not in plan.tags else tag


# -- sentences ------------------------------------------------------------------------------------


def _tell_place(schema: Schema, segments: list[Segment], finding: Finding, notes: Notes) -> None:
    segment, plan = segments[finding.at], schema.plan
    fault, place = finding.fault, finding.place
    if fault is Fault.UNEXPECTED:
        known = packed.segment(schema.edition, segment.tag) is not None
        code = "segment.unexpected" if known else "segment.unknown"
        where = schema.kind if known else schema.edition
        reason = f"segment {snippet(segment.tag)} is not in {where}"
    elif fault is Fault.ORDER:
        code = "segment.order"
        after = f"after {plan.name(place)}{plan.inside(place)}" if place >= 0 else "here"
        reason = f"segment {segment.tag} cannot stand {after}"
    elif fault in (Fault.SEGMENT_MISSING, Fault.GROUP_MISSING):
        code = fault.value
        reason = f"{plan.name(place)}{plan.inside(place)} is missing before {segment.tag}"
    else:
        code = fault.value
        most = plan.places[place].repeats
        reason = f"{plan.name(place)}{plan.inside(place)} stands more than {most} times"
    notes.add(f"edifact.{code}", Severity.ERROR, reason, segment)


_SAYS: Final = {
    Flaw.ELEMENT_MISSING: "{what} is missing",
    Flaw.COMPONENT_MISSING: "{what} is missing",
    Flaw.ELEMENT_EXCESS: "{tag} has no element here: {value}",
    Flaw.COMPONENT_EXCESS: "{what} has no component here: {value}",
    Flaw.REPEATS: "{what} stands more often than it may",
    Flaw.LONG: "{what} is longer than {form}: {value}",
    Flaw.SHORT: "{what} is shorter than {form}: {value}",
    Flaw.CLASS: "{what} has characters that {form} does not allow: {value}",
    Flaw.CODE: "{what}: {value} is not in the code list of {lists}",
}

_VALUES: Final = (Flaw.LONG, Flaw.SHORT, Flaw.CLASS)


def _tell_value(schema: Schema, segment: Segment, found: Found, notes: Notes) -> None:
    part = found.part
    exact = part is not None and part.shortest == part.longest
    dots = "" if exact else ".."
    reason = _SAYS[found.flaw].format(
        what=_what(schema, found.id),
        tag=segment.tag,
        value=snippet(found.text),
        form=f"{part.form}{dots}{part.longest}" if part else "",
        lists=packed.lists_of(schema.edition),
    )
    element = f"{found.element}.{found.component}" if found.component else str(found.element)
    severity = _severity(schema, found.flaw)
    notes.add(f"edifact.{found.flaw}", severity, reason, _spot(segment, found), element)


class Spot(NamedTuple):
    """A stretch of a segment, see :class:`~esclusa.formats.reading.Place`."""

    tag: str
    offset: int
    length: int
    number: int


def _spot(segment: Segment, found: Found) -> Spot:
    """Return the bytes of what is wrong; of the whole segment where characters are not bytes."""
    if segment.length != len(segment.text) + 1:
        return Spot(segment.tag, segment.offset, segment.length, segment.number)
    start = segment.offset + found.start
    return Spot(segment.tag, start, len(found.text), segment.number)


def _severity(schema: Schema, flaw: Flaw) -> Severity:
    if flaw is Flaw.CODE:
        return Severity.NOTE if schema.borrowed else Severity.WARNING
    return Severity.WARNING if flaw in _VALUES else Severity.ERROR


def _what(schema: Schema, identity: str) -> str:
    name = packed.element_name(schema.edition, identity)
    return f"{identity} {name.lower()}".strip()
