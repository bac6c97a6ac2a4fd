"""Accounts and sessions: who signs in, and as what reader they read."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from esclusa.errors import InputError, PasswordDue, SignInError, StateError, WrongPassword
from esclusa.ledger import accounts, audit
from esclusa.ledger.store import Store
from esclusa.model import Level
from esclusa.node.shown_names import taken
from esclusa.sharing.reader import PERMITTED, PURPOSES, Action, Reader, Role
from esclusa.sharing.views import UserView

PASSWORD_LENGTH: Final = 12
"""Shortest password taken; length is what resists guessing (NIST SP 800-63B §5.1.1)."""

NO_PASSWORD: Final = "!"
"""Stands where the hash of a password would: none is right."""

PURPOSES_OF: Final[dict[Role, tuple[str, ...]]] = {
    Role.ANALYST: ("targeting", "border_control", "sanctions", "investigation"),
    Role.SUPERVISOR: ("targeting", "border_control", "sanctions", "investigation", "supervision"),
    Role.AUDITOR: ("audit",),
    Role.ADMINISTRATOR: ("administration",),
}
"""Which purposes each role may read for; the first is the default."""

UNCHOSEN: Final = "en"
"""What the node writes in, where a person has chosen no language and no browser asks for one."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What an identity provider calls itself, the person and the session, where one proved who
    comes. ``way`` is by which means, for the log."""

    way: str
    issuer: str = ""
    subject: str = ""
    session: str = ""


BY_PASSWORD: Final = Origin(way="")


class Session(NamedTuple):
    """Who is behind a session, the token of its forms, and whether its password has to be changed
    before anything else."""

    reader: Reader
    csrf: str
    due: bool


class People:
    """Sign-in, sessions and accounts of one node."""

    def __init__(
        self, store: Store, agency: str, *, session_hours: int,
        by_password: Callable[[str], bool] = lambda name: True,
    ) -> None:  # fmt: skip
        """``by_password`` tells whether the account of a name may sign in with a password."""
        self._store = store
        self._agency = agency
        self._hours = session_hours
        self._by_password = by_password
        self._hasher = PasswordHasher()

    def add(
        self, *, name: str, password: str, role: str, clearance: int = Level.OFFICIAL,
        caveats: tuple[str, ...] = (), first: bool = False,
    ) -> UserView:  # fmt: skip
        """Enter an account.

        :param password: "" for an account that no password opens.
        :param first: it is the first of a person, who has to choose another at the first sign-in.
        :raises InputError: when the name is taken or ill-formed, the password short, the role or
            clearance unknown.
        """
        _check_account(name, password, role, clearance)
        kept = self.hash(password) if password else NO_PASSWORD
        with self._store.write() as connection:
            added = not taken(connection, name) and accounts.add(
                connection, name=name, password=kept, role=role,
                clearance=int(clearance), caveats=json.dumps(sorted(caveats)),
                must_change=first and bool(password),
            )  # fmt: skip
        if not added:
            raise InputError(f"the user name {name!r} is taken", field="name", problem="taken")
        return next(view for view in self.all() if view.name == name)

    def all(self) -> tuple[UserView, ...]:
        """Return every account, without secrets."""
        with self._store.read() as connection:
            return tuple(
                UserView(
                    name=row.name, role=row.role, clearance=row.clearance,
                    caveats=tuple(json.loads(row.caveats)), active=row.active, created=row.created,
                )
                for row in accounts.all_accounts(connection)
            )  # fmt: skip

    def sign_in(self, name: str, password: str, *, purpose: str = "") -> str:
        """Open a session and return its token.

        :raises SignInError: one sentence for an unknown name, a wrong password, a closed account.
        :raises InputError: when the purpose is not one the role may read for.
        """
        decoy = _decoy()
        with self._store.read() as connection:
            row = accounts.find(connection, name)
        kept = row.password if row and row.password != NO_PASSWORD else decoy
        right = self._verify(kept, password)
        if not right or not (row and row.active and self._by_password(row.name)):
            self._note(name[:64], "", "", Action.SESSION_REFUSE)
            raise SignInError("the name or the password is not right")
        return self._open(row.name, row.role, _purpose(row.role, purpose))

    def open_for(self, name: str, *, purpose: str = "", origin: Origin) -> str:
        """Open a session for an account whose person was proved by other means than a password.

        :raises SignInError: when the account is closed or gone.
        :raises InputError: when the purpose is not one the role may read for.
        """
        with self._store.read() as connection:
            row = accounts.find(connection, name)
        if row is None or not row.active:
            raise SignInError("the account is closed")
        return self._open(row.name, row.role, _purpose(row.role, purpose), origin)

    # --- the own password ------------------------------------------------------------------------

    def change_password(self, token: str, old: str, new: str) -> str:
        """Change the password of a session's account and return the token of the session that
        takes this one's place; every other session of the account ends.

        :raises SignInError: when there is no such session.
        :raises StateError: when no password of this node opens the account.
        :raises WrongPassword: when the old one is not right.
        :raises InputError: when the new one is too short, or the old one once more.
        """
        with self._store.read() as connection:
            row = accounts.find_session(connection, _hash(token))
        if row is None:
            raise SignInError("the session has ended; sign in again")
        self.replace_password(row.name, old, new)
        way = Origin(way="password changed" if not row.way else row.way)
        return self._open(row.name, row.role, row.purpose, way, expires=row.expires)

    def replace_password(self, name: str, old: str, new: str) -> None:
        """Put a new password in place of the old one; every session of the account ends. Raises as
        :meth:`change_password`."""
        with self._store.read() as connection:
            row = accounts.find(connection, name)
        has = row is not None and row.password != NO_PASSWORD and self._by_password(name)
        right = self._verify(row.password if row and has else _decoy(), old)
        if row is None or not row.active:
            raise WrongPassword("the old password is not right")
        if not has:
            raise StateError("no password of this node opens the account; its provider keeps it")
        if not right:
            self._note(name, row.role, "", Action.PASSWORD_REFUSE)
            raise WrongPassword("the old password is not right")
        _check_password(new)
        if new == old:
            raise InputError("the new password is the old one")
        kept = self._hasher.hash(new)
        with self._store.write() as connection:
            now = accounts.find(connection, name)
            if now is None or not now.active or now.password != row.password:
                raise StateError("the account was changed meanwhile; begin again")
            accounts.change(connection, name, password=kept, must_change=False)
            count = accounts.close_sessions(connection, name)
            audit.write_line(
                connection, who=name, role=row.role, purpose="", action=Action.PASSWORD_CHANGE,
                subject=name, detail=f"sessions={count} ended",
            )  # fmt: skip

    def may_change(self, token: str) -> bool:
        """Tell whether the account of a session has a password of this node that its person can
        change; raises ``SignInError`` when there is no such session."""
        with self._store.read() as connection:
            row = accounts.find_session(connection, _hash(token))
        if row is None:
            raise SignInError("the session has ended; sign in again")
        return bool(row.password != NO_PASSWORD and self._by_password(row.name))

    def hash(self, password: str) -> str:
        """Return what is kept of a password; raises ``InputError`` for one that is too short."""
        _check_password(password)
        return self._hasher.hash(password)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    def _open(
        self, name: str, role: str, purpose: str, origin: Origin = BY_PASSWORD, *,
        expires: str = "",
    ) -> str:  # fmt: skip
        token = secrets.token_urlsafe(32)
        until = dt.datetime.now(dt.UTC) + dt.timedelta(hours=self._hours)
        with self._store.write() as connection:
            accounts.open_session(
                connection, token=_hash(token), name=name, purpose=purpose,
                csrf=secrets.token_urlsafe(24),
                expires=expires or until.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                way=origin.way if origin.issuer else "", issuer=origin.issuer,
                subject=origin.subject, provider_session=origin.session,
            )  # fmt: skip
            audit.write_line(
                connection, who=name, role=role, purpose=purpose, action=Action.SESSION_OPEN,
                detail=origin.way,
            )  # fmt: skip
        return token

    def _note(self, who: str, role: str, purpose: str, action: Action) -> None:
        with self._store.write() as connection:
            audit.write_line(connection, who=who, role=role, purpose=purpose, action=action)

    def reader(self, token: str, *, due: bool = False) -> Reader:
        """Return who is behind a session token.

        :param due: also while the password has to be changed first.
        :raises SignInError: when nobody is.
        :raises PasswordDue: when the password with which it was opened has to be changed first.
        """
        session = self.session(token)
        if session.due and not due:
            raise PasswordDue("change your password first; nothing else can be done before")
        return session.reader

    def session(self, token: str) -> Session:
        """Return a session by its token; raises ``SignInError`` when there is none."""
        with self._store.read() as connection:
            row = accounts.find_session(connection, _hash(token))
        if row is None:
            raise SignInError("the session has ended; sign in again")
        reader = Reader(
            name=row.name, role=Role(row.role), agency=self._agency,
            clearance=Level(row.clearance), caveats=frozenset(json.loads(row.caveats)),
            purpose=row.purpose, language=row.language or UNCHOSEN, chosen=bool(row.language),
            time_zone=row.time_zone,
        )  # fmt: skip
        return Session(reader, str(row.csrf), bool(row.must_change and not row.way))

    def account(self, name: str) -> Reader | None:
        """Return an account as the reader it is without a session, for its role's first purpose;
        None when there is none or it is closed. For what the node does for people, such as telling
        them something."""
        with self._store.read() as connection:
            row = accounts.find(connection, name)
        if row is None or not row.active:
            return None
        role = Role(row.role)
        return Reader(
            name=row.name, role=role, agency=self._agency, clearance=Level(row.clearance),
            caveats=frozenset(json.loads(row.caveats)), purpose=PURPOSES_OF[role][0],
            language=row.language or UNCHOSEN, chosen=bool(row.language),
            time_zone=row.time_zone,
        )  # fmt: skip

    def csrf(self, token: str) -> str:
        """Return the form token bound to a session."""
        return self.session(token).csrf

    def set_preferences(
        self, token: str, *, language: str | None, time_zone: str | None, purpose: str | None
    ) -> Reader:
        """Change language (``en``, ``es``), time zone (IANA name) or the session's purpose."""
        reader = self.reader(token, due=True)
        _check_preferences(reader, language, time_zone, purpose)
        changed = {"language": language, "time_zone": time_zone}
        values = {key: value for key, value in changed.items() if value}
        with self._store.write() as connection:
            if values:
                accounts.change(connection, reader.name, **values)
            if purpose:
                accounts.change_session(connection, _hash(token), purpose=purpose)
                audit.write_line(
                    connection, who=reader.name, role=reader.role, purpose=purpose,
                    action=Action.SESSION_OPEN, detail="purpose changed",
                )  # fmt: skip
        return self.reader(token, due=True)

    def sign_out(self, token: str) -> None:
        """End a session; an unknown token is no error."""
        with self._store.write() as connection:
            row = accounts.find_session(connection, _hash(token))
            accounts.close_session(connection, _hash(token))
            if row:
                audit.write_line(
                    connection, who=row.name, role=row.role, purpose=row.purpose,
                    action=Action.SESSION_CLOSE,
                )  # fmt: skip


