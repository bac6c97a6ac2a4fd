"""Read the text of an agreement: YAML or JSON, plain values only, with the line of each value.

PyYAML's own loaders keep the last of two equal keys, follow anchors, know tags and read ``no`` as
False. A text that is signed must have one meaning, so here a repeated key, an anchor, an alias, a
tag or a second document is refused with its line, and the only words that are not text are whole
numbers, ``true`` and ``false`` (as in YAML 1.2, and in JSON).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from esclusa.errors import AgreementError

MOST_BYTES: Final = 256 * 1024
"""A long agreement has some twenty kilobytes."""
MOST_VALUES: Final = 10_000
DEEPEST: Final = 12
"""The format needs six."""

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})\Z")
_WORDS: Final = {"true": True, "false": False}
_HIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e"
                            "\u2060-\u206f\ufeff\ud800-\udfff]")  # fmt: skip
"""Control characters and those that hide or turn text: what is signed must be what is seen."""

Place = tuple[str | int, ...]


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A read text: plain values, and the line (from 1) of each place in them."""

    file: str
    value: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 0)


def read_text(data: bytes, *, file: str = "") -> Text:
    """Read YAML or JSON; raises ``AgreementError`` with file and line."""
    if len(data) > MOST_BYTES:
        raise AgreementError(f"more than {MOST_BYTES} bytes", file=file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AgreementError("not text in UTF-8", file=file, line=line) from None
    if text.lstrip().startswith("{"):
        # JSON allows tabs between values, YAML does not; inside its strings there are none.
        text = text.replace("\t", " ")
    return _Reader(file).read(text)


class _Reader:
    """One reading; holds the place where it stands."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Place, int] = {}
        self._left = MOST_VALUES

    def read(self, text: str) -> Text:
        """Return the only document of a text."""
        try:
            events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
            self._expect(events, yaml.StreamStartEvent)
            self._expect(events, yaml.DocumentStartEvent)
            value = self._value(next(events), events, ())
            self._expect(events, yaml.DocumentEndEvent)
            self._expect(events, yaml.StreamEndEvent)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._error(str(error.problem or error.context), mark) from None
        except yaml.YAMLError as error:
            raise AgreementError(str(error).splitlines()[0], file=self._file) from None
        return Text(file=self._file, value=value, lines=self._lines)

    def _expect(self, events: Iterator[Any], wanted: type) -> None:
        event = next(events)
        if not isinstance(event, wanted):
            raise self._error("exactly one document is expected", event.start_mark)

    def _value(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        self._left -= 1
        if len(place) > DEEPEST or self._left < 0:
            raise self._error(f"more than {DEEPEST} levels or {MOST_VALUES} values",
                              event.start_mark)  # fmt: skip
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._error("anchors and aliases are not used here", event.start_mark)
        if event.tag is not None:
            raise self._error(f"the tag {event.tag[:40]} is not used here", event.start_mark)
        self._lines.setdefault(place, _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return dict(self._pairs(events, place))
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(events, place))
        return self._scalar(event)

    def _pairs(self, events: Iterator[Any], place: Place) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise self._error("a key must be a plain word", event.start_mark)
            if event.value in seen:
                raise self._error(f"the key {event.value[:40]!r} stands twice", event.start_mark)
            seen.add(event.value)
            self._lines[*place, event.value] = _line(event)
            yield event.value, self._value(next(events), events, (*place, event.value))

    def _items(self, events: Iterator[Any], place: Place) -> Iterator[Any]:
        number = 0
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            yield self._value(event, events, (*place, number))
            number += 1

    def _scalar(self, event: Any) -> str | int | bool:
        text = _whole(event.value)
        if hidden := _HIDDEN.search(text):
            raise self._error(f"the hidden character U+{ord(hidden[0]):04X}", event.start_mark)
        if event.style is not None:
            return str(text)
        if text in ("", "~", "null"):
            raise self._error("nothing stands here; leave the key out", event.start_mark)
        if text in _WORDS:
            return _WORDS[text]
        return int(text) if _NUMBER.match(text) else str(text)

    def _error(self, reason: str, mark: Any) -> AgreementError:
        return AgreementError(reason, file=self._file, line=mark.line + 1 if mark else 0)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _whole(text: str) -> str:
    """Join the two halves in which JSON writes a character beyond the first plane."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return text  # half a character: refused as hidden
