"""Originator control: passing on and building upon, only with the originator's own word."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trio import ALL, DAY, HOUR, Trio, content, marking

from esclusa.errors import ExchangeError
from esclusa.model.marking import join_all
from esclusa.sharing.exchange import labels, moves
from esclusa.sharing.exchange.messages import ConsentAnswer, ConsentAsk, Onward

FOUR = ("marisol", "northreach", "altamira", "marisol_ports")
ORIGIN = ("marisol", "marisol", "r1")


@pytest.fixture
def trio() -> Trio:
    given = Trio()
    given.state("marisol", "r1", marking=marking("northreach", orcon=True))
    given.talk()
    return given


def _refuses(trio: Trio, rule: str, move: Any, **what: Any) -> None:
    with pytest.raises(ExchangeError) as refused:
        trio.do("northreach", move, **what)
    assert refused.value.rule == rule


# --- passing on -----------------------------------------------------------------------------------


def test_nothing_is_passed_on_without_consent(trio: Trio) -> None:
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_with_consent_a_copy_goes_on_and_the_originator_learns_who_has_it(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    assert trio.holds("altamira", "northreach", originator="marisol")
    assert trio.nodes["marisol"].trail["marisol", "r1", "altamira"].reason == "passed"


@pytest.mark.parametrize(
    "other", [{"to": "northreach", "use": "derive"}, {"to": "altamira", "use": "derive"}]
)
def test_a_consent_for_one_use_serves_no_other(trio: Trio, other: dict[str, str]) -> None:
    trio.consent("marisol", "northreach", other["to"], use=other["use"])
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_a_consent_for_one_record_serves_no_other(trio: Trio) -> None:
    trio.state("marisol", "r2", marking=marking("northreach", orcon=True))
    trio.talk()
    trio.consent("marisol", "northreach", "altamira", record="r2")
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_a_refusal_is_an_answer(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira", granted=False)
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_a_later_refusal_takes_back_what_was_passed_on(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.consent("marisol", "northreach", "altamira", number=2, granted=False)
    assert not trio.holds("altamira", "northreach", originator="marisol")
    assert trio.nodes["marisol"].trail["marisol", "r1", "altamira"].reason == "recall"


def test_a_consent_ends_with_its_time(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira", until=trio.now + HOUR)
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.sleep(HOUR)
    trio.tick("northreach")
    trio.talk()
    assert not trio.holds("altamira", "northreach", originator="marisol")


def test_a_consent_that_ends_while_the_copy_is_hidden_takes_back_what_was_passed_on(
    trio: Trio,
) -> None:
    trio.consent("marisol", "northreach", "altamira", until=trio.now + 3 * DAY + HOUR)
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.sleep(3 * DAY + 2 * HOUR)
    trio.tick("northreach")
    trio.carry("northreach", "altamira")
    assert trio.holds("northreach", "marisol")
    assert not trio.holds("altamira", "northreach", originator="marisol")


def test_never_means_never_and_is_not_even_asked() -> None:
    trio = Trio(onward=Onward("never"))
    trio.state("marisol", "r1")
    trio.talk()
    asked = ConsentAsk("marisol", "r1", "northreach", "altamira", "pass")
    _refuses(trio, "consent", moves.ask_consent, copy=ORIGIN, question=asked)
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_the_agreed_list_is_free_unless_the_marking_keeps_control() -> None:
    trio = Trio(onward=Onward("within", ("altamira",)))
    trio.state("marisol", "r1", marking=marking("northreach"))
    trio.state("marisol", "r2", marking=marking("northreach", orcon=True))
    trio.talk()
    trio.pass_on("northreach", "altamira", originator="marisol")
    _refuses(trio, "consent", moves.pass_on, copy=("marisol", "marisol", "r2"), to="altamira")


@pytest.mark.parametrize("back", ["marisol", "northreach"])
def test_nothing_is_passed_back_to_its_originator_or_its_supplier(back: str) -> None:
    trio = Trio(onward=Onward("within", tuple(ALL)))
    trio.state("marisol", "r1", marking=marking("northreach"))
    trio.talk()
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    with pytest.raises(ExchangeError):
        trio.do("altamira", moves.pass_on, copy=("northreach", "marisol", "r1"), to=back)


def test_the_receiver_too_asks_for_the_originators_word(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    trio.pass_on("northreach", "altamira", originator="marisol")
    batch = trio.batch("northreach", "altamira")
    given = batch.messages[-1].consent
    elsewhere = msgspec.structs.replace(given, to="northreach")
    other = msgspec.structs.replace(given, record="r2")
    trio.signed |= {elsewhere, other}
    unsigned = msgspec.structs.replace(given, number=9)
    for wrong in (None, elsewhere, other, unsigned):
        put = msgspec.structs.replace(batch.messages[-1], consent=wrong)
        before = trio.backup("altamira")
        trio.take(msgspec.structs.replace(batch, messages=(*batch.messages[:-1], put)))
        assert not trio.holds("altamira", "northreach", originator="marisol")
        trio.restore("altamira", before)
    trio.take(batch)
    assert trio.holds("altamira", "northreach", originator="marisol")


def test_later_versions_and_recalls_follow_to_whom_a_copy_was_passed(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.state(
        "marisol", "r1", 2, marking=marking("northreach", orcon=True), content=content("ferry")
    )
    trio.talk()
    assert trio.copy("altamira", "northreach", originator="marisol").content == content("ferry")
    trio.withdraw("marisol", "r1", 3)
    trio.talk()
    assert not trio.holds("altamira", "northreach", originator="marisol")
    receipts = {key[2] for key in trio.nodes["marisol"].trail}
    assert receipts == {"northreach", "altamira"}


def test_the_originators_own_word_binds_what_others_passed_on() -> None:
    trio = Trio(onward=Onward("within", ("altamira",)))
    trio.state("marisol", "r1")
    trio.talk()
    trio.pass_on("northreach", "altamira", originator="marisol")
    late = trio.batch("northreach", "altamira")
    trio.withdraw("marisol", "r1", 2)
    trio.carry("marisol", "altamira")
    trio.take(late)
    assert not trio.holds("altamira", "northreach", originator="marisol")
    assert trio.sent("altamira", "northreach")[-1].rule == "superseded"


# --- questions ------------------------------------------------------------------------------------


def test_a_question_travels_up_the_path_and_its_answer_down_again() -> None:
    trio = Trio(onward=Onward("consent"), names=FOUR)
    trio.state("marisol", "r1", marking=marking("northreach"))
    trio.talk()
    trio.consent("marisol", "northreach", "altamira")
    trio.pass_on("northreach", "altamira", originator="marisol")
    trio.talk()
    trio.consent("marisol", "altamira", "marisol_ports", supplier="northreach")
    assert ConsentAsk in {type(m) for m in trio.sent("northreach", "marisol")}
    trio.do("altamira", moves.pass_on, copy=("northreach", "marisol", "r1"), to="marisol_ports")
    trio.talk()
    assert trio.holds("marisol_ports", "altamira", originator="marisol")


def test_a_question_keeps_about_which_copies_it_was_asked_and_from_where_it_was_answered() -> None:
    """Northreach has the record from Marisol and through Altamira; who may see one of the two copies
    need not know the other. Of a partner's question the same is kept at whoever sends it on."""
    trio = Trio(onward=Onward("consent"), names=FOUR)
    trio.state("marisol", "r1", marking=marking("northreach", "altamira"))
    trio.talk()
    trio.consent("marisol", "altamira", "northreach")
    trio.pass_on("altamira", "northreach", originator="marisol")
    trio.talk()
    ports = ("northreach", "marisol_ports", "pass")
    asked = ConsentAsk("marisol", "r1", *ports)
    key = ("marisol", "r1", *ports)

    def ways(name: str) -> tuple[tuple[str, bool], ...]:
        return trio.nodes[name].consents[key].ways

    def ask(supplier: str) -> None:
        copy = (supplier, "marisol", "r1")
        trio.do("northreach", moves.ask_consent, copy=copy, question=asked)

    ask("altamira")
    assert ways("northreach") == (("altamira", False),)
    trio.talk()
    assert ways("altamira") == (("marisol", False),)
    assert trio.nodes["marisol"].consents[key].ways == ()
    given = ConsentAnswer("marisol", "r1", *ports, 1, True)
    trio.signed.add(given)
    trio.do("marisol", moves.answer_consent, given=given)
    trio.talk()
    assert ways("altamira") == (("marisol", True),)
    assert ways("northreach") == (("altamira", True),)
    ask("marisol")
    assert ways("northreach") == (("altamira", True), ("marisol", False))
    assert trio.nodes["northreach"].consents[key].answer == given
    trio.talk()
    assert ways("northreach") == (("altamira", True), ("marisol", True))


