"""What a partner holds: put, newer versions, corrections, narrowings, recalls, and their receipts."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from trio import ALL, DAY, ERASED, NOW, Trio, content, marking

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import core, moves
from esclusa.sharing.exchange.messages import Correct, Narrow, Onward, Put, Recall, Receipt
from esclusa.sharing.exchange.rows import Grade, Hold, Owed


@pytest.fixture
def trio() -> Trio:
    return Trio()


# --- put ------------------------------------------------------------------------------------------


def test_a_stated_record_reaches_every_partner_that_its_marking_names(trio: Trio) -> None:
    trio.state("marisol", "r1", marking=marking("northreach"))
    trio.talk()
    assert trio.copy("northreach", "marisol").content == content()
    assert not trio.holds("altamira", "marisol")


def test_an_empty_audience_means_nobody(trio: Trio) -> None:
    trio.state("marisol", "r1", marking=marking())
    trio.talk()
    assert trio.nodes["marisol"].grants == {}


def test_a_copy_shows_its_holder_and_nobody_else(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    assert trio.copy("northreach", "marisol").marking.releasable_to == {"northreach"}


def test_a_newer_version_takes_the_place_of_the_older(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("marisol", "r1", 7, content=content("ferry"))
    trio.talk()
    copy = trio.copy("northreach", "marisol")
    assert (copy.version, copy.content) == (7, content("ferry"))


def test_versions_go_forward_only(trio: Trio) -> None:
    trio.state("marisol", "r1", 2)
    with pytest.raises(ExchangeError) as refused:
        trio.state("marisol", "r1", 2)
    assert refused.value.rule == "version"


def test_what_a_later_statement_overtook_is_sent_without_its_content(trio: Trio) -> None:
    trio.state("marisol", "r1", content=content("old"))
    trio.state("marisol", "r1", 2, content=content("new"))
    first, second = [m for m in trio.batch("marisol", "northreach").messages if type(m) is Put]
    assert (first.content, second.content) == (None, content("new"))
    trio.talk()
    assert trio.copy("northreach", "marisol").content == content("new")


def test_a_record_that_no_longer_names_a_partner_is_recalled_from_it(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("marisol", "r1", 2, marking=marking("altamira"))
    trio.talk()
    assert not trio.holds("northreach", "marisol")
    assert trio.holds("altamira", "marisol")


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("marking", {"marking": msgspec.Raw(b'{"releasable_to":["northreach"],"sealed":true}')}),
        ("audience", {"marking": msgspec.Raw(marking("altamira").canonical())}),
        ("audience", {"marking": msgspec.Raw(marking().canonical())}),
        ("purpose", {"marking": msgspec.Raw(marking("northreach", purposes=frozenset()).canonical())}),
        ("expiry", {"marking": msgspec.Raw(marking("northreach", retain_until=dt.date(2026, 11, 22)).canonical())}),
        ("agreement", {"agreement": "another text"}),
        ("content", {"digest": "0" * 64}),
        ("own", {"originator": "northreach"}),
        ("consent", {"originator": "altamira", "marking": msgspec.Raw(marking("northreach", orcon=True).canonical())}),
    ],
)  # fmt: skip
def test_what_may_not_be_held_is_refused_alone_with_a_receipt(
    rule: str, changes: dict[str, object]
) -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    trio.state("marisol", "r2")
    batch = trio.batch("marisol", "northreach")
    messages = tuple(
        msgspec.structs.replace(m, **changes) if getattr(m, "record", "") == "r1" else m
        for m in batch.messages
    )
    trio.take(msgspec.structs.replace(batch, messages=messages))
    assert not trio.holds("northreach", "marisol", "r1", str(changes.get("originator", "")))
    assert trio.holds("northreach", "marisol", "r2")
    receipts = [m for m in trio.sent("northreach", "marisol") if type(m) is Receipt]
    assert [(r.record, r.reason, r.rule) for r in receipts] == [("r1", "refused", rule)]
    alarms = [] if rule == "agreement" else [("northreach", rule, "marisol")]
    assert trio.alarms == alarms


def test_a_refused_version_lets_go_of_the_one_before(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("marisol", "r1", 2, content=content("ferry"))
    batch = trio.batch("marisol", "northreach")
    wrong = tuple(
        msgspec.structs.replace(m, digest="0" * 64) if type(m) is Put else m for m in batch.messages
    )
    effects = trio.take(msgspec.structs.replace(batch, messages=wrong))
    assert not trio.holds("northreach", "marisol")
    assert effects.erase == (("marisol", "marisol", "r1"),)


# --- correct --------------------------------------------------------------------------------------


def test_a_correction_says_that_what_was_said_is_wrong(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("marisol", "r1", 2, said="correct", content=content("ferry"))
    assert type(trio.sent("marisol", "northreach")[-1]) is Correct
    trio.talk()
    assert trio.copy("northreach", "marisol").content == content("ferry")


@pytest.mark.parametrize("said", ["correct", "put"])
def test_a_correction_reopens_what_rests_on_it_and_an_update_does_not(said: str) -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    trio.talk()
    trio.state(
        "northreach", "alert", sources=(("marisol", "marisol", "r1"),), marking=marking("marisol")
    )
    trio.state("marisol", "r1", 2, said=said, content=content("ferry"))
    effects = trio.carry("marisol", "northreach")
    assert effects.reopen == (("alert",) if said == "correct" else ())


# --- narrow ---------------------------------------------------------------------------------------


def test_a_stricter_marking_goes_without_the_content(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state("marisol", "r1", 2, said="narrow", marking=marking(*ALL, level=3))
    said = trio.sent("marisol", "northreach")[-1]
    assert (type(said), said.content) == (Narrow, None)
    trio.talk()
    copy = trio.copy("northreach", "marisol")
    assert (copy.marking.level, copy.content) == (3, content())


def test_fewer_fields_erase_the_rest_and_the_receipt_says_so(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.drop = frozenset({"where"})
    trio.state("marisol", "r1", 2, said="narrow")
    trio.talk()
    copy = trio.copy("northreach", "marisol")
    assert copy.content is not None and bytes(copy.content.body) == b'{"what":"crane"}'
    receipt = trio.nodes["marisol"].trail["marisol", "r1", "northreach"]
    assert (receipt.reason, receipt.erased) == ("narrow", ERASED)


def test_a_narrowing_that_would_allow_more_is_joined_with_what_was_there(trio: Trio) -> None:
    trio.state("marisol", "r1", marking=marking(*ALL, level=3))
    trio.talk()
    wider = msgspec.Raw(marking("northreach", level=0).canonical())
    digest = trio.copy("northreach", "marisol").digest
    _say(trio, Narrow("marisol", "r1", 2, 2, wider, Onward(), digest))
    assert trio.copy("northreach", "marisol").marking.level == 3
    assert ("northreach", "wider", "marisol") in trio.alarms


@pytest.mark.parametrize("fault", ["marking", "digest"])
def test_a_narrowing_that_cannot_be_done_lets_the_copy_go_and_says_so(fault: str) -> None:
    trio = Trio()
    trio.state("marisol", "r1")
    trio.talk()
    mark = b'{"level":3,"releasable_to":["northreach"],"sealed":true}'
    good = marking("northreach", level=3).canonical()
    digest = trio.copy("northreach", "marisol").digest if fault == "marking" else "0" * 64
    raw = msgspec.Raw(mark if fault == "marking" else good)
    _say(trio, Narrow("marisol", "r1", 2, 2, raw, Onward(), digest))
    trio.erase("northreach")
    assert not trio.holds("northreach", "marisol")
    assert trio.sent("northreach", "marisol")[-1].reason == "nothing_held"


def _say(trio: Trio, message: object) -> None:
    """Have Marisol's node say something to Northreach that its own rules would not say."""
    batch = trio.batch("marisol", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(message,)))


