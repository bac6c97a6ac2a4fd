"""Large XML files of many like elements under one root, read at the speed of libxml2.

:mod:`esclusa.formats.xml` reads any file element by element and knows every byte, at some 13 MB/s.
Here whole batches of the root's children are parsed at once by lxml, eight times faster. A batch
ends behind an element that repeats, and stands between the root's tags when it is parsed. If that
succeeds, the batch is well-formed content of the root and nothing else, so the elements are those
of the file. Whatever is not that plain (a comment, a processing instruction, a name space of its
own, nesting, a syntax error, the end of a file that was cut) is left to the careful reader from
there on, with all its rules: no document type, no entity, no network, limits of depth and size, a
fatal defect at its byte, the elements before it kept.

Memory is bounded by one batch.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left
from collections.abc import Generator, Iterator
from functools import cache
from typing import BinaryIO, Final, NamedTuple, Protocol, cast
from xml.parsers import expat

import msgspec
from lxml import etree
from msgspec.structs import replace

from esclusa.errors import LimitError
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.xml import CHUNK, Element, read_elements
from esclusa.formats.xml_moulds import SPACE, Wanted
from esclusa.formats.xml_shapes import Shapes, T, Take, Text
from esclusa.model import Defect

Node = etree._Element

_BATCH: Final = 128 * 1024
"""Larger batches are no faster, and take more memory: a tree has some ten times its text."""

_PLAIN: Final = frozenset({"", "utf-8", "us-ascii", "iso-8859-1"})
"""Encodings that both parsers read alike and whose mark-up is ASCII."""

_TAG: Final = re.compile(rb"""<[A-Za-z_][\w.-]*(?:[^>"']|"[^"]*"|'[^']*')*>""")
_XSI: Final = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_ODDITIES: Final = (b"<!", b"<?", b"xmlns", b"<xml:", b"<xsi:")
"""What is read with care. The careful reader takes names without their prefix; lxml knows these two
prefixes here, and refuses all others."""

_DEPTH: Final = 64
_BLANKS: Final = re.compile(SPACE)

_ODD: Final = 16
"""Elements without a shape that are parsed alone in a batch; then the rest is parsed at once."""


class Root(NamedTuple):
    """The file's root element: its local name and the byte where it starts."""

    tag: str
    offset: int = 0


class Part(msgspec.Struct, eq=False):
    """One child of the root: an lxml element with its place in the file.

    ``offset`` and ``length`` are its bytes, ``fault`` says why it was cut short, "" when whole.
    """

    _element: Node | None
    offset: int
    length: int
    _places: _Places
    fault: str = ""

    @property
    def element(self) -> Node:
        """The element; parsed when it is asked for, where it was read by its shape."""
        if self._element is None:
            self._element = self._places.element(self)
        return self._element

    def spot(self, node: Node | None = None, tag: str = "") -> Spot:
        """Return the place of an element inside this one, or of this one.

        With ``tag``, of the first child of ``node`` that has it.
        """
        return Spot(self, self.element if node is None else node, tag)

    def place(self, node: Node) -> tuple[int, int]:
        """Return byte and line of an element inside this one."""
        at = next((at for at, each in enumerate(self.element.iter()) if each is node), 0)
        return self._places.find(self, at)


class Spot:
    """Where an element stands, found out only when a defect asks; ``number`` is its line."""

    __slots__ = ("_child", "_parent", "_part")

    def __init__(self, part: Part, parent: Node, child: str) -> None:
        self._part, self._parent, self._child = part, parent, child

    def _node(self) -> Node:
        found = self._parent.find(self._child) if self._child else None
        return self._parent if found is None else found

    @property
    def tag(self) -> str:
        return str(self._node().tag)

    @property
    def offset(self) -> int:
        return self._part.place(self._node())[0]

    @property
    def length(self) -> int:
        return self._part.length if self._node() is self._part.element else 0

    @property
    def number(self) -> int:
        return self._part.place(self._node())[1]


class Batches:
    """A file opened as far as its root; :attr:`root` is a fatal defect when it has none."""

    def __init__(self, stream: BinaryIO, file: str, limits: Limits) -> None:
        self._file, self._limits = file, limits
        self._stream = _Counted(stream, file, limits.file_bytes)
        self._held = b""
        self._encoding = ""
        self._start = b""
        self.root: Root | Defect = self._open()

    def _open(self) -> Root | Defect:
        """Read up to the root's start tag, with expat, which sees a document type first."""
        found: list[Root] = []
        parser = expat.ParserCreate()

        def start(name: str, attributes: dict[str, str]) -> None:
            if not found:
                found.append(Root(name, parser.CurrentByteIndex))

        def declared(version: str, encoding: str | None, standalone: int) -> None:
            self._encoding = (encoding or "").lower()

        def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
            raise _Careful

        parser.StartElementHandler = start
        parser.XmlDeclHandler = declared
        parser.StartDoctypeDeclHandler = doctype
        try:
            while not found and len(self._held) <= MIB:
                chunk = self._stream.read(CHUNK)
                self._held += chunk
                parser.Parse(chunk, not chunk)
        except (_Careful, expat.ExpatError, LookupError, ValueError):
            pass
        if not found:
            return self._refused()
        root = found[0]
        self._start = self._opening(root)
        return Root(root.tag.rpartition(":")[2], root.offset)

    def _refused(self) -> Defect | Root:
        """Let the careful reader say what is wrong before the root."""
        for item in self._careful(frozenset(), None):
            if isinstance(item, Defect):
                return item
        return Root("")

    def _opening(self, root: Root) -> bytes:
        """Return the root's start tag where batches can be cut, b"" where they cannot."""
        found = _TAG.match(self._held, root.offset)
        if found is None or self._encoding not in _PLAIN or ":" in root.tag:
            return b""
        tag = found.group()
        return b"" if tag.endswith(b"/>") else tag

    def parts(
        self,
        tags: frozenset[str],
        last: str,
        most: int,
        *,
        wanted: Wanted | None = None,
        take: Take[T] | None = None,
    ) -> Iterator[Part | Defect | list[T]]:
        """Yield the root's children named in ``tags``, then a fatal defect if the file ends in one.

        ``last`` is the tag behind which batches end. ``wanted`` is what is wanted of elements of
        that tag: in files of more than one batch they are read by their shapes where they have one,
        and what ``take`` makes of those that follow each other comes as a list in their place. An
        element of more than ``most`` bytes comes cut, with its fault. Raises
        :class:`~esclusa.errors.LimitError` when the file must be refused.
        """
        if not isinstance(self.root, Root):
            yield self.root
            return
        if not self._start or not self._roomy(most):
            yield from self._careful(tags, most)
            return
        shapes = None if wanted is None or take is None else Shapes(last, wanted)
        yield from self._batches(self.root, tags, last, most, shapes, take)

    def _roomy(self, most: int) -> bool:
        """Say whether the limits allow whatever a batch may hold: then none must be watched."""
        limits = self._limits
        return min(most, limits.xml_text_bytes) >= MIB and limits.xml_depth >= _DEPTH

    def _batches(
        self,
        root: Root,
        tags: frozenset[str],
        last: str,
        most: int,
        shapes: Shapes | None,
        take: Take[T] | None,
    ) -> Iterator[Part | Defect | list[T]]:
        at = root.offset + len(self._start)
        text, line = self._held[at:], 1 + self._held.count(b"\n", 0, at)
        self._held = b""
        frame = _Frame(self._start, root.tag, self._encoding)
        end, whole = f"</{last}>".encode(), False
        while not whole:
            cut = text.rfind(end) + len(end) if end in text else 0
            if not cut or len(text) < _BATCH:
                chunk = self._stream.read(_BATCH)
                text, whole = text + chunk, not chunk
                if not whole and (cut or len(text) <= MIB):
                    continue
                cut = len(text) if whole else cut
            batch = _Batch(frame, text[:cut], whole, at, line, tags)
            start, found = 0, None
            if shapes is not None and take is not None:
                if cut and not (whole or shapes.noted):
                    # Learned of first, the first batch is read by shapes as the others are.
                    found = batch.learned(shapes)
                if shapes.ready:
                    found, start = None, (yield from batch.shaped(shapes, end, take))
            if start < cut or whole or not cut:
                if found is None:
                    found = batch.parse(start) if cut else None
                    if found is not None and shapes is not None and not whole:
                        shapes.note(found)
                if found is None:
                    line += text.count(b"\n", 0, start)
                    yield from self._from(frame, text[start:], at + start, line, tags, most)
                    return
                yield from batch.parts(found, start)
            if shapes is not None:
                shapes.settle()
            at, line, text = at + cut, line + text.count(b"\n", 0, cut), text[cut:]

    def _from(
        self, frame: _Frame, text: bytes, at: int, line: int, tags: frozenset[str], most: int
    ) -> Iterator[Part | Defect]:
        """Go on with the careful reader, as if the root opened right before ``text``."""
        self._held = frame.careful + text
        yield from self._careful(tags, most, at - len(frame.careful), line - frame.lines)

    def _careful(
        self, tags: frozenset[str], most: int | None, shift: int = 0, line: int = 1
    ) -> Iterator[Part | Defect]:
        """Read what is held and the rest; ``shift`` and ``line`` are where it really stands."""
        lines = _Lines(self._held, self._stream, line)
        stream = cast(BinaryIO, lines)
        try:
            for item in read_elements(
                stream, tags, file=self._file, limits=self._limits, element_bytes=most
            ):
                if isinstance(item, Defect):
                    yield replace(item, offset=max(item.offset + shift, 0))
                elif item.depth and item.tag in tags:
                    lines.drop(item.offset)
                    yield _grown(item, lines, shift)
        except LimitError as error:
            offset = error.offset + shift if error.offset >= 0 else -1
            raise LimitError(error.reason, file=self._file, offset=offset) from None


class _Careful(Exception):
    """The careful reader must say what is wrong."""


class _Counted:
    """A stream that refuses to go on past the limit of a file."""

    def __init__(self, stream: BinaryIO, file: str, most: int) -> None:
        self._stream, self._file, self._most, self._read = stream, file, most, 0

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self._read += len(chunk)
        if self._read > self._most:
            reason = f"file is larger than {self._most:,} bytes"
            raise LimitError(reason, file=self._file, offset=self._most)
        return chunk


class _Frame:
    """The root's tags, between which a batch is a document of its own."""

    def __init__(self, start: bytes, tag: str, encoding: str) -> None:
        declared = f'<?xml version="1.0" encoding="{encoding or "utf-8"}"?>'.encode()
        self.codec = encoding or "utf-8"
        self.careful = declared + start
        self.lines = start.count(b"\n")
        self._plain = declared + b"<" + tag.encode() + _XSI + b">"
        self.close = b"</" + tag.encode() + b">"
        self._parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_blank_text=True,
            collect_ids=False,
        )
        self._deep = etree.XPath("boolean(" + "/*" * (_DEPTH + 1) + ")")
        self._mixed = etree.XPath(
            "boolean(/*/*/descendant-or-self::*[*]/text()[normalize-space()])"
        )

    def parse(self, batch: bytes, whole: bool) -> Node | None:
        """Return the root with the batch's elements, None when it must be read with care.

        ``whole`` says that the batch ends the file and so has the root's end tag itself.
        """
        if len(batch) > MIB or any(odd in batch for odd in _ODDITIES):
            return None
        try:
            found = self.root(batch + (b"" if whole else self.close))
        except etree.XMLSyntaxError:
            return None
        # Of text beside elements lxml gives what stands before the first, the careful reader all.
        return None if self._deep(found) or self._mixed(found) else found

    def root(self, rest: bytes) -> Node:
        """Return the root, given what stands behind its start tag, its end tag included.

        Raises ``XMLSyntaxError`` where that is not well-formed.
        """
        return etree.fromstring(self._plain + rest, self._parser)


def _span(batch: bytes, tag: str, after: int) -> tuple[int, int]:
    """Return the bytes of the next element of that name, which has none of its name inside."""
    name = tag.encode()
    start = batch.find(b"<" + name, after)
    if start >= 0 and batch.startswith(b">", start + len(name) + 1):
        # Sought up to the next that begins: where there is none, its end tag has a blank in it.
        following = batch.find(b"<" + name, start + 1)
        until = following if following >= 0 else len(batch)
        end = batch.find(b"</" + name + b">", start, until)
        if end >= 0:
            return start, end + len(name) + 3
    opening, closing = _ends(tag)
    found = opening.search(batch, after)
    if found is None:
        return after, after
    if found.group().endswith(b"/>"):
        return found.span()
    last = closing.search(batch, found.end())
    return found.start(), last.end() if last is not None else found.end()


@cache
def _ends(tag: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    name = re.escape(tag.encode())
    # The value of an attribute may hold the end of a tag.
    attributes = rb"""(?:\s(?:[^>"']|"[^"]*"|'[^']*')*+)?+/?>"""
    return re.compile(b"<" + name + attributes), re.compile(b"</" + name + rb"\s*>")


class _Places(Protocol):
    """Knows the element of a part, and byte and line of any inside it."""

    def find(self, part: Part, number: int) -> tuple[int, int]:
        """Return byte and line of the ``number``-th element inside, in document order."""
        ...

    def element(self, part: Part) -> Node:
        """Return the element of a part that was read by its shape."""
        ...


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


class _Batch:
    """A batch of the file's bytes from ``at`` on. Places in it are found by careful reading."""

    def __init__(
        self, frame: _Frame, batch: bytes, whole: bool, at: int, line: int, tags: frozenset[str]
    ) -> None:
        self._frame, self._batch, self._whole = frame, batch, whole
        self._at, self._line, self._tags = at, line, tags
        self._found: dict[int, list[int]] = {}

    def shaped(
        self, shapes: Shapes, end: bytes, take: Take[T]
    ) -> Generator[Part | list[T], None, int]:
        """Yield elements from the first byte on, and what is made of those that have a shape;
        return where one stands that must be parsed.

        ``end`` is the end tag of those that have shapes. Single others are parsed on the way.
        """
        batch, at, start, odd = self._batch, self._at, 0, 0
        whole = Text(batch, self._frame.codec)
        text = whole.text
        # ``start`` is where an element ended, ``begin`` where the next one stands.
        begin = _past_blanks(text, 0)
        while odd < _ODD and begin < len(text):
            run = shapes.run(whole, begin, at, MIB, take)
            if run.made:
                start = run.end
                yield run.made
            begin = run.at
            if run.refused:
                yield Part(None, at + begin, run.refused - begin, self)
                start, begin = run.refused, run.behind
            if run.refused or run.full:
                continue
            stop = batch.find(end, begin) + len(end)
            if stop < begin + len(end):
                return start
            found = self._plain(batch[start:stop], False)
            if found is None:
                return start
            odd += 1
            shapes.note(found)
            yield from self.parts(found, start)
            start = stop
            begin = _past_blanks(text, start)
        return start

    def learned(self, shapes: Shapes) -> Node | None:
        """Let the shapes know of the elements; return the root as :meth:`parse` does."""
        found = self.parse(0)
        if found is not None:
            shapes.see(Text(self._batch, self._frame.codec).text)
            shapes.note(found)
            shapes.settle()
        return found

    def parse(self, start: int) -> Node | None:
        """Return the root with the elements from a byte on."""
        return self._plain(self._batch[start:], self._whole)

    def _plain(self, text: bytes, whole: bool) -> Node | None:
        """Parse a text; None also where a wanted element stands inside another element."""
        found = self._frame.parse(text, whole)
        if found is None:
            return None
        wanted = sum([each.tag in self._tags for each in found])
        return found if sum([1 for _ in found.iter(*self._tags)]) == wanted else None

    def parts(self, root: Node, after: int) -> Iterator[Part]:
        """Yield the wanted children; each is found among the batch's bytes in its order."""
        for element in root:
            tag = element.tag
            if tag in self._tags:
                start, after = _span(self._batch, str(tag), after)
                yield Part(element, self._at + start, after - start, self)

    def element(self, part: Part) -> Node:
        start = part.offset - self._at
        # What has a shape is well-formed; a name space that its text speaks of is none.
        found = self._batch[start : start + part.length]
        return self._frame.root(found + self._frame.close)[0]

    def find(self, part: Part, number: int) -> tuple[int, int]:
        inner = part.offset - self._at
        if inner not in self._found:
            self._found = self._starts(inner, part.length)
        known = self._found.get(inner, [])
        inner = known[number] if number < len(known) else inner
        return self._at + inner, self._line + self._batch.count(b"\n", 0, inner)

    def _starts(self, start: int, length: int) -> dict[int, list[int]]:
        """Return where the elements inside one begin, by the byte where it begins itself.

        Its bytes are read alone; if they turn out to be more than ``length``, so is the batch.
        """
        before, close = self._frame.careful, self._frame.close
        for text in (
            before + self._batch[start : start + length] + close,
            before + self._batch[start:] + (b"" if self._whole else close),
        ):
            for item in read_elements(io.BytesIO(text), self._tags):
                if isinstance(item, Element) and item.depth:
                    if item.offset == len(before) and item.length == length:
                        return {start: [each - len(before) + start for each in _starts(item)]}
                    break
        return {start: []}


class _Lines:
    """A stream that remembers where lines began, from the last element on."""

    def __init__(self, held: bytes, stream: _Counted, line: int) -> None:
        self._held, self._stream, self._line = held, stream, line
        self._read = 0
        self._ends: list[int] = []

    def read(self, size: int = CHUNK) -> bytes:
        chunk = self._held[:size]
        self._held = self._held[size:]
        chunk = chunk or self._stream.read(size)
        self._ends += [self._read + found.start() for found in re.finditer(b"\n", chunk)]
        self._read += len(chunk)
        return chunk

    def drop(self, offset: int) -> None:
        """Forget the lines before a byte, but not how many they were."""
        count = bisect_left(self._ends, offset)
        self._line += count
        del self._ends[:count]

    def line(self, offset: int) -> int:
        """Return the line of a byte that was not dropped."""
        return self._line + bisect_left(self._ends, offset)


class _Grown:
    """Places of an element that the careful reader found."""

    def __init__(self, starts: list[int], lines: list[int], shift: int) -> None:
        self._starts, self._lines, self._shift = starts, lines, shift

    def find(self, part: Part, number: int) -> tuple[int, int]:
        return self._starts[number] + self._shift, self._lines[number]

    def element(self, part: Part) -> Node:
        raise AssertionError("the careful reader hands over elements")


def _starts(element: Element) -> Iterator[int]:
    """Yield where an element and all inside it start, in document order."""
    yield element.offset
    for child in element.children:
        yield from _starts(child)


def _grown(found: Element, lines: _Lines, shift: int) -> Part:
    starts = list(_starts(found))
    places = _Grown(starts, [lines.line(start) for start in starts], shift)
    return Part(_node(found), found.offset + shift, found.length, places, found.fault)


def _node(found: Element) -> Node:
    """Attributes are left out: the formats read this way have none that say anything."""
    try:
        made = etree.Element(found.tag)
        made.text = "".join(found.texts)
    except ValueError:  # a name or character that one parser takes and the other does not
        made = etree.Element("unreadable")
    made.extend([_node(child) for child in found.children])
    return made
