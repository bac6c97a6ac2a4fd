"""Approximate names in two stages: what meets, what the sizes tell, what trying names costs."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_worlds import World, clause, found, scope, terms

from esclusa.errors import AgreementError, PointerError
from esclusa.sharing.pointers import near, stages
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.meter import DAY, Meter
from esclusa.sharing.pointers.near import Block, Sought, Verdict
from esclusa.sharing.pointers.padding import QUESTIONS, question_size
from esclusa.sharing.pointers.terms import Limits, check

ANA = (["Ana Rivas Montero"], ["1980-02-29"], ["PA"])
SET = 1024
LETTERS = st.sampled_from("ABDKLMNRST")
WORDS = st.text(LETTERS, min_size=3, max_size=7)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
PEOPLE = st.builds(Sought, NAMES, st.sampled_from(["1980-02-29", "1979", "1991-11-05"]),
                   st.sampled_from(["PA", "CO", ""]))  # fmt: skip


def who(name: str, birth: str, country: str = "") -> Sought:
    found = near.sought(name, birth, country)
    assert found is not None
    return found


def judged(person: Sought, held: Iterable[Pointer]) -> Verdict | None:
    """Return what both stages say of one person against an owner's keys, in the open."""
    owner = frozenset(held)
    hits = stages.first([person]) & owner
    asked = stages.chosen([person], hits, stages.SECOND[question_size(len(near.coarse(person)))])
    finer = {key for blocks in asked.values() for keys in blocks.values() for key in keys}
    told = stages.verdicts(asked, finer & owner).get(person)
    return told[1] if told else None


def test_the_same_person_has_every_fact() -> None:
    verdict = judged(who("Rivas Montero, Ana", "1980-02-29", "PAN"), near.held(*ANA))
    assert verdict is not None and verdict.possible(SET)
    assert dict(verdict.why) == {"pair": 1, "day": 1, "country": 1}


@pytest.mark.parametrize(
    ("name", "birth", "country"),
    [
        ("Ana Rivas", "1980-02-29", "PA"),
        ("Anna Ryvas Montero", "1980", "Panama"),
        ("Montero Rivas Ana Lucia", "1980-02-28", "PA"),
        ("Ana Rivas Montero", "1981-02-29", "PA"),
        ("Ana Rivas Montero", "1980-02-29", "CO"),
        ("Ana Rivas Montedo", "1980-02-29", ""),
        ("Ana Sivas", "1980-02-29", "PA"),
    ],
)
def test_one_spelling_one_digit_or_one_fact_apart_is_a_possible_hit(
    name: str, birth: str, country: str
) -> None:
    verdict = judged(who(name, birth, country), near.held(*ANA))
    assert verdict is not None and verdict.possible(SET)


@pytest.mark.parametrize(
    ("name", "birth", "country", "first"),
    [
        ("Ana Solano", "1980-07-01", "PA", True),
        ("Ana Rivas Quintana", "1979-07-01", "CO", True),
        ("Rivas Solano", "1981-01-01", "PA", True),
        ("Ana Rivas Montero", "1984-02-29", "PA", False),
        ("Pedro Solano", "1980-02-29", "PA", False),
    ],
)
def test_a_stranger_is_no_possible_hit_though_the_first_stage_may_meet_him(
    name: str, birth: str, country: str, first: bool
) -> None:
    person, owner = who(name, birth, country), frozenset(near.held(*ANA))
    assert bool(stages.first([person]) & owner) is first
    verdict = judged(person, owner)
    assert verdict is None or not verdict.possible(SET)


def test_day_and_month_in_the_other_order_count_neither_for_nor_against() -> None:
    held = list(near.held(["Ana Rivas Montero"], ["1980-02-11"], []))
    swapped = judged(who("Ana Rivas Montero", "1980-11-02"), held)
    assert swapped is not None and dict(swapped.why) == {"pair": 1}
    other = judged(who("Ana Rivas Montero", "1980-11-03"), held)
    assert other is not None and dict(other.why) == {"pair": 1, "other_day": 1}


@pytest.mark.parametrize(
    ("name", "birth", "country"),
    [("Ana Rivas", "", "PA"), ("Ana Rivas", "80", "PA"), ("Ana", "1980", ""), ("", "1980", "PA"),
     ("Ana Rivas", "29.02.1980", "PA")],
)  # fmt: skip
def test_without_a_year_or_with_too_little_of_a_name_nobody_is_searched(
    name: str, birth: str, country: str
) -> None:
    assert near.sought(name, birth, country) is None
    assert birth[:4] == "1980" or not list(near.held([name], [birth], [country]))


