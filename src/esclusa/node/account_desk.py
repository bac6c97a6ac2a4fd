"""What an administrator does with accounts: change, close, open again, a new password, sessions.

1. Nobody changes, closes or resets the own account: another administrator does. So nobody raises
   himself, and the last administrator cannot shut himself out.
2. A change names what the administrator saw; when somebody was faster nothing is written.
3. A change of what an account may see ends its sessions: none goes on with more or less than it
   began with.
4. A password that an administrator gave is changed by its person at the next sign-in, unless it is
   a program's.
5. Everything is a line of the audit log that says what changed, and never a password.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import accounts, audit, service_numbers
from esclusa.ledger.store import Store
from esclusa.model import Level
from esclusa.node.people import NO_PASSWORD, People
from esclusa.node.shown_names import checked
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
            reason = f"the role {role[:40]!r} is not one of {', '.join(Role)}"
            raise InputError(reason, field="role", problem="code")
        if clearance not in set(Level):
            reason = f"the clearance {clearance} is not a number from 0 to 4"
            raise InputError(reason, field="clearance", problem="whole", expected="0–4")
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

    def set_password(
        self, reader: Reader, name: str, password: str, *, seen: str, stays: bool = False
    ) -> None:
        """Give an account a new password, or with "" take the one it has; its sessions end.

        :param stays: a program uses it: nobody has to change it at the next sign-in.
        :raises InputError: when the password is too short.
        """
        kept = self._people.hash(password) if password else NO_PASSWORD
        due = bool(password) and not stays
        self._set(reader, name, seen, {"password": kept, "must_change": due}, ends=True)

    def require_change(self, reader: Reader, name: str, *, seen: str) -> None:
        """Have the person of an account choose another password at the next sign-in; its sessions
        end.

        :raises StateError: when no password opens the account.
        """
        with self._store.read() as connection:
            if _found(connection, name).password == NO_PASSWORD:
                raise StateError("no password opens this account")
        self._set(reader, name, seen, {"must_change": True}, ends=True)

    def set_number(self, reader: Reader, name: str, number: str, *, seen: str) -> None:
        """Give an account the service number that partners are shown; "" for none.

        :raises InputError: when it is not of the form, tells the name, or was another's.
        """
        _check_another(reader, name)
        with self._store.write() as connection:
            row = _found(connection, name)
            if seen != sign(row, service_numbers.current(connection, name)):
                raise _faster(connection, name)
            service_numbers.give(connection, name, checked(connection, name, number))
            detail = f"number {number}" if number else "number taken"
            self._line(connection, reader, Action.USER_WRITE, name, detail)

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
        _check_another(reader, name)
        with self._store.write() as connection:
            row = _found(connection, name)
            if seen != sign(row, service_numbers.current(connection, name)):
                raise _faster(connection, name)
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


def sign(row: Any, number: str) -> str:
    """Return a sign of what an account is. Of the password it says whether there is one."""
    closed = row.password == NO_PASSWORD
    parts = (row.name, str(closed), row.role, str(row.clearance), row.caveats, str(row.active),
             str(bool(row.must_change)), number)  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def _check_another(reader: Reader, name: str) -> None:
    reader.require(Action.USER_WRITE)
    if name == reader.name:
        raise StateError("another administrator changes your own account")


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


def _faster(connection: sa.Connection, name: str) -> StateError:
    found = audit.last_about(connection, name, Action.USER_WRITE)
    if found is None:
        return StateError("the account was changed since you opened it; load its page again")
    return StateError(
        "the account was changed since you opened it, by {by} at {at}; load its page again",
        by=found.who,
        at=f"{found.at[:16]}Z",
    )


def _told(values: dict[str, Any]) -> str:
    if "password" in values:
        if values["password"] == NO_PASSWORD:
            return "password taken"
        return "password new, to be changed" if values["must_change"] else "password new"
    if "must_change" in values:
        return "password to be changed"
    if "active" in values:
        return "opened" if values["active"] else "closed"
    caveats = ",".join(json.loads(values["caveats"]))
    return f"role={values['role']} clearance={values['clearance']} caveats={caveats}"


def _view(connection: sa.Connection, row: Any, live: int, linked: int) -> UserView:
    number = service_numbers.current(connection, row.name)
    return UserView(
        name=row.name, role=row.role, clearance=row.clearance,
        caveats=tuple(json.loads(row.caveats)), active=row.active, created=row.created,
        last_sign_in=accounts.last_opened(connection, row.name), sessions=live,
        password=row.password != NO_PASSWORD, linked=linked, seen=sign(row, number),
        must_change=bool(row.must_change), number=number,
    )  # fmt: skip
