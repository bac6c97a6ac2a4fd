"""Forms of the yard at a node: each recorded once, whatever is lost on the way; what changed
meanwhile is told; nobody learns from them what he may not know. About 6 CPU seconds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

import selection_worlds as made
import worlds
import yard_worlds as yard
from esclusa.casework.yard import FormMistakes
from esclusa.errors import Forbidden, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Examination, Marking, Recorded, ReferralMove, ReferralSubject, YardForm
from esclusa.node import Node
from esclusa.node.yard import Untold
from esclusa.sharing.reader import Role
from yard_worlds import NAME, boxes, filled, officer


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = yard.yard_node(tmp_path_factory.mktemp("yard") / "node")
    yield node
    node.close()


def test_the_sheet_names_the_boxes_that_are_proposed(node: Node) -> None:
    sheet = node.yard_desk.sheet(officer(node), NAME)
    assert len(sheet.boxes) == made.CAPACITY
    assert all(one.box.startswith("MARU") and one.title and one.lane for one in sheet.boxes)
    assert [row.name for row in node.yard_desk.sheets(officer(node))] == [NAME]
    node.selection_desk.commit(made.supervisor(node), port="PAONX", day=made.DAY, capacity=2)
    assert [row.name for row in node.yard_desk.sheets(officer(node))] == [NAME]
    with pytest.raises(NotFound):
        node.yard_desk.sheet(officer(node), f"PAONX/{made.DAY}")


def test_a_form_becomes_an_examination_and_its_outcome(node: Node) -> None:
    box = boxes(node)[0]
    form = filled(box, result="found", category="drugs", what="PACKAGES", quantity="46",
                  unit="KGM", officer="Sgt. Rey")  # fmt: skip
    receipt = node.yard_desk.record(officer(node), NAME, form)
    exam = node.record(officer(node), receipt.examination)
    body = made_of(node, receipt.examination)
    assert isinstance(body, Examination) and exam.kind == "examination"
    assert (body.completed, body.equipment) == ("2026-04-07T14:30:00Z", box.box)
    assert (body.selection, body.lane) == (NAME, box.lane)
    kept = made_of(node, receipt.record)
    assert isinstance(kept, YardForm)
    assert (kept.by, kept.officer, kept.seal, kept.zone) == (
        "ana",
        "Sgt. Rey",
        "S1",
        "America/Panama",
    )
    table = node.outcomes(officer(node))
    row = table.filter(table["subject"] == box.subject).to_dicts()[0]
    assert (row["examined"], row["found"], row["selection"]) == (True, True, NAME)


def made_of(node: Node, name: str) -> object:
    with node.store.read() as connection:
        found = records.get(connection, node.labels, {one.id for one in node.labels.all()}, name)
    assert found is not None
    return found.body


def test_the_same_form_again_gets_the_same_receipt_and_makes_no_second_record(node: Node) -> None:
    box = boxes(node)[1]
    form = filled(box)
    first = node.yard_desk.record(officer(node), NAME, form)
    for _ in range(3):
        assert node.yard_desk.record(officer(node), NAME, form) == first
    padded = msgspec.structs.replace(form, id=form.id.upper(), seal=" S1 ")
    assert node.yard_desk.record(officer(node), NAME, padded) == first
    assert node.yard_desk.receipt(officer(node), form.id) == first
    assert yard.examinations(node, box.box) == 1


def test_the_same_id_with_another_content_is_refused(node: Node) -> None:
    box, other = boxes(node)[2:4]
    form, before = filled(box), yard.examinations(node, other.box)
    node.yard_desk.record(officer(node), NAME, form)
    for changes in ({"result": "inconclusive"}, {"subject": other.subject, "box": other.box},
                    {"remarks": "later"}):  # fmt: skip
        with pytest.raises(StateError, match="another content"):
            node.yard_desk.record(officer(node), NAME, msgspec.structs.replace(form, **changes))
    assert yard.examinations(node, box.box) == 1
    assert yard.examinations(node, other.box) == before


def test_an_id_is_one_accounts_own(node: Node) -> None:
    """Whoever sends an id that somebody else has used learns nothing, and is not refused."""
    box, other = boxes(node)[3:5]
    form = filled(box)
    first = node.yard_desk.record(officer(node), NAME, form)
    with pytest.raises(NotFound):
        node.yard_desk.receipt(officer(node, "ben"), form.id)
    second = node.yard_desk.record(officer(node, "ben"), NAME, filled(other, id=form.id))
    assert first.record != second.record and first.examination != second.examination
    assert node.yard_desk.receipt(officer(node), form.id) == first
    for one in (box, other):
        assert yard.examinations(node, one.box) == 1


def test_two_sendings_at_once_make_one_record(node: Node) -> None:
    form = filled(boxes(node)[5])
    with ThreadPoolExecutor(4) as pool:
        told = set(pool.map(lambda _: node.yard_desk.record(officer(node), NAME, form), range(4)))
    assert len(told) == 1
    assert yard.examinations(node, form.box) == 1


def test_who_comes_second_is_told_and_may_record_it_nevertheless(node: Node) -> None:
    box = boxes(node)[6]
    node.yard_desk.record(officer(node, "ben"), NAME, filled(box, result="inconclusive"))
    form = filled(box)
    with pytest.raises(Untold) as error:
        node.yard_desk.record(officer(node), NAME, form)
    told = error.value.told
    assert [(one.kind, one.by, one.what) for one in told] == [("examined", "ben", "inconclusive")]
    assert yard.examinations(node, box.box) == 1
    assert next(one for one in boxes(node) if one.subject == box.subject).told == told
    receipt = node.yard_desk.record(officer(node), NAME, form, told=[one.code for one in told])
    assert yard.examinations(node, box.box) == 2
    kept = made_of(node, receipt.record)
    assert isinstance(kept, YardForm) and kept.told == (told[0].code,)
    # Its answer was lost: the same form again is no second, and nothing new to be told.
    assert node.yard_desk.record(officer(node), NAME, form) == receipt


def test_a_box_that_came_off_the_sheet_or_whose_bill_is_withdrawn_is_told(tmp_path: Path) -> None:
    node = yard.yard_node(tmp_path / "node")  # the sheet of the others stays as it is
    box, gone = boxes(node)[7:9]
    node.selection_desk.swap(made.supervisor(node), NAME, out=box.subject, reason="no crane")
    assert box.subject not in {one.subject for one in boxes(node)}
    with pytest.raises(Untold) as error:
        node.yard_desk.record(officer(node), NAME, filled(box))
    (told,) = error.value.told
    assert (told.kind, told.by, told.what) == ("off_sheet", "sol", "no crane")
    node.yard_desk.record(officer(node), NAME, filled(box), told=[told.code])
    withdraw(node, gone.subject)
    with pytest.raises(Untold) as error:
        node.yard_desk.record(officer(node), NAME, filled(gone))
    assert [one.kind for one in error.value.told] == ["withdrawn"]
    node.close()


def withdraw(node: Node, name: str) -> None:
    with node.store.write() as connection:
        held = records.get(connection, node.labels, {one.id for one in node.labels.all()}, name)
        assert held is not None and held.body is not None
        label = records.label_of(connection, held.seq)
        draft = Draft(body=held.body, originator=node.agency, label_id=label, withdrawn=True)
        records.append(connection, [draft])


def test_a_void_referral_of_the_bill_is_told(node: Node) -> None:
    box = boxes(node)[8]
    refer(node, box.title, box.box, void=False)
    assert box.told == ()
    name = refer(node, box.title, box.box, void=True)
    again = next(one for one in boxes(node) if one.subject == box.subject)
    assert [(one.kind, one.by) for one in again.told] == [("void", name)]
    with pytest.raises(Untold):
        node.yard_desk.record(officer(node), NAME, filled(box))


def refer(node: Node, title: str, box: str, *, void: bool) -> str:
    """Put a partner's referral of a bill into the ledger, and our word that it is void."""
    carrier, bill = title.split()
    name = uuid.uuid4().hex[:16]
    asked = ReferralMove(
        referral=name, requester="northreach", host=node.agency, agency="northreach", number=1,
        seen=0, move="request", by="nora", at="2026-04-05T08:00:00Z",
        cut_off="2026-04-08T08:00:00Z",
        subject=ReferralSubject(carrier=carrier, bill=bill, boxes=(box,)),
    )  # fmt: skip
    ended = msgspec.structs.replace(
        asked, agency=node.agency, seen=1, move="void", by="hugo", at="2026-04-06T08:00:00Z",
        cut_off="", subject=ReferralSubject(),
        recorded=(Recorded(name="void_code", value="bill_deleted"),),
    )  # fmt: skip
    for agency, move in (("northreach", asked), (node.agency, ended))[: 1 + void]:
        label = node.labels.intern(agency, Marking(releasable_to=frozenset({node.agency})))
        with node.store.write() as connection:
            records.append(connection, [Draft(body=move, originator=agency, label_id=label)])
    return name


