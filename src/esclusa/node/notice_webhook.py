"""A message to a webhook: HTTPS POST of JSON, signed as Standard Webhooks 1.0.0 says.

Its sections "Webhook metadata" and "Signature scheme": the identifier stays the same however often
a message is tried, the timestamp is that of the try, and HMAC-SHA256 over
``identifier.timestamp.body`` shows both and the body to be ours. A receiver that refuses an old
timestamp and an identifier that it knows cannot be fooled by a replay.

Where it goes is what the administrator wrote and nothing else ("Server side request forgery"): no
redirect is followed, no proxy of the environment used, and a name that leads into a private network
is refused (unless the address is marked as private), at the very address that is then connected
to: a name that changes its mind between the look and the call gains nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from esclusa.node.notice_mail import LATER, REFUSED, SENT, Outcome
from esclusa.node.notice_settings import Webhook

_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that a network turns into the IPv4 address in their end (RFC 6052 §2.1)."""
_TRANSLATED_HERE: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The same as each network likes it (RFC 8215): nobody can tell where they lead."""
_GONE: Final = 410
"""Standard Webhooks, "Delivery success and failure": the receiver wants no more."""


def signature(key: bytes, name: str, at: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``.

    :param name: the identifier, without a full stop in it.
    :param at: seconds since 1970, of this try.
    """
    signed = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def deliver(name: str, body: bytes, at: int, hook: Webhook, folder: Path, key: bytes) -> Outcome:
    """Post a message and return what became of it.

    :param name: the message's identifier.
    :param folder: of the node, where the file of authorities is looked for.
    """
    parts = urlsplit(hook.url)
    headers = {
        "Content-Type": "application/json", "User-Agent": "Esclusa", "webhook-id": name,
        "webhook-timestamp": str(at), "webhook-signature": signature(key, name, at, body),
    }  # fmt: skip
    try:
        connection = _Connection(hook, folder)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except _Private:
        return Outcome(LATER, "private network", deaf=True)
    except ssl.SSLError:
        return Outcome(LATER, "certificate", deaf=True)
    except TimeoutError:
        return Outcome(LATER, "too slow", deaf=True)
    except (OSError, http.client.HTTPException, UnicodeError):
        return Outcome(LATER, "no connection", deaf=True)
    if 200 <= status < 300:
        return Outcome(SENT)
    return Outcome(REFUSED if status == _GONE else LATER, f"answer {status}")


class _Private(OSError):
    """A name leads into a network that is not everybody's."""


class _Connection(http.client.HTTPSConnection):
    """Connects to the address that was looked at."""

    def __init__(self, hook: Webhook, folder: Path) -> None:
        parts = urlsplit(hook.url)
        context = ssl.create_default_context(cafile=str(folder / hook.ca) if hook.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        super().__init__(
            parts.hostname or "", parts.port or 443, timeout=hook.seconds, context=context
        )
        self._checked = context
        self._private = hook.private

    def connect(self) -> None:
        """Look the name up once, refuse what is private, and connect to what was found."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        address = str(found[0][4][0])
        if not self._private and not is_public(address):
            raise _Private
        plain = socket.create_connection((address, self.port), self.timeout)
        try:
            self.sock = self._checked.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def is_public(address: str) -> bool:
    """Tell whether an address is one of the internet's: neither private, loopback, link-local,
    shared, reserved nor multicast (the IANA special-purpose registries, RFC 6890)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if inner is not None:
            found = inner
        elif found in _TRANSLATED_HERE:
            return False
    return found.is_global and not found.is_multicast
