"""Rules of a small node: one of its own in each state, with figures, failures and a mistake."""

from __future__ import annotations

from typing import Any

from esclusa.errors import NotFound, StateError
from esclusa.sharing import rule_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import RuleView

RULE = "N1"
RATE = views.RateView(hits=40, examined=10, found=3, share=0.3, low=0.108, high=0.603)
NONE = views.RateView(hits=7, examined=0, found=0)


class SmallRules:
    """``name`` stands for every text that a person wrote."""

    def __init__(self, name: str, record: str) -> None:
        self.name = name
        self.record = record

    def rules(
        self, reader: Reader, *, yields: bool = False, every: bool = False
    ) -> tuple[RuleView, ...]:
        reader.require(Action.RULE_READ)
        if yields:
            reader.require(Action.RECORD_READ)
        title = self.name or "Goods described too generally"
        spanish = self.name or "Mercancía descrita de forma demasiado general"
        said: dict[str, Any] = {
            "version": "3", "indicator": "vague_goods", "subject": "consignment, equipment",
            "title_en": title, "title_es": spanish, "points": 30.5,
            "when": "any(goods, vague(description))", "owner": self.name or "Unit 7",
            "purpose": "targeting", "legal_basis": "Customs Act, art. 12",
            "valid_from": "2026-01-01", "valid_to": "",
        }  # fmt: skip
        return (
            RuleView(id="C05", state="active", rate=RATE if yields else None, **said),
            RuleView(id=RULE, name=RULE, state="review_due", open_version="4",
                     open_state="rehearsed", rate=RATE, alone=NONE, **said),
        )  # fmt: skip

    def show(self, reader: Reader, name: str) -> views.OwnRuleView:
        reader.require(Action.RULE_READ)
        if name != RULE:
            raise NotFound("no such rule")
        moves = ("amend", "approve", "edit", "rehearse", "reject", "retire", "withdraw")
        said = self.name or "seen in the yard"
        versions = (
            self._version(
                "3",
                "stopped",
                why="the list vague_terms has ended",
                why_es="la vigencia de la lista vague_terms ha terminado",
            ),
            self._version(
                "4",
                "rehearsed",
                failures=(self._failure(),),
                waiting=self.name or "analyst",
                waiting_since="2026-11-19T12:00:00Z",
            ),
        )
        steps = tuple(
            views.RuleStepView(
                number=number, move=move, version="4", state=state, by=self.name or "analyst",
                at="2026-11-19T12:00:00Z", reason=said if number % 2 else "",
            )
            for number, (move, state) in enumerate(
                (("amend", "draft"), ("edit", "draft"), ("rehearse", "rehearsed")), 1
            )
        )  # fmt: skip
        return views.OwnRuleView(
            name=RULE, id=RULE, record_id=self.record, level=1, open="4", running="3",
            title_en=self.name or "Goods text", title_es=self.name or "Descripción",
            versions=versions, steps=steps,
            moves=moves if reader.may(Action.RULE_APPROVE) else (),
        )  # fmt: skip

    def _version(self, version: str, state: str, **more: Any) -> views.RuleVersionView:
        return views.RuleVersionView(
            version=version, state=state, text=f"# {self.name}\n", digest="ab" * 16,
            authors=(self.name or "analyst",), valid_from="2026-01-01", valid_to="2026-12-31",
            figures=self.figures(), **more,
        )  # fmt: skip

    def _failure(self) -> views.FailureView:
        return views.FailureView(test=self.name or "the word", expected="true", found="unknown")

    def figures(self) -> views.FiguresView:
        return views.FiguresView(
            rows=4_000, unjudged=1, all=RATE, alone=NONE, before=RATE, active=35,
            overlap=(views.OverlapView(rule="C05", hits=4),),
            examples=(views.ExampleView(record_id=self.record, title=self.name or "NRTH 0001"),),
            since="2026-01-01", until="2026-11-20",
            apart=("copies", "present", "around", "active", "lists"),
        )  # fmt: skip

    def blank(self, reader: Reader) -> str:
        reader.require(Action.RULE_WRITE)
        return f'id = "{self.name or RULE}"\n'

    def try_out(
        self, reader: Reader, text: str, *, rehearse: bool = True, name: str = "",
        level: int | None = None, every: bool = False,
    ) -> views.TriedView:  # fmt: skip
        reader.require(Action.RULE_WRITE)
        if "wrong" in text:
            at = text.index("wrong") - text.rfind("\n", 0, text.index("wrong"))
            line = text.count("\n", 0, text.index("wrong")) + 1
            mistake = views.MistakeView(
                reason="there is no field wrong", reason_es="no existe el campo wrong",
                code="rule_text:field", line=line, column=at,
            )  # fmt: skip
            missing = views.MistakeView(
                reason="owner is missing", reason_es="falta owner", code="rule_text:missing"
            )
            return views.TriedView(mistakes=(mistake, missing))
        return views.TriedView(
            id=RULE, version="4", failures=(self._failure(),),
            figures=self.figures() if rehearse else None,
        )  # fmt: skip

    def write(self, reader: Reader, text: str, **more: Any) -> views.OwnRuleView:
        reader.require(Action.RULE_WRITE)
        return self.show(reader, RULE)

    def rehearse_or_ask(self, reader: Reader, name: str) -> views.OwnRuleView:
        return self.rehearse(reader, name)

    def rehearse(self, reader: Reader, name: str) -> views.OwnRuleView:
        return self.show(reader, name)

    def approve(self, reader: Reader, name: str, **more: str) -> views.OwnRuleView:
        self.show(reader, name)
        raise StateError(f"{reader.name} wrote this version; a second person approves it")

    def reject(self, reader: Reader, name: str, *, reason: str) -> views.OwnRuleView:
        return self.show(reader, name)

    withdraw = retire = reject
