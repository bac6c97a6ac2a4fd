"""Signing in and accounts, as every face asks the node for them."""

from __future__ import annotations

from collections.abc import Sequence

from esclusa.model import Level
from esclusa.node.account_desk import AccountDesk
from esclusa.node.oidc_desk import OidcDesk
from esclusa.node.people import PURPOSES_OF, People, Session
from esclusa.node.settings import Settings
from esclusa.node.shown_names import ShownNames
from esclusa.sharing import views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate


class PeopleServices:
    """The part of a node that is about who asks; the node sets the attributes."""

    settings: Settings
    people: People
    account_desk: AccountDesk
    oidc_desk: OidcDesk
    shown_names: ShownNames
    gate: Gate

    def sign_in(self, name: str, password: str, *, purpose: str = "") -> str:
        """Open a session and return its token; raises ``SignInError``."""
        return self.people.sign_in(name, password, purpose=purpose)

    def sign_in_ways(self) -> views.SignInWays:
        """Return how people sign in here; nothing is asked from the identity provider for it."""
        return self.oidc_desk.ways(self.settings)

    def reader(self, token: str, *, due: bool = False) -> Reader:
        """Return who is behind a session; see :meth:`People.reader`."""
        return self.people.reader(token, due=due)

    def session(self, token: str) -> Session:
        """Return all that a page needs of a session; see :meth:`People.session`."""
        return self.people.session(token)

    def change_password(self, token: str, old: str, new: str) -> str:
        """Change the own password; see :meth:`People.change_password`."""
        return self.people.change_password(token, old, new)

    def may_change_password(self, token: str) -> bool:
        """Tell whether a session's person has a password here; see :meth:`People.may_change`."""
        return self.people.may_change(token)

    def sign_out(self, token: str) -> None:
        """End a session."""
        self.people.sign_out(token)

    def csrf(self, token: str) -> str:
        """Return the form token bound to a session."""
        return self.people.csrf(token)

    def set_preferences(
        self, token: str, *, language: str | None = None, time_zone: str | None = None,
        purpose: str | None = None,
    ) -> Reader:  # fmt: skip
        """Change the language, the time zone or the session's purpose."""
        return self.people.set_preferences(
            token, language=language, time_zone=time_zone, purpose=purpose
        )

    def purposes(self, role: Role) -> tuple[str, ...]:
        """Return the purposes a role may read for."""
        return PURPOSES_OF[role]

    def add_user(
        self, reader: Reader, *, name: str, password: str, role: str,
        clearance: int = Level.OFFICIAL, caveats: Sequence[str] = (), first: bool = False,
    ) -> views.UserView:  # fmt: skip
        """Enter an account.

        :param first: its password is the first of a person, who has to choose another.
        :raises InputError: when the name is taken or something is wrong.
        """
        reader.require(Action.USER_WRITE)
        added = self.people.add(
            name=name, password=password, role=role, clearance=clearance, caveats=tuple(caveats),
            first=first,
        )  # fmt: skip
        self.shown_names.fill()
        self.gate.note(reader, Action.USER_WRITE, subject=name, detail=f"role={role}")
        return added

    def users(self, reader: Reader) -> tuple[views.UserView, ...]:
        """Return every account, without secrets."""
        return self.account_desk.all(reader)
