"""The API's address about what our warnings led to."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit
from esclusa.sharing import warning_views as views


class WarningQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows."""

    limit: int = 50


async def warnings(call: Call) -> views.WarningPage:
    """What our records and referrals led to at partners, the newest first."""
    asked: WarningQuery = call.query
    check_limit(asked.limit, call.limits)
    return await call.ask(call.node.feedback_desk.warnings, limit=asked.limit)


ENDPOINTS: Final = (at("GET", "/warnings", warnings, views.WarningPage, query=WarningQuery),)
