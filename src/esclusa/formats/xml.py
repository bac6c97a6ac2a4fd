"""Reading XML from strangers, one element at a time, with its true place in the file.

Why expat and not lxml: a defect needs the byte where it starts, and lxml knows lines only; and
expat reports a document type declaration *before* it is processed, so a file that has one is
refused without a single entity declared. Nothing here expands an entity, opens a file or a
network address. Memory is bounded by one element, whatever the size of the file.

Rules:

1. A document type declaration ends the reading with a fatal defect (OWASP XXE prevention: refuse
   the declaration, and external entities and entity bombs go with it).
2. Nesting deeper than ``limits.xml_depth``, one token longer than ``limits.xml_text_bytes`` or more
   than ``limits.file_bytes`` in all refuse the file.
3. An element that is too large or has too long a text is handed over cut, with ``fault`` set.
4. A syntax error ends the reading with a fatal defect at its byte; elements before it stand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import IO, BinaryIO, Final
from xml.parsers import expat

import msgspec

from esclusa.errors import LimitError
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.model import Defect, Severity

CHUNK: Final = 64 * 1024


class Element(msgspec.Struct, kw_only=True):
    """An element with its subtree; filled while it is parsed, not changed afterwards.

    ``tag`` is the local name. ``offset`` and ``length`` are its bytes in the file. ``depth`` is 0
    for the root. ``fault`` says why the element was cut short, "" when it is whole.
    """

    tag: str
    attributes: dict[str, str]
    offset: int
    depth: int
    length: int = 0
    texts: list[str] = msgspec.field(default_factory=list)
    children: list[Element] = msgspec.field(default_factory=list)
    fault: str = ""

    @property
    def text(self) -> str:
        """The element's own text, white space runs made one blank."""
        return " ".join("".join(self.texts).split())

    def all(self, tag: str) -> list[Element]:
        """Return the direct children with that local name, in file order."""
        return [child for child in self.children if child.tag == tag]

    def get(self, tag: str) -> str:
        """Return the text of the first direct child with that local name, "" when there is none."""
        return next((child.text for child in self.children if child.tag == tag), "")

    def values(self, tag: str) -> list[str]:
        """Return the texts of all direct children with that local name, empty ones left out."""
        return [text for child in self.all(tag) if (text := child.text)]


def read_elements(
    stream: BinaryIO,
    tags: Collection[str],
    *,
    file: str = "",
    limits: Limits = DEFAULT,
    element_bytes: int | None = None,
) -> Iterator[Element | Defect]:
    """Yield the root's opening tag (no children), then each outermost element named in ``tags``.

    ``element_bytes`` bounds one element, ``limits.message_bytes`` when not given. A fatal
    :class:`Defect` comes last when the file is not well-formed or declares a document type.
    Raises :class:`~esclusa.errors.LimitError` when the whole file must be refused.
    """
    build = _Builder(frozenset(tags), file, limits, element_bytes or limits.message_bytes)
    try:
        for chunk in _chunks(stream):
            build.feed(chunk)
            yield from build.take()
        build.close()
    except _Refused as refusal:
        yield from build.take()
        yield refusal.defect
        return
    yield from build.take()


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


class _Refused(Exception):
    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        super().__init__(defect.reason)


class _Builder:
    """Turns expat's events into elements; knows the open elements and those ready to hand over."""

    def __init__(self, tags: frozenset[str], file: str, limits: Limits, element_bytes: int) -> None:
        self._tags, self._file, self._limits = tags, file, limits
        self._element_bytes = element_bytes
        self._depth = 0
        self._open: list[Element] = []
        self._ending: Element | None = None
        self._ready: deque[Element] = deque()
        self._fed = self._seen = self._waiting = self._text_bytes = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = False
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = self._other
        parser.ProcessingInstructionHandler = self._other_pair
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, chunk: bytes) -> None:
        self._fed += len(chunk)
        if self._fed > self._limits.file_bytes:
            raise LimitError(
                f"file is larger than {self._limits.file_bytes:,} bytes",
                file=self._file,
                offset=self._limits.file_bytes,
            )
        seen = self._seen
        self._parse(chunk, False)
        self._waiting = 0 if self._seen != seen else self._waiting + len(chunk)
        if self._waiting > self._limits.xml_text_bytes:
            raise LimitError(
                f"one tag, comment or instruction is longer than "
                f"{self._limits.xml_text_bytes:,} bytes",
                file=self._file,
                offset=self._seen,
            )

    def close(self) -> None:
        self._parse(b"", True)
        self._finish(self._fed)

    def take(self) -> Iterator[Element]:
        while self._ready:
            yield self._ready.popleft()

    def _parse(self, chunk: bytes, last: bool) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            words = expat.ErrorString(error.code) or "not well-formed"
            self._finish(self._at())
            raise self._refusal("xml.syntax", f"not well-formed XML: {words}", self._at()) from None
        except (LookupError, ValueError):
            reason = "declares a character encoding that is not supported; UTF-8 was expected"
            raise self._refusal("xml.encoding", reason, 0) from None

    def _at(self) -> int:
        return max(int(self._parser.ErrorByteIndex), 0)

    def _refusal(self, code: str, reason: str, offset: int) -> _Refused:
        return _Refused(Defect(code=code, severity=Severity.FATAL, reason=reason, offset=offset))

    def _mark(self) -> int:
        """Note how far events have come; the element that just ended, ended here."""
        self._seen = here = self._parser.CurrentByteIndex
        if self._ending is not None:
            self._finish(here)
        return here

    def _finish(self, end: int) -> None:
        if self._ending is not None:
            self._ending.length = end - self._ending.offset
            self._ready.append(self._ending)
            self._ending = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        here = self._mark()
        if self._depth >= self._limits.xml_depth:
            raise LimitError(
                f"elements are nested deeper than {self._limits.xml_depth}",
                file=self._file,
                offset=here,
            )
        tag = name.rpartition(":")[2]
        element = Element(tag=tag, attributes=attributes, offset=here, depth=self._depth)
        self._depth += 1
        if element.depth == 0:
            self._ready.append(element)
        if self._open or tag in self._tags:
            self._push(element)

    def _push(self, element: Element) -> None:
        if self._open and not self._cut(element.offset):
            self._open[-1].children.append(element)
        elif not self._open:
            self._text_bytes = 0
        self._open.append(element)

    def _cut(self, here: int) -> bool:
        """True once the outermost open element is over its bound; its content is then dropped."""
        top = self._open[0]
        if not top.fault and here - top.offset > self._element_bytes:
            top.fault = f"element {top.tag} is larger than {self._element_bytes:,} bytes"
        return bool(top.fault)

    def _end(self, name: str) -> None:
        self._mark()
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            self._ending = element

    def _characters(self, text: str) -> None:
        here = self._mark()
        if not self._open or self._cut(here):
            return
        element = self._open[-1]
        self._text_bytes = self._text_bytes + len(text) if element.texts else len(text)
        if self._text_bytes > self._limits.xml_text_bytes:
            top = self._open[0]
            top.fault = (
                f"text of {element.tag} is longer than {self._limits.xml_text_bytes:,} bytes"
            )
        else:
            element.texts.append(text)

    def _other(self, text: str) -> None:
        self._mark()

    def _other_pair(self, target: str, text: str) -> None:
        self._mark()

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        reason = "declares a document type (DTD); a file without one was expected"
        raise self._refusal("xml.doctype", reason, self._parser.CurrentByteIndex)
