"""What the lists in XML share: the way from elements to messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from esclusa.formats.format import Reader
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists.draft import Draft, Ids, Source, joined
from esclusa.formats.work import Work, metered
from esclusa.formats.xml import Element, read_elements
from esclusa.model import Defect, Message, Severity


class XmlList(NamedTuple):
    """A list in XML: its root, the element of one entry, those of the file's own date.

    ``fill`` turns an entry's element into a draft; ``head`` says what the root, or an element of
    ``heads``, tells of the edition's date (ISO 8601), "" for nothing.
    """

    source: Source
    root: str
    entry: str
    heads: tuple[str, ...]
    fill: Callable[[Element], Draft]
    head: Callable[[Element], str]


def reader(kind: XmlList) -> Reader:
    """Return the reader of a list: one message with one entry for each entry's element."""

    def read(
        stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
    ) -> Iterator[Message | Defect]:
        """Read the list; see :class:`~esclusa.formats.format.Reader`."""
        return read_list(stream, kind, file, limits)

    return read


def sniffer(kind: XmlList) -> Callable[[bytes, str], bool]:
    """Return what tells a list by its root among the first bytes."""
    return lambda head, name: begins_with(head, kind.root)


def read_list(
    stream: BinaryIO, kind: XmlList, file: str, limits: Limits
) -> Iterator[Message | Defect]:
    """Read a list: one message for each entry, as it comes."""
    yield from metered(_items(stream, kind, file, limits), Work(file, limits))


def _items(
    stream: BinaryIO, kind: XmlList, file: str, limits: Limits
) -> Iterator[Message | Defect]:
    prepared, ids = "", Ids()
    tags = (kind.entry, *kind.heads)
    for item in read_elements(
        stream, tags, file=file, limits=limits, element_bytes=limits.row_bytes
    ):
        if isinstance(item, Defect):
            yield item
        elif item.tag == kind.entry and item.depth:
            yield drafted(item, kind.source, kind.fill, ids).message(kind.source, prepared, limits)
        else:
            yield from wrong_root(item, kind.root, kind.source)
            prepared = kind.head(item) or prepared


def drafted(element: Element, source: Source, fill: Callable[[Element], Draft], ids: Ids) -> Draft:
    """Return the draft of an entry's element; one that was cut for its size is refused."""
    draft = fill(element)
    if element.fault:
        draft.note("entry", Severity.FATAL, element.fault)
    ids.check(draft)
    return draft


def wrong_root(element: Element, root: str, source: Source) -> Iterator[Defect]:
    """Tell of a root that is another list's."""
    if element.depth == 0 and element.tag != root:
        reason = f"root element is {element.tag[:40]}, {root} was expected"
        yield Defect(
            code=f"{source.code}.root",
            severity=Severity.ERROR,
            reason=reason,
            offset=element.offset,
        )


def begins_with(head: bytes, root: str) -> bool:
    """Answer whether an element of that name is opened among the first bytes."""
    plain = head.replace(b"\0", b"")
    return any(f"<{root}{end}".encode() in plain for end in (" ", ">", "\n", "\r", "\t"))


def within(element: Element, tag: str) -> Iterator[Element]:
    """Yield the elements of that name inside an element, at any depth, in file order."""
    for child in element.children:
        if child.tag == tag:
            yield child
        yield from within(child, tag)


def by_tag(element: Element) -> dict[str, list[Element]]:
    """Return the elements inside an element at any depth by their name, in file order."""
    found: dict[str, list[Element]] = {}
    _sort(element, found)
    return found


def _sort(element: Element, found: dict[str, list[Element]]) -> None:
    for child in element.children:
        found.setdefault(child.tag, []).append(child)
        _sort(child, found)


def texts(element: Element, tag: str) -> list[str]:
    """Return the texts of the elements of that name at any depth, empty ones left out."""
    return [found.text for found in within(element, tag) if found.text]


def attribute(element: Element, name: str) -> str:
    """Return an attribute, white space runs made one blank, "" when there is none."""
    return joined((element.attributes.get(name, ""),))
