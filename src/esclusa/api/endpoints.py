"""The API's table of addresses and the calls behind them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from esclusa.api import shapes
from esclusa.api.alert_endpoints import ALERT_ENDPOINTS
from esclusa.api.body import spooled
from esclusa.api.case_endpoints import ENDPOINTS as CASE_ENDPOINTS
from esclusa.api.endpoint import Call, Endpoint
from esclusa.api.entity_endpoints import ENDPOINTS as ENTITY_ENDPOINTS
from esclusa.api.joint_endpoints import ENDPOINTS as JOINT_ENDPOINTS
from esclusa.api.list_endpoints import ENDPOINTS as LIST_ENDPOINTS
from esclusa.api.match_endpoints import ENDPOINTS as MATCH_ENDPOINTS
from esclusa.api.notice_endpoints import ENDPOINTS as NOTICE_ENDPOINTS
from esclusa.api.partner_endpoints import ENDPOINTS as PARTNER_ENDPOINTS
from esclusa.api.queries import KINDS, check_limit, one_of, queue_filter
from esclusa.api.redress_endpoints import ENDPOINTS as REDRESS_ENDPOINTS
from esclusa.api.referral_endpoints import ENDPOINTS as REFERRAL_ENDPOINTS
from esclusa.api.report_endpoints import ENDPOINTS as REPORT_ENDPOINTS
from esclusa.api.request_endpoints import ENDPOINTS as REQUEST_ENDPOINTS
from esclusa.api.rule_endpoints import ENDPOINTS as RULE_ENDPOINTS
from esclusa.api.score_endpoints import ENDPOINTS as SCORE_ENDPOINTS
from esclusa.api.seizure_endpoints import ENDPOINTS as SEIZURE_ENDPOINTS
from esclusa.api.selection_endpoints import ENDPOINTS as SELECTION_ENDPOINTS
from esclusa.api.session_endpoints import ENDPOINTS as SESSION_ENDPOINTS
from esclusa.api.upkeep_endpoints import ENDPOINTS as UPKEEP_ENDPOINTS
from esclusa.api.uploads import clean_name
from esclusa.api.warning_endpoints import ENDPOINTS as WARNING_ENDPOINTS
from esclusa.api.yard_endpoints import ENDPOINTS as YARD_ENDPOINTS
from esclusa.errors import InputError
from esclusa.sharing import views
from esclusa.sharing.reader import Action


async def queue(call: Call) -> views.QueuePage:
    """One page of the work queue."""
    wanted = queue_filter(dict(call.request.query_params), limits=call.limits)
    return await call.ask(call.node.queue, wanted)


async def alert(call: Call) -> views.AlertView:
    """One alert with its moves."""
    return await call.ask(call.node.alert, call.path["alert_id"])


async def claim(call: Call) -> views.AlertView:
    """Take the alert."""
    return await call.ask(call.node.claim, call.path["alert_id"])


async def release(call: Call) -> views.AlertView:
    """Give the alert back to the queue."""
    return await call.ask(call.node.release, call.path["alert_id"])


async def undo(call: Call) -> views.AlertView:
    """Take the last move back."""
    return await call.ask(call.node.undo, call.path["alert_id"])


async def verdict(call: Call) -> views.AlertView:
    """Say what the look at the alert's subject gave."""
    one_of("verdict", call.body.verdict, (found.code for found in call.node.verdicts()))
    return await call.ask(
        call.node.verdict,
        call.path["alert_id"],
        verdict=call.body.verdict,
        reason=call.body.reason.strip(),
        seen=call.body.seen,
    )


async def verdicts(call: Call) -> list[shapes.VerdictChoice]:
    """The closed list of verdicts."""
    return [
        shapes.VerdictChoice(code=found.code, text_en=found.text_en, text_es=found.text_es)
        for found in call.node.verdicts()
    ]


async def record(call: Call) -> views.RecordView:
    """One record, as this reader may see it."""
    if call.query.version < 0:
        raise InputError("version is negative, expected 0 for the newest or a version's number")
    version = call.query.version or None
    return await call.ask(call.node.record, call.path["record_id"], version=version)


async def search(call: Call) -> views.SearchPage:
    """Records that hold the words."""
    asked: shapes.SearchQuery = call.query
    one_of("kind", asked.kind, ("", *KINDS))
    limit = _rows(call, asked.limit)
    return await call.ask(call.node.search, asked.text, kind=asked.kind, limit=limit)


async def screen(call: Call) -> shapes.ScreenAnswer:
    """Compare a name with the lists."""
    asked: shapes.ScreenAsked = call.body
    values = msgspec.structs.asdict(asked) | {"limit": _rows(call, asked.limit)}
    return shapes.ScreenAnswer(hits=await call.ask(call.node.screen, **values))


async def add_source(call: Call) -> views.SourceView:
    """Take a file into custody and read it. Custody is durable before the reading starts."""
    call.reader.require(Action.INTAKE_WRITE)
    name = clean_name(call.query.name)
    async with spooled(call.request, call.limits.upload_bytes) as stream:
        return await call.ask(call.node.ingest, name, stream, mapping=call.query.mapping)


async def sources(call: Call) -> tuple[views.SourceView, ...]:
    """Files in custody, the newest first."""
    return await call.ask(call.node.sources, limit=_rows(call, call.query.limit))


