"""How notices leave a node: ``notices.toml`` in its folder, written by an administrator.

Secrets do not stand in it. The password for mail comes from ``ESCLUSA_SMTP_PASSWORD``, else from
the file ``notices/smtp.password``; the secret of a webhook from ``ESCLUSA_WEBHOOK_NAME`` (its name
in capitals, ``-`` as ``_``), else from ``notices/NAME.secret``, made by ``esclusa notify secret``.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets as random
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from esclusa.casework.notices import FEED, MAIL, WEBHOOK, is_mailbox
from esclusa.errors import ConfigError
from esclusa.model import Level
from esclusa.sharing.notice_policy import Limit

FILE: Final = "notices.toml"
FOLDER: Final = "notices"
PREFIX: Final = "whsec_"
STARTTLS, TLS, NONE = "starttls", "tls", "none"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SLOWEST: Final = 20
_KEY_BYTES: Final = range(24, 65)
"""Standard Webhooks 1.0.0, "Signature scheme": a secret has 24 to 64 bytes."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that each channel has: see :class:`~esclusa.sharing.notice_policy.Limit`."""

    level: int = int(Level.OPEN)
    waits: int = int(Level.RESTRICTED)
    copies: bool = False

    def limit(self) -> Limit:
        """Return what the channel may carry."""
        return Limit(level=self.level, waits=self.waits, copies=self.copies)

    def check(self, name: str) -> None:
        """Raise ``ConfigError`` where a level is none, or content goes beyond what is hinted."""
        if not {self.level, self.waits} <= set(Level):
            raise ConfigError(f"{FILE}, {name}: level and waits are numbers from 0 to 4")
        if self.level > self.waits:
            raise ConfigError(f"{FILE}, {name}: level is above waits; what is told, waits")


class Mail(_Part, frozen=True, kw_only=True):
    """A mail server that takes messages. ``domains`` are those that mail may go to, after the @.
    ``ca`` names a file with the authorities that its certificate may be from, "" for the machine's.
    ``seconds`` is how long it may take for each answer. A code by which somebody confirms the own
    address counts for ``confirm_hours``."""

    host: str
    port: int = 587
    security: str = STARTTLS
    user: str = ""
    sender: str
    domains: tuple[str, ...]
    ca: str = ""
    seconds: int = 10
    confirm_hours: int = 24


class Webhook(_Part, frozen=True, kw_only=True):
    """An address that accounts may name. ``private``: it lies in a private network, which is
    refused otherwise."""

    name: str
    url: str
    private: bool = False
    ca: str = ""
    seconds: int = 15


class Feed(_Part, frozen=True, kw_only=True):
    """Feeds, whether on at all."""

    on: bool = True


