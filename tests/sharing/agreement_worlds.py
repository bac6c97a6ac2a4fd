"""Agreements and records for the tests: two agencies with keys, a signed sample, random worlds.

>>> agreement = pacts.bound(pacts.sample())                     # doctest: +SKIP
>>> plan(pacts.record(body), [agreement], "northreach", "targeting", pacts.NOW)  # doctest: +SKIP
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from esclusa.model import EVERYONE, Body, Level, Marking, Record, natural_key, record_id
from esclusa.sharing.agreement import (
    Agreement,
    InForce,
    Signed,
    digest,
    in_force,
    read_agreement,
    sign,
)
from esclusa.sharing.agreement import fields as shapes
from esclusa.sharing.agreement.fields import EVERY, KINDS, Shape, shape_of
from esclusa.sharing.agreement.standing import interval
from esclusa.sharing.keys import AGREEMENT, KeyRing, new_signer
from esclusa.sharing.reader import PURPOSES

NOW = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
SIGNED_AT = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
SECRET = bytes(range(32))
"""The node's secret in tests."""

SIGNERS = {name: new_signer(name, AGREEMENT) for name in ("marisol", "northreach", "altamira")}
RING = KeyRing([signer.key(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) for signer in SIGNERS.values()])
TO_NORTHREACH = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))


@cache
def sample_text() -> bytes:
    """Return the shipped sample, with the keys of these tests."""
    path = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml")
    text = path.read_text(encoding="utf-8")
    for party in read_agreement(text.encode()).parties:
        text = text.replace(party.key, SIGNERS[party.agency].key_id)
    return text.encode()


@cache
def _sample() -> Agreement:
    return read_agreement(sample_text())


def sample(**changes: Any) -> Agreement:
    """Return the sample with some parts replaced. It is read once: nothing of it can be changed."""
    return msgspec.structs.replace(_sample(), **changes)


def signed(agreement: Agreement, *agencies: str, at: dt.datetime = SIGNED_AT) -> Signed:
    """Return the agreement signed by the agencies named, by both parties when none is."""
    done = Signed(agreement=agreement)
    for name in agencies or [party.agency for party in agreement.parties]:
        done = sign(done, name, SIGNERS[name].key_id, at, SIGNERS[name].sign)
    return done


def bound(agreement: Agreement, now: dt.datetime = NOW) -> InForce:
    """Return the agreement, signed by both and in force at ``now``."""
    (found,) = in_force([signed(agreement)], RING.verify, now)
    return found


def taken(agreement: Agreement) -> InForce:
    """Return an agreement as if the signatures had been checked: for thousands of random ones."""
    begins, ends = interval(agreement)
    return InForce(agreement=agreement, digest=digest(agreement), begins=begins, ends=ends)


def record(
    body: Body, *, originator: str = "marisol", marking: Marking = TO_NORTHREACH, version: int = 1,
    **more: Any,
) -> Record:  # fmt: skip
    """Return a record of this body."""
    kind, key = body.__struct_config__.tag, natural_key(body)
    name = record_id(originator, str(kind), key)
    return Record(id=name, kind=str(kind), version=version, key=key, body=body,
                  originator=originator, marking=marking, **more)  # fmt: skip


# --- random worlds --------------------------------------------------------------------------------


WHOLE = ("packages", "sequence", "bags", "crew_count", "passenger_count", "number", "seen", "size")


