"""What agreements say about requests for information."""

from __future__ import annotations

from esclusa.casework.information_moves import Agreed
from esclusa.node.exchange import Exchange
from esclusa.node.information_rows import KIND
from esclusa.sharing.agreement import Agreement
from esclusa.sharing.exchange import pacts


def agreement_with(exchange: Exchange, partner: str) -> Agreement | None:
    """Return the agreement with a partner that is in force now, None without one."""
    pact = exchange.state().pacts.get(partner)
    if pact is None or not pacts.holds(pact, exchange.now()):
        return None
    found = exchange.in_force().get(pact.digest)
    return found.agreement if found is not None else None


def agreed_with(exchange: Exchange, partner: str) -> Agreed | None:
    """Return what the agreement with a partner says about requests, None without one in force.

    Purposes are those for which the asking side gives its steps.
    """
    agreement = agreement_with(exchange, partner)
    if agreement is None:
        return None
    purposes = (
        purpose for clause in agreement.clauses
        if (clause.giver, clause.kind) == (exchange.agency, KIND) for purpose in clause.purposes
    )  # fmt: skip
    return Agreed(
        clocks=agreement.requests.clocks, refusals=agreement.requests.refusals,
        purposes=tuple(dict.fromkeys(purposes)),
    )  # fmt: skip