def test_a_date_is_read_with_or_without_zeros() -> None:
    assert near.sought("Ana Rivas", "1980-2-9") == Sought("Ana Rivas", "1980-02-09")


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200b", "A" * 5000, "'", "x " * 400, "محمد راشد علي"]
)
def test_any_text_gives_few_keys_that_can_be_encoded_or_none(text: str) -> None:
    person = Sought(text, "1980-02-03", "PA")
    coarse = near.coarse(person)
    assert len(coarse) <= min(QUESTIONS)
    made = [key for block in coarse.values() for key in near.finer(person, block)]
    assert all(key.encode() for key in [*coarse, *made, *near.held([text], ["1980"], ["PA"])])


@settings(max_examples=60, deadline=None)
@given(PEOPLE)
def test_whoever_is_listed_as_asked_for_is_hit_in_each_block_and_each_fact_agrees(
    person: Sought,
) -> None:
    countries = [person.country] if person.country else []
    owner = frozenset(near.held([person.name], [person.birth], countries))
    assert stages.first([person]) <= owner
    for block in near.coarse(person).values():
        facts = {key.parts[1] for key in near.finer(person, block) & owner}
        against = {"other_day", "other_year", "other_country", "word_left"}
        assert not against & dict(near.judge(person, block, facts).why).keys()


def test_a_larger_set_asks_for_more_points_and_a_small_one_never_for_fewer() -> None:
    assert near.enough(1024) == near.enough(near.TUNED_ON) == 0
    assert near.enough(4 * near.TUNED_ON) == pytest.approx(2.77, abs=0.01)
    weak = Verdict((("pair", 1), ("other_day", 1), ("word_left", 1)))
    assert weak.possible(near.TUNED_ON) and not weak.possible(4 * near.TUNED_ON)
    assert not Verdict().possible(1024)


@settings(max_examples=60, deadline=None)
@given(PEOPLE, st.data())
def test_a_further_fact_never_makes_a_hit_less_likely(person: Sought, data: st.DataObject) -> None:
    """Facts of two bearers of one block are not told apart; that may only add hits."""
    for block in near.coarse(person).values():
        facts = sorted(key.parts[1] for key in near.finer(person, block))
        some = data.draw(st.sets(st.sampled_from(facts)))
        more = some | data.draw(st.sets(st.sampled_from(facts)))
        fewer, many = near.judge(person, block, some), near.judge(person, block, more)
        assert not fewer.why or fewer.points <= many.points


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40))
def test_the_facts_of_any_block_fit_into_the_smallest_second_question(name: str) -> None:
    for said in (name, f"محمد راشد فوزي {name}"):
        person = Sought(said, "1980-02-03", "PA")
        for block in near.coarse(person).values():
            assert len(near.finer(person, block)) <= min(stages.SECOND.values())


# --- the second stage is useless without the first ------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(PEOPLE)
def test_each_finer_key_holds_the_block_and_a_year_of_its_coarse_key(person: Sought) -> None:
    for block in near.coarse(person).values():
        for key in near.finer(person, block):
            assert key.parts[0] == block.text
            assert abs(int(key.parts[1][:4]) - int(person.birth[:4])) <= 1


def test_a_fact_behind_one_block_is_no_fact_behind_another() -> None:
    owner = frozenset(near.held(*ANA)) | frozenset(near.held(["Luis Solano"], ["1980"], ["CO"]))
    facts = {key.parts[1] for key in owner if key.key == near.FACTS}
    assert Pointer(near.FACTS, ("LS SLN", "1980-02-29")) not in owner
    assert "1980-02-29" in facts


def test_a_clause_names_both_stages_or_neither() -> None:
    import agreement_worlds as pacts

    for left_out in (near.COARSE, near.FACTS):
        searches = tuple(
            msgspec.structs.replace(item, keys=tuple(k for k in item.keys if k != left_out))
            for item in clause().searches
        )
        with pytest.raises(AgreementError, match="go together or not at all"):
            check(clause(searches=searches), pacts.sample())


# --- sizes ----------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=30, unique=True), st.sampled_from([64, 256, 1024]))
def test_people_are_packed_without_loss_and_both_questions_fit(
    people: list[Sought], most: int
) -> None:
    parts = list(stages.packs(people, most))
    assert [person for part in parts for person in part] == people
    for part in parts:
        size = question_size(len(stages.first(part)))
        assert 0 < size <= most and stages.SECOND[size] <= most


@settings(max_examples=40, deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=30, unique=True), st.data())
def test_the_second_question_never_outgrows_its_size_and_nobody_waits_for_a_second_block(
    people: list[Sought], data: st.DataObject
) -> None:
    keys = sorted(stages.first(people))
    hits = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    asked = stages.chosen(people, hits, 64)
    finer = {key for blocks in asked.values() for found in blocks.values() for key in found}
    assert len(finer) <= 64
    hit = {person: [block for key, block in near.coarse(person).items() if key in hits]
           for person in people}  # fmt: skip
    assert all(set(asked[person]) <= set(hit[person]) for person in asked)
    firsts = {key for person, blocks in hit.items() if person in asked
              for key in near.finer(person, blocks[0])}  # fmt: skip
    for person, blocks in hit.items():
        if blocks and person not in asked:
            assert len(firsts | near.finer(person, blocks[0])) > 64


