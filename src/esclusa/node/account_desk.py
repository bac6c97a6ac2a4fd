"""What an administrator does with accounts: change, close, open again, a new password, sessions.

1. Nobody changes, closes or resets the own account: another administrator does. So nobody raises
   himself, and the last administrator cannot shut himself out.
2. A change names what the administrator saw; when somebody was faster nothing is written.
3. A change of what an account may see ends its sessions: none goes on with more or less than it
   began with.
4. Everything is a line of the audit log that says what changed, and never a password.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import accounts, audit
from esclusa.ledger.store import Store
from esclusa.model import Level
from esclusa.node.people import NO_PASSWORD, People
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.views import UserView


class AccountDesk:
    """The accounts of one node, for its administrators."""

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def all(self, reader: Reader) -> tuple[UserView, ...]:
        """Return every account, without secrets."""
        reader.require(Action.USER_READ)
        with self._store.write() as connection:
            self._line(connection, reader, Action.USER_READ, "", "")
        with self._store.read() as connection:
            live, linked = accounts.live_sessions(connection), accounts.linked(connection)
            return tuple(
                _view(connection, row, live.get(row.name, 0), linked.get(row.name, 0))
                for row in accounts.all_accounts(connection)
            )

    def one(self, reader: Reader, name: str) -> UserView:
        """Return an account; raises ``NotFound``."""
        reader.require(Action.USER_READ)
        with self._store.write() as connection:
            row = _found(connection, name)
            self._line(connection, reader, Action.USER_READ, name, "")
        with self._store.read() as connection:
            live, linked = accounts.live_sessions(connection), accounts.linked(connection)
            return _view(connection, row, live.get(name, 0), linked.get(name, 0))

    def change(
        self, reader: Reader, name: str, *, role: str, clearance: int, caveats: Sequence[str],
        seen: str,
    ) -> None:  # fmt: skip
        """Change role, clearance and compartments; the account's sessions end.

        :param seen: ``UserView.seen`` of what the administrator looked at.
        :raises InputError: when the role or the clearance is unknown.
        """
        if role not in set(Role):
            raise InputError(f"the role {role[:40]!r} is not one of {', '.join(Role)}")
        if clearance not in set(Level):
            raise InputError(f"the clearance {clearance} is not a number from 0 to 4")
        values = {
            "role": role, "clearance": int(clearance), "caveats": json.dumps(sorted(set(caveats)))
        }  # fmt: skip
        self._set(reader, name, seen, values, ends=True)

    def close(self, reader: Reader, name: str, *, seen: str) -> None:
        """Close an account: nobody signs in to it, and its sessions end."""
        self._set(reader, name, seen, {"active": False}, ends=True)

    def reopen(self, reader: Reader, name: str, *, seen: str) -> None:
        """Open a closed account again."""
        self._set(reader, name, seen, {"active": True}, ends=False)

    def set_password(self, reader: Reader, name: str, password: str, *, seen: str) -> None:
        """Give an account a new password, or with "" take the one it has; its sessions end.

        :raises InputError: when the password is too short.
        """
        kept = self._people.hash(password) if password else NO_PASSWORD
        self._set(reader, name, seen, {"password": kept}, ends=True)

    def end_sessions(self, reader: Reader, name: str) -> int:
        """End every session of an account, the own one too; return how many there were."""
        reader.require(Action.USER_WRITE)
        with self._store.write() as connection:
            _found(connection, name)
            count = accounts.close_sessions(connection, name)
            self._line(connection, reader, Action.USER_WRITE, name, f"sessions={count} ended")
        return count

    def _set(
        self, reader: Reader, name: str, seen: str, values: dict[str, Any], *, ends: bool
    ) -> None:
        """Write columns of another's account.

        :raises NotFound: when there is no such account.
        :raises StateError: when it is the reader's own, no administrator would be left, or the
            account is not what the reader saw.
        """
        reader.require(Action.USER_WRITE)
        if name == reader.name:
            raise StateError("another administrator changes your own account")
        with self._store.write() as connection:
            row = _found(connection, name)
            if seen != sign(row):
                raise StateError(_faster(connection, name))
            _check_left(connection, name, values)
            accounts.change(connection, name, **values)
            if ends:
                accounts.close_sessions(connection, name)
            self._line(connection, reader, Action.USER_WRITE, name, _told(values))

    def _line(
        self, connection: Any, reader: Reader, action: Action, subject: str, detail: str
    ) -> None:
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose, action=action,
            subject=subject, detail=detail,
        )  # fmt: skip


def sign(row: Any) -> str:
    """Return a sign of what an account is. Of the password it says whether there is one."""
    closed = row.password == NO_PASSWORD
    parts = (row.name, str(closed), row.role, str(row.clearance), row.caveats, str(row.active))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def _found(connection: sa.Connection, name: str) -> Any:
    row = accounts.find(connection, name)
    if row is None:
        raise NotFound("no such account")
    return row


def _check_left(connection: sa.Connection, name: str, values: dict[str, Any]) -> None:
    leaves = values.get("active") is False or values.get("role", Role.ADMINISTRATOR) != (
        Role.ADMINISTRATOR
    )
    admins = accounts.active_with(connection, Role.ADMINISTRATOR)
    if leaves and admins == {name}:
        raise StateError("this is the last administrator")


def _faster(connection: sa.Connection, name: str) -> str:
    found = audit.last_about(connection, name, Action.USER_WRITE)
    by = f", by {found.who} at {found.at[:16]}Z" if found else ""
    return f"the account was changed since you opened it{by}; load its page again"


def _told(values: dict[str, Any]) -> str:
    if "password" in values:
        return "password taken" if values["password"] == NO_PASSWORD else "password new"
    if "active" in values:
        return "opened" if values["active"] else "closed"
    caveats = ",".join(json.loads(values["caveats"]))
    return f"role={values['role']} clearance={values['clearance']} caveats={caveats}"


def _view(connection: sa.Connection, row: Any, live: int, linked: int) -> UserView:
    return UserView(
        name=row.name, role=row.role, clearance=row.clearance,
        caveats=tuple(json.loads(row.caveats)), active=row.active, created=row.created,
        last_sign_in=accounts.last_opened(connection, row.name), sessions=live,
        password=row.password != NO_PASSWORD, linked=linked, seen=sign(row),
    )  # fmt: skip
