"""Joint cases of a small node: one that it shares, one that a partner shares; ``name`` stands for
every text that a person wrote."""

from __future__ import annotations

from typing import Any

from small_cases import CASE, SmallCases

from esclusa.casework.case_moves import FASTER
from esclusa.casework.case_words import WRITTEN, fields, rows
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.joint import Joint, merge
from esclusa.errors import NotFound, StateError
from esclusa.model import EvidenceFile, JointCaseMove, JointItem, Level, Marking, Recorded
from esclusa.node import case_telling, joint_telling
from esclusa.sharing import joint_views as views
from esclusa.sharing.case_views import CaseView
from esclusa.sharing.reader import Action, Reader

SHARED, THEIRS, TASK = "00000000000000e1", "00000000000000e2", "t1"
_FILE = EvidenceFile(name="seal.jpg", sha256="55c64d0fcd6f9d5f7c828093857e3fdf" * 2, size=81_234)


class SmallJoint:
    """The services of :class:`esclusa.node.joint_desk.JointDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record
        self.cases = SmallCases(name, record)

    def _joint(self, joint: str) -> Joint:
        if joint not in (SHARED, THEIRS):
            raise NotFound("no such joint case")
        owner, guest = ("marisol", "northreach") if joint == SHARED else ("northreach", "marisol")
        at: dict[str, int] = {owner: 0, guest: 0}
        known: list[JointCaseMove] = []

        def move(who: str, code: str, step: str, *, of: str = "", item: JointItem | None = None,
                 file: EvidenceFile | None = None, **said: str) -> None:  # fmt: skip
            at[who] += 1
            other = guest if who == owner else owner
            told = tuple(
                Recorded(
                    name=n, value=self.name if self.name and fields()[n].type in WRITTEN else v
                )
                for n, v in said.items()
            )
            known.append(JointCaseMove(
                joint=joint, owner=owner, guest=guest, agency=who, number=at[who], seen=at[other],
                step=step, move=code, by=self.name or "analyst", at="2026-11-19T08:00:00Z", of=of,
                item=item or JointItem(), recorded=told, file=file,
            ))  # fmt: skip

        move(owner, "share", "s1", agreement="marisol-northreach 2", reason="both see the boxes")
        move(owner, "name", "s2", title="Boxes of Altamira", summary="three boxes")
        move(owner, "put", "i1", item=JointItem(kind="record", name="r1"))
        move(owner, "put", "i2", item=JointItem(kind="record", name="none"))
        move(owner, "note", "n1", of="-", text="the seal differs")
        move(owner, "task", TASK, task="check the gate", member=f"@{guest}",
             due="2026-12-01T10:00:00Z")  # fmt: skip
        move(guest, "take_up", "s3")
        move(guest, "take_in", "e1", file=_FILE, what="photo", source="gate camera")
        move(guest, "close", "s4", of="", outcome="nothing_found", closing="scan and opening")
        move(guest, "drop", "x1", of=TASK, reason="not theirs to drop")
        at[owner] += 1  # a step that has not come
        move(owner, "start", "s5")
        return merge(known)

    def _row(self, joint: str) -> views.JointRow:
        case = CASE if joint == SHARED else ""
        return joint_telling.row(self._joint(joint), "marisol", level=1, case=case)

    def joints(self, reader: Reader) -> tuple[views.JointRow, ...]:
        reader.require(Action.CASE_READ)
        return (self._row(SHARED), self._row(THEIRS))

    def _find(self, item: JointItem) -> tuple[str, str]:
        return (self.record, self.name or "NRTH 0001") if item.name == "r1" else ("", "")

    def show(self, reader: Reader, joint: str) -> views.JointView:
        reader.require(Action.CASE_READ)
        told = joint_telling.Telling(self._joint(joint), "marisol", self._find, may=True)
        view = told.view(self._row(joint), Marking(level=Level.OFFICIAL))
        changes: dict[str, Any] = {"given": 5, "back": 3, "receipts": 2}
        if joint == THEIRS:
            changes |= {"can_take_up": reader.may(Action.CASE_SHARE)}
        else:
            changes |= {"stays": case_telling.word("stays", "no_agreement")}
        return views.JointView(**{f: getattr(view, f) for f in view.__struct_fields__} | changes)

    def start(self, reader: Reader, case: str) -> views.ShareStartView:
        reader.require(Action.CASE_SHARE)
        it = self.cases.show(reader, case)
        form = case_telling.form(rows()["share"], {})
        stays = case_telling.word("stays", "kind_not_agreed")
        return views.ShareStartView(
            case=case, title=it.row.title, version=it.version,
            partners=(
                views.SharePartnerView(agency="northreach", stays=None, shared=False),
                views.SharePartnerView(agency="altamira", stays=stays, shared=False),
            ),
            fields=tuple(one for one in form.fields if one.word.code == "reason"),
        )  # fmt: skip

    def preview(self, reader: Reader, case: str, partner: str, reason: str = "",
                ) -> views.JointView:  # fmt: skip
        reader.require(Action.CASE_SHARE)
        return self.show(reader, SHARED)

    def share(self, reader: Reader, case: str, partner: str, reason: str, *, version: str = "",
              ) -> views.JointView:  # fmt: skip
        reader.require(Action.CASE_SHARE)
        if version and version != self.cases.show(reader, case).version:
            raise StateError(FASTER)
        if not reason.strip():
            raise MoveMistakes((FieldMistake(field="reason", problem="missing"),))
        return self.show(reader, SHARED)

    def unshare(self, reader: Reader, case: str, share: str, reason: str) -> CaseView:
        reader.require(Action.CASE_SHARE)
        if not reason.strip():
            raise MoveMistakes((FieldMistake(field="reason", problem="missing"),))
        return self.cases.show(reader, case)

    def take_up(self, reader: Reader, joint: str, given: Any, *, level: int | None = None,
                ) -> CaseView:  # fmt: skip
        reader.require(Action.CASE_SHARE)
        self._joint(joint)
        if not given.get("title"):
            raise MoveMistakes((FieldMistake(field="title", problem="missing"),))
        return self.cases.show(reader, CASE)

    def done(self, reader: Reader, joint: str, task: str, result: str = "", *, version: str = "",
             ) -> views.JointView:  # fmt: skip
        reader.require(Action.CASE_SHARE)
        if version and version != self._joint(joint).version:
            raise StateError(FASTER)
        return self.show(reader, joint)
