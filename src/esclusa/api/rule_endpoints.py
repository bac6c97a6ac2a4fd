"""The API's addresses about rules: the same services as the pages.

A rule's text comes as it is, one TOML file in UTF-8; its mistakes come back with line and
character.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.body import small
from esclusa.api.endpoint import Call, at
from esclusa.errors import InputError
from esclusa.sharing import rule_views as views
from esclusa.sharing.reader import Action
from esclusa.sharing.views import RuleView


class RulesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``yields`` replays the rules in force over the newest records that you may see, with
    ``every`` over all of them, which takes time."""

    yields: bool = False
    every: bool = False


class RuleTextQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is the own rule that the text belongs to, "" for a new one. ``level`` marks a new
    rule, -1 as what comes in, 0 to 4 otherwise."""

    name: str = ""
    reason: str = ""
    level: int = -1


class TriedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """As for keeping a text; ``rehearse`` false only looks for mistakes, ``every`` rehearses over
    all records and not the newest alone."""

    name: str = ""
    level: int = -1
    rehearse: bool = True
    every: bool = False


class RuleApproved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and the ``digest`` of the version that you saw; "" for the present one."""

    reason: str
    digest: str = ""


class RuleReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, in the person's own words."""

    reason: str


class RuleWithdrawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, in the person's own words; may be left out."""

    reason: str = ""


class RuleRetired(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and which ``version`` stops; "" for the one in force."""

    reason: str
    version: str = ""


async def rules(call: Call) -> tuple[RuleView, ...]:
    """The pack's rules and the node's own, active or not."""
    asked: RulesQuery = call.query
    return await call.ask(call.node.rule_desk.rules, yields=asked.yields, every=asked.every)


async def rule(call: Call) -> views.OwnRuleView:
    """One of the node's own rules: versions, figures of rehearsals, steps."""
    return await call.ask(call.node.rule_desk.show, call.path["rule_name"])


async def try_out(call: Call) -> views.TriedView:
    """Check a rule's text and rehearse it; nothing is kept."""
    call.reader.require(Action.RULE_WRITE)
    asked: TriedQuery = call.query
    return await call.ask(
        call.node.rule_desk.try_out, await _text(call), rehearse=asked.rehearse, name=asked.name,
        level=_level(asked.level), every=asked.every,
    )  # fmt: skip


async def write(call: Call) -> views.OwnRuleView:
    """Keep a rule's text: a new rule, its draft's changed text, or its new version."""
    call.reader.require(Action.RULE_WRITE)
    asked: RuleTextQuery = call.query
    return await call.ask(
        call.node.rule_desk.write, await _text(call), name=asked.name, reason=asked.reason,
        level=_level(asked.level),
    )  # fmt: skip


async def rehearse(call: Call) -> views.OwnRuleView:
    """Replay a rule's open version over what is kept, and keep the figures."""
    return await call.ask(call.node.rule_desk.rehearse, call.path["rule_name"])


async def ask_rehearsal(call: Call) -> views.OwnRuleView:
    """Have a rule's open version rehearsed beside other work; ``waiting`` says that it waits."""
    return await call.ask(call.node.rule_desk.ask_rehearsal, call.path["rule_name"])


async def approve(call: Call) -> views.OwnRuleView:
    """Approve what was rehearsed, as a second person."""
    asked: RuleApproved = call.body
    return await call.ask(
        call.node.rule_desk.approve, call.path["rule_name"], reason=asked.reason,
        digest=asked.digest,
    )  # fmt: skip


async def reject(call: Call) -> views.OwnRuleView:
    """Turn a rule's open version down."""
    return await call.ask(
        call.node.rule_desk.reject, call.path["rule_name"], reason=call.body.reason
    )


async def withdraw(call: Call) -> views.OwnRuleView:
    """Take a rule's open version back."""
    return await call.ask(
        call.node.rule_desk.withdraw, call.path["rule_name"], reason=call.body.reason
    )


async def retire(call: Call) -> views.OwnRuleView:
    """Stop a rule; what it said stays said."""
    asked: RuleRetired = call.body
    return await call.ask(
        call.node.rule_desk.retire, call.path["rule_name"], reason=asked.reason,
        version=asked.version,
    )  # fmt: skip


async def _text(call: Call) -> str:
    data = await small(call.request, call.limits.form_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the rule is not UTF-8 text", offset=error.start) from None


def _level(level: int) -> int | None:
    return None if level == -1 else level


ENDPOINTS: Final = (
    at("GET", "/rules", rules, tuple[RuleView, ...], query=RulesQuery),
    at("POST", "/rules", write, views.OwnRuleView, query=RuleTextQuery, raw=True),
    at("POST", "/rules/try", try_out, views.TriedView, query=TriedQuery, raw=True),
    at("GET", "/rules/{rule_name}", rule, views.OwnRuleView),
    at("POST", "/rules/{rule_name}/rehearse", rehearse, views.OwnRuleView),
    at("POST", "/rules/{rule_name}/rehearsals", ask_rehearsal, views.OwnRuleView),
    at("POST", "/rules/{rule_name}/approve", approve, views.OwnRuleView, body=RuleApproved),
    at("POST", "/rules/{rule_name}/reject", reject, views.OwnRuleView, body=RuleReason),
    at("POST", "/rules/{rule_name}/withdraw", withdraw, views.OwnRuleView, body=RuleWithdrawn),
    at("POST", "/rules/{rule_name}/retire", retire, views.OwnRuleView, body=RuleRetired),
)
