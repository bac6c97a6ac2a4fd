"""The line between nodes: HTTPS with certificates on both ends, carrying batches and log heads.

Both ends prove their agency by certificate, and each batch proves its sender once more by its own
signature; the two must be the same agency. The calling node posts its batch and gets the other's
batch as the answer, so one call carries news both ways and either side may be the one behind a
firewall. Nothing depends on the line: what it drops is sent again, what it repeats changes nothing,
and the same bytes may go by hand.

HTTP/1.1 by the standard library (RFC 9110): two addresses, one body, no framework in the way of the
certificates.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import msgspec

from esclusa.errors import (
    ConfigError,
    EsclusaError,
    ExchangeError,
    LedgerError,
    ProofError,
    TrustError,
    WireError,
)
from esclusa.node.exchange import Exchange
from esclusa.sharing.authority import agency_of, client_context, server_context
from esclusa.sharing.wire import Limits

FOLDER: Final = "line"
BATCH: Final = "/exchange/1/batch"
WITNESS: Final = "/exchange/1/witness"

_FILES: Final = ("node.pem", "node.key", "authorities.pem", "revocations.pem")
_SECONDS: Final = 60
"""How long one side waits for the other to say the next byte."""
_ROUNDS: Final = 10_000
"""Batches in one synchronisation: ten million messages."""
_STATUS: Final[dict[type[EsclusaError], int]] = {
    WireError: 422, ProofError: 409, TrustError: 403, ExchangeError: 409,
}  # fmt: skip

Send = Callable[[str, bytes], bytes]
"""(path, body) → the partner's answer."""


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What a synchronisation did: batches each way, whether all was acknowledged, and how long our
    log was when the partner signed its head (0 when it did not)."""

    partner: str
    batches: int
    up_to_date: bool
    witnessed: int


def sync(exchange: Exchange, partner: str, send: Send) -> Synced:
    """Carry news both ways until neither side has any, and have the partner witness our log.

    :raises ExchangeError: when a batch is refused, here or there.
    :raises LedgerError: when the line fails; what was carried until then stays carried.
    """
    exchange.tick()
    return closed(exchange, partner, send, exchanged(exchange, partner, send))


def exchanged(exchange: Exchange, partner: str, send: Send) -> int:
    """Carry batches until neither side has news; return how many.

    :raises EsclusaError: as :func:`sync`.
    """
    batches = 0
    while batches < _ROUNDS:
        batches += 1
        received = exchange.receive(send(BATCH, exchange.batch(partner)))
        if received.sender != partner:
            raise ExchangeError("stranger", f"{received.sender} answered", partner)
        if not exchange.has_news(partner) and not received.fresh:
            break
    return batches


def closed(exchange: Exchange, partner: str, send: Send, batches: int) -> Synced:
    """Have the partner witness our log, and tell what was carried.

    :param batches: how many.
    :raises EsclusaError: as :func:`sync`.
    """
    witnessed = 0
    if exchange.log.head() is not None:
        request = exchange.log.request(partner)
        line = send(WITNESS, request).decode("utf-8", "replace")
        witnessed = exchange.log.cosigned(partner, request, line, time.time())
    return Synced(
        partner=partner, batches=batches, up_to_date=not exchange.has_news(partner),
        witnessed=witnessed,
    )  # fmt: skip


def answer(exchange: Exchange, peer: str, path: str, body: bytes) -> bytes:
    """Return what this node answers a partner that proved to be ``peer``.

    :raises NotFound: when the peer is no partner here.
    :raises EsclusaError: as the exchange refuses.
    """
    if path == WITNESS:
        try:
            return exchange.log.witness(peer, body, time.time()).encode()
        except ProofError as error:
            exchange.warn("log", peer, str(error))
            raise
    received = exchange.receive(body)
    if received.sender != peer:
        raise ExchangeError("stranger", f"{peer} carries a batch of {received.sender}", peer)
    exchange.publish()
    return exchange.batch(peer)


# --- the calling end ------------------------------------------------------------------------------


def caller(address: str, context: ssl.SSLContext, partner: str) -> Send:
    """Return how to send to a partner's line.

    :param address: ``host:port``.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(
            "the address {address!r} of {partner} is not host:port", address=address,
            partner=partner,
        )  # fmt: skip

    def send(path: str, body: bytes) -> bytes:
        connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=_SECONDS)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/octet-stream"})
            _check_peer(connection.sock, partner)
            reply = connection.getresponse()
            data = reply.read(Limits().batch + 1)
        except (OSError, http.client.HTTPException) as error:
            raise LedgerError(f"the line to {partner} failed: {error}") from None
        finally:
            connection.close()
        if reply.status != http.HTTPStatus.OK:
            said = data[:500].decode("utf-8", "replace")
            raise ExchangeError("refused", f"answered {reply.status}: {said}", partner)
        return data

    return send


def _check_peer(socket: Any, partner: str) -> None:
    found = agency_of(socket.getpeercert())
    if found != partner:
        raise TrustError(f"the node that answers is {found}'s, not {partner}'s")


# --- the listening end ----------------------------------------------------------------------------


class Line(ThreadingHTTPServer):
    """Listens for partners. ``with Line(...) as line`` serves until the block ends.

    :param host: the address to listen on.
    :param port: 0 for any free one; see ``address``.
    """

    daemon_threads = True

    def __init__(self, exchange: Exchange, context: ssl.SSLContext, host: str, port: int) -> None:
        self.exchange = exchange
        super().__init__((host, port), _Handler)
        # The handshake happens in the thread of its connection, not in the one that accepts.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def address(self) -> str:
        """``host:port`` under which it listens."""
        host, port = self.server_address[:2]
        return f"{host if isinstance(host, str) else host.decode()}:{port}"

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, name="line", daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a handshake that fails is the caller's, and its words are not for a log."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server: Line

    def setup(self) -> None:
        """Shake hands; who has no certificate that counts is gone before a word is read."""
        self.request.settimeout(_SECONDS)
        self.request.do_handshake()
        super().setup()

    def do_POST(self) -> None:
        """Answer a batch, or a request to witness."""
        try:
            self._answer(200, self._heard())
        except EsclusaError as error:
            status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)
            self._answer(status, str(error).encode())

    def _heard(self) -> bytes:
        peer = agency_of(self.request.getpeercert())
        if self.path not in (BATCH, WITNESS):
            raise WireError("there is nothing at this address")
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > Limits().batch:
            self.close_connection = True
            raise WireError(f"a length of at most {Limits().batch:,} bytes was expected")
        body = self.rfile.read(int(size))
        if len(body) != int(size):
            raise WireError("the body is cut off", offset=len(body))
        return answer(self.server.exchange, peer, self.path, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep no access log: the exchange keeps its own, durably."""


# --- certificates in the node's folder ------------------------------------------------------------


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the listening and the calling end of a node's line.

    :raises ConfigError: when a file is missing from the folder ``line``.
    :raises TrustError: when one cannot be used.
    """
    files = [folder / FOLDER / name for name in _FILES]
    missing = [file.name for file in files if not file.exists()]
    if missing:
        raise ConfigError(f"{folder / FOLDER} lacks {', '.join(missing)}")
    certificate, private, authorities, revocations = files
    return (
        server_context(certificate, private, authorities, revocations),
        client_context(certificate, private, authorities, revocations),
    )
