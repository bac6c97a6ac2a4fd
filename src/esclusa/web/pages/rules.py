"""Rules: the pack's and the node's own; an editor with rehearsal; approval by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from esclusa.api.queries import check_value, number, one_of
from esclusa.casework.refusals import SPANISH
from esclusa.errors import InputError
from esclusa.node.rehearsing import NEWEST
from esclusa.sharing.reader import Action
from esclusa.sharing.rule_views import TriedView
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.plots import interval_plot
from esclusa.web.steps import require
from esclusa.web.visit import Visit

_AROUND = 200
"""Characters of a line that are shown before and after a mistake."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake with its line of the text, cut at the character."""

    reason: str
    line: int
    column: int
    before: str = ""
    at: str = ""
    after: str = ""


async def show(visit: Visit) -> Response:
    """Draw every rule, in force or not, with states and yields."""
    yields = visit.param("yields") == "true"
    rules = await visit.ask(visit.site.node.rule_desk.rules, yields=yields)
    drawing = interval_plot(
        (row.name or row.id, row.rate) for row in rules if row.rate and row.rate.examined
    )
    return visit.page("rules.html", rules=rules, yields=yields, drawing=drawing, newest=NEWEST)


async def rule(visit: Visit) -> Response:
    """Draw one of our own rules: versions, figures of rehearsals, steps, what can be done next."""
    view = await visit.ask(visit.site.node.rule_desk.show, _name(visit))
    return visit.page("rule.html", rule=view, plot=interval_plot)


async def editor(visit: Visit) -> Response:
    """Draw the editor with the newest text of a rule of our own, or with one to begin with."""
    name = visit.param("rule")
    desk = visit.site.node.rule_desk
    if name:
        text = (await visit.ask(desk.show, name)).versions[-1].text
    else:
        text = await visit.ask(desk.blank)
    return _editor(visit, name, text)


async def edit(visit: Visit) -> Response:
    """Check, rehearse or keep the text of the form; only keeping it keeps anything."""
    name, form = visit.param("rule"), visit.form
    do = one_of("do", form.get("do", ""), ("check", "rehearse", "keep"))
    level = number("level", form["level"], high=4) if form.get("level") else None
    reason = form.get("reason", "")
    check_value("reason", reason, limits=visit.site.limits)
    require(visit, "text")
    text = form["text"].replace("\r\n", "\n")
    desk = visit.site.node.rule_desk
    more: dict[str, Any] = {"name": name} if name else {"level": level}
    tried = await visit.ask(desk.try_out, text, rehearse=do == "rehearse", **more)
    if do == "keep" and not tried.mistakes:
        kept = await visit.ask(desk.write, text, reason=reason, **more)
        return visit.go(_place(kept.name))
    status = 422 if tried.mistakes else 200
    return _editor(visit, name, text, tried=tried, reason=reason, status=status)


async def rehearse(visit: Visit) -> Response:
    """Replay the open version and keep the figures, beside the page where that takes long."""
    view = await visit.ask(visit.site.node.rule_desk.rehearse_or_ask, _name(visit))
    return visit.go(_place(view.name))


async def approve(visit: Visit) -> Response:
    """Approve what was rehearsed and seen, as a second person."""
    view = await visit.ask(
        visit.site.node.rule_desk.approve, _name(visit), reason=visit.form.get("reason", ""),
        digest=visit.form.get("digest", ""),
    )  # fmt: skip
    return visit.go(_place(view.name))


async def reject(visit: Visit) -> Response:
    """Turn the open version down."""
    return await _step(visit, visit.site.node.rule_desk.reject)


async def withdraw(visit: Visit) -> Response:
    """Take the open version back."""
    return await _step(visit, visit.site.node.rule_desk.withdraw)


async def retire(visit: Visit) -> Response:
    """Stop a rule; what it said stays said."""
    return await _step(visit, visit.site.node.rule_desk.retire)


async def _step(visit: Visit, service: Any) -> Response:
    view = await visit.ask(service, _name(visit), reason=visit.form.get("reason", ""))
    return visit.go(_place(view.name))


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["rule_name"]
    if len(name) > visit.site.limits.text_characters:
        raise InputError("the rule's name is too long")
    return name


def _place(name: str) -> str:
    return f"/rules/{quote(name, safe='')}"


def _editor(
    visit: Visit, name: str, text: str, *, tried: TriedView | None = None, reason: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    return visit.page(
        "rule_editor.html", status=status, name=name, text=text, tried=tried, reason=reason,
        level=visit.form.get("level", ""), plot=interval_plot,
        mistakes=tuple(_placed(text, tried, visit.language)) if tried else (),
    )  # fmt: skip


def _placed(text: str, tried: TriedView, language: str) -> Iterator[Placed]:
    lines = text.split("\n")
    for one in tried.mistakes:
        line = lines[one.line - 1] if 0 < one.line <= len(lines) else ""
        place = max(one.column - 1, 0)
        yield Placed(
            reason=one.reason_es if language == SPANISH else one.reason,
            line=one.line, column=one.column,
            before=line[max(0, place - _AROUND) : place], at=line[place : place + 1] or " ",
            after=line[place + 1 : place + 1 + _AROUND],
        )  # fmt: skip


PAGES = (
    Page(path="/rules", show=show, action=Action.RULE_READ, label=_("Rules"),
         group=Group.GUIDANCE, order=20),
    Page(path="/rule-editor", show=editor, action=Action.RULE_WRITE),
    Page(path="/rule-editor", show=edit, method="POST", action=Action.RULE_WRITE, whole=("text",)),
    Page(path="/rules/{rule_name}", show=rule, action=Action.RULE_READ),
    Page(path="/rules/{rule_name}/rehearse", show=rehearse, method="POST",
         action=Action.RULE_WRITE),
    Page(path="/rules/{rule_name}/withdraw", show=withdraw, method="POST",
         action=Action.RULE_WRITE),
    Page(path="/rules/{rule_name}/approve", show=approve, method="POST",
         action=Action.RULE_APPROVE),
    Page(path="/rules/{rule_name}/reject", show=reject, method="POST",
         action=Action.RULE_APPROVE),
    Page(path="/rules/{rule_name}/retire", show=retire, method="POST",
         action=Action.RULE_APPROVE),
)  # fmt: skip
