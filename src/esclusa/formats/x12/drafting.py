"""X12 segments made to be written, and the separators they are written with (X12.5, X12.6 § 3.2).

X12 has no release character: a value that holds a separator cannot be written with it. So a drafted
segment keeps its values apart by control codes, which no value may hold, and gets the separators of
its interchange only when it goes out. Separators can then be chosen that no value contains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.segment import Segment, Separators

Element: TypeAlias = str | Sequence[str]
"""A simple element, or the components of a composite."""

USUAL: Final = Separators(component=">", element="*", release="", terminator="~")
"""What most senders use, without a separator for repeats (releases before 004020)."""

DRAFT: Final = Separators(
    component="\x1f", element="\x1d", release="", repetition="\x1e", terminator="\x1c"
)
"""The separators of a draft: information separators of ISO 646, which X12.6 allows, too."""

_CANDIDATES: Final = (("element", "*|^!\x1d"), ("component", ">:\\`\x1f"),
                      ("repetition", "^<;\x1e"), ("terminator", "~'\n\x1c"))  # fmt: skip
"""Field of :class:`Separators` → what may be chosen, the most usual first."""

_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def segment(tag: str, *elements: Element, marks: Separators = DRAFT) -> Segment:
    """Return a segment of these elements, empty ends left out.

    :raises WritingError: the tag is none, or a value holds a control code or a separator; the
        error names the segment, the element and the one character.
    """
    if not _TAG.fullmatch(tag):
        reason = f"{tag[:8]!r} is not a tag, expected a letter and one or two letters or digits"
        raise WritingError(reason)
    text = _plain(tag, elements, marks)
    if not text:
        written = [_element(each, tag, place, marks) for place, each in enumerate(elements, 1)]
        text = marks.element.join([tag, *_trimmed(written)])
    return Segment(text, tag, 0, 0, 0, marks)


def _plain(tag: str, elements: Sequence[Element], marks: Separators) -> str:
    """The text of simple elements in a draft, as nearly all are; "" when there is more to do."""
    if marks is not DRAFT:
        return ""
    try:
        plain = "".join(elements).isprintable()  # type: ignore[arg-type]
    except TypeError:
        return ""
    joined = marks.element.join((tag, *elements)) if plain else ""  # type: ignore[arg-type]
    return joined.rstrip(marks.element)


def _element(value: Element, tag: str, place: int, marks: Separators) -> str:
    parts = [value] if isinstance(value, str) else list(value)
    for part in parts:
        if found := _forbidden(marks).search(part):
            raise _refused(found[0], tag, place, marks)
    return marks.component.join(_trimmed(parts))


def _refused(mark: str, tag: str, place: int, marks: Separators) -> WritingError:
    kind = "the separator" if mark in marks.active() and marks is not DRAFT else "the control code"
    reason = f"{kind} {mark!r} stands in a value, and X12 cannot release it"
    return WritingError(reason, segment=tag, element=str(place))


@lru_cache(maxsize=64)
def _forbidden(marks: Separators) -> re.Pattern[str]:
    return re.compile(f"{_CONTROL.pattern}|[{re.escape(marks.active())}]")


def _trimmed(parts: Iterable[str]) -> list[str]:
    found = list(parts)
    while found and not found[-1]:
        found.pop()
    return found


def again(old: Segment, marks: Separators) -> Segment:
    """Return a segment with these separators; its values stay, and empty ends go.

    :raises WritingError: a value holds one of the separators.
    """
    if old.marks is marks:
        return old
    if not _closer(old.marks, marks).search(old.text):
        text = old.text.replace(old.marks.element, marks.element).rstrip(marks.element)
        return Segment(text, old.tag, 0, 0, 0, marks)
    parts = old.text.split(old.marks.element)
    fresh = [_exchanged(part, old, place, marks) for place, part in enumerate(parts)]
    return Segment(marks.element.join(_trimmed(fresh)), old.tag, 0, 0, 0, marks)


@lru_cache(maxsize=64)
def _closer(old: Separators, new: Separators) -> re.Pattern[str]:
    """Finds what needs a closer look than an exchange of element separators: another mark."""
    marks = set(new.active()) | {old.component, old.repetition}
    found = "".join(sorted(marks - {old.element, ""}))
    return re.compile(f"[{re.escape(found)}]")


def _exchanged(part: str, old: Segment, place: int, marks: Separators) -> str:
    """One element with other separators. What separated nothing before must not start to."""
    table = _exchange(old.marks, marks)
    stray = _strange(old.marks, marks).search(part)
    if stray:
        raise _refused(stray[0], old.tag, place, marks)
    return part.translate(table).rstrip(marks.component + marks.repetition)


@lru_cache(maxsize=64)
def _exchange(old: Separators, new: Separators) -> dict[int, str]:
    pairs = ((old.component, new.component), (old.repetition, new.repetition))
    return {ord(before): after for before, after in pairs if before and after}


@lru_cache(maxsize=64)
def _strange(old: Separators, new: Separators) -> re.Pattern[str]:
    """Finds a new separator that separated nothing before, or an old one that has no successor."""
    before = {old.component, old.repetition} - {""}
    lost = {old.repetition} - {""} if not new.repetition else set[str]()
    strange = (set(new.active()) - before) | lost
    return re.compile(f"[{re.escape(''.join(sorted(strange)))}]")


# -- choosing separators --------------------------------------------------------------------------


def characters(drafts: Iterable[Segment]) -> set[str]:
    """Return the characters that the values of segments hold."""
    found: set[str] = set()
    for each in drafts:
        found |= set(each.text) - _active(each.marks)
    return found


@lru_cache(maxsize=64)
def _active(marks: Separators) -> frozenset[str]:
    return frozenset(marks.active())


def fitting(used: set[str], *, repeats: bool = False) -> Separators:
    """Return separators that are none of these characters, the usual ones where they can be.

    :param used: what values hold (:func:`characters`); control codes are never among it.
    :param repeats: choose one for repeats too, which ISA has room for from 004020 on.
    """
    taken, marks = set(used), USUAL
    for field, candidates in _CANDIDATES:
        if field == "repetition" and not repeats:
            continue
        mark = next(each for each in candidates if each not in taken)
        taken.add(mark)
        marks = replace(marks, **{field: mark})
    return marks