def test_who_may_know_of_no_consent_passes_on_only_what_is_free() -> None:
    trio = Trio(onward=Onward("consent"))
    trio.state("marisol", "r1", marking=marking("northreach"))
    trio.talk()
    trio.consent("marisol", "northreach", "altamira")
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira", known=())
    known = trio.nodes["northreach"].consents.keys()
    trio.do("northreach", moves.pass_on, copy=ORIGIN, to="altamira", known=known)
    free = Trio(onward=Onward("within", frozenset({"altamira"})))
    free.state("marisol", "r1", marking=marking("northreach"))
    free.talk()
    free.do("northreach", moves.pass_on, copy=ORIGIN, to="altamira", known=())


def test_a_question_about_what_was_not_supplied_is_not_answered(trio: Trio) -> None:
    batch = trio.batch("altamira", "marisol")
    asked = ConsentAsk("marisol", "r1", "altamira", "altamira", "derive")
    trio.take(msgspec.structs.replace(batch, messages=(asked,)))
    assert trio.nodes["marisol"].consents == {}
    assert ("marisol", "consent", "altamira") in trio.alarms


def test_an_answer_that_its_originator_did_not_sign_is_not_believed(trio: Trio) -> None:
    forged = ConsentAnswer("marisol", "r1", "northreach", "altamira", "pass", 1, True)
    batch = trio.batch("altamira", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(forged,)))
    assert trio.nodes["northreach"].consents == {}
    assert ("northreach", "consent", "altamira") in trio.alarms


