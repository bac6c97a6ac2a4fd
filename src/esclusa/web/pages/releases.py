"""What a partner gets of a record, where a record went, and taking it back."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.errors import AgreementError
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import require, unsure
from esclusa.web.visit import Visit


async def preview(visit: Visit) -> Response:
    """Draw, for a partner chosen, what goes of each field and which rule says so."""
    record = visit.request.path_params["record_id"]
    desk, partner = visit.site.node.partner_desk, visit.param("partner")
    title = (await visit.ask(visit.site.node.record, record)).title
    known = [item.agency for item in await visit.ask(desk.partners)]
    found, why = None, ""
    if partner:
        try:
            found = await visit.ask(desk.preview, record, partner)
        except AgreementError:
            why = _("No agreement in force with this partner gives records of this kind.")
    return visit.page(
        "preview.html", record_id=record, title=title, partners=known, partner=partner,
        preview=found, why=why,
    )  # fmt: skip


async def recall(visit: Visit) -> Response:
    """Take a record back from everyone who has it, with a reason."""
    record = visit.request.path_params["record_id"]
    address = f"/records/{quote(record)}/trail"
    require(visit, "reason")
    if visit.form.get("sure") != "yes":
        raise unsure()
    await visit.ask(visit.site.node.partner_desk.recall, record, visit.form["reason"])
    return visit.go(address)


async def recall_file(visit: Visit) -> Response:
    """Draw what taking back all records of a file would take back, and from whom."""
    plan = await visit.ask(visit.site.node.partner_desk.recall_plan, _source(visit))
    return visit.page("recall_file.html", plan=plan)


async def recall_all(visit: Visit) -> Response:
    """Take all records of a file back from everyone who has them, with a reason."""
    form, source = visit.form, _source(visit)
    require(visit, "reason")
    if form.get("sure") != "yes":
        raise unsure()
    await visit.ask(
        visit.site.node.partner_desk.recall_source, source, form["reason"],
        version=form.get("version", ""),
    )  # fmt: skip
    return visit.go(f"/intake/{quote(source, safe='')}/recall")


def _source(visit: Visit) -> str:
    return str(visit.request.path_params["source_id"])[:64]


async def trail(visit: Visit) -> Response:
    """Draw where a record went and what became of it there."""
    record = visit.request.path_params["record_id"]
    found = await visit.ask(visit.site.node.partner_desk.trail, record)
    return visit.page("trail.html", trail=found)


async def find(visit: Visit) -> Response:
    """Lead an auditor, who has an identifier from the log and no record, to its trail."""
    asked = visit.param("record").strip()
    if asked:
        return visit.go(f"/records/{quote(asked, safe='')}/trail")
    return visit.page("trails.html")


async def hand_on(visit: Visit) -> Response:
    """Ask the originator of a copy for a use of it, or pass it on where that is allowed."""
    record = visit.request.path_params["record_id"]
    desk, form = visit.site.node.partner_desk, visit.form
    require(visit, "to")
    use = one_of("use", form.get("use", "pass"), ("pass", "derive", "now"))
    if use == "now":
        await visit.ask(desk.pass_on, record, form["to"])
        return visit.go(f"/records/{quote(record)}/trail")
    await visit.ask(desk.ask, record, form["to"], use=use, why=form.get("why", ""))
    return visit.go("/consents")


PAGES = (
    Page(path="/records/{record_id}/preview", show=preview, action=Action.RELEASE_PREVIEW),
    Page(path="/records/{record_id}/trail", show=trail, action=Action.TRAIL_READ),
    Page(path="/records/{record_id}/recall", show=recall, method="POST",
         action=Action.RELEASE_RECALL, form="/records/{record_id}/trail"),
    Page(path="/intake/{source_id}/recall", show=recall_file, action=Action.RELEASE_RECALL),
    Page(path="/intake/{source_id}/recall", show=recall_all, method="POST",
         action=Action.RELEASE_RECALL),
    Page(path="/records/{record_id}/hand-on", show=hand_on, method="POST",
         action=Action.CONSENT_ASK, form="/records/{record_id}/trail"),
    Page(path="/trails", show=find, action=Action.TRAIL_READ, label=_("Trails"),
         group=Group.PARTNERS, order=30),
)  # fmt: skip
