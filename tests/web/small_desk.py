"""Partners in memory, for :class:`small_node.SmallNode`: one in force, one without an agreement."""

from __future__ import annotations

from typing import Any

from esclusa.errors import ExchangeError, NotFound
from esclusa.model import Level, Marking
from esclusa.sharing import partner_views as views
from esclusa.sharing.agreement.words import Sentence
from esclusa.sharing.reader import Action, Reader

_SAID = Sentence("Cargo & passengers <b>", "Carga y pasajeros <b>")
_RECORD = "5f0c6c2e-0000-8000-8000-000000000001"


class SmallDesk:
    """The services of :class:`esclusa.node.partner_desk.PartnerDesk`.

    :param name: a hostile text that stands wherever a sender's words would.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name or "Northreach & Sons"

    def partners(self, reader: Reader) -> tuple[views.PartnerView, ...]:
        reader.require(Action.PARTNER_READ)
        return (self._partner("altamira", "none"), self._partner("northreach", "in_force"))

    def partner(self, reader: Reader, agency: str) -> views.PartnerView:
        reader.require(Action.PARTNER_READ)
        if agency not in ("altamira", "northreach"):
            raise NotFound("no such partner")
        return self._partner(agency, "in_force")

    def _partner(self, agency: str, state: str) -> views.PartnerView:
        moment = "2026-11-20T08:00:00+00:00"
        agreement = views.AgreementView(
            id="marisol-northreach", version=1, digest="ab" * 32, title=_SAID, standing="in_force",
            begins="2026-11-01", ends="2028-11-01", says=(_SAID, _SAID),
        )  # fmt: skip
        alarm = views.AlarmView(at=moment, rule="signature", partner=agency, text=self.name)
        return views.PartnerView(
            agency=agency, address="192.0.2.7:8443", state=state, up_to_date=False, heard=moment,
            readable_until=moment, lent_until="", given=150, recalled=2, held=7,
            agreements=(agreement,), receipts=(self._receipt(agency),), alarms=(alarm,),
            numbers=views.Numbers(sent=9, acknowledged=7, taken_in=5, log_size=14,
                                  cosigned_size=12),
        )  # fmt: skip

    def _receipt(self, holder: str) -> views.ReceiptView:
        erased = {"tables": 2, "indexes": 1, "lake": 0, "caches": 0, "exports": 0}
        return views.ReceiptView(
            record=_RECORD, record_id="", holder=holder, version=2, reason="recall", rule="",
            erased=erased,
        )  # fmt: skip

    def preview(self, reader: Reader, record_id: str, partner: str) -> views.PreviewView:
        reader.require(Action.RELEASE_PREVIEW)
        rule = "marisol-northreach 1, cargo: bill"
        fields = (
            views.FieldView(path="bill", outcome="goes", value=self.name, rule=rule),
            views.FieldView(path="freight_amount", outcome="withheld", value="", rule=rule,
                            reason=_SAID),
        )  # fmt: skip
        return views.PreviewView(
            record_id=record_id, partner=partner, goes=True, purpose="targeting", fields=fields,
            marking=Marking(level=Level.OFFICIAL), onward="consent", keep_until="2027-11-01",
        )  # fmt: skip

    def recall(self, reader: Reader, record_id: str, reason: str) -> tuple[str, ...]:
        reader.require(Action.RELEASE_RECALL)
        return ("northreach",)

    def recall_plan(self, reader: Reader, source_id: str) -> views.RecallPlanView:
        reader.require(Action.RELEASE_RECALL)
        row = views.RecallRow(
            record_id="r" * 36, kind="consignment", title=self.name, holders=("northreach",)
        )
        return views.RecallPlanView(
            source=source_id, file=self.name, version="ab", records=1, stays=2, rows=(row,),
            holders=(views.RecallHolder(holder="northreach", records=1, recalled=3, gone=4),),
            more=True,
        )  # fmt: skip

    def recall_source(
        self, reader: Reader, source_id: str, reason: str, *, version: str = ""
    ) -> views.RecalledView:
        reader.require(Action.RELEASE_RECALL)
        return views.RecalledView(records=1, holders=("northreach",))

    def trail(self, reader: Reader, record_id: str) -> views.TrailView:
        reader.require(Action.TRAIL_READ)
        holder = views.HolderView(
            holder="northreach", through="", version=2, state="gone", agreement="ab" * 32,
            receipt=self._receipt("northreach"),
        )  # fmt: skip
        step = views.TrailStep(
            at="2026-11-20T08:00:00Z", who="exchange", event="exchange:grant:sent",
            detail="partner=northreach",
        )  # fmt: skip
        return views.TrailView(
            record_id=record_id, record=_RECORD, originator="marisol", holders=(holder,),
            steps=(step,),
        )  # fmt: skip

    def questions(self, reader: Reader) -> tuple[views.QuestionView, ...]:
        reader.require(Action.PARTNER_READ)
        return tuple(
            views.QuestionView(originator="marisol", record=_RECORD, record_id="", asker=asker,
                               to="altamira", use="pass", state=state, ours=asker == "marisol",
                               until=until)
            for asker, state, until in (("northreach", "asked", ""),
                                        ("marisol", "granted", "2027-01-01T00:00:00+00:00"))
        )  # fmt: skip

    def ask(self, reader: Reader, record_id: str, to: str, *, use: str, why: str) -> None:
        reader.require(Action.CONSENT_ASK)

    def pass_on(self, reader: Reader, record_id: str, to: str) -> None:
        reader.require(Action.CONSENT_ASK)
        raise ExchangeError("consent", "no consent", to)

    def answer(self, reader: Reader, *named: str, **said: Any) -> None:
        reader.require(Action.CONSENT_ANSWER)