@pytest.mark.parametrize(("number", "signed"), [(1, False), (2, True)])
def test_an_originator_gives_the_next_answer_and_signs_it(
    trio: Trio, number: int, signed: bool
) -> None:
    asked = ConsentAsk("marisol", "r1", "northreach", "altamira", "pass")
    trio.do("northreach", moves.ask_consent, copy=ORIGIN, question=asked)
    trio.talk()
    given = ConsentAnswer("marisol", "r1", "northreach", "altamira", "pass", number, True)
    trio.signed |= {given} if signed else set()
    with pytest.raises(ExchangeError) as refused:
        trio.do("marisol", moves.answer_consent, given=given)
    assert refused.value.rule == "consent"


def test_nobody_answers_for_another(trio: Trio) -> None:
    given = ConsentAnswer("marisol", "r1", "northreach", "altamira", "pass", 1, True)
    trio.signed.add(given)
    _refuses(trio, "consent", moves.answer_consent, given=given)


def test_an_earlier_answer_that_arrives_later_changes_nothing(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    early = trio.sent("marisol", "northreach")[-1]
    trio.consent("marisol", "northreach", "altamira", number=2, granted=False)
    batch = trio.batch("marisol", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(early,)))
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


def test_of_two_answers_with_one_number_no_beats_yes(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "altamira")
    other = ConsentAnswer("marisol", "r1", "northreach", "altamira", "pass", 1, False)
    trio.signed.add(other)
    batch = trio.batch("marisol", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(other,)))
    _refuses(trio, "consent", moves.pass_on, copy=ORIGIN, to="altamira")


# --- building upon --------------------------------------------------------------------------------


def test_nothing_is_built_on_a_controlled_copy_without_consent(trio: Trio) -> None:
    what = {"record": "alert", "kind": "alert", "version": 1, "content": content("alert")}
    mark = marking("marisol", orcon=True)
    _refuses(trio, "consent", moves.state_record, marking=mark, sources=(ORIGIN,), **what)
    trio.consent("marisol", "northreach", "northreach", use="derive")
    trio.do("northreach", moves.state_record, marking=mark, sources=(ORIGIN,), **what)


def test_what_rests_on_a_copy_is_marked_at_least_as_strictly(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "northreach", use="derive")
    what = {"record": "alert", "kind": "alert", "version": 1, "content": content("alert")}
    _refuses(
        trio, "wider", moves.state_record, marking=marking("marisol"), sources=(ORIGIN,), **what
    )


def test_what_rests_on_a_copy_becomes_stricter_with_it() -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("northreach", "alert", sources=(ORIGIN,), marking=marking("marisol"))
    trio.talk()
    trio.state("marisol", "r1", 2, said="narrow", marking=marking(*ALL, level=3))
    trio.talk()
    assert trio.nodes["northreach"].own["alert"].marking.level == 3
    assert trio.copy("marisol", "northreach", "alert").marking.level == 3


