"""What an entity's mentions state, and which values contradict each other."""

from __future__ import annotations

import random

from esclusa.analysis.resolution import Mention, default_settings, stated
from esclusa.analysis.resolution.stated import PARTS

EXCLUSIVE = default_settings().exclusive


def mention(number: int, type_: str = "person", **parts: tuple[str, ...]) -> Mention:
    return Mention(
        id=f"m{number}", record=f"r{number}", path="p", label=1, seq=number, type=type_, **parts
    )  # type: ignore[arg-type]


def differing(*mentions: Mention) -> set[str]:
    return {one.value for one in stated(mentions, EXCLUSIVE) if one.differs}


def test_two_birth_dates_contradict_and_a_part_of_one_does_not() -> None:
    first, second = mention(1, birth_dates=("1971-02-03",)), mention(2, birth_dates=("1974-02-03",))
    assert differing(first, second) == {"1971-02-03", "1974-02-03"}
    assert differing(first, mention(2, birth_dates=("1971-02-04",))) == {"1971-02-03", "1971-02-04"}
    for part in ("1971", "1971-02", "1970/1972", "1971-02-03"):
        assert differing(first, mention(2, birth_dates=(part,))) == set()
    assert differing(first, second, mention(3, birth_dates=("1971",))) == {
        "1971-02-03", "1974-02-03", "1971"}  # fmt: skip


def test_numbers_that_one_has_only_one_of_contradict_and_others_may_be_many() -> None:
    ships = [mention(n, "vessel", identifiers=(f"imo:{imo}", f"call_sign:A{n}"))
             for n, imo in enumerate(("9074729", "9999993"))]  # fmt: skip
    assert differing(*ships) == {"imo:9074729", "imo:9999993"}
    assert differing(ships[0], mention(9, "vessel", identifiers=("IMO:9074729",))) == set()
    many = (mention(1, "party", names=("UNO",), phones=("5071234567",), addresses=("A",)),
            mention(2, "party", names=("UNO SA",), phones=("5077654321",), addresses=("B",)))  # fmt: skip
    assert differing(*many) == set()


def test_flags_contradict_for_a_ship_and_nationalities_of_a_person_do_not() -> None:
    assert differing(
        *(mention(n, "vessel", nationalities=(c,)) for n, c in enumerate(("PA", "LR")))
    ) == {"PA", "LR"}
    assert differing(*(mention(n, nationalities=(c,)) for n, c in enumerate(("PA", "CO")))) == set()


def test_one_value_in_two_spellings_is_one_with_both_sources_in_any_order() -> None:
    mentions = [
        mention(1, names=("Istmo  Primavera SA",), identifiers=("tax:12-3 4",)),
        mention(2, names=("ISTMO PRIMAVERA SA", "OTRA"), identifiers=("TAX:1234",)),
        mention(3, names=("OTRA", "TERCERA"), phones=("5071234567",)),
    ]
    found = stated(mentions, EXCLUSIVE)
    assert [(one.part, one.value, one.mentions) for one in found] == [
        ("names", "Istmo  Primavera SA", ("m1", "m2")),
        ("names", "OTRA", ("m2", "m3")),
        ("names", "TERCERA", ("m3",)),
        ("identifiers", "tax:12-3 4", ("m1", "m2")),
        ("phones", "5071234567", ("m3",)),
    ]
    for seed in range(5):
        shuffled = random.Random(seed).sample(mentions, 3)
        again = stated(shuffled, EXCLUSIVE)
        assert {(one.part, frozenset(one.mentions)) for one in again} == {
            (one.part, frozenset(one.mentions)) for one in found}  # fmt: skip
    assert [PARTS.index(one.part) for one in found] == sorted(
        PARTS.index(one.part) for one in found
    )
