"""Rules of a node's own: written, rehearsed, approved by a second person, at work, retired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError, Forbidden, InputError, NotFound, RuleError, StateError
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, GoodsItem, Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.rule_views import OwnRuleView
from rule_texts import rule

SECRET = Marking(level=Level.SECRET)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    bills = [("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE")]
    worlds.take_in(made, "one.edi", worlds.cuscar(*bills))
    yield made
    made.close()


def ana(node: Node, **more: Any) -> Reader:
    return worlds.reader(node, **more)


def bea(node: Node, **more: Any) -> Reader:
    return worlds.reader(node, **{"name": "bea", "role": Role.SUPERVISOR, **more})


def approved(node: Node, text: str, **clearance: Any) -> OwnRuleView:
    """Write (or amend), rehearse and approve a rule."""
    name = text[6:8]
    level = clearance.pop("level", None)
    known = {row.name for row in node.rule_desk.rules(ana(node, **clearance))}
    node.rule_desk.write(
        ana(node, **clearance), text, name=name if name in known else "", level=level
    )
    node.rule_desk.rehearse(ana(node, **clearance), name)
    return node.rule_desk.approve(bea(node, **clearance), name, reason="good figures")


def reasons(node: Node, who: Reader | None = None) -> dict[str, list[str]]:
    """Return the codes of rules by title of the alert's subject."""
    rows = worlds.queue_of(node, who or ana(node))
    return {
        row.title: sorted(r.code for r in row.reasons if r.code.startswith("N")) for row in rows
    }


