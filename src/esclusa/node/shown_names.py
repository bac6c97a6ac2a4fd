"""Who acts, as partners are shown it: a service number in place of an account's name.

A step that goes to a partner carries what :meth:`ShownNames.of` returns, so both sides hold one
record. What number is whose stays at home: the audit log has the account, and a reader of this
node is shown the account (:meth:`ShownNames.person`).

- Steps that were made before an account had a number keep the name that they went with.
- A number is given to one account, once and for ever, and says nothing of the name.
- A text that somebody types is sent as typed, but for the fields of :data:`OFFICERS`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from esclusa.errors import InputError, StateError
from esclusa.ledger import accounts, service_numbers
from esclusa.ledger.store import Store

NAME, IF_ANY, NUMBER = "name", "number_if_any", "number"
MODES: Final = (NAME, IF_ANY, NUMBER)
"""What partners are shown: the account's name; its number, where it has one; its number always."""

OFFICERS: Final = ("officer", "reader_id")
"""Fields of steps that ask for a person: the name of an account in them goes as its number."""

PEOPLE: Final = ("person", "member")
"""Fields of steps on cases that hold an account."""

_NUMBER: Final = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9-]{2,19}")
_SHORTEST_PART: Final = 3
"""Shorter parts of a name (``de``, ``j``) tell nobody's name."""
_DIGITS: Final = 6


class ShownNames:
    """What partners are shown of the accounts of one node; ``mode`` is one of :data:`MODES`."""

    def __init__(self, store: Store, mode: str) -> None:
        self._store = store
        self.mode = mode

    def of(self, name: str) -> str:
        """Return what a partner is shown in place of an account's name.

        What is no account, such as the node itself or the operator of its machine, stays as it is.

        :raises StateError: when only numbers may be shown and the account has none.
        """
        if self.mode == NAME:
            return name
        with self._store.read() as connection:
            number = service_numbers.current(connection, name)
            if number or self.mode == IF_ANY or accounts.find(connection, name) is None:
                return number or name
        raise StateError("partners are shown service numbers, and this account has none yet")

    def person(self, shown: str) -> str:
        """Return the account behind what was shown; the same where that is no number of ours."""
        return self.persons().get(shown, shown)

    def persons(self) -> Mapping[str, str]:
        """Return the account of each number that was ever given."""
        with self._store.read() as connection:
            rows = service_numbers.all_numbers(connection)
        return {row.number: row.account for row in rows}

    def current(self) -> Mapping[str, str]:
        """Return the number that each account has now, of those that have one."""
        with self._store.read() as connection:
            rows = service_numbers.all_numbers(connection)
        return {row.account: row.number for row in rows if row.current}

    def fields(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return what a step records, with the number of an account where a field that asks for a
        person holds its name."""
        named = {} if self.mode == NAME else self.current()
        return {
            name: named.get(value.strip().casefold(), value) if name in OFFICERS else value
            for name, value in given.items()
        }

    def of_ours(self, agency: str) -> Callable[[str, str], str]:
        """Return a function (agency, what it showed) → the person, for its own steps alone."""
        persons = self.persons()
        return lambda who, shown: persons.get(shown, shown) if who == agency else shown

    def fill(self) -> int:
        """Give each account without a number one, where only numbers may be shown; return how
        many were given."""
        if self.mode != NUMBER:
            return 0
        with self._store.read() as connection:
            missing = service_numbers.without(connection)
        if missing:
            with self._store.write() as connection:
                missing = service_numbers.without(connection)
                for name in missing:
                    service_numbers.give(connection, name, free(connection))
        return len(missing)


def checked(connection: sa.Connection, name: str, number: str) -> str:
    """Return a number as an account may have it; "" for none.

    :raises InputError: when it is not of the form, tells the account's name, or is another's.
    """
    if not number:
        return ""
    if not _NUMBER.fullmatch(number):
        raise InputError("a service number has 3 to 20 capital letters, digits and dashes, "
                         "with a digit in it")  # fmt: skip
    if any(part in number.casefold() for part in _parts(name)):
        raise InputError("a service number does not tell the account's name")
    row: Any = service_numbers.holder(connection, number)
    if (row is not None and row.account != name) or accounts.find(connection, number.casefold()):
        raise InputError("this number is or was another account's")
    return number


def taken(connection: sa.Connection, name: str) -> bool:
    """Tell whether a new account's name is a number that was given to somebody."""
    return service_numbers.holder(connection, name.upper()) is not None


def free(connection: sa.Connection) -> str:
    """Return a number that nobody has or had: random, so that it tells no order of joining."""
    while True:
        number = f"N{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        if service_numbers.holder(connection, number) is None and not accounts.find(
            connection, number.casefold()
        ):
            return number


def _parts(name: str) -> list[str]:
    whole = name.casefold()
    parts = [part for part in re.split(r"[._-]+", whole) if len(part) >= _SHORTEST_PART]
    named = {whole, *parts} if len(whole) > 1 else set()
    return [part for part in named if not part.isdigit()]
