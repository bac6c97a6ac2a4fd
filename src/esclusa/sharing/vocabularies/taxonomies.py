"""Tags of sharing communities (MISP taxonomies, "machine tags"): ``tlp:red``,
``admiralty-scale:source-reliability="b"``.

Any vocabulary in that format can be loaded. What its words mean for a marking stands in
``data/tags.csv``; a word without a row is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from esclusa.errors import FormatError, LimitError, MarkingError
from esclusa.model import EVERYONE, OPEN, Marking, join_all
from esclusa.sharing.policy import is_below
from esclusa.sharing.vocabularies.table import Audience, Row, rows

MOST_BYTES: Final = 4 << 20
"""The largest published vocabulary has half a megabyte."""
FREE: Final = "$text"
"""The value of a tag that takes any text."""

_TAG: Final = re.compile(r'([^:="\s]+):([^="]+?)(?:="([^"]*)")?\Z')
_TABLE: Final = "tags.csv"


class Entry(msgspec.Struct, frozen=True):
    """A word of a vocabulary; ``expanded`` is its text for people."""

    value: str
    expanded: str = ""
    description: str = ""
    exclusive: bool = False


class Values(msgspec.Struct, frozen=True):
    """The values that one predicate takes."""

    predicate: str
    entry: tuple[Entry, ...]


class Taxonomy(msgspec.Struct, frozen=True):
    """A vocabulary. ``exclusive``: a record carries at most one of its words."""

    namespace: str
    version: int
    predicates: tuple[Entry, ...]
    values: tuple[Values, ...] = ()
    expanded: str = ""
    description: str = ""
    exclusive: bool = False

    def tags(self) -> Iterator[str]:
        """Yield every tag of the vocabulary; a free text stands as ``$text``."""
        valued = {found.predicate: found.entry for found in self.values}
        for predicate in self.predicates:
            name = f"{self.namespace}:{predicate.value}"
            if predicate.value in valued:
                yield from (f'{name}="{entry.value}"' for entry in valued[predicate.value])
            else:
                yield name

    def knows(self, tag: str) -> bool:
        """Tell whether a tag is one of the vocabulary's; case does not count."""
        known = {word.casefold() for word in self.tags()}
        key, value = read_tag(tag)
        written = f'{key}="{value}"' if value is not None else key
        return written.casefold() in known or f'{key}="{FREE}"'.casefold() in known


def load_taxonomy(data: bytes, *, file: str = "") -> Taxonomy:
    """Read a vocabulary (``machinetag.json``).

    :raises FormatError: when it is none; :raises LimitError: when it is too large.
    """
    if len(data) > MOST_BYTES:
        raise LimitError(f"more than {MOST_BYTES} bytes", file=file)
    try:
        return msgspec.json.decode(data, type=Taxonomy)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise FormatError(f"not a taxonomy: {error}", file=file) from None


def read_tag(tag: str) -> tuple[str, str | None]:
    """Return a tag's name (``namespace:predicate``, in small letters) and value, None without one.

    :raises MarkingError: when the text is no tag.
    """
    match = _TAG.match(tag) if len(tag) <= 500 else None
    if match is None:
        raise MarkingError(f"{tag[:60]!r} is not a tag")
    return f"{match[1]}:{match[2]}".casefold(), match[3]


def marking_of(tags: Iterable[str], audience: Audience, received: dt.date) -> Marking:
    """Return the marking that tags ask for, all of them together.

    :param received: from when days of retention count.
    :raises MarkingError: for an unknown or refused tag, two tags that exclude each other, or none.
    """
    found = list(dict.fromkeys(_row(tag) for tag in tags))
    if not found:
        raise MarkingError("a record without any marking is released to nobody")
    groups = [row.group for row in found if row.group]
    if twice := next((group for group in groups if groups.count(group) > 1), ""):
        raise MarkingError(f"two tags of the group {twice} exclude each other")
    said = join_all(row.marking(audience, received) for row in found)
    if EVERYONE in said.releasable_to and not any(row.audience for row in found):
        # Grades and retention alone do not say who may read.
        return msgspec.structs.replace(said, releasable_to=frozenset())
    return said


def _row(tag: str) -> Row:
    key, value = read_tag(tag)
    for row in rows(_TABLE):
        if row.key == key and _same(row.value, value):
            return row
    raise MarkingError(f"the tag {tag[:60]!r} is not known here")


def _same(known: str, value: str | None) -> bool:
    if value is None:
        return not known
    return known == "*" or (bool(known) and known.casefold() == value.casefold())


def tags_of(marking: Marking, audience: Audience, received: dt.date) -> tuple[str, ...]:
    """Return tags that ask for at least what a marking says, when sent to ``audience``.

    :raises MarkingError: when no tags can say it.
    """
    colours = (row for row in rows(_TABLE) if row.group == "tlp")
    by_colour = frozenset(word for row in colours for word in row.caveats)
    parts: dict[str, dict[str, Any]] = {
        "tlp": {
            "level": marking.level, "releasable_to": marking.releasable_to,
            "caveats": marking.caveats & by_colour,
        },
        "source": {"source_grade": marking.source_grade},
        "information": {"information_grade": marking.information_grade},
    }  # fmt: skip
    if marking.retain_until is not None:
        parts["retention"] = {"retain_until": marking.retain_until}
    chosen = [
        _least(group, msgspec.structs.replace(OPEN, **asked), audience, received)
        for group, asked in parts.items()
    ]
    covered = frozenset(word for row in chosen for word in row.caveats)
    chosen += [_bringing(word) for word in sorted(marking.caveats - covered)]
    said = join_all(row.marking(audience, received) for row in chosen)
    if not is_below(marking, said):
        raise MarkingError("no tags say all that this marking says")
    return tuple(_written(row) for row in chosen)


def _least(group: str, asked: Marking, audience: Audience, received: dt.date) -> Row:
    """Return the first row of a group that is as strict as what is asked."""
    for row in rows(_TABLE):
        # Whom a colour's community holds is not ours to say where we know none.
        vague = row.audience == "community" and not audience.community
        if row.group == group and row.effect == "marks" and not vague \
                and is_below(asked, row.marking(audience, received)):  # fmt: skip
            return row
    raise MarkingError(f"no tag of the group {group} says what this marking says")


def _bringing(word: str) -> Row:
    for row in rows(_TABLE):
        if row.effect == "marks" and row.caveats == {word} and not row.level:
            return row
    raise MarkingError(f"no tag says the caveat {word}")


def _written(row: Row) -> str:
    return f'{row.key}="{row.value}"' if row.value else row.key
