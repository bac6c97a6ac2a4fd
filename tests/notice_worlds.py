"""Servers that take notices in a test: a mail server and a webhook's receiver, both over TLS.

>>> with Post() as post:                            # doctest: +SKIP
...     settle(node, post)
...     node.notices.tick()
...     post.mails
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import shutil
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from esclusa.casework.notices import Choice
from esclusa.ledger import accounts, mail_addresses
from esclusa.node import Node, notice_settings
from esclusa.sharing.reader import Reader
from exchange_worlds import Clock

HOST = "localhost"
PASSWORD = "a password for mail"
DOMAIN = "customs.example"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(HOST), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    public, private = folder / "server.pem", folder / "server.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return public, private


class _Server(SMTP):
    """A mail server that can misbehave as its test says."""

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        if self.event_handler.fault == "slow":
            time.sleep(2)
        await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.event_handler.fault == "closes":
            self.transport.close()
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def __init__(self, handler: Post, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def factory(self) -> SMTP:
        secure = self._context is not None
        return _Server(
            self.handler, hostname=HOST, tls_context=self._context, require_starttls=secure,
            auth_required=secure, authenticator=self.handler.knows,
        )  # fmt: skip

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # of 0, the one that was free
        super()._trigger_server()


class Post:
    """Both servers. ``mails`` and ``hooks`` hold what came: the bytes of each mail with its
    recipient, and path, headers and body of each call. ``fault`` makes the mail server refuse
    (``refuses``), close in the middle (``closes``) or sleep (``slow``); ``status`` is what the
    receiver answers."""

    def __init__(self, folder: Path, *, secure: bool = True) -> None:
        public, private = certificate(folder)
        self.authority = public
        self.mails: list[tuple[str, bytes]] = []
        self.hooks: list[tuple[str, dict[str, str], bytes]] = []
        self.fault, self.status, self.to = "", 204, ""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(public, private)
        self._mail = _Controller(self, context if secure else None)
        self._hook = ThreadingHTTPServer(("127.0.0.1", 0), _receiver(self))
        self._hook.daemon_threads = True
        self._hook.socket = context.wrap_socket(self._hook.socket, server_side=True)

    def __enter__(self) -> Post:
        self._mail.start()
        threading.Thread(target=self._hook.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._mail.stop(no_assert=True)
        self._hook.shutdown()
        self._hook.server_close()

    def quiet(self) -> Post:
        """Forget what came, and work without a fault again."""
        self.mails.clear()
        self.hooks.clear()
        self.fault, self.status, self.to = "", 204, ""
        return self

    def knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        """Tell the mail server whether a password is right."""
        right = data.password == PASSWORD.encode()
        return AuthResult(success=right, handled=right)

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a recipient, or refuse it."""
        if self.fault == "refuses" and address == self.to:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Keep a mail."""
        if self.fault == "busy":
            return "451 4.3.0 later"
        self.mails += [(address, bytes(envelope.content)) for address in envelope.rcpt_tos]
        return "250 OK"

    @property
    def ports(self) -> tuple[int, int]:
        """Of the mail server and the receiver."""
        return int(self._mail.port), int(self._hook.server_address[1])


def _receiver(post: Post) -> type[BaseHTTPRequestHandler]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            post.hooks.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(post.status)
            if 300 <= post.status < 400:
                self.send_header("Location", f"https://{HOST}:{post.ports[1]}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Receiver


def settle(
    node: Node, post: Post, *, mail: str = "", hook: str = "", feed: str = "",
    security: str = "starttls", address: str = "https://esclusa.customs.example",
) -> None:  # fmt: skip
    """Write a node's channels so that they lead to these servers.

    :param mail, hook, feed: more lines of each part.
    """
    smtp, http = post.ports
    user = 'user = "node"' if security != "none" else ""
    (node.folder / notice_settings.FILE).write_text(
        f"""
address = "{address}"
[mail]
host = "{HOST}"
port = {smtp}
security = "{security}"
sender = "esclusa@node.example"
{user}
domains = ["{DOMAIN}"]
ca = "{post.authority}"
seconds = 1
{mail}
[[webhook]]
name = "desk"
url = "https://{HOST}:{http}/notices"
private = true
ca = "{post.authority}"
{hook}
[feed]
{feed}
"""
    )
    place = node.folder / notice_settings.FOLDER
    place.mkdir(exist_ok=True)
    (place / "smtp.password").write_text(PASSWORD)
    if not (place / "desk.secret").exists():
        notice_settings.make_hook_key(node.folder, "desk")


@contextmanager
def served(folder: Path, node: Node, **more: Any) -> Iterator[Post]:
    """Serve both and let a node's channels lead there."""
    with Post(folder) as post:
        settle(node, post, **more)
        yield post


@contextmanager
def copied(made: Path, folder: Path, post: Post, clock: Clock) -> Iterator[Node]:
    """Open a copy of a made node, which is quicker than making one, on a clock and with channels
    that lead to these servers."""
    shutil.copytree(made, folder)
    node = Node.open(folder)
    node.exchange.now = clock
    settle(node, post)
    yield node
    node.close()


def account(node: Node, name: str, choice: Choice, **more: Any) -> Reader:
    """Enter an account that wants to be told, and return it as a reader."""
    given = {"role": "analyst", "clearance": 1, "caveats": ()} | more
    given["caveats"] = json.dumps(given["caveats"])
    with node.store.write() as connection:  # no password: a hash takes long, and nobody signs in
        accounts.add(connection, name=name, password="-", **given)
    reader = node.people.account(name)
    assert reader is not None
    node.notices.choose(reader, choice)
    confirm(node, name)
    return reader


def confirm(node: Node, name: str) -> None:
    """Take an account's mail address as confirmed, for tests of what goes there then."""
    with node.store.write() as connection:
        mail_addresses.change(connection, name, confirmed="2026-11-01T00:00:00.000000Z")
