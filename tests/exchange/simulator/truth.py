"""What really was stated, agreed and consented to, written down beside the nodes.

The invariants compare nodes with this book, never a node with itself.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from hashlib import sha256

import msgspec

from esclusa.model.marking import EVERYONE, Level, Marking
from esclusa.sharing.exchange.messages import ConsentAnswer, Content, Onward
from esclusa.sharing.exchange.rows import Copy, Cut, Own, Pact

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
SKEW = 48 * HOUR
BORNE = 2 * SKEW
"""How far two clocks may be apart: each is at most ``SKEW`` wrong."""
LEASE = 72 * HOUR
GRACE = 24 * HOUR
FIELDS = ("a", "b", "c")
_FIELDS = {fields: frozenset(fields) for fields in (FIELDS, ("a", "b"), ("a",))}
REFUSALS = frozenset({"national_security", "not_available"})
_UNKNOWN = {"?": "?"}
_STRICT = {"within": 0, "consent": 1, "never": 2}


LIE = "x"
"""How the name of a record begins that nobody stated: a dishonest partner speaks of it."""


class Text(msgspec.Struct, frozen=True, gc=False):
    """An agreement's text: who, until when, which fields, for what, and what may go further.

    A ``careless`` one is carried out by a release rule that is wrong: it weakens one part of the
    marking, the level, the caveats or the purposes.
    """

    pair: frozenset[str]
    number: int
    begins: dt.datetime
    ends: dt.datetime
    fields: tuple[str, ...]
    floor: Marking
    onward: Onward
    signed: bool = True
    careless: str = ""

    def pact(self) -> Pact:
        """Return what the exchange is told of this text."""
        return Pact(self.digest(), self.begins, self.ends, LEASE, GRACE, BORNE, REFUSALS)

    def mark(self, marking: Marking) -> Marking:
        """Return the marking under which the release rule cuts a record."""
        mark = joined(marking, self.floor)
        return weakened(mark, self.careless) if self.careless else mark

    def digest(self) -> str:
        """Return a name that only this text has."""
        return _name(self.pair, self.number)

    @property
    def allowed(self) -> frozenset[str]:
        """The fields that may leave."""
        return _FIELDS[self.fields]


@lru_cache(maxsize=65536)
def _name(pair: frozenset[str], number: int) -> str:
    return f"{'+'.join(sorted(pair))}/{number}"


class Stated(msgspec.Struct, frozen=True, gc=False):
    """One statement of an originator."""

    marking: Marking
    values: dict[str, str]


class Book:
    """The truth of one world."""

    def __init__(self) -> None:
        self.texts: dict[str, Text] = {}
        self.latest: dict[frozenset[str], Text] = {}
        self.stated: dict[tuple[str, str, int], list[Stated]] = {}
        self.withdrawn: dict[tuple[str, str], int] = {}
        self.last: dict[tuple[str, str], int] = {}
        self.bodies: dict[bytes, dict[str, str]] = {}
        self.signed: set[ConsentAnswer] = set()
        self.given: list[ConsentAnswer] = []
        self.granted: dict[tuple[str, str, str, str, str], None] = {}
        self.holders: dict[tuple[str, str], dict[str, int]] = {}
        self.free: set[str] = set()
        self.serial = 0
        self._cuts: dict[
            tuple[int, tuple[str, ...]], tuple[Content, Content, str, tuple[str, ...]]
        ] = {}

    def write(self, text: Text) -> Text:
        """Have both sides of a pair sign a new text."""
        self.texts[text.digest()] = text
        if text.onward.rule == "within":
            self.free.update(text.onward.agencies)
        self.latest[text.pair] = text
        return text

    def content(self, names: tuple[str, ...] = FIELDS) -> Content:
        """Return a content that no statement had before."""
        self.serial += 1
        return self.body({name: f"{self.serial}{name}" for name in names}, str(self.serial))

    def body(self, values: dict[str, str], salt: str) -> Content:
        """Return values as a content, and remember them."""
        text = ",".join([f'"{name}":"{value}"' for name, value in values.items()])
        raw = b"{" + text.encode() + b"}"
        self.bodies[raw] = values
        return Content(salt, msgspec.Raw(raw))

    def values(self, content: Content) -> dict[str, str]:
        """Return the fields of a content; one that nobody stated has none that is known."""
        return self.bodies.get(bytes(content.body), _UNKNOWN)

    def release(self, item: Own | Copy, partner: str, pact: Pact) -> Cut | None:
        """Decide what of an item goes to a partner, as the agreement's text says."""
        text, whole = self.texts[pact.digest], item.content
        assert whole is not None
        key = (id(whole), text.fields)  # its row keeps it, so no other can take its id
        found = self._cuts.get(key)
        if found is None:
            found = self._cuts[key] = (whole, *self._cut(whole, text.fields))
        _, content, digest, names = found
        if not names:
            return None
        onward = stricter(item.onward, text.onward) if isinstance(item, Copy) else text.onward
        return Cut(content, digest, names, text.mark(item.marking), onward)

    def _cut(
        self, content: Content, fields: tuple[str, ...]
    ) -> tuple[Content, str, tuple[str, ...]]:
        cut, kept = content, self.values(content)
        if not kept.keys() <= _FIELDS[fields]:
            kept = {name: value for name, value in kept.items() if name in fields}
            cut = self.body(kept, content.salt)
        digest = sha256(cut.salt.encode() + cut.body).hexdigest()
        return cut, digest, tuple(kept)

    def trusts(self, answer: ConsentAnswer) -> bool:
        """Tell whether the originator really gave this answer."""
        return answer in self.signed

    def sign(self, answer: ConsentAnswer) -> ConsentAnswer:
        """Have the originator sign an answer."""
        self.signed.add(answer)
        self.given.append(answer)
        return answer


def stricter(theirs: Onward, ours: Onward) -> Onward:
    """Return the rule under which a copy goes on: the one it came with, or ours when stricter."""
    return theirs if _STRICT[theirs.rule] >= _STRICT[ours.rule] else ours


@lru_cache(maxsize=65536)
def joined(left: Marking, right: Marking) -> Marking:
    """Return the join of two markings."""
    floor = msgspec.structs.replace(right, releasable_to=frozenset({EVERYONE}))
    return left.join(floor)


WEAK: dict[str, object] = {
    "level": Level.OPEN, "caveats": frozenset(), "purposes": frozenset({EVERYONE}),
}  # fmt: skip


@lru_cache(maxsize=65536)
def shown(mark: Marking, name: str) -> Marking:
    """Return a marking as one agency may see it."""
    return msgspec.structs.replace(mark, releasable_to=frozenset({name}))


@lru_cache(maxsize=65536)
def weakened(mark: Marking, part: str) -> Marking:
    """Return a marking with one part as weak as it can be."""
    return msgspec.structs.replace(mark, **{part: WEAK[part]})


@lru_cache(maxsize=65536)
def marking(level: int, audience: frozenset[str], orcon: bool, keep: dt.date | None) -> Marking:
    """Return a marking; equal arguments give the same object."""
    return Marking(
        level=Level(level), releasable_to=audience,
        caveats=frozenset({"ORCON"}) if orcon else frozenset(), retain_until=keep,
    )  # fmt: skip