def test_from_a_text_to_a_rule_that_judges_what_comes_in_and_stops(node: Node) -> None:
    desk = node.rule_desk
    view = desk.write(ana(node), rule(), reason="the shift asked for it")
    assert (view.open, view.running, view.versions[0].state) == ("1", "", "draft")
    view = desk.rehearse(ana(node), "N1")
    figures = view.versions[0].figures
    assert figures is not None
    assert (figures.rows, figures.all.hits, figures.all.examined, figures.all.share) == (
        2,
        1,
        0,
        None,
    )
    assert [one.title for one in figures.examples] == ["NRCH B1"]
    assert view.moves == ("ask_rehearsal", "edit", "rehearse", "withdraw")
    assert desk.show(bea(node), "N1").moves == (
        "approve",
        "ask_rehearsal",
        "edit",
        "rehearse",
        "reject",
        "withdraw",
    )

    view = desk.approve(bea(node), "N1", reason="good figures", digest=view.versions[0].digest)
    assert (view.open, view.running, view.versions[0].state) == ("", "1", "active")
    assert [(s.move, s.by, s.state, s.reason) for s in view.steps] == [
        ("new", "ana", "draft", "the shift asked for it"), ("rehearse", "ana", "rehearsed", ""),
        ("approve", "bea", "approved", "good figures"),
    ]  # fmt: skip
    assert "N1" not in str(reasons(node))  # what came before is not judged anew
    worlds.take_in(node, "two.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "BANANAS")))
    assert [codes for codes in reasons(node).values() if codes] == [["N1"]]

    view = desk.retire(bea(node), "N1", reason="the scheme moved on")
    assert (view.running, view.versions[0].state) == ("", "retired")
    worlds.take_in(node, "three.edi", worlds.cuscar(("B4", "OTRA FIRMA SA", "BANANAS")))
    assert [codes for codes in reasons(node).values() if codes] == [["N1"]]  # B3's alone


def test_the_reason_has_version_points_and_evidence_like_any_other(node: Node) -> None:
    approved(node, rule(points=15))
    worlds.take_in(node, "two.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "BANANAS")))
    rows = worlds.queue_of(node, ana(node))
    (reason,) = [r for row in rows for r in row.reasons if r.code == "N1"]
    assert (reason.version, reason.points, reason.source) == ("1", 15.0, "rule")
    assert reason.text_en == "The goods text holds a word of the shift: BANANAS."
    assert [(e.path, e.value) for e in reason.evidence] == [("goods.0.description", "BANANAS")]


def test_nobody_approves_his_own_and_an_analyst_nothing(node: Node) -> None:
    desk = node.rule_desk
    desk.write(bea(node), rule())
    desk.rehearse(ana(node), "N1")
    with pytest.raises(StateError, match="bea wrote this version; a second person"):
        desk.approve(bea(node), "N1", reason="mine")
    for refused in (desk.approve, desk.reject, desk.retire):
        with pytest.raises(Forbidden):
            refused(ana(node), "N1", reason="no")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            desk.write(ana(node, role=role), rule("N2"))
        assert desk.show(ana(node, role=role), "N1").moves == ()
    assert desk.approve(bea(node, name="carla"), "N1", reason="good").running == "1"


def test_the_approver_approves_what_he_saw_and_what_was_rehearsed(node: Node) -> None:
    desk = node.rule_desk
    seen = desk.write(ana(node), rule()).versions[0].digest
    with pytest.raises(StateError, match="version 1 of this rule is draft"):
        desk.approve(bea(node), "N1", reason="good")
    desk.rehearse(ana(node), "N1")
    desk.write(ana(node), rule(word="COFFEE"), name="N1")
    with pytest.raises(StateError, match="is draft"):
        desk.approve(bea(node), "N1", reason="good")
    desk.rehearse(ana(node), "N1")
    with pytest.raises(StateError, match="changed since you saw it"):
        desk.approve(bea(node), "N1", reason="good", digest=seen)
    with pytest.raises(InputError, match="say why"):
        desk.approve(bea(node), "N1", reason=" ")


def test_a_rule_whose_own_tests_do_not_come_out_is_not_approved(node: Node) -> None:
    desk = node.rule_desk
    view = desk.write(ana(node), rule().replace("NOTHING OF IT", "GREEN BANANAS"))
    assert [one.test for one in view.versions[0].failures] == ["another word"]
    desk.rehearse(ana(node), "N1")
    with pytest.raises(StateError, match="its own tests do not come out: 'another word'"):
        desk.approve(bea(node), "N1", reason="good")


def test_a_new_version_goes_through_it_all_while_the_old_one_stays_in_force(node: Node) -> None:
    approved(node, rule())
    view = node.rule_desk.write(ana(node), rule(word="COFFEE", version="2"), name="N1")
    assert (view.open, view.running) == ("2", "1")
    node.rule_desk.rehearse(ana(node), "N1")
    worlds.take_in(node, "two.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "COFFEE"),
                                                  ("B4", "OTRA FIRMA SA", "BANANAS")))  # fmt: skip
    assert [title for title, codes in reasons(node).items() if codes] == ["NRCH B4"]
    figures = node.rule_desk.show(ana(node), "N1").versions[1].figures
    assert figures is not None and figures.before is not None
    assert (figures.all.hits, figures.before.hits) == (1, 1)
    view = node.rule_desk.approve(bea(node), "N1", reason="sharper")
    assert [one.state for one in view.versions] == ["superseded", "active"]
    (row,) = [row for row in node.rules(ana(node)) if row.name == "N1"]
    assert (row.version, row.state, row.open_version) == ("2", "active", "")
    with pytest.raises(StateError, match="there is a version 1 already"):
        node.rule_desk.write(ana(node), rule(version="1"), name="N1")


def test_days_begin_and_end_a_rule_without_anybody(node: Node) -> None:
    approved(node, rule(starts=3, lasts=200))
    assert node.rule_desk.show(ana(node), "N1").versions[0].state == "approved"

    def after(days: int) -> str:
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        node.analyst.now = lambda: moment
        node.analyst.refresh(None)
        running = any(node.analyst.own.packs().values())
        state = node.rule_desk.show(ana(node), "N1").versions[0].state
        assert running == (state in ("active", "review_due"))
        return state

    assert [after(days) for days in (2, 3, 143, 144, 203, 204)] == [
        "approved", "active", "active", "review_due", "review_due", "expired",
    ]  # fmt: skip


def test_bad_texts_are_refused_with_their_place_and_nothing_is_kept(node: Node) -> None:
    desk = node.rule_desk
    for text, said in (
        (rule(id="C05"), "line 1, character 1: id C05 belongs to a rule of the pack"),
        (rule().replace("contains(goods_text", "contains(goods_tex"), "line 12, character 10: "),
        ("id = ", "line 1, character 6"),
        ("x" * 300_000, "larger than"),
    ):  # fmt: skip
        with pytest.raises(RuleError, match=said):
            desk.write(ana(node), text)
        assert desk.try_out(ana(node), text).mistakes
    assert not [row for row in node.rules(ana(node)) if row.name]
    desk.write(ana(node), rule())
    with pytest.raises(StateError, match="there is a rule N1 already"):
        desk.write(ana(node), rule())
    with pytest.raises(InputError, match="the text is of a rule N2, not of N1"):
        desk.write(ana(node), rule("N2"), name="N1")
    with pytest.raises(NotFound, match="no such rule"):
        desk.write(ana(node), rule("N9"), name="N9")
    for level in (-1, 5):
        with pytest.raises(InputError, match="expected 0 to 4"):
            desk.write(ana(node), rule("N3"), level=level)


def test_trying_a_text_out_keeps_nothing(node: Node) -> None:
    found = node.rule_desk.try_out(ana(node), rule())
    assert found.figures is not None and found.figures.all.hits == 1
    assert (found.id, found.version, found.mistakes) == ("N1", "1", ())
    assert node.rule_desk.try_out(ana(node), rule(), rehearse=False).figures is None
    with pytest.raises(NotFound):
        node.rule_desk.show(ana(node), "N1")


def test_yields_replay_the_rules_in_force_for_who_may_read_records(node: Node) -> None:
    approved(node, rule())
    rows = {row.id: row for row in node.rule_desk.rules(ana(node), yields=True)}
    assert rows["N1"].rate is not None and rows["N1"].rate.hits == 1
    assert rows["C05"].rate is not None and rows["C05"].rate.share is None
    assert all(row.rate is None for row in node.rules(ana(node)) if not row.name)
    with pytest.raises(Forbidden):
        node.rule_desk.rules(ana(node, role=Role.AUDITOR), yields=True)


def test_steps_are_in_the_log_without_content(node: Node) -> None:
    view = approved(node, rule())
    node.rule_desk.retire(bea(node), "N1", reason="GHOST FIRM moved on")
    lines = [line for line in node.audit(bea(node, role=Role.AUDITOR)) if "rule:" in line.action]
    steps = [(x.who, x.action, x.detail) for x in lines if x.subject == view.record_id]
    assert steps[0] == ("bea", "rule:approve", "retire")
    assert {x[1] for x in steps} == {"rule:write", "rule:approve"}
    assert "GHOST" not in str(lines)


def test_an_erased_rule_stops_and_is_gone_and_others_go_on(node: Node) -> None:
    first = approved(node, rule("N1"))
    approved(node, rule("N2", "COFFEE"))
    node.analyst.refresh(None)
    node.erase(node.administrator(), first.record_id, reason="a test of erasure")
    with pytest.raises(NotFound):
        node.rule_desk.show(ana(node), "N1")
    node.analyst.refresh(None)
    (pack,) = node.analyst.own.packs().values()
    assert [found.rule.id for found in pack.rules] == ["N2"]
    assert node.rule_desk.write(ana(node), rule("N1")).open == "1"


def test_a_step_is_a_record_that_people_can_open(node: Node) -> None:
    view = approved(node, rule())
    page = node.record(ana(node), view.record_id)
    assert (page.kind, page.title, page.version) == ("rule_move", "N1 1 approve", 3)
    assert page.marking == node.settings.intake_marking()


def test_another_process_follows_approvals_and_retirements(node: Node) -> None:
    """The second opens the same ledger and takes in: it judges with what is in force then."""
    other = Node.open(node.folder)
    other.analyst.refresh(None)
    approved(node, rule())
    worlds.take_in(other, "two.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "BANANAS")))
    node.rule_desk.retire(bea(node), "N1", reason="moved on")
    worlds.take_in(other, "three.edi", worlds.cuscar(("B4", "OTRA FIRMA SA", "BANANAS")))
    other.close()
    assert [title for title, codes in reasons(node).items() if codes] == ["NRCH B3"]


def test_a_rule_that_comes_into_force_between_two_batches_judges_the_second(node: Node) -> None:
    """Its marking is new; the labels of what it says were made when it was approved."""
    node.analyst.refresh(node.labels.intern(node.agency, node.settings.intake_marking()))
    approved(node, rule(), level=int(Level.SECRET), clearance=Level.SECRET)
    body = Consignment(carrier="NRCH", bill="B7", goods=(GoodsItem(sequence=1,
                                                                 description="BANANAS"),))  # fmt: skip
    label = node.labels.intern(node.agency, node.settings.intake_marking())
    with node.store.write() as connection:
        node.pipeline.store_drafts(
            connection, [Draft(body=body, originator=node.agency, label_id=label)]
        )
    top = reasons(node, bea(node, clearance=Level.SECRET))
    assert top["NRCH B7"] == ["N1"] and "N1" not in str(reasons(node))


# --- markings ------------------------------------------------------------------------------------


def test_a_secret_rule_shows_in_nothing_that_others_may_read(tmp_path: Path) -> None:
    """Two worlds: with and without a secret rule, the uncleared read, count and are told the same."""
    told = []
    cleared = {"clearance": Level.SECRET}
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        approved(node, rule("N2", "COFFEE"))
        if secret:
            approved(node, rule("N1", "BANANAS"), level=int(Level.SECRET), **cleared)
            approved(node, rule("N3", "COFFEE"), level=int(Level.SECRET), **cleared)
        worlds.take_in(node, "two.edi", worlds.cuscar(("B3", "OTRA FIRMA SA", "BANANAS"),
                                                      ("B4", "OTRA FIRMA SA", "COFFEE")))  # fmt: skip
        if secret:
            top = reasons(node, bea(node, **cleared))
            assert {tuple(codes) for codes in top.values() if codes} == {("N1",), ("N2", "N3")}
        rows = worlds.queue_of(node, ana(node))
        said: list[Any] = [sorted((r.title, r.score, str(r.reasons), r.level) for r in rows)]
        said += [node.rule_desk.rules(ana(node), yields=True)]
        said += [node.rule_desk.try_out(ana(node), rule("N1", version="9"))]
        for name in ("N1", "N3", "N9"):
            for ask in (node.rule_desk.show, node.rule_desk.rehearse):
                with pytest.raises(EsclusaError) as refused:
                    ask(ana(node), name)
                said.append(repr(refused.value))
        mine = node.rule_desk.write(ana(node), rule("N1"))  # the id is free for who cannot know
        said.append([(v.version, v.state) for v in mine.versions])
        said.append(node.rule_desk.rehearse(ana(node), "N1").versions[0].figures)
        if secret:
            both = [row.name for row in node.rules(bea(node, **cleared)) if row.id == "N1"]
            assert len(both) == 2 and all(name.startswith("N1@") for name in both)
            levels = {node.rule_desk.show(bea(node, **cleared), name).level for name in both}
            assert levels == {Level.OFFICIAL, Level.SECRET}
        told.append(_without_ids(said))
        node.close()
    assert told[0] == told[1]


def _without_ids(said: list[Any]) -> str:
    return msgspec.json.encode(said).decode().replace(" ", "")


def test_a_rehearsal_looks_at_nothing_that_a_reader_of_the_rule_may_not_see(tmp_path: Path) -> None:
    figures = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        if secret:
            worlds.take_in(node, "s.edi", worlds.cuscar(("B8", "GHOST SA", "BANANAS"),
                                                        ("B1", "GHOST SA", "BANANAS")), SECRET)  # fmt: skip
        worlds.take_in(node, "o.edi", worlds.cuscar(("B1", "UNO SA", "BANANAS"),
                                                    ("B2", "DOS SA", "TEA")))  # fmt: skip
        if secret:
            approved(node, rule("N9"), level=int(Level.SECRET), clearance=Level.SECRET)
        node.rule_desk.write(ana(node), rule())
        # Whoever is cleared sees more; the figures of a rule that others read do not count it.
        made = node.rule_desk.rehearse(ana(node, clearance=Level.SECRET), "N1")
        figures.append(made.versions[0].figures)
        if secret:
            top = ana(node, clearance=Level.SECRET)
            tried = node.rule_desk.try_out(top, rule("N4"), level=int(Level.SECRET)).figures
            assert tried is not None and (tried.rows, tried.all.hits) == (3, 2)
            assert "N9" in {one.rule for one in tried.overlap}
        node.close()
    assert figures[0] == figures[1]
    assert figures[0] is not None and (figures[0].rows, figures[0].all.hits) == (2, 1)


def test_a_rule_that_the_writer_could_not_see_is_refused(node: Node) -> None:
    with pytest.raises(InputError, match="you could not see yourself"):
        node.rule_desk.write(ana(node), rule(), level=int(Level.SECRET))
    assert not [row for row in node.rules(ana(node)) if row.name]


def test_a_rule_and_lists_under_markings_that_none_covers_stand_together_at_their_join(
    node: Node,
) -> None:
    """No label may be missing when a batch is stored: none can be made then."""
    for word in ("PAX", "DRUGS"):
        caveat = Marking(caveats=frozenset({word}), releasable_to=frozenset({"marisol"}))
        worlds.with_list(node, f"own_{word.lower()}", (f"x{word}", "LISTADA SA"), marking=caveat)
    approved(node, rule(), level=int(Level.SECRET), clearance=Level.SECRET)
    worlds.take_in(node, "two.edi", worlds.cuscar(("B3", "LISTADA SA", "BANANAS")))

    def codes(**who: Any) -> list[str]:
        rows = worlds.queue_of(node, ana(node, **who))
        return sorted(r.code for row in rows if row.title == "NRCH B3" for r in row.reasons)

    lists = ["own_drugs:xDRUGS", "own_pax:xPAX"]
    both = frozenset({"PAX", "DRUGS"})
    assert codes() == []
    assert codes(caveats=both) == lists
    assert codes(clearance=Level.SECRET) == ["N1"]
    assert codes(clearance=Level.SECRET, caveats=frozenset({"PAX"})) == ["N1", lists[1]]
    assert codes(clearance=Level.SECRET, caveats=both) == ["N1", *lists]
