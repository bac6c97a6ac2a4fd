"""A node that listens for partners calls them too, so that its news goes without anybody asking.

One call carries both ways, and a partner behind a firewall can only be heard by calling it from
there. So each round calls every partner that has an address, whether there is news for it or not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from esclusa.node.carrying import carrying
from esclusa.node.exchange import Exchange
from esclusa.node.line import Send, Synced, caller, contexts

_LOG: Final = logging.getLogger("esclusa")


def lines(exchange: Exchange, folder: Path, agencies: Sequence[str] = ()) -> dict[str, Send]:
    """Return how to send to partners over their lines; without names to all with an address.

    :param folder: the node's, with its certificates.
    :raises ConfigError: when a certificate is missing.
    :raises TrustError: when one cannot be used.
    """

    def line(name: str) -> Send:
        def send(path: str, body: bytes) -> bytes:
            # Made when it is used: an address that is none is that partner's fault alone.
            return caller(known[name].address, client, name)(path, body)

        return send

    exchange.state()
    known = exchange.partners.known
    _server, client = contexts(folder)
    names = agencies or [item.agency for item in known.values() if item.address]
    return {name: line(name) for name in names}


class Calls:
    """Calls the partners of one node, round by round."""

    def __init__(self, exchange: Exchange, folder: Path) -> None:
        self._exchange = exchange
        self._folder = folder
        self._failed: dict[str, str] = {}

    def round(self) -> None:
        """Carry to and from every partner with an address, side by side.

        Who cannot be reached or refuses holds up no other, and is called again in the next round.
        The log tells it once, by its kind alone, and once when the partner is reached again.

        :raises ConfigError: when a certificate is missing.
        :raises TrustError: when one cannot be used.
        """
        sends = lines(self._exchange, self._folder)
        if not sends:
            return
        with carrying(self._exchange, sends) as outcome:
            pass
        for partner, one in outcome.items():
            failed = "" if isinstance(one, Synced) else type(one).__name__
            if failed != self._failed.get(partner, ""):
                _LOG.warning("calls: %s: %s", partner, failed or "reached again")
            self._failed[partner] = failed
