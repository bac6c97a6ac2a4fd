"""Signing in through an identity provider: begun, answered, and who is who.

1. A sign-in has a state, a nonce and a code verifier of its own (RFC 9700, section 2.1). The node
   keeps them for ten minutes and forgets them at the first answer, so an answer counts once.
2. The browser that began holds a secret of which the node keeps the digest: an answer that arrives
   in another browser opens nothing.
3. Whoever the provider vouches for is a (issuer, subject) and nothing more. It opens the account
   that an administrator tied it to; its name, its mail and its groups open none.
4. Role and clearance are the account's. What the provider says of roles can only stand in the way.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from esclusa.errors import InputError, NotFound, ProviderError, StateError, UnknownSubject
from esclusa.ledger import accounts, audit, sign_ins
from esclusa.ledger.store import Store
from esclusa.node.people import Origin, People
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.views import LinkView, SignInWays

if TYPE_CHECKING:
    from esclusa.node.oidc_provider import Provider
    from esclusa.node.oidc_tokens import Person
    from esclusa.node.settings import Settings

MINUTES: Final = 10
"""How long a sign-in may be under way."""

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters that nobody takes for another over the telephone."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the browser, and the secret that it keeps until it is back."""

    address: str
    browser: str


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """The token of the session that was opened, and what the person wished when beginning."""

    token: str
    wish: dict[str, str]