class Channels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the file. ``address`` is where people reach the node, with which links begin, such as
    ``https://esclusa.customs.example``; "" leaves links out. ``silent_hours`` is after how long a
    partner that was not heard counts as silent."""

    address: str = ""
    silent_hours: int = 24
    mail: Mail | None = None
    webhook: tuple[Webhook, ...] = ()
    feed: Feed = Feed()

    def named(self, name: str) -> Webhook | None:
        """Return a webhook by its name, None when there is none."""
        return next((hook for hook in self.webhook if hook.name == name), None)

    def limit(self, channel: str, to: str) -> Limit | None:
        """Return what a channel may carry to somewhere, None when nothing goes there."""
        if channel == FEED:
            return self.feed.limit() if self.feed.on else None
        if channel == WEBHOOK:
            hook = self.named(to)
            return hook.limit() if hook else None
        assert channel == MAIL
        return self.mail.limit() if self.mail and takes(self.mail, to) else None


def takes(mail: Mail, to: str) -> bool:
    """Tell whether mail may go to an address."""
    return is_mailbox(to) and to.rpartition("@")[2].lower() in mail.domains


def load(folder: Path) -> Channels:
    """Read a node's channels; without the file there are feeds alone, under the strictest limits.

    :raises ConfigError: naming the wrong part.
    """
    try:
        return read((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Channels()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{FILE}: {error}") from None


def read(text: str) -> Channels:
    """Read the text of the file; raises ``ConfigError`` naming the wrong part."""
    try:
        found = msgspec.convert(tomllib.loads(text), Channels)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{FILE}: {error}") from None
    _check(found)
    return found


def _check(found: Channels) -> None:
    if found.address and not _is_origin(found.address):
        raise ConfigError(f"{FILE}: address is https:// and a host, without a path")
    if not 1 <= found.silent_hours <= 24 * 366:
        raise ConfigError(f"{FILE}: silent_hours is a number of hours from 1")
    found.feed.check("feed")
    if found.mail is not None:
        _check_mail(found.mail)
    for hook in found.webhook:
        _check_hook(hook)
    names = [hook.name for hook in found.webhook]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"{FILE}: two webhooks are named {min(twice)!r}")


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return (parts.scheme == "https" or local) and bool(parts.hostname) and not parts.path


def _check_mail(mail: Mail) -> None:
    mail.check("mail")
    if mail.security not in (STARTTLS, TLS, NONE):
        raise ConfigError(f"{FILE}, mail: security is starttls, tls or none")
    if mail.security == NONE and mail.host not in _LOOPBACK:
        raise ConfigError(f"{FILE}, mail: security none is for a server on this machine alone")
    if not is_mailbox(mail.sender):
        raise ConfigError(f"{FILE}, mail: sender is one mail address")
    if not mail.domains or any(domain != domain.lower() for domain in mail.domains):
        raise ConfigError(f"{FILE}, mail: domains names where mail may go, in small letters")
    if not 1 <= mail.confirm_hours <= 24 * 14:
        raise ConfigError(f"{FILE}, mail: confirm_hours is a number of hours from 1 to 336")
    _check_reach("mail", mail.port, mail.seconds)


def _check_hook(hook: Webhook) -> None:
    place = f"webhook {hook.name}"
    hook.check(place)
    if not hook.name.replace("-", "").isalnum() or not hook.name.islower() or len(hook.name) > 64:
        raise ConfigError(f"{FILE}: a webhook's name has small letters, digits and hyphens")
    parts = urlsplit(hook.url)
    try:
        port = parts.port or 443
    except ValueError:
        port = 0
    plain = not (parts.username or parts.password or parts.fragment) and hook.url.isascii()
    if parts.scheme != "https" or not parts.hostname or not plain or not hook.url.isprintable():
        raise ConfigError(f"{FILE}, {place}: url is https:// with a host and no name or password")
    _check_reach(place, port, hook.seconds)


def _check_reach(place: str, port: int, seconds: int) -> None:
    if not 1 <= port <= 65_535 or not 1 <= seconds <= _SLOWEST:
        raise ConfigError(f"{FILE}, {place}: a port from 1 to 65535, seconds from 1 to {_SLOWEST}")


# --- secrets --------------------------------------------------------------------------------------


def password(folder: Path) -> str:
    """Return the password for mail, "" when there is none."""
    return os.environ.get("ESCLUSA_SMTP_PASSWORD", "") or _read(folder / FOLDER / "smtp.password")


def hook_key(folder: Path, name: str) -> bytes:
    """Return the secret key of a webhook.

    :raises ConfigError: when there is none, or it is not ``whsec_`` and base64 of 24 to 64 bytes.
    """
    variable = f"ESCLUSA_WEBHOOK_{name.upper().replace('-', '_')}"
    text = os.environ.get(variable, "") or _read(folder / FOLDER / f"{name}.secret")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or len(key) not in _KEY_BYTES:
        raise ConfigError(
            "the secret of the webhook {name} is missing or not {prefix}…", name=name, prefix=PREFIX
        )
    return key


def make_hook_key(folder: Path, name: str) -> str:
    """Make the secret of a webhook and return it as its receiver needs it.

    :raises ConfigError: when there is one; it is never written over.
    """
    text = PREFIX + base64.b64encode(random.token_bytes(32)).decode()
    _write(folder / FOLDER / f"{name}.secret", text)
    return text


def form_key(folder: Path) -> bytes:
    """Return the key under which forms for answers are signed; it is made when there is none."""
    path = folder / FOLDER / "forms.key"
    if not path.exists():
        with suppress(ConfigError):  # made by another process meanwhile
            _write(path, random.token_hex(32))
    try:
        key = bytes.fromhex(_read(path))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError("{file} is not what was written", file=path.name)
    return key


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path.name} is there already; it is never written over") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
