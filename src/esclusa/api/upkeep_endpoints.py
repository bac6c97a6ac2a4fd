"""The API's addresses for who keeps the node running and who watches it."""

from __future__ import annotations

from typing import Final

from esclusa.api.endpoint import Call, at
from esclusa.sharing import health_views as views


async def node_health(call: Call) -> views.HealthView:
    """How the node is: disk, backlog, jobs, exchange, certificates, the log; nothing of a record.

    ``findings`` is empty when nothing needs a look. For administrators alone; ``/health`` tells
    everybody that the node answers, and no more.
    """
    return await call.ask(call.node.health_desk.look, call.node.agency)


async def verify_log(call: Call) -> views.LogView:
    """Verify the audit log from its first line."""
    return await call.ask(call.node.log_check.verify)


ENDPOINTS: Final = (
    at("GET", "/node-health", node_health, views.HealthView),
    at("POST", "/log-verification", verify_log, views.LogView),
)