class OidcDesk:
    """Sign-ins of one node through one provider; ``provider`` is None when there is none."""

    def __init__(self, store: Store, people: People, provider: Provider | None) -> None:
        self._store = store
        self._people = people
        self.provider = provider

    @property
    def title(self) -> str:
        """How people call the provider, "" when there is none."""
        return self.provider.title if self.provider else ""

    def ways(self, chosen: Settings) -> SignInWays:
        """Return how people sign in here; nothing is asked from the provider for it."""
        return SignInWays(
            provider=self.title, leave=self.provider.leave_address() if self.provider else "",
            password=chosen.local_sign_in or bool(chosen.local_accounts),
            everybody=chosen.local_sign_in,
        )  # fmt: skip

    def begin(self, wish: Mapping[str, str]) -> Begun:
        """Begin a sign-in.

        :param wish: what to hand back when it ends; its ``purpose`` becomes the session's.
        :raises ProviderError: when the provider cannot be used.
        """
        provider = self._provider()
        state, nonce, browser, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        address = provider.ask_address(state=state, nonce=nonce, challenge=_challenge(verifier))
        until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=MINUTES)
        with self._store.write() as connection:
            sign_ins.begin(
                connection, state=_digest(state), browser=_digest(browser), nonce=nonce,
                verifier=verifier, wish=json.dumps(dict(wish)),
                expires=until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            )  # fmt: skip
        return Begun(address=address, browser=browser)

    def finish(self, answer: Mapping[str, str], browser: str, *, over: str = "") -> Arrived:
        """Take the provider's answer and open a session.

        :param answer: the parameters of the answer's address.
        :param browser: the secret that the browser brings.
        :param over: the token of a session that this browser had; it ends.
        :raises UnknownSubject: when no administrator has said who this is, or the account is
            closed.
        :raises ProviderError: for everything else that does not hold.
        """
        try:
            return self._finish(answer, browser, over)
        except ProviderError as error:
            self._refused(f"oidc {error.kind}")
            raise
        except UnknownSubject as error:
            self._refused(f"oidc unlinked {error.code}")
            raise

    def _finish(self, answer: Mapping[str, str], browser: str, over: str) -> Arrived:
        provider = self._provider()
        with self._store.write() as connection:
            row = sign_ins.take(connection, _digest(answer.get("state", "")))
        if row is None:
            raise ProviderError("state")
        if not hmac.compare_digest(row.browser, _digest(browser)):
            raise ProviderError("browser")
        if "error" in answer and "iss" not in answer:
            # It opens nothing; and providers that name themselves leave that out of a refusal.
            raise ProviderError("declined")
        provider.check_issuer(answer.get("iss"))
        if "error" in answer or not answer.get("code"):
            raise ProviderError("declined")
        person = provider.redeem(answer["code"], verifier=row.verifier, nonce=row.nonce)
        account = self._account(provider, person.subject, person.called)
        wish: dict[str, str] = json.loads(row.wish)
        self._check_role(provider, person.claims, Role(account.role))
        try:
            token = self._people.open_for(
                account.name, purpose=wish.get("purpose", ""), origin=self._origin(provider, person)
            )
        except InputError:
            raise ProviderError("purpose") from None
        if over:
            self._people.sign_out(over)
        return Arrived(token=token, wish=wish)

    def _origin(self, provider: Provider, person: Person) -> Origin:
        session = person.claims.get("sid")
        return Origin(
            way="oidc", issuer=provider.chosen.issuer, subject=person.subject,
            session=session if isinstance(session, str) else "",
        )  # fmt: skip

    def _account(self, provider: Provider, subject: str, called: str) -> Any:
        issuer = provider.chosen.issuer
        fresh = "".join(secrets.choice(_LETTERS) for _ in range(8))
        with self._store.write() as connection:
            code = sign_ins.came(connection, issuer, subject, said=called, code=fresh)
            link = sign_ins.link_of(connection, issuer, subject)
            account = accounts.find(connection, link.account) if link.account else None
        if account is None or not account.active:
            raise UnknownSubject(code)
        return account

    def _check_role(self, provider: Provider, claims: Mapping[str, Any], role: Role) -> None:
        if not provider.chosen.role_claim:
            return
        said = claims.get(provider.chosen.role_claim)
        values = said if isinstance(said, list) else [said]
        known = provider.chosen.role_values
        if role not in {
            known[value] for value in values if isinstance(value, str) and value in known
        }:
            raise ProviderError("role")

    def _provider(self) -> Provider:
        if self.provider is None:
            raise ProviderError("none")
        return self.provider

    def _refused(self, detail: str) -> None:
        with self._store.write() as connection:
            audit.write_line(
                connection, who="", role="", purpose="", action=Action.SESSION_REFUSE,
                detail=detail,
            )  # fmt: skip

    # --- ended there ----------------------------------------------------------------------------

    def ended(self, token: str) -> int:
        """End the sessions of whom the provider says to be signed out (Back-Channel Logout 1.0);
        return how many there were. Nobody there is no error: the person is signed out.

        :raises ProviderError: when the token is not to be believed, or came before.
        """
        try:
            said = self._provider().ended(token)
            until = dt.datetime.fromtimestamp(said.until, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            issuer = self._provider().chosen.issuer
            with self._store.write() as connection:
                if not sign_ins.logout_is_new(connection, issuer, said.jti, until=until):
                    raise ProviderError("logout-again")
                gone = accounts.close_provider_sessions(
                    connection, issuer=issuer, subject=said.subject, provider_session=said.session
                )
                for name, count in gone.items():
                    audit.write_line(
                        connection, who=name, role="", purpose="", action=Action.SESSION_END,
                        subject=name, detail=f"oidc sessions={count} ended",
                    )  # fmt: skip
        except ProviderError as error:
            self._refused(f"oidc logout {error.kind}")
            raise
        return sum(gone.values())

    # --- who is who ----------------------------------------------------------------------------

    def links(self, reader: Reader) -> tuple[LinkView, ...]:
        """Return who is tied to which account, and who waits to be."""
        reader.require(Action.USER_READ)
        with self._store.read() as connection:
            return tuple(
                LinkView(
                    code=row.code, issuer=row.issuer, subject=row.subject, account=row.account,
                    called=row.said, seen=row.seen, approver=row.approver, since=row.since,
                )
                for row in sign_ins.links(connection)
            )  # fmt: skip

    def approve(self, reader: Reader, code: str, account: str) -> None:
        """Tie whom a code stands for to an account.

        :raises NotFound: when there is no such code or account.
        :raises StateError: when it is tied to another account already, or the account is the
            administrator's own.
        """
        reader.require(Action.USER_WRITE)
        if account == reader.name:
            raise StateError("another administrator ties your own account")
        with self._store.write() as connection:
            found = sign_ins.by_code(connection, code)
            if found is None or accounts.find(connection, account) is None:
                raise NotFound("no such person who waits, or no such account")
            if found.account not in ("", account):
                raise StateError("this person is tied to another account; end that first")
            sign_ins.approve(connection, code, account=account, by=reader.name)
            self._line(connection, reader, account, f"link {code}")

    def drop(self, reader: Reader, code: str) -> None:
        """End a link, and the sessions of its account; raises ``NotFound``."""
        reader.require(Action.USER_WRITE)
        with self._store.write() as connection:
            found = sign_ins.by_code(connection, code)
            if found is None:
                raise NotFound("no such person")
            sign_ins.drop(connection, code)
            if found.account:
                accounts.close_sessions(connection, found.account)
            self._line(connection, reader, found.account, f"unlink {code}")

    def _line(self, connection: Any, reader: Reader, subject: str, detail: str) -> None:
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=Action.USER_WRITE, subject=subject, detail=detail,
        )  # fmt: skip


def provider_of(chosen: Settings, folder: Path) -> Provider | None:
    """Return the identity provider of a node's settings, with what it needs, None without one."""
    if chosen.oidc is None:
        return None
    from esclusa.node.oidc_provider import Provider

    return Provider(chosen.oidc, folder)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a code verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