def test_each_first_size_has_one_second_size() -> None:
    assert set(stages.SECOND) == set(QUESTIONS)
    assert set(stages.SECOND.values()) <= set(QUESTIONS)


# --- two nodes ------------------------------------------------------------------------------------


class Two(World):
    """Marisol holds a few persons; Northreach searches in two stages."""

    def near(self, people: list[Sought]) -> dict[Sought, tuple[Block, Verdict]]:
        """Ask both questions and return the verdicts."""
        hits = found(self.search(stages.first(people)))
        size = stages.SECOND[self.sizes("asked")[-1]]
        asked = stages.chosen(people, hits, size)
        finer = {key for blocks in asked.values() for keys in blocks.values() for key in keys}
        question = self.ask(finer, size)
        return stages.verdicts(asked, found(self.settle(self.answer(question))))

    def sizes(self, event: str) -> list[int]:
        """Return the elements in each log row of one kind."""
        return [row.elements for row in self.rows if row.event.endswith(event)]


def people_held() -> frozenset[Pointer]:
    return frozenset(near.held(*ANA)) | frozenset(near.held(["Luis Solano"], ["1975"], ["CO"]))


def test_two_nodes_find_in_two_questions_what_the_open_comparison_finds() -> None:
    world = Two()
    world.open(people_held(), scope("person"))
    ana, stranger = who("Anna Rivas", "1980-02-29", "PA"), who("Ana Solano", "1980-07-01", "PA")
    told = world.near([ana, stranger])
    assert told[ana][1] == judged(ana, people_held())
    assert told[ana][1].possible(SET) and not told[stranger][1].possible(SET)


def test_what_leaves_the_asker_is_the_same_size_whatever_was_hit() -> None:
    """Nobody, a stranger in the first stage, or a listed person: two questions of one size each."""
    sizes = set()
    for person in (who("Pedro Quintana", "1950"), who("Ana Solano", "1980-07-01", "PA"),
                   who("Ana Rivas Montero", "1980-02-29", "PA")):  # fmt: skip
        world = Two()
        world.open(people_held(), scope("person"))
        world.near([person])
        sizes.add(tuple(world.sizes("asked")))
        assert world.sizes("asked") == world.sizes("answered")
    assert sizes == {(16, 64)}


def test_a_question_of_padding_alone_needs_its_size_said() -> None:
    world = Two()
    world.open(people_held(), scope("person"))
    with pytest.raises(PointerError, match="1 to 4,096 keys"):
        world.ask([])
    assert len(world.ask([], 64).elements) == 64 * 32
    with pytest.raises(PointerError, match="1 to 16 keys"):
        world.ask(stages.first([who(f"A{n} Rivas Luna", "1980") for n in range(9)]), 16)
    with pytest.raises(PointerError, match="1 to 4,096 keys"):
        world.ask(stages.first([who("Ana Rivas", "1980")]), 17)


# --- trying names ---------------------------------------------------------------------------------


def test_trying_names_gets_as_far_as_the_limit_counts_both_stages_and_no_further() -> None:
    """The asker cheats: it forgets its own count. The owner's holds."""
    world = Two(terms(Limits(question=64, day=160, epoch=160, year=240)))
    names = [who(f"Ana {word}", "1980-02-29", "PA") for word in
             ("Rivas", "Solano", "Quintana", "Luna", "Moreno", "Batista", "Cedeno")]  # fmt: skip
    tried = 0
    for _day in range(4):
        world.open(people_held(), scope("person"))
        for person in names[tried:]:
            world.asker = msgspec.structs.replace(world.asker, meter=Meter())
            try:
                world.near([person])
            except PointerError as error:
                assert error.rule == "limit"
                break
            tried += 1
        world.now += DAY
    assert tried == 3
    assert sum(item.elements for item in world.owner.meter.spent) <= 240


def test_facts_asked_without_the_first_stage_cost_as_much_and_say_nothing_more() -> None:
    """Skipping the first question saves nothing: one block's facts take more than its coarse key."""
    person = who("Ana Rivas Montero", "1980-02-29", "PA")
    for block in near.coarse(person).values():
        assert len(near.finer(person, block)) > 1
    owner = people_held()
    wrong = who("Ana Moreno", "1980-02-29", "PA")
    skipped = {key for block in near.coarse(wrong).values() if block.is_pair
               for key in near.finer(wrong, block)}  # fmt: skip
    assert not skipped & owner