def test_a_box_or_a_sheet_that_is_not_there_is_refused(node: Node) -> None:
    box = boxes(node)[0]
    for changes in ({"box": "MARU9999999"}, {"subject": "ghost"}, {"box": ""}):
        form = msgspec.structs.replace(filled(box), **changes)
        with pytest.raises(FormMistakes) as error:
            node.yard_desk.record(officer(node), NAME, form)
        assert [one.field for one in error.value.mistakes] == ["box"]
    with pytest.raises(NotFound):
        node.yard_desk.record(officer(node), "PABLB/2031-01-01", filled(box))


@pytest.mark.parametrize("role", (Role.AUDITOR, Role.ADMINISTRATOR))
def test_roles_that_examine_nothing_have_no_yard(node: Node, role: Role) -> None:
    who = officer(node, role=role)
    for call in (node.yard_desk.sheets, lambda one: node.yard_desk.sheet(one, NAME),
                 lambda one: node.yard_desk.record(one, NAME, filled(boxes(node)[0]))):  # fmt: skip
        with pytest.raises(Forbidden):
            call(who)


def test_a_form_is_erased_with_its_examination_and_never_comes_back(node: Node) -> None:
    form = filled(boxes(node)[7])
    receipt = node.yard_desk.record(officer(node), NAME, form)
    node.erase(node.administrator(), receipt.examination, reason="asked for")
    assert made_of(node, receipt.record) is None
    with pytest.raises(StateError, match="erased"):
        node.yard_desk.record(officer(node), NAME, form)
    assert yard.examinations(node, form.box) == 0