class World:
    """Random bodies, markings and agreements from one seed. Every value of a body is unique, so a
    trace of it anywhere can be found."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._count = 0

    def body(self, kind: str) -> Body:
        """Return a body of a kind with about two of three fields filled."""
        tree = self._value(shape_of(kind), kind, "")
        return msgspec.convert(tree | {"kind": kind}, KINDS[kind])  # type: ignore[return-value]

    def _value(self, shape: Shape, name: str, list_: str) -> Any:
        if shape.item is not None:
            return [self._value(shape.item, name, name) for _ in range(self.random.randint(0, 3))]
        if shape.type:
            return self._single(shape.type, name, list_)
        if shape.place:
            return self._place()
        chosen = {
            part: self._value(below, part, list_)
            for part, below in shape.fields.items()
            if part in shape.must_name | shape.must_exist or self.random.random() < 0.65
        }
        return {part: value for part, value in chosen.items() if value not in ([], {})
                or part in shape.must_exist}  # fmt: skip

    def _single(self, type_: str, name: str, list_: str) -> Any:
        self._count += 1
        if type_ == "yes_no":
            return self.random.random() < 0.5
        if type_ == "number":
            # Far enough apart that no rounded number is another's own.
            whole = 700_000_001_234_567 + self._count * 10_000_000
            return whole if name in WHOLE else whole + 0.5
        if name == "role":
            return self.random.choice(["shipper", "consignee", "notify", "carrier", "crew"])
        if name in shapes.DATES:
            day = dt.date(1900, 1, 1) + dt.timedelta(days=self._count % 70_000)
            return f"{day}T{self._count % 24:02}:{self._count % 60:02}" \
                if self._count % 3 else str(day)  # fmt: skip
        if name == "hs_code":
            return f"{self._count % 10_000:04}{self._count % 97:02}"
        return self._word()

    def _word(self) -> str:
        """Eleven characters; the first six are in no other word, so half a word can be found."""
        letters = "".join("abcdefghijklmnoprstu"[self._count // 20**n % 20] for n in range(4))
        return f"zq{letters}{self._count % 100_000:05}"

    def _place(self) -> dict[str, str]:
        self._count += 1
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
        code = "QZ" + "".join(letters[self._count // 24**n % 24] for n in range(3))
        name = self._word()
        return self.random.choice(
            [
                {"code": code, "scheme": "unlocode", "name": name},
                {"code": code, "scheme": "unlocode"},
                {"name": name},
                {"code": "PTY", "scheme": "iata"},
            ]
        )

    def marking(self) -> Marking:
        """Return a marking that often lets a record go."""
        pick = self.random.random
        agencies = ["northreach", "altamira"]
        return Marking(
            level=Level(self.random.choice([0, 1, 1, 1, 2, 3])),
            releasable_to=frozenset({EVERYONE}) if pick() < 0.2
            else frozenset(a for a in agencies if pick() < 0.8),
            caveats=frozenset(c for c in ("H0", "H2", "ORCON", "PAX") if pick() < 0.1),
            purposes=frozenset({EVERYONE}) if pick() < 0.7
            else frozenset(p for p in PURPOSES if pick() < 0.6),
            source_grade=self.random.choice("ABCX"),
            retain_until=None if pick() < 0.6
            else NOW.date() + dt.timedelta(days=self.random.randint(-20, 400)),
        )  # fmt: skip

    def record(self) -> Record:
        """Return a record, now and then another agency's."""
        originator = "altamira" if self.random.random() < 0.1 else "marisol"
        body = self.body(self.random.choice(list(KINDS)))
        return record(body, originator=originator, marking=self.marking(),
                      version=self.random.randint(1, 9))  # fmt: skip

    def agreement(self, partner: str) -> Agreement:
        """Return a faultless agreement between Marisol and a partner, random in its clauses."""
        base = sample()
        keys = {p.agency: p for p in base.parties}
        other = msgspec.structs.replace(
            keys["northreach"], agency=partner, key=SIGNERS[partner].key_id
        )
        clauses = [
            {
                "id": f"clause-{number}", "giver": "marisol", "kind": kind,
                "purposes": self.random.sample(PURPOSES[:5], self.random.randint(2, 5)),
                "level": self.random.choice(["official", "restricted", "confidential"]),
                "caveats": self.random.sample(["H0", "H2", "ORCON", "PAX"], 3),
                "onward": self._onward(partner),
                "retention_days": self.random.randint(1, 400),
                "lease_hours": self.random.randint(1, 400),
                "fields": list(self._fields(kind)),
            }
            for number, kind in enumerate(k for k in KINDS for _ in range(self.random.choice([1, 1, 2])))
        ]  # fmt: skip
        made = msgspec.to_builtins(msgspec.structs.replace(base, parties=(keys["marisol"], other)))
        return msgspec.convert({**made, "id": f"{partner}-{self.random.randrange(10**9)}",
                                "clauses": clauses}, Agreement)  # fmt: skip

    def _onward(self, partner: str) -> dict[str, Any]:
        rule = self.random.choice(["never", "consent", "within"])
        third = "altamira" if partner == "northreach" else "northreach"
        return {"rule": rule, "agencies": [third] if rule == "within" else []}

    def _fields(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield rules, one for each field at most; what must go with another field is kept."""
        for path, shape in _groups(shape_of(kind), ()):
            chosen = [name for name in shape.fields if self.random.random() < 0.6]
            needed = shape.must_keep | shape.must_name
            given = False
            for name in [n for n in chosen if n not in needed]:
                for rule in self._rule(shape.fields[name], (*path, name)):
                    given = given or rule["do"] != "drop"
                    yield rule
            below = any(not s.type for s in shape.fields.values())
            if needed and (given or below or self.random.random() < 0.5):
                paths = [_text((*path, name)) for name in sorted(needed)]
                yield {"do": "keep", "paths": paths}

    def _rule(self, shape: Shape, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        name = path[-1]
        if shape.item is not None and shape.item.type:
            path, shape = (*path, EVERY), shape.item
        if shape.place or (shape.item and shape.item.place):
            yield from self._place_rule(path if shape.place else (*path, EVERY))
        if not shape.type:
            return
        ways: list[dict[str, Any]] = [{"do": "keep"}, {"do": "keep"}, {"do": "drop"}]
        if shape.type == "text":
            ways.append({"do": "mask", "last": self.random.randint(1, 8)})
        if shape.type == "number":
            ways.append({"do": "generalise", "to": "step", "step": 10 ** self.random.randint(1, 6)})
        if name in shapes.DATES:
            ways.append({"do": "generalise", "to": self.random.choice(["year", "month", "day"])})
        if name in shapes.HEADINGS:
            ways.append({"do": "generalise", "to": "heading"})
        way = self.random.choice(ways)
        if EVERY in path and "parties" in path[:1] and self.random.random() < 0.5:
            role = self.random.choice(["shipper", "consignee"])
            yield {**way, "paths": [f"parties[role={role}].{_text(path[2:])}"]}
        else:
            yield {**way, "paths": [_text(path)]}

    def _place_rule(self, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        if self.random.random() < 0.5:
            yield {"do": "generalise", "to": "country", "paths": [_text(path)]}
        else:
            parts = self.random.sample(["code", "name", "scheme"], self.random.randint(1, 3))
            yield {"do": "keep", "paths": [_text((*path, part)) for part in parts]}


def _groups(shape: Shape, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Yield each group of a kind but places, the whole first."""
    if shape.item is not None:
        yield from _groups(shape.item, (*path, EVERY))
    elif shape.fields and not shape.place:
        yield path, shape
        for name, below in shape.fields.items():
            yield from _groups(below, (*path, name))


def _text(path: tuple[str, ...]) -> str:
    return ".".join(path)
