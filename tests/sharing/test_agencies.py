"""Services merge, split, change their names; a presidency goes round; a third government joins.

Nobody gains a right that no one gave, records always have a keeper, and old signatures hold.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import TrustError
from esclusa.sharing.agencies.posts import Pact, Post, Succession
from esclusa.sharing.agencies.register import (
    Enrolment,
    Register,
    Seal,
    Sealed,
    Statement,
    Withdrawal,
    read_sealed,
    seal,
    write_sealed,
)
from esclusa.sharing.keys import AUTHORITY, EXCHANGE, Key, KeyRing, Revocation, Signer

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


def signer(agency: str, role: str = AUTHORITY, number: int = 0) -> Signer:
    seed = hashlib.sha256(f"{agency}/{role}/{number}".encode()).digest()
    return Signer(agency, role, Ed25519PrivateKey.from_private_bytes(seed))


def sealed(statement: Statement, at: dt.datetime, *agencies: str) -> Sealed:
    made = Sealed(statement=statement)
    for agency in agencies:
        made = seal(made, signer(agency), at)
    return made


def register(*agencies: str, pacts: Iterable[Pact] = ()) -> Register:
    made = Register(KeyRing(), pacts)
    for agency in agencies:
        made = made.pin(signer(agency).key(START))
    return made


def post(agency: str, role: str = EXCHANGE) -> Post:
    return Post(agency, role)


def edge(
    old: str, new: str, day: int, *pacts: Pact, custody: bool = False, ends: bool = False,
    role: str = EXCHANGE,
) -> Succession:  # fmt: skip
    return Succession(old=post(old, role), new=post(new, role), since=START + day * DAY,
                      pacts=pacts, custody=custody, ends=ends)  # fmt: skip


def succeeded(known: Register, made: Succession, day: int | None = None) -> Register:
    at = made.since - DAY if day is None else START + day * DAY
    return known.accept(sealed(made, at, made.old.agency, made.new.agency), at)


def holders(known: Register, pact: Pact, day: int) -> set[str]:
    return {str(item) for item in known.holders(pact, START + day * DAY)}


CARGO = Pact("cargo", post("marisol"), post("northreach"))
PEOPLE = Pact("people", post("marisol"), post("northreach"))


# --- five stories ---------------------------------------------------------------------------------


def test_two_services_merge_and_the_new_one_has_what_each_handed_over() -> None:
    air = Pact("air", post("marisol-air"), post("northreach"))
    sea = Pact("sea", post("marisol-sea"), post("northreach"))
    old = Pact("old", post("marisol-sea"), post("northreach"))
    known = register("marisol-air", "marisol-sea", "marisol", "northreach", pacts=[air, sea, old])
    known = succeeded(known, edge("marisol-air", "marisol", 10, air, custody=True, ends=True))
    known = succeeded(known, edge("marisol-sea", "marisol", 10, sea, custody=True, ends=True))
    assert holders(known, air, 9) == {"marisol-air/exchange", "northreach/exchange"}
    assert (
        holders(known, air, 10)
        == holders(known, sea, 10)
        == {"marisol/exchange", "northreach/exchange"}
    )
    assert holders(known, old, 10) == {"northreach/exchange"}, "what nobody handed on lapses"
    for former in ("marisol-air", "marisol-sea"):
        assert known.custodian(former, START + 9 * DAY) == former
        assert known.custodian(former, START + 10 * DAY) == "marisol"


def test_a_service_splits_and_each_half_has_its_share_alone() -> None:
    known = register("marisol", "customs", "borders", "northreach", pacts=[CARGO, PEOPLE])
    known = succeeded(known, edge("marisol", "customs", 10, CARGO, custody=True))
    known = succeeded(known, edge("marisol", "borders", 10, PEOPLE, ends=True))
    assert holders(known, CARGO, 10) == {"customs/exchange", "northreach/exchange"}
    assert holders(known, PEOPLE, 10) == {"borders/exchange", "northreach/exchange"}
    assert known.custodian("marisol", START + 10 * DAY) == "customs"


def test_a_service_takes_a_new_name_twice() -> None:
    known = register("marisol", "marisol2", "marisol3", "northreach", pacts=[CARGO])
    known = succeeded(known, edge("marisol", "marisol2", 10, CARGO, custody=True, ends=True))
    known = succeeded(known, edge("marisol2", "marisol3", 20, CARGO, custody=True, ends=True))
    assert [holders(known, CARGO, day) - {"northreach/exchange"} for day in (9, 10, 19, 20)] == [
        {"marisol/exchange"}, {"marisol2/exchange"}, {"marisol2/exchange"}, {"marisol3/exchange"},
    ]  # fmt: skip
    assert known.custodian("marisol", START + 20 * DAY) == "marisol3"


def test_a_third_government_joins_and_sees_nothing_of_the_other_two() -> None:
    known = register("marisol", "northreach", "altamira", pacts=[CARGO])
    third = Pact("cargo", post("altamira"), post("marisol"))
    known = known.with_pact(third)
    assert holders(known, CARGO, 1) == {"marisol/exchange", "northreach/exchange"}
    assert holders(known, third, 1) == {"altamira/exchange", "marisol/exchange"}


def test_the_presidency_of_a_regional_body_goes_round_and_gives_no_other_right() -> None:
    charter = Pact("charter", post("marisol", "presidency"), post("regional", "secretariat"))
    known = register("marisol", "northreach", "regional", pacts=[charter, CARGO])
    key = signer("marisol", "presidency").key(START, START + 181 * DAY)
    known = known.accept(sealed(Enrolment(key=key), START, "marisol"), START)
    later = signer("northreach", "presidency").key(START + 181 * DAY, START + 365 * DAY)
    known = known.accept(sealed(Enrolment(key=later), START, "northreach"), START)
    known = succeeded(
        known, edge("marisol", "northreach", 181, charter, ends=True, role="presidency")
    )
    known = succeeded(
        known, edge("northreach", "marisol", 365, charter, ends=True, role="presidency")
    )
    presidents = [
        holders(known, charter, day) - {"regional/secretariat"} for day in (180, 181, 364, 365)
    ]
    assert presidents == [
        {"marisol/presidency"}, {"northreach/presidency"}, {"northreach/presidency"}, {"marisol/presidency"},
    ]  # fmt: skip
    assert holders(known, CARGO, 200) == {"marisol/exchange", "northreach/exchange"}
    assert known.custodian("marisol", START + 200 * DAY) == "marisol"
    signature = signer("marisol", "presidency").sign(b"minutes")
    for day, good in ((180, True), (182, False)):
        at = START + day * DAY
        if good:
            assert known.ring.verify("marisol", "presidency", key.id, b"minutes", signature, at)
        else:
            with pytest.raises(TrustError, match="was not valid"):
                known.ring.verify("marisol", "presidency", key.id, b"minutes", signature, at)


def test_nobody_acts_under_an_agreement_that_is_not_known_here() -> None:
    assert holders(register("marisol", "northreach", pacts=[CARGO]), PEOPLE, 1) == set()


# --- what is refused ------------------------------------------------------------------------------


def refused(known: Register, made: Succession, reason: str, day: int | None = None) -> None:
    edges = known.edges
    with pytest.raises(TrustError, match=reason):
        succeeded(known, made, day)
    assert known.edges == edges


def test_nobody_hands_on_what_they_do_not_hold() -> None:
    known = register("marisol", "northreach", "altamira", "borders", pacts=[CARGO])
    refused(
        known,
        edge("altamira", "borders", 10, CARGO),
        "altamira/exchange does not hold the agreement 'cargo'",
    )
    refused(known, edge("marisol", "borders", 10, PEOPLE), "does not hold the agreement 'people'")
    known = succeeded(known, edge("marisol", "borders", 10, CARGO))
    refused(known, edge("marisol", "altamira", 10, CARGO), "does not hold")
    refused(
        known,
        edge("marisol", "altamira", 11, CARGO, role="agreement"),
        "marisol/agreement does not hold",
    )


def test_an_edge_undoes_none_that_was_signed_for_later() -> None:
    known = register("marisol", "customs", "borders", "northreach", pacts=[CARGO])
    known = succeeded(known, edge("marisol", "customs", 100, CARGO, custody=True, ends=True), 1)
    for made in (
        edge("marisol", "borders", 50, CARGO),
        edge("marisol", "borders", 50, custody=True),
        edge("marisol", "borders", 50, custody=True, ends=True),
    ):
        refused(known, made, "signed an edge for later that this one would undo")


def test_a_service_does_not_end_while_nobody_keeps_its_records() -> None:
    known = register("marisol", "customs", "borders", "northreach", pacts=[CARGO])
    refused(
        known,
        edge("marisol", "customs", 10, CARGO, ends=True),
        "cannot end while nobody keeps its records",
    )
    known = succeeded(known, edge("marisol", "customs", 10, custody=True, ends=True))
    refused(
        known, edge("marisol", "borders", 11, custody=True), "has handed its records on already"
    )
    refused(
        known,
        edge("customs", "borders", 12, ends=True),
        "cannot end while nobody keeps its records",
    )


def test_records_taken_over_late_are_kept_too() -> None:
    known = register("marisol", "customs", "borders", "northreach")
    known = succeeded(known, edge("marisol", "customs", 10, custody=True))
    known = succeeded(known, edge("northreach", "marisol", 20, custody=True, ends=True))
    assert known.custodian("northreach", START + 20 * DAY) == "marisol"
    refused(
        known,
        edge("marisol", "borders", 30, ends=True),
        "cannot end while nobody keeps its records",
    )
    known = succeeded(known, edge("marisol", "borders", 30, custody=True, ends=True))
    assert known.custodian("northreach", START + 30 * DAY) == "borders"
    assert known.custodian("marisol", START + 30 * DAY) == "customs"


def test_an_edge_needs_the_seal_of_both_agencies() -> None:
    known = register("marisol", "borders", "northreach", pacts=[CARGO])
    made = edge("marisol", "borders", 10, CARGO)
    for seals, missing in ((("marisol",), "borders"), (("borders",), "marisol"), ((), "borders")):
        with pytest.raises(TrustError, match=f"lacks the seal of {missing}"):
            known.accept(sealed(made, START + DAY, *seals), START + DAY)


def test_an_edge_takes_effect_no_earlier_than_it_was_sealed() -> None:
    known = register("marisol", "borders", "northreach", pacts=[CARGO])
    refused(known, edge("marisol", "borders", 10, CARGO), "is for the past", day=11)


def test_a_seal_holds_for_its_statement_and_time_alone() -> None:
    known = register("marisol", "borders", "northreach", pacts=[CARGO, PEOPLE])
    good = sealed(edge("marisol", "borders", 10, CARGO), START + DAY, "marisol", "borders")
    other = Sealed(statement=edge("marisol", "borders", 10, CARGO, PEOPLE), seals=good.seals)
    first = good.seals[0]
    moved = Seal(agency=first.agency, key=first.key, at=first.at + SECOND, value=first.value)
    for forged in (other, Sealed(statement=good.statement, seals=(moved, good.seals[1]))):
        with pytest.raises(TrustError, match="does not hold"):
            known.accept(forged, START + 2 * DAY)
    assert known.accept(good, START + 2 * DAY).edges


def test_a_seal_from_the_future_is_refused() -> None:
    known = register("marisol", "borders", pacts=[CARGO])
    made = sealed(edge("marisol", "borders", 10, CARGO), START + DAY, "marisol", "borders")
    with pytest.raises(TrustError, match="sealed in the future"):
        known.accept(made, START)


def test_only_an_authority_seals() -> None:
    with pytest.raises(TrustError, match="role exchange does not seal"):
        seal(Sealed(statement=edge("marisol", "borders", 1)), signer("marisol", EXCHANGE), START)


# --- keys -----------------------------------------------------------------------------------------


def enrolled(known: Register, key: Key, at: dt.datetime, by: str = "") -> Register:
    return known.accept(sealed(Enrolment(key=key), at, by or key.agency), at)


def test_an_agency_enrols_its_own_keys_and_no_others() -> None:
    known = register("marisol", "northreach")
    key = signer("marisol", EXCHANGE).key(START + DAY)
    with pytest.raises(TrustError, match="lacks the seal of marisol"):
        enrolled(known, key, START + DAY, by="northreach")
    assert enrolled(known, key, START + DAY).ring.find("marisol", EXCHANGE, key.id) == key


def test_no_key_is_made_for_the_past() -> None:
    with pytest.raises(TrustError, match="is for the past"):
        enrolled(register("marisol"), signer("marisol", EXCHANGE).key(START), START + DAY)


def test_a_person_enters_the_first_key_of_an_agency_alone() -> None:
    known = register("marisol")
    with pytest.raises(TrustError, match="marisol has a key already"):
        known.pin(signer("marisol", AUTHORITY, 1).key(START))
    with pytest.raises(TrustError, match="not of exchange"):
        known.pin(signer("northreach", EXCHANGE).key(START))


def test_a_revocation_takes_along_what_the_thief_sealed_and_nothing_else() -> None:
    known = register("marisol", "borders", "northreach", pacts=[CARGO, PEOPLE])
    honest = signer("marisol", EXCHANGE).key(START + DAY)
    forged = signer("marisol", EXCHANGE, 666).key(START + 40 * DAY)
    spare = signer("marisol", AUTHORITY, 1)
    known = enrolled(known, honest, START + DAY)
    known = enrolled(known, spare.key(START + DAY), START + DAY)
    known = succeeded(known, edge("marisol", "borders", 20, CARGO))
    known = enrolled(known, forged, START + 40 * DAY)
    known = succeeded(known, edge("marisol", "borders", 50, PEOPLE), 40)
    stolen = signer("marisol")
    revocation = Revocation(
        agency="marisol", role=AUTHORITY, key=stolen.key_id, at=START + 30 * DAY
    )
    at = START + 60 * DAY
    known = known.accept(seal(Sealed(statement=Withdrawal(revocation=revocation)), spare, at), at)
    assert known.ring.find("marisol", EXCHANGE, honest.id)
    with pytest.raises(TrustError, match="is known"):
        known.ring.find("marisol", EXCHANGE, forged.id)
    assert holders(known, CARGO, 60) == {"borders/exchange", "northreach/exchange"}
    assert holders(known, PEOPLE, 60) == {"marisol/exchange", "northreach/exchange"}
    with pytest.raises(TrustError, match="the key with which marisol sealed is revoked"):
        late = edge("marisol", "borders", 80, PEOPLE)
        known.accept(sealed(late, START + DAY, "marisol", "borders"), at)


def test_an_agency_revokes_its_own_keys_alone() -> None:
    known = register("marisol", "northreach")
    revocation = Revocation(
        agency="marisol", role=AUTHORITY, key=signer("marisol").key_id, at=START
    )
    statement = Withdrawal(revocation=revocation)
    with pytest.raises(TrustError, match="lacks the seal of marisol"):
        known.accept(sealed(statement, START + DAY, "northreach"), START + DAY)


# --- statements on paper --------------------------------------------------------------------------


def test_a_sealed_statement_is_read_back_and_taken_in_once() -> None:
    known = register("marisol", "borders", "northreach", pacts=[CARGO])
    made = sealed(edge("marisol", "borders", 10, CARGO, custody=True), START, "marisol", "borders")
    again = read_sealed(write_sealed(made))
    assert again == made
    once = known.accept(again, START)
    assert once.accept(again, START) is once


@pytest.mark.parametrize("data", [
    b"", b"{}", b"\xff", b'{"statement":"\xe5"}', b"[" * 100_000, b" " * (1 << 21),
    b'{"statement":' + b"[" * 100_000, b'{"statement":{"type":"gift"},"seals":[]}', b'{"statement":{"type":"enrolment"}}',
    b'{"statement":{"type":"withdrawal","revocation":{"agency":"Marisol","role":"log","key":"00","at":"2026-01-01T00:00:00Z"}}}',
])  # fmt: skip
def test_what_is_no_statement_is_refused(data: bytes) -> None:
    with pytest.raises(TrustError, match="not a sealed statement"):
        read_sealed(data)


def test_a_field_we_do_not_know_may_be_a_restriction_and_is_refused() -> None:
    made = write_sealed(sealed(edge("marisol", "borders", 10, CARGO), START, "marisol"))
    with pytest.raises(TrustError, match="unknown field"):
        read_sealed(made.replace(b'"custody":', b'"only":true,"custody":'))


# --- any history ----------------------------------------------------------------------------------


class World:
    """A random history, and beside it who holds and keeps what, moved by hand with each step."""

    def __init__(self) -> None:
        self.register = Register(KeyRing())
        self.living: list[str] = []
        self.day = 0
        self.number = 0
        self.rights: dict[tuple[Pact, Post], Post | None] = {}
        self.keepers: dict[str, str] = {}
        self.given: dict[Pact, set[Post]] = {}
        self.snapshots: list[tuple[int, dict[Pact, frozenset[Post]], dict[str, str]]] = []
        self.signed: list[tuple[str, str, bytes, dt.datetime]] = []

    @property
    def now(self) -> dt.datetime:
        return START + self.day * DAY

    def joins(self) -> str:
        self.number += 1
        name = f"agency{self.number}"
        self.register = self.register.pin(signer(name).key(self.now))
        key = signer(name, EXCHANGE).key(self.now)
        self.register = self.register.accept(sealed(Enrolment(key=key), self.now, name), self.now)
        self.living.append(name)
        self.keepers[name] = name
        return name

    def agrees(self, one: str, other: str) -> None:
        self.number += 1
        pact = Pact(f"pact{self.number}", post(one), post(other))
        self.register = self.register.with_pact(pact)
        self.rights |= {(pact, pact.first): pact.first, (pact, pact.second): pact.second}
        self.given[pact] = {pact.first, pact.second}

    def held_by(self, name: str) -> list[Pact]:
        return sorted(
            {pact for (pact, _side), holder in self.rights.items() if holder == post(name)}
        )

    def hands_over(
        self, old: str, new: str, pacts: list[Pact], *, custody: bool, ends: bool
    ) -> None:
        made = Succession(old=post(old), new=post(new), since=self.now, pacts=tuple(pacts),
                          custody=custody, ends=ends)  # fmt: skip
        self.register = self.register.accept(sealed(made, self.now, old, new), self.now)
        for (pact, side), holder in list(self.rights.items()):
            if holder == post(old) and pact in pacts:
                self.rights[pact, side] = post(new)
                self.given[pact].add(post(new))
            elif holder == post(old) and ends:
                self.rights[pact, side] = None
        if custody:
            self.keepers = {
                name: new if keeper == old else keeper for name, keeper in self.keepers.items()
            }
        if ends:
            self.living.remove(old)

    def tries_what_is_not_allowed(self, one: str, other: str) -> None:
        foreign = [pact for pact in self.given if pact not in self.held_by(one)]
        made = [
            Succession(old=post(one), new=post(other), since=self.now, pacts=(pact,))
            for pact in foreign[:2]
        ]
        made.append(Succession(old=post(one), new=post(other), since=self.now - 2 * DAY))
        made.append(Succession(old=post(one), new=post(other), since=self.now, ends=True))
        before = self.register
        for attempt in made:
            with pytest.raises(TrustError):
                before.accept(sealed(attempt, self.now, one, other), self.now)
            with pytest.raises(TrustError):
                before.accept(sealed(attempt, self.now, other), self.now)

    def ends_the_day(self) -> None:
        rights: dict[Pact, set[Post]] = {pact: set() for pact in self.given}
        for (pact, _side), holder in self.rights.items():
            if holder is not None:
                rights[pact].add(holder)
        frozen = {pact: frozenset(posts) for pact, posts in rights.items()}
        self.snapshots.append((self.day, frozen, dict(self.keepers)))
        for name in self.living:
            message = f"{name} on day {self.day}".encode()
            signature = signer(name, EXCHANGE).sign(message)
            self.signed.append((name, signer(name, EXCHANGE).key_id, message + signature, self.now))
        self.day += 1


def some(data: st.DataObject, pacts: list[Pact]) -> list[Pact]:
    return data.draw(st.lists(st.sampled_from(pacts), unique=True)) if pacts else []


def one_day(world: World, data: st.DataObject) -> None:
    while len(world.living) < 2:
        world.joins()
    living = world.living
    one = data.draw(st.sampled_from(living))
    other = data.draw(st.sampled_from([name for name in living if name != one]))
    match data.draw(
        st.sampled_from(["join", "agree", "merge", "split", "rename", "spin off", "rogue"])
    ):
        case "join":
            world.joins()
        case "agree":
            world.agrees(one, other)
        case "merge":
            new = world.joins()
            for old in (one, other):
                world.hands_over(old, new, some(data, world.held_by(old)), custody=True, ends=True)
        case "split":
            first, second = world.joins(), world.joins()
            pacts = world.held_by(one)
            left = some(data, pacts)
            world.hands_over(one, first, left, custody=True, ends=False)
            rest = [pact for pact in world.held_by(one) if pact not in left]
            world.hands_over(one, second, some(data, rest), custody=False, ends=True)
        case "rename":
            world.hands_over(one, world.joins(), world.held_by(one), custody=True, ends=True)
        case "spin off":
            world.hands_over(
                one, world.joins(), some(data, world.held_by(one)), custody=False, ends=False
            )
        case _:
            world.tries_what_is_not_allowed(one, other)


@settings(max_examples=40)
@given(st.integers(2, 14), st.data())
def test_in_any_history_nobody_gains_a_right_that_no_one_gave(
    days: int, data: st.DataObject
) -> None:
    world = World()
    for _ in range(3):
        world.joins()
    world.agrees(*world.living[:2])
    for _ in range(days):
        one_day(world, data)
        world.ends_the_day()
    for day, rights, keepers in world.snapshots:
        at = START + day * DAY
        for pact, posts in rights.items():
            assert world.register.holders(pact, at) == posts
            assert posts <= world.given[pact]
        for agency, keeper in keepers.items():
            assert world.register.custodian(agency, at) == keeper
    assert set(world.keepers.values()) <= set(world.living)
    for agency, key, data_signed, at in world.signed:
        message, signature = data_signed[:-64], data_signed[-64:]
        assert world.register.ring.verify(agency, EXCHANGE, key, message, signature, at)
