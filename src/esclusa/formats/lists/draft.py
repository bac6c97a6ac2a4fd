"""What a list states about one subject, gathered piece by piece until it makes an entry.

The readers of lists hand over names, dates and numbers as they come by; here they become one
:class:`~esclusa.model.ListEntry`, each value once, weak names apart from strong ones, and what the
entry has no field for under its own label in the remarks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

import msgspec

from esclusa.codes import schemes
from esclusa.formats.bounded import bounded
from esclusa.formats.limits import Limits
from esclusa.formats.lists.identifiers import made
from esclusa.formats.lists.ofac_remarks import identifier
from esclusa.formats.lists.places import country_words
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Relation, Severity

_KNOWN_IDS: Final = 1_000_000
"""Entries whose ids are remembered to tell a repeat; no list has a tenth of it."""

FORMER: Final = "Former names"
"""Label of the names that a list gives as former ones; they are aliases all the same."""
OWNERS: Final[dict[str, Relation]] = {
    "owner": Relation(role="owner", name=""),
    "owner or operator": Relation(role="owner_operator", name=""),
    "former owner or operator": Relation(role="owner_operator", name="", former=True),
    "parent company": Relation(role="controller", name=""),
    "subsidiary": Relation(role="controller", name="", owns=True),
    "owned or controlled by": Relation(role="controller", name=""),
}
"""Labels under which lists say who owns or runs an entry, or what it owns, in lower case; the last
is OFAC's relation between two entries."""
_NOBODY: Final = frozenset({"-0-", "N/A", "NONE", "UNKNOWN", "NOT KNOWN"})
"""What stands in an owner's place without naming one."""


class Where(Protocol):
    """Anything with bytes in the file: an element, a row."""

    @property
    def offset(self) -> int: ...
    @property
    def length(self) -> int: ...


class At(NamedTuple):
    """Bytes in the file."""

    offset: int
    length: int


class Source(NamedTuple):
    """A list's format: its id, its publisher, the first part of its defects' codes."""

    id: str
    sender: str
    code: str