async def source(call: Call) -> views.SourceView:
    """One file in custody with its defects and its quarantine."""
    return await call.ask(call.node.source, call.path["source_id"])


async def proposal(call: Call) -> views.ProposalView:
    """The mapping that is guessed for a table in custody, as TOML."""
    return await call.ask(call.node.proposal, call.path["source_id"])


async def mappings(call: Call) -> tuple[views.MappingView, ...]:
    """The kept mappings, each in its newest version and without its text."""
    return await call.ask(call.node.mappings)


async def mapping(call: Call) -> views.MappingView:
    """One kept mapping with its text and its versions."""
    return await call.ask(call.node.mapping, call.path["mapping_id"], digest=call.query.digest)


async def add_mapping(call: Call) -> views.MappingView:
    """Keep a mapping file. A new text under a known id is its new version."""
    call.reader.require(Action.MAPPING_WRITE)
    name = clean_name(call.query.name)
    async with spooled(call.request, call.limits.form_bytes) as stream:
        return await call.ask(call.node.add_mapping, name, stream)


async def retry(call: Call) -> views.SourceView:
    """Read a message held in quarantine once more."""
    return await call.ask(call.node.retry, call.path["quarantine_id"])


async def audit(call: Call) -> tuple[views.AuditRow, ...]:
    """The audit log, the newest first."""
    values = msgspec.structs.asdict(call.query) | {"limit": _rows(call, call.query.limit)}
    return await call.ask(call.node.audit, **values)


async def health(call: Call) -> shapes.Health:
    """Tell that the node answers and reaches its ledger; raises ``LedgerError`` when it cannot."""
    await run_in_threadpool(call.node.health)
    return shapes.Health(status="ok")


def _rows(call: Call, limit: int) -> int:
    check_limit(limit, call.limits)
    return limit


def _get(path: str, call: Any, answer: Any, query: Any = None) -> Endpoint:
    summary = (call.__doc__ or "").strip()
    return Endpoint(method="GET", path=path, summary=summary, call=call, answer=answer, query=query)


def _move(path: str, call: Any, body: Any = None) -> Endpoint:
    return Endpoint(
        method="POST",
        path=f"/alerts/{{alert_id}}/{path}",
        summary=(call.__doc__ or "").strip(),
        call=call,
        answer=views.AlertView,
        body=body,
    )


ENDPOINTS: Final = (
    *SESSION_ENDPOINTS,
    _get("/queue", queue, views.QueuePage, views.QueueFilter),
    _get("/verdicts", verdicts, list[shapes.VerdictChoice]),
    _get("/alerts/{alert_id}", alert, views.AlertView),
    _move("claim", claim),
    _move("release", release),
    _move("verdict", verdict, shapes.VerdictAsked),
    _move("undo", undo),
    *ALERT_ENDPOINTS,
    _get("/records/{record_id}", record, views.RecordView, shapes.RecordQuery),
    _get("/search", search, views.SearchPage, shapes.SearchQuery),
    Endpoint(
        method="POST", path="/screen", summary="Compare a name with the lists.", call=screen,
        answer=shapes.ScreenAnswer, body=shapes.ScreenAsked,
    ),
    Endpoint(
        method="POST", path="/sources", summary="Take a file into custody and read it.",
        call=add_source, answer=views.SourceView, query=shapes.SourceQuery, raw=True, status=201,
    ),
    _get("/sources", sources, tuple[views.SourceView, ...], shapes.LimitQuery),
    _get("/sources/{source_id}", source, views.SourceView),
    _get("/sources/{source_id}/proposal", proposal, views.ProposalView),
    Endpoint(
        method="POST", path="/quarantine/{quarantine_id}/retry",
        summary="Read a message held in quarantine once more.", call=retry,
        answer=views.SourceView,
    ),
    _get("/mappings", mappings, tuple[views.MappingView, ...]),
    Endpoint(
        method="POST", path="/mappings", summary="Keep a mapping file.", call=add_mapping,
        answer=views.MappingView, query=shapes.MappingFileQuery, raw=True, status=201,
    ),
    _get("/mappings/{mapping_id}", mapping, views.MappingView, shapes.MappingQuery),
    *LIST_ENDPOINTS,
    *RULE_ENDPOINTS,
    *SCORE_ENDPOINTS,
    *SELECTION_ENDPOINTS,
    *YARD_ENDPOINTS,
    _get("/audit", audit, tuple[views.AuditRow, ...], shapes.AuditQuery),
    *MATCH_ENDPOINTS,
    *ENTITY_ENDPOINTS,
    *REDRESS_ENDPOINTS,
    *SEIZURE_ENDPOINTS,
    *WARNING_ENDPOINTS,
    *REFERRAL_ENDPOINTS,
    *REPORT_ENDPOINTS,
    *REQUEST_ENDPOINTS,
    *CASE_ENDPOINTS,
    *JOINT_ENDPOINTS,
    *NOTICE_ENDPOINTS,
    *PARTNER_ENDPOINTS,
    *UPKEEP_ENDPOINTS,
    Endpoint(
        method="GET", path="/health", summary="Tell that the node answers.", call=health,
        answer=shapes.Health, signed_in=False,
    ),
)  # fmt: skip
"""Every address below ``/api/v1``, but for the OpenAPI document itself."""
