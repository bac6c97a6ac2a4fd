"""The API's addresses about partners: the same services as the pages."""

from __future__ import annotations

from typing import Any, Final

from esclusa.api import shapes
from esclusa.api.endpoint import Call, Endpoint
from esclusa.sharing import partner_views as views


async def partners(call: Call) -> tuple[views.PartnerView, ...]:
    """Every partner, without its agreements' texts. Counts are of what this reader may see."""
    return await call.ask(call.node.partner_desk.partners)


async def partner(call: Call) -> views.PartnerView:
    """One partner with its agreements, receipts and alarms."""
    return await call.ask(call.node.partner_desk.partner, call.path["agency"])


async def preview(call: Call) -> views.PreviewView:
    """What a partner gets of a record, field by field, before it goes."""
    asked = call.path["record_id"], call.query.partner
    return await call.ask(call.node.partner_desk.preview, *asked)


async def trail(call: Call) -> views.TrailView:
    """Where a record went and what became of it there."""
    return await call.ask(call.node.partner_desk.trail, call.path["record_id"])


async def recall(call: Call) -> shapes.Recalled:
    """Take a record of ours back from everyone who has it; ours stays."""
    asked: shapes.RecordRecalled = call.body
    holders = await call.ask(call.node.partner_desk.recall, call.path["record_id"], asked.reason)
    return shapes.Recalled(holders=holders)


async def recall_source(call: Call) -> views.RecalledView:
    """Take all records of ours of one file back from everyone who has them; ours stay."""
    asked: shapes.FileRecalled = call.body
    return await call.ask(
        call.node.partner_desk.recall_source, call.path["source_id"], asked.reason,
        version=asked.version,
    )  # fmt: skip


async def recall_plan(call: Call) -> views.RecallPlanView:
    """What taking back all records of one file would take back now, and from whom."""
    return await call.ask(call.node.partner_desk.recall_plan, call.path["source_id"])


async def consents(call: Call) -> tuple[views.QuestionView, ...]:
    """Questions for consent, ours and partners'."""
    return await call.ask(call.node.partner_desk.questions)


async def ask(call: Call) -> None:
    """Ask the originator of a copy whether it may go to, or be built upon for, an agency."""
    asked: shapes.ConsentAsked = call.body
    await call.ask(
        call.node.partner_desk.ask, call.path["record_id"], asked.to, use=asked.use, why=asked.why
    )


async def answer(call: Call) -> None:
    """Answer a question about a record of ours, named as partners know it."""
    said: shapes.ConsentSaid = call.body
    await call.ask(
        call.node.partner_desk.answer, said.record, said.asker, said.to, said.use,
        granted=said.granted, until=said.until,
    )  # fmt: skip


async def pass_on(call: Call) -> None:
    """Pass a copy on to a third agency, where its originator allows it."""
    await call.ask(call.node.partner_desk.pass_on, call.path["record_id"], call.body.to)


def _get(path: str, call: Any, answer: Any, query: Any = None) -> Endpoint:
    summary = (call.__doc__ or "").strip()
    return Endpoint(method="GET", path=path, summary=summary, call=call, answer=answer, query=query)


def _post(path: str, call: Any, answer: Any = None, body: Any = None) -> Endpoint:
    return Endpoint(
        method="POST", path=path, summary=(call.__doc__ or "").strip(), call=call, answer=answer,
        body=body, status=200 if answer else 204,
    )  # fmt: skip


ENDPOINTS: Final = (
    _get("/partners", partners, tuple[views.PartnerView, ...]),
    _get("/partners/{agency}", partner, views.PartnerView),
    _get("/records/{record_id}/preview", preview, views.PreviewView, shapes.PreviewQuery),
    _get("/records/{record_id}/trail", trail, views.TrailView),
    _post("/records/{record_id}/recall", recall, shapes.Recalled, shapes.RecordRecalled),
    _get("/sources/{source_id}/recall-plan", recall_plan, views.RecallPlanView),
    _post("/sources/{source_id}/recall", recall_source, views.RecalledView, shapes.FileRecalled),
    _post("/records/{record_id}/ask", ask, body=shapes.ConsentAsked),
    _post("/records/{record_id}/pass-on", pass_on, body=shapes.PassedOn),
    _get("/consents", consents, tuple[views.QuestionView, ...]),
    _post("/consents", answer, body=shapes.ConsentSaid),
)
