"""Write an interchange from segments, in the one form that ISO 9735-1 leaves no choice about.

UNA only where the separators are not the usual ones; no empty element or component at an end;
counts and references of UNT, UNE and UNZ as they are. Messages go out as they come: a message is
written whole or not at all, and no more than a long one or a few short ones are held. What was read
and must not change is the business of ``rewriting``, not of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple

import msgspec

from esclusa.formats.edifact.drafting import Element, WritingError, again, segment, trimmed
from esclusa.formats.edifact.repertoire import Charset, charset, joined, one, whole
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A, LEVEL_B, read_start
from esclusa.formats.edifact.together import APART, HEAD, Exchange, alike, settled, texts

LEVEL_A_4: Final = msgspec.structs.replace(LEVEL_A, repetition="*")
"""Syntax version 4 without UNA: an asterisk tells repeats apart (ISO 9735-1:2002 § 8)."""

BATCH: Final = 512
"""Segments written at a time; more make it no faster."""

OWN: Final = 64
"""Objects remembered as the separators of the interchange; each file that was read has its own."""

BREAKS: Final = ("", "\n", "\r\n")


class NewMessage(NamedTuple):
    """A message to be written: its UNH, and the segments up to and without UNT."""

    head: Segment
    segments: Iterable[Segment]


class NewGroup(NamedTuple):
    """A functional group to be written: its UNG and its messages."""

    head: Segment
    messages: Iterable[NewMessage]


# -- heads ----------------------------------------------------------------------------------------


def interchange_head(
    *,
    sender: Element,
    recipient: Element,
    prepared: str,
    reference: str,
    syntax: str = "UNOC",
    version: str = "3",
    more: Iterable[Element] = (),
    marks: Separators | None = None,
) -> Segment:
    """Return UNB (ISO 9735-1 annex B).

    :param sender: S002, a name or its components: ``("SDT", "ZZ")``; ``recipient``: S003.
    :param prepared: ISO 8601 local time to the minute, ``2026-04-13T10:15``.
    :param syntax: identifier of the character set, S001.0001.
    :param more: elements behind the reference: password, application, priority and so on.
    :raises WritingError: ``prepared`` is no such moment.
    """
    if marks is None:
        marks = LEVEL_A_4 if version == "4" else LEVEL_A
    date, time = _moment(prepared, full=version == "4")
    shown = (syntax, version)
    return segment("UNB", shown, sender, recipient, (date, time), reference, *more, marks=marks)


def group_head(
    unb: Segment,
    *,
    type: str,
    reference: str,
    prepared: str,
    directory: str,
    sender: Element,
    recipient: Element,
    agency: str = "UN",
) -> Segment:
    """Return UNG for messages of one type; ``directory`` is written ``D.05B``.

    :raises WritingError: ``prepared`` is no moment, as for :func:`interchange_head`.
    """
    moment = _moment(prepared, full=unb.get(1, 2) == "4")
    version = tuple(directory.split(".", 1))
    return segment(
        "UNG", type, sender, recipient, moment, reference, agency, version, marks=unb.marks
    )


def message_head(
    reference: str,
    type: str,
    directory: str,
    *,
    agency: str = "UN",
    association: str = "",
    more: Iterable[Element] = (),
) -> Segment:
    """Return UNH: ``message_head("1", "BAPLIE", "D.95B", association="SMDG22")``."""
    version, _, release = directory.partition(".")
    return segment("UNH", reference, (type, version, release, agency, association), *more)


def _moment(prepared: str, *, full: bool) -> tuple[str, str]:
    """S004: YYMMDD up to syntax version 3, CCYYMMDD in version 4; HHMM."""
    date, _, time = prepared.partition("T")
    digits = date.replace("-", "") + time[:5].replace(":", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 12):
        reason = f"{prepared[:24]!r} is not a moment, expected the form 2026-04-13T10:15"
        raise WritingError(reason, segment="UNB", element="4")
    return digits[0 if full else 2 : 8], digits[8:]


def message_of(raw: RawMessage) -> NewMessage:
    """Return a message that was read, to be written with counts and references put right."""
    body = raw.segments[1:]
    if body and body[-1].tag == "UNT":
        body.pop()
    return NewMessage(raw.segments[0], body)


# -- the interchange ------------------------------------------------------------------------------


def write_interchange(
    unb: Segment,
    content: Iterable[NewMessage | NewGroup],
    *,
    una: bool = False,
    line_break: str = "",
    file: str = "",
    refuse: Callable[[WritingError], None] | None = None,
) -> Iterator[bytes]:
    """Write one interchange in pieces of whole messages; nothing comes before the first of them.

    Short messages wait for each other until there is a batch of segments.

    :param unb: its separators and its syntax identifier hold for everything in it.
    :param una: write UNA even where the reader needs none.
    :param line_break: ``"\\n"`` or ``"\\r\\n"`` behind each segment, for people's eyes.
    :param file: the name used in errors.
    :param refuse: takes the error of a message that cannot be written; its neighbours are written.
        Without it the error is raised, and what was handed over so far lacks its UNZ.
    :raises WritingError: the envelope cannot be written, a message cannot and ``refuse`` is not
        given, or no message is left to write.
    """
    writer = _Writer(unb, una, line_break, file, refuse)
    yield from writer.run(content)


class _Lump(NamedTuple):
    """A message whose texts are made and wait to be written with others.

    ``found`` are ``size`` texts, of which some may be joined by APART already. ``source`` are the
    segments, in ``sure`` messages with UNT. What is not sure may hold a release character that
    stands where none is needed.
    """

    reference: str
    source: list[Segment]
    found: list[str]
    size: int
    sure: bool = True


class _Writer:
    """What one interchange needs while it is written."""

    def __init__(
        self,
        unb: Segment,
        una: bool,
        line_break: str,
        file: str,
        refuse: Callable[[WritingError], None] | None,
    ) -> None:
        if line_break not in BREAKS:
            raise WritingError("a line break is a line feed, after a carriage return or not")
        self.file = file
        self.refuse = refuse
        self.marks = unb.marks
        self.line_break = line_break
        self.charset: Charset = charset(unb.get(1), self.marks)
        self.known: set[str] = set()
        self.own: dict[int, Separators] = {}
        self.way: Exchange | None = None
        self.prefix: bytes = self.open(unb, una)
        self.reference = unb.get(5)
        self.pending: list[_Lump] = []
        self.held = 0
        self.messages = 0
        self.groups = 0

    def open(self, unb: Segment, una: bool) -> bytes:
        """UNA where needed, and UNB; checked by the reader's own eyes."""
        self.need(unb, "UNB", (1, 2, 3, 4, 5))
        advice = advised(self.marks, unb.get(1, 2))
        before = (advice or (service_advice(self.marks) if una else "")).encode("ascii")
        brk = self.line_break.encode("ascii") if before else b""
        opening = before + brk + self.service(unb)
        start = read_start(opening.decode("latin-1") + "UNH" + self.marks.element, 0, None)
        read = msgspec.structs.replace(start.marks, repetition=self.marks.repetition)
        if not alike(read, self.marks):
            raise WritingError("no reader can tell these separators", file=self.file, segment="UNB")
        return opening

    def run(self, content: Iterable[NewMessage | NewGroup]) -> Iterator[bytes]:
        for item in content:
            if isinstance(item, NewGroup):
                yield from self.group(item)
            elif self.groups:
                raise WritingError("a message stands beside a group", file=self.file)
            else:
                yield from self.take(item)
        yield from self.flush()
        if not self.messages:
            raise WritingError("no message to write, expected one at least", file=self.file)
        count = self.groups or self.messages
        yield self.service(segment("UNZ", str(count), self.reference, marks=self.marks))

    def group(self, group: NewGroup) -> Iterator[bytes]:
        """UNG to UNE; left out when no message of it can be written."""
        if (self.messages or self.pending) and not self.groups:
            raise WritingError("a group stands beside a message", file=self.file, segment="UNG")
        self.need(group.head, "UNG", (1, 5))
        before, opening = self.messages, self.prefix
        self.prefix += self.service(group.head)
        for message in group.messages:
            yield from self.take(message)
        yield from self.flush()
        count = self.messages - before
        if not count:
            self.prefix = opening
            return
        self.groups += 1
        yield self.service(segment("UNE", str(count), group.head.get(5), marks=self.marks))

    # -- messages ---------------------------------------------------------------------------

    def take(self, message: NewMessage) -> Iterable[bytes]:
        """Keep a short message until a batch is full; a long one goes out at once."""
        head, segments = message
        if not isinstance(segments, list | tuple) or len(segments) >= BATCH:
            return self.slowly(message)
        lump = self.quick(head, segments)
        if lump is None:
            return self.slowly(message)
        return self.keep(lump)

    def slowly(self, message: NewMessage) -> Iterator[bytes]:
        """The same for a message that needs a closer look."""
        try:
            lump = self.lump(message)
        except WritingError as error:
            yield from self.flush()
            self.refused(error)
            return
        if isinstance(lump, bytes):
            yield from self.flush()
            yield self.out(lump, 1)
            return
        yield from self.keep(lump)

    def keep(self, lump: _Lump) -> Iterable[bytes]:
        self.pending.append(lump)
        self.held += lump.size
        return self.flush() if self.held >= BATCH else ()

    def flush(self) -> Iterator[bytes]:
        """Write the messages that wait, together or, if one of them is odd, as that allows."""
        pending, self.pending, self.held = self.pending, [], 0
        if not pending:
            return
        data = self.together(pending)
        if data is not None:
            yield self.out(data, len(pending))
            return
        ready: list[_Lump] = []
        for lump in pending:
            try:
                ready.append(lump if lump.sure else self.surely(lump))
            except WritingError as error:
                yield from self.send(ready)
                ready = []
                self.refused(error)
        yield from self.send(ready)

    def send(self, ready: list[_Lump]) -> Iterator[bytes]:
        """Write messages that are sure, together or one by one; nothing where there are none."""
        if not ready:
            return
        data = self.together(ready)
        if data is not None:
            yield self.out(data, len(ready))
            return
        for lump in ready:
            try:
                data = self.batch(lump.source, lump.found, 0, lump.reference)
            except WritingError as error:
                self.refused(error)
            else:
                yield self.out(data, 1)

    def refused(self, error: WritingError) -> None:
        if self.refuse is None:
            raise error
        self.refuse(error)

    def out(self, data: bytes, count: int) -> bytes:
        """Whole messages with whatever opens before them."""
        prefix, self.prefix = self.prefix, b""
        self.messages += count
        return prefix + data

    def quick(self, head: Segment, batch: Sequence[Segment]) -> _Lump | None:
        """A message in which nothing is to be done but to exchange separators; None when there may
        be more, or when its segments do not all bear the same separators.

        Whether release characters stand where one is needed is asked of many messages together.
        """
        marks, opening = head.marks, head.text
        parts = opening.split(marks.element, 3)
        if head.tag != "UNH" or len(parts) < 3 or parts[0] != "UNH":
            return None
        reference = parts[1]
        if not reference.isalnum() or not parts[2][:1].isalnum():
            return None
        same = batch[0].marks if batch else marks
        found = [each.text for each in batch if each.marks is same]
        if len(found) != len(batch):
            return None
        count, wide = len(found) + 2, self.marks.element
        tail = f"UNT{wide}{count}{wide}{reference}"
        if self.mine(same):
            if marks is not same and not self.mine(marks):
                return None
            if not self.known.issuperset(map(HEAD, found)):
                return None
            return _Lump(reference, [head, *batch], [opening, *found, tail], count, False)
        if marks is not same:
            return None
        try:
            text = self.way_from(same).message(head, found, batch)
        except WritingError:
            return None
        if text is None:
            return None
        return _Lump(reference, [head, *batch], [text, tail], count, False)

    def way_from(self, marks: Separators) -> Exchange:
        """From these separators to those of the interchange; most often those asked about last."""
        if self.way is None or self.way.old is not marks:
            self.way = Exchange(marks, self.marks)
        return self.way

    def surely(self, lump: _Lump) -> _Lump:
        """A message of :meth:`quick`, looked at, with the texts of when it was handed over."""
        told = lump.found if len(lump.found) == lump.size else lump.found[0].split(APART)
        head, *batch = map(self.as_it_was, lump.source, told)
        return self.made(head, batch, lump.reference)

    def as_it_was(self, each: Segment, text: str) -> Segment:
        """The segment of this text: its object may serve for another message by now."""
        return each if each.text == text else Segment(text, text[:3], 0, 0, 0, self.marks)

    def lump(self, message: NewMessage) -> _Lump | bytes:
        """A message as texts, or as bytes when it has more than a batch of segments."""
        head, segments = message.head, iter(message.segments)
        reference = self.reference_in(head)
        batch = list(islice(segments, BATCH))
        if len(batch) == BATCH:
            return self.long(head, batch, segments, reference)
        return self.made(head, batch, reference)

    def made(self, head: Segment, batch: list[Segment], reference: str) -> _Lump:
        found = self.lines(batch, 1, reference)
        tail = self.tail(len(found) + 2, reference)
        texts_found = [self.line(head), *found, tail.text]
        return _Lump(reference, [head, *batch, tail], texts_found, len(texts_found))

    def long(
        self, head: Segment, batch: list[Segment], rest: Iterator[Segment], reference: str
    ) -> bytes:
        """A message batch by batch, of which the first is ``batch``."""
        pieces, count = [self.batch([head], [self.line(head)], 0, reference)], 1
        while batch:
            found = self.lines(batch, count, reference)
            pieces.append(self.batch(batch, found, count, reference))
            count += len(batch)
            batch = list(islice(rest, BATCH))
        tail = self.tail(count + 1, reference)
        pieces.append(self.batch([tail], [tail.text], count, reference))
        return b"".join(pieces)

    def reference_in(self, head: Segment) -> str:
        """The reference of UNH, which must have one, and a type."""
        marks, text = head.marks, head.text
        if head.tag == "UNH" and not (marks.release and marks.release in text):
            parts = text.split(marks.element, 3)
            if len(parts) > 2 and parts[1].isalnum() and parts[2][:1].isalnum():
                return parts[1]
        self.need(head, "UNH", (1, 2))
        return head.get(1)

    def mine(self, marks: Separators) -> bool:
        """Are these the separators of the interchange? Few objects are asked about, often."""
        if id(marks) in self.own:
            return True
        same = alike(marks, self.marks)
        if same:
            if len(self.own) > OWN:
                self.own.clear()
            self.own[id(marks)] = marks
        return same

    def tail(self, count: int, reference: str) -> Segment:
        """UNT, without the way round through components."""
        marks = self.marks
        if not reference.isalnum():
            return segment("UNT", str(count), reference, marks=marks)
        text = f"UNT{marks.element}{count}{marks.element}{reference}"
        return Segment(text, "UNT", 0, 0, 0, marks)

    def lines(self, batch: list[Segment], before: int, reference: str) -> list[str]:
        """The texts of a message's segments; ``before`` counts those that went out already."""
        try:
            same = batch[0].marks if batch else self.marks
            return texts(batch, self.marks, same, self.known)
        except WritingError as error:
            raise WritingError(
                error.what, file=self.file, message=reference, segment=error.segment,
                number=before + 1 + error.number,
            ) from None  # fmt: skip

    def together(self, lumps: list[_Lump]) -> bytes | None:
        """Messages as bytes; None when one of them needs a closer look."""
        found = list(chain.from_iterable(lump.found for lump in lumps))
        return self.at_once(found, sum(lump.size for lump in lumps))

    def at_once(self, found: list[str], count: int) -> bytes | None:
        """So many texts as bytes; None when one of them needs a closer look."""
        marks = self.marks
        apart = APART.join([*found, ""])
        if apart.count(APART) != count or not settled(apart, found, marks):
            return None
        data = whole(trimmed(apart.replace(APART, marks.terminator), marks), self.charset)
        if data is None or not self.line_break:
            return data
        broken = apart.replace(APART, marks.terminator + self.line_break)
        return trimmed(broken, marks).encode(self.charset.codec)

    def torn(self, text: str) -> bool:
        """Does a terminator stand in a text that no release character precedes?"""
        end = self.marks.terminator
        return end in text and len(self.marks.split(text, end)) > 1

    def batch(self, source: list[Segment], found: list[str], before: int, reference: str) -> bytes:
        """Texts of one message as bytes."""
        data = self.at_once(found, len(found))
        return self.one_by_one(source, found, before, reference) if data is None else data

    def one_by_one(
        self, source: list[Segment], found: list[str], before: int, reference: str
    ) -> bytes:
        """Texts as bytes, to find the one that does not fit or that would be two segments."""
        end = self.marks.terminator
        pieces = []
        for number, (each, text) in enumerate(zip(source, found, strict=True), before + 1):
            torn = self.torn(text)
            safe = again(self.as_it_was(each, text), self.marks).text if torn else text
            bare = trimmed(safe + end, self.marks)[:-1]
            pieces.append(self.encoded(bare, each.tag, number, reference))
        return joined(pieces, (end + self.line_break).encode("ascii"))

    # -- single segments --------------------------------------------------------------------

    def service(self, found: Segment) -> bytes:
        """A segment of an envelope, with the separators of the interchange."""
        data = self.encoded(again(found, self.marks).text, found.tag, 0, "")
        return data + (self.marks.terminator + self.line_break).encode("ascii")

    def line(self, head: Segment) -> str:
        """The text of UNH."""
        plain = self.mine(head.marks) and (self.marks.release or "\0") not in head.text
        return head.text if plain and head.text[:3] == "UNH" else again(head, self.marks).text

    def encoded(self, text: str, tag: str, number: int, reference: str) -> bytes:
        data = one(text, self.charset)
        if isinstance(data, bytes):
            return data
        character = text[data]
        element = len(self.marks.split(text[:data], self.marks.element)) - 1
        reason = f"{character!r} (U+{ord(character):04X}) does not fit {self.charset.name}"
        raise WritingError(
            reason, file=self.file, message=reference, segment=tag, number=number,
            element=str(element),
        )  # fmt: skip

    def need(self, found: Segment, tag: str, elements: tuple[int, ...]) -> None:
        """Check a head: its tag and the elements that must not be empty."""
        if found.tag != tag:
            reason = f"a segment {found.tag[:3]} stands where {tag} is expected"
            raise WritingError(reason, file=self.file, segment=tag)
        for element in elements:
            if not found.get(element):
                reason = "the element is empty, a value is expected"
                raise WritingError(reason, file=self.file, segment=tag, element=str(element))


def advised(marks: Separators, version: str) -> str:
    """Return UNA when a reader could not know the separators without it, else ""."""
    usual = [LEVEL_A_4] if version == "4" else [LEVEL_A, LEVEL_B]
    known = any(alike(marks, each) and marks.decimal == each.decimal for each in usual)
    return "" if known else service_advice(marks)


def service_advice(marks: Separators) -> str:
    """Return UNA with these separators (ISO 9735-1 § 7.1)."""
    fixed = marks.component + marks.element + marks.decimal + (marks.release or " ")
    return "UNA" + fixed + (marks.repetition or " ") + marks.terminator