class Draft:
    """One subject of a list. ``at`` is where it stands; ``kind`` is the type of the entry."""

    __slots__ = (
        "_identifiers", "_names", "_relations", "_remarks", "_texts", "at", "code", "defects",
        "kind", "listed_on", "name", "uid",
    )  # fmt: skip

    def __init__(self, source: Source, at: Where, uid: str, kind: str) -> None:
        self.code, self.uid, self.kind = source.code, uid, kind
        self.at = At(at.offset, at.length)
        self.name = self.listed_on = ""
        self.defects: list[Defect] = []
        self._names: dict[str, bool] = {}
        self._texts: dict[str, dict[str, None]] = {}
        self._identifiers: dict[Identifier, None] = {}
        self._remarks: dict[str, dict[str, None]] = {}
        self._relations: dict[Relation, None] = {}

    def note(self, word: str, severity: Severity, reason: str, at: Where | None = None) -> None:
        """Note one defect at its place, at the subject itself when there is none."""
        where = at or self.at
        self.defects.append(
            Defect(
                code=f"{self.code}.{word}",
                severity=severity,
                reason=reason,
                offset=where.offset,
                length=where.length,
            )
        )

    def primary(self, name: str) -> None:
        """Take the name the list puts first; a second one is an alias."""
        if name and not self.name:
            self.name = name
        else:
            self.alias(name)

    def alias(self, name: str, *, weak: bool = False, former: bool = False) -> None:
        """Take another name; one that stands twice, strong and weak, is strong."""
        if not name:
            return
        self._names[name] = self._names.get(name, True) and weak
        if former:
            self.remark(FORMER, name)

    def born(self, date: str, given: str, at: Where | None = None) -> None:
        """Take a date of birth; ``given`` is the list's own words, noted when they are no date."""
        if date:
            self._add("births", date)
        elif given.strip():
            self.note("birth_date", Severity.NOTE, "a date of birth is not understood", at)
            self.remark("Date of birth", given)

    def born_in(self, place: str) -> None:
        """Take a place of birth."""
        self._add("birth places", place)

    def country(self, words: str) -> None:
        """Take a nationality, or the flag of a ship, as a code or in words."""
        self._add("countries", country_words(words))

    def address(self, text: str) -> None:
        """Take an address."""
        self._add("addresses", text)

    def program(self, text: str) -> None:
        """Take a programme of sanctions or a reason for the listing."""
        self._add("programs", text)

    def listed(self, date: str) -> None:
        """Take the date of a listing; the earliest stands."""
        if date and (not self.listed_on or date < self.listed_on):
            self.listed_on = date

    def remark(self, label: str, text: str) -> None:
        """Take what the entry has no field for, under its label ("" for the list's comments). What
        a label of :data:`OWNERS` says is a relation as well."""
        text = " ".join(text.split())
        if text:
            self._remarks.setdefault(label.rstrip(" :-"), {})[text] = None
        for one in owners(label, text):
            self._relations[one] = None

    def related(self, label: str, uid: str, name: str, *, back: bool = False) -> None:
        """Take a relation to another entry of the list, among the remarks too unless it is stated
        of the other entry and told here ``back``."""
        former = label.lower().startswith("formerly ")
        said = OWNERS.get(label.lower().removeprefix("formerly "))
        if said is not None and uid and uid != self.uid:
            one = msgspec.structs.replace(
                said, name=name, uid=uid, owns=said.owns is not back, former=former
            )
            self._relations[one] = None
        if name and not back:
            self._remarks.setdefault(label.rstrip(" :-"), {})[name] = None

    def identify(self, scheme: str, value: str, country: str = "", at: Where | None = None) -> None:
        """Take a number; one that fails its check digit is kept and flagged."""
        value = " ".join(value.split())
        if not value:
            return
        found = made(scheme, value, country_words(country))
        if found in self._identifiers:
            return
        self._identifiers[found] = None
        if found.valid is False:
            reason = schemes.TYPES[scheme].fault(found.value)
            self.note("check_digit", Severity.NOTE, reason, at)

    def labelled(self, label: str, value: str, country: str = "", at: Where | None = None) -> bool:
        """Take a number under one of OFAC's labels; answer whether the label means one."""
        found = identifier(f"{label} {value}") if value else None
        if found is not None:
            self.identify(found.scheme, found.value, country or found.country, at)
        return found is not None

    def _add(self, kind: str, text: str) -> None:
        if text:
            self._texts.setdefault(kind, {})[text] = None

    def _of(self, kind: str) -> tuple[str, ...]:
        return tuple(self._texts.get(kind, ()))

    def _title(self) -> str:
        """Return the name; without one the first strong other name, or the first weak one."""
        if self.name or not self._names:
            return self.name
        strong = next((name for name, weak in self._names.items() if not weak), "")
        if not strong:
            reason = "has no strong name; its first weak one stands in its place"
            self.note("name.weak", Severity.WARNING, reason)
        return strong or next(iter(self._names))

    def _entry(self, list_id: str, name: str) -> ListEntry:
        return ListEntry(
            list_id=list_id,
            uid=self.uid,
            type=self.kind,
            name=name,
            aliases=tuple(
                Alias(name=other, weak=weak) for other, weak in self._names.items() if other != name
            ),
            birth_dates=self._of("births"),
            birth_places=self._of("birth places"),
            nationalities=self._of("countries"),
            identifiers=tuple(self._identifiers),
            addresses=self._of("addresses"),
            programs=self._of("programs"),
            listed_on=self.listed_on,
            remarks=self._words(),
            relations=tuple(self._relations),
        )

    def _words(self) -> str:
        """Return the remarks under their labels, comments last."""
        labelled = [
            f"{label}: {', '.join(texts)}" for label, texts in self._remarks.items() if label
        ]
        return "; ".join((*labelled, *self._remarks.get("", ())))

    def message(self, source: Source, prepared: str, limits: Limits) -> Message:
        """Return the message: the entry, or a fatal defect when it has no id or no name."""
        name = self._title()
        refused = any(defect.severity is Severity.FATAL for defect in self.defects)
        if not refused and not (self.uid and name):
            self.note("entry", Severity.FATAL, f"an entry has no {'id' if name else 'name'}")
            refused = True
        return Message(
            format=source.id,
            offset=self.at.offset,
            length=self.at.length,
            reference=self.uid,
            sender=source.sender,
            prepared=prepared,
            statements=() if refused else (self._entry(source.id, name),),
            defects=bounded(
                self.defects, limits.defects_per_message, f"{source.code}.defects.unlisted"
            ),
        )


def owners(label: str, text: str) -> list[Relation]:
    """Return who owns or runs an entry, or what it owns, as a list says under a label; a cell may
    hold several names with semicolons between."""
    said = OWNERS.get(label.strip().rstrip(" :-").lower())
    if said is None:
        return []
    names = dict.fromkeys(" ".join(part.split()) for part in text.split(";"))
    return [
        msgspec.structs.replace(said, name=name)
        for name in names
        if name and name.upper() not in _NOBODY
    ]


class Ids:
    """The ids of a list's entries so far."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def check(self, draft: Draft) -> None:
        """Note an id that stood before: of two entries with one id the later will stand."""
        if draft.uid in self._seen:
            reason = "this id stood before in the list; the later entry will stand"
            draft.note("uid.repeated", Severity.WARNING, reason)
        elif draft.uid and len(self._seen) < _KNOWN_IDS:
            self._seen.add(draft.uid)


def joined(parts: Iterable[str], between: str = " ") -> str:
    """Return the parts with single blanks, empty ones left out."""
    return between.join(filter(None, (" ".join(part.split()) for part in parts)))