@cache
def _decoy() -> str:
    """Return what is checked when a name is unknown, so that both answers take the same time.

    Made at the first sign-in, whoever it is, and not when a node is opened: a hash costs as much as
    the rest of opening one, and a command that signs nobody in needs none.
    """
    return PasswordHasher().hash(secrets.token_hex(16))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _purpose(role: str, wanted: str) -> str:
    allowed = PURPOSES_OF[Role(role)]
    chosen = wanted or allowed[0]
    if chosen not in allowed:
        reason = f"the purpose {chosen!r} is not one of {', '.join(allowed)}"
        raise InputError(reason, field="purpose", problem="code")
    return chosen


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH or len(password) > 1024:
        raise InputError(
            f"a password has at least {PASSWORD_LENGTH} characters", field="password",
            problem="password",
        )  # fmt: skip


def _check_account(name: str, password: str, role: str, clearance: int) -> None:
    if not _NAME.fullmatch(name):
        reason = "a user name has up to 64 small letters, digits, dots, dashes"
        raise InputError(reason, field="name", problem="name", expected="a–z 0–9 . _ -")
    if password:
        _check_password(password)
    if role not in set(Role):
        reason = f"the role {role[:40]!r} is not one of {', '.join(PERMITTED)}"
        raise InputError(reason, field="role", problem="code")
    if clearance not in set(Level):
        reason = f"the clearance {clearance} is not a number from 0 to 4"
        raise InputError(reason, field="clearance", problem="whole", expected="0–4")


def _check_preferences(
    reader: Reader, language: str | None, time_zone: str | None, purpose: str | None
) -> None:
    if language and language not in ("en", "es"):
        raise InputError("the language is en or es", field="language", problem="code")
    if purpose and (purpose not in PURPOSES or purpose not in PURPOSES_OF[reader.role]):
        reason = f"the role {reader.role} may not read for this purpose"
        raise InputError(reason, field="purpose", problem="code")
    if time_zone:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            reason = "the time zone is not an IANA name such as America/Panama"
            raise InputError(reason, field="time_zone", problem="zone") from error