def test_what_rests_on_a_record_of_ours_rests_on_its_sources_too(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "northreach", use="derive")
    mark = marking("altamira", orcon=True)
    trio.state("northreach", "alert", sources=(ORIGIN,), marking=mark)
    trio.state("northreach", "report", sources=(("", "northreach", "alert"),), marking=mark)
    trio.talk()
    assert trio.nodes["northreach"].own["report"].roots == (ORIGIN,)
    assert not trio.holds("altamira", "northreach", "report")


def test_a_consent_to_build_that_is_taken_back_takes_back_what_was_built(trio: Trio) -> None:
    trio.consent("marisol", "northreach", "northreach", use="derive")
    trio.state("northreach", "alert", sources=(ORIGIN,), marking=marking("marisol", orcon=True))
    trio.talk()
    assert trio.holds("marisol", "northreach", "alert")
    trio.consent("marisol", "northreach", "northreach", use="derive", number=2, granted=False)
    assert not trio.holds("marisol", "northreach", "alert")


# --- the property over graphs of derivation -------------------------------------------------------

_SOURCE = st.tuples(
    st.booleans(),  # under originator control
    st.integers(0, 4),  # level
    st.sampled_from(["consent", "within", "never"]),
    st.booleans(),  # consent to build at home
    st.booleans(),  # consent to release to Altamira what was built
)
_STEP = st.tuples(st.sets(st.integers(0, 9), min_size=1, max_size=3), st.integers(0, 4))


@settings(max_examples=150)
@given(st.lists(_SOURCE, min_size=1, max_size=3), st.lists(_STEP, min_size=1, max_size=5))
def test_over_any_graph_of_derivation_nothing_is_built_or_released_without_consent(
    sources: list[tuple[bool, int, str, bool, bool]], steps: list[tuple[set[int], int]]
) -> None:
    """Marisol's records under any rule; records of Northreach built on them and on each other in
    any shape. What the rules must give is worked out here from the graph alone."""
    trio = Trio()
    for number, (orcon, level, rule, home, further) in enumerate(sources):
        trio.onward = Onward(rule, ("altamira",) if rule == "within" else ())  # type: ignore[arg-type]
        trio.state("marisol", f"s{number}", marking=marking("northreach", orcon=orcon, level=level))
        trio.talk()
        for use_to, wanted in (("northreach", home), ("altamira", further)):
            if wanted and rule != "never":
                trio.consent("marisol", "northreach", use_to, record=f"s{number}", use="derive")
    trio.onward = Onward("consent")
    roots: dict[str, set[int]] = {}
    for number, (picked, level) in enumerate(steps):
        _build(trio, sources, roots, f"d{number}", picked, level)
    trio.talk()
    for record, rests_on in roots.items():
        lawful = all(_may_release(sources[root]) for root in rests_on)
        assert trio.holds("altamira", "northreach", record) == lawful, (record, rests_on)
        copies = [trio.copy("northreach", "marisol", f"s{root}") for root in rests_on]
        floor = join_all(labels.anyone(copy.marking) for copy in copies)
        assert labels.is_below(floor, trio.nodes["northreach"].own[record].marking)


def _build(
    trio: Trio, sources: list[tuple[bool, int, str, bool, bool]], roots: dict[str, set[int]],
    record: str, picked: set[int], level: int,
) -> None:  # fmt: skip
    """Build one record on sources and on what was built before; note its roots if it was allowed."""
    named, rests_on, lowest, controlled = [], set(), 0, False
    built = list(roots)
    for place in picked:
        if place < 5 or not built:
            root = place % len(sources)
            named.append(("marisol", "marisol", f"s{root}"))
            rests_on.add(root)
        else:
            base = built[place % len(built)]
            named.append(("", "northreach", base))
            rests_on |= roots[base]
            lowest = max(lowest, trio.nodes["northreach"].own[base].marking.level)
    lowest = max([lowest, *(sources[root][1] for root in rests_on)])
    controlled = any(sources[root][0] for root in rests_on)
    mark = marking("altamira", orcon=controlled, level=level)
    allowed = level >= lowest and all(_may_build(sources[root]) for root in rests_on)
    try:
        trio.state("northreach", record, sources=tuple(named), marking=mark)
    except ExchangeError as error:
        assert not allowed, error
    else:
        assert allowed
        roots[record] = rests_on


def _may_build(source: tuple[bool, int, str, bool, bool]) -> bool:
    orcon, _, rule, home, _ = source
    return not orcon or (home and rule != "never")


def _may_release(source: tuple[bool, int, str, bool, bool]) -> bool:
    orcon, _, rule, _, further = source
    return rule != "never" and (further or (rule == "within" and not orcon))