def test_every_form_leaves_an_audit_line_also_when_it_came_again(node: Node) -> None:
    form = filled(boxes(node)[9])
    first = node.yard_desk.record(officer(node), NAME, form)
    node.yard_desk.record(officer(node), NAME, form)
    lines = [one for one in node.audit(worlds.reader(node, role=Role.AUDITOR), limit=200)
             if one.action == "examination:write" and one.subject == first.examination]  # fmt: skip
    assert sorted(one.detail for one in lines) == [f"yard {NAME}", "yard again"]


# --- two worlds ----------------------------------------------------------------------------------


def test_a_sheet_and_its_forms_are_those_of_a_world_without_secrets(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("worlds")
    pair = [yard.yard_node(folder / str(secret), secret=secret) for secret in (False, True)]
    sheets = [node.yard_desk.sheet(officer(node), NAME) for node in pair]
    assert sheets[0] == sheets[1]
    cleared = [made.cleared(node) for node in pair]
    assert any(one.told for one in pair[1].yard_desk.sheet(cleared[1], NAME).boxes)
    box = sheets[0].boxes[0]
    form = filled(box)
    hidden = next(one for one in pair[1].yard_desk.sheet(cleared[1], f"{NAME}@4").boxes
                  if one.title.startswith("QX") and one.box != box.box)  # fmt: skip
    top = pair[1].yard_desk.record(cleared[1], f"{NAME}@4", filled(hidden, id=form.id))
    for node in pair:
        with pytest.raises(FormMistakes):
            node.yard_desk.record(officer(node), NAME, filled(hidden))
        with pytest.raises(NotFound):
            node.yard_desk.record(officer(node), f"{NAME}@4", filled(hidden))
        with pytest.raises(NotFound):
            node.yard_desk.receipt(officer(node), form.id)
    told = [node.yard_desk.record(officer(node), NAME, form) for node in pair]
    assert [msgspec.structs.replace(one, at="") for one in told][0] == msgspec.structs.replace(
        told[1], at=""
    )
    assert yard.examinations(pair[1], hidden.box) == 0
    assert pair[1].record(cleared[1], top.examination).marking.level == 4
    for node in pair:
        node.close()