# --- recall and receipts --------------------------------------------------------------------------


def test_a_withdrawn_record_is_erased_everywhere_and_every_holder_accounts_for_it(
    trio: Trio,
) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.withdraw("marisol", "r1", 2)
    trio.talk()
    for holder in ("northreach", "altamira"):
        assert not trio.holds(holder, "marisol")
        receipt = trio.nodes["marisol"].trail["marisol", "r1", holder]
        assert (receipt.version, receipt.reason, receipt.erased) == (2, "recall", ERASED)
        assert trio.grant("marisol", holder).state is Grade.GONE


def test_the_receipt_waits_for_storage(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.withdraw("marisol", "r1", 2)
    effects = trio.carry("marisol", "northreach")
    assert effects.erase == (("marisol", "marisol", "r1"),)
    assert not trio.sent("northreach", "marisol")
    trio.erase("northreach")
    assert type(trio.sent("northreach", "marisol")[-1]) is Receipt


def test_a_receipt_must_account_for_every_class_of_storage(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.withdraw("marisol", "r1", 2)
    trio.carry("marisol", "northreach")
    key = ("marisol", "marisol", "r1")
    with pytest.raises(ExchangeError) as refused:
        trio.do(
            "northreach",
            moves.erased,
            copy=key,
            owed=trio.nodes["northreach"].owed[key],
            erased={"tables": 1},
        )
    assert refused.value.rule == "receipt"


def test_a_report_on_work_that_was_overtaken_settles_nothing(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.withdraw("marisol", "r1", 2)
    trio.carry("marisol", "northreach")
    key = ("marisol", "marisol", "r1")
    trio.do("northreach", moves.erased, copy=key, owed=Owed("narrow", 1, 1), erased=ERASED)
    assert key in trio.nodes["northreach"].owed


def test_a_recall_needs_no_agreement(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    batch = trio.batch("marisol", "northreach")
    said = msgspec.structs.replace(batch, messages=(Recall("marisol", "r1", 2, 2),), agreement="")
    trio.take(said)
    assert not trio.holds("northreach", "marisol")


def test_a_recall_of_what_is_not_held_is_receipted_and_holds_off_what_it_recalls(
    trio: Trio,
) -> None:
    trio.carry("marisol", "northreach")
    batch = trio.batch("marisol", "northreach")
    trio.take(msgspec.structs.replace(batch, messages=(Recall("marisol", "r1", 5, 5),)))
    trio.erase("northreach")
    assert [m.reason for m in trio.sent("northreach", "marisol")] == ["recall"]
    assert not core.pacts.readable(
        trio.nodes["northreach"], trio.copy("northreach", "marisol"), NOW
    )


def test_a_recall_takes_the_content_out_of_the_senders_outbox_too(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.withdraw("marisol", "r1", 2)
    assert all(getattr(m, "content", None) is None for m in trio.sent("marisol", "northreach"))


def test_a_refused_record_leaves_no_content_in_the_senders_outbox(trio: Trio) -> None:
    trio.do("northreach", moves.end, partner="marisol")
    trio.state("marisol", "r1")
    trio.talk()
    assert all(getattr(m, "content", None) is None for m in trio.sent("marisol", "northreach"))


def test_a_recall_stops_what_rests_on_the_copy_and_has_a_person_look(trio: Trio) -> None:
    trio.state("marisol", "r1")
    trio.talk()
    trio.state(
        "northreach", "alert", sources=(("marisol", "marisol", "r1"),), marking=marking("marisol")
    )
    trio.talk()
    assert trio.holds("marisol", "northreach", "alert")
    trio.withdraw("marisol", "r1", 2)
    trio.talk()
    assert trio.nodes["northreach"].own["alert"].hold is Hold.REOPENED
    assert not trio.holds("marisol", "northreach", "alert")


def test_what_runs_past_its_last_day_goes_by_itself(trio: Trio) -> None:
    trio.state("marisol", "r1", marking=marking(*ALL, retain_until=dt.date(2026, 11, 24)))
    trio.talk()
    trio.sleep(2 * DAY)
    trio.tick("northreach")
    assert trio.copy("northreach", "marisol").why == "expiry"
    trio.erase("northreach")
    assert trio.sent("northreach", "marisol")[-1].reason == "expiry"


def test_a_repeated_batch_changes_nothing(trio: Trio) -> None:
    trio.state("marisol", "r1")
    batch = trio.batch("marisol", "northreach")
    trio.take(batch)
    before = trio.backup("northreach")
    effects = trio.take(batch)
    assert (effects.store.keys() - {"clock"}, effects.audit, effects.erase) == (set(), (), ())
    assert trio.nodes["northreach"] == before
