"""People change their own password, or have to. About 3 s of CPU (hashing)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from esclusa.errors import InputError, PasswordDue, SignInError, StateError, WrongPassword
from esclusa.ledger import accounts, audit
from esclusa.ledger.store import Store
from esclusa.node.account_desk import AccountDesk
from esclusa.node.people import Origin, People
from esclusa.sharing.reader import Reader, Role

OLD, NEW, OTHER = "correct horse battery", "battery horse correct", "horse battery correct"
TOM = Reader(name="tom", role=Role.ADMINISTRATOR, agency="marisol", purpose="administration")
OIDC = Origin(way="oidc", issuer="https://id.example", subject="sub-1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('own') / 'ledger.sqlite'}")
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def people(store: Store) -> Iterator[People]:
    """Two accounts, made anew for each test."""
    made = People(store, "marisol", session_hours=12, by_password=lambda name: name != "remote")
    made.add(name="ana", password=OLD, role="analyst")
    made.add(name="eva", password="", role="analyst")
    yield made
    with store.write() as connection:
        for table in ("account", "session"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


def lines(store: Store, action: str) -> list[tuple[str, str, str]]:
    with store.read() as connection:
        found = audit.lines(connection, limit=50, action=action)
    return [(row.who, row.subject, row.detail) for row in found]


def test_a_new_password_takes_the_old_ones_place_and_ends_every_other_session(
    people: People, store: Store
) -> None:
    mine, elsewhere = people.sign_in("ana", OLD, purpose="sanctions"), people.sign_in("ana", OLD)
    before = len(lines(store, "password:change"))
    fresh = people.change_password(mine, OLD, NEW)
    assert people.reader(fresh).name == "ana" and people.reader(fresh).purpose == "sanctions"
    for token in (mine, elsewhere):
        with pytest.raises(SignInError, match="has ended"):
            people.reader(token)
    with pytest.raises(SignInError):
        people.sign_in("ana", OLD)
    assert people.sign_in("ana", NEW)
    told = lines(store, "password:change")
    assert told[0] == ("ana", "ana", "sessions=2 ended") and len(told) == before + 1


def test_the_session_that_follows_lasts_no_longer_than_the_one_before(
    people: People, store: Store
) -> None:
    token = people.sign_in("ana", OLD)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE session SET expires = '2999-01-01T00:00:00.000000Z'")
    people.change_password(token, OLD, NEW)
    with store.read() as connection:
        (row,) = connection.exec_driver_sql("SELECT expires FROM session").all()
    assert row.expires == "2999-01-01T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("old", "new", "error", "told"),
    [
        ("not the old one", NEW, WrongPassword, "old password is not right"),
        ("", NEW, WrongPassword, "old password is not right"),
        (OLD, "too short", InputError, "at least 12"),
        (OLD, "x" * 1025, InputError, "at least 12"),
        (OLD, OLD, InputError, "is the old one"),
    ],
)  # fmt: skip
def test_what_is_wrong_changes_nothing(
    people: People, store: Store, old: str, new: str, error: type[Exception], told: str
) -> None:
    token, other = people.sign_in("ana", OLD), people.sign_in("ana", OLD)
    before = len(lines(store, "password:refuse"))
    with pytest.raises(error, match=told):
        people.change_password(token, old, new)
    assert people.reader(token).name == people.reader(other).name == "ana"
    assert people.sign_in("ana", OLD)
    wrong = error is WrongPassword
    assert len(lines(store, "password:refuse")) == before + wrong


def test_who_has_no_password_here_has_none_to_change(people: People) -> None:
    people.add(name="remote", password=OLD, role="analyst")
    for name in ("eva", "remote"):
        token = people.open_for(name, origin=OIDC)
        assert not people.may_change(token)
        with pytest.raises(StateError, match="its provider keeps it"):
            people.change_password(token, OLD, NEW)
    with pytest.raises(StateError, match="its provider keeps it"):
        people.replace_password("eva", "!", NEW)


@pytest.mark.parametrize("name", ["nobody", "closed"])
def test_an_unknown_and_a_closed_account_are_not_told_apart_from_a_wrong_password(
    people: People, store: Store, name: str
) -> None:
    people.add(name="closed", password=OLD, role="analyst")
    with store.write() as connection:
        accounts.change(connection, "closed", active=False)
    with pytest.raises(WrongPassword, match="old password is not right"):
        people.replace_password(name, OLD, NEW)


def test_a_first_password_opens_nothing_but_its_own_change(people: People) -> None:
    people.add(name="new", password=OLD, role="analyst", first=True)
    token = people.sign_in("new", OLD)
    with pytest.raises(PasswordDue):
        people.reader(token)
    assert people.reader(token, due=True).name == "new"
    assert people.set_preferences(token, language="es", time_zone=None, purpose=None).language == (
        "es"
    )
    fresh = people.change_password(token, OLD, NEW)
    assert people.reader(fresh).name == "new"
    assert people.reader(people.sign_in("new", NEW)).name == "new"


def test_an_administrator_asks_for_another_password(people: People, store: Store) -> None:
    desk = AccountDesk(store, people)
    token = people.sign_in("ana", OLD)
    desk.require_change(TOM, "ana", seen=desk.one(TOM, "ana").seen)
    assert lines(store, "user:write")[0] == ("tom", "ana", "password to be changed")
    with pytest.raises(SignInError, match="has ended"):
        people.reader(token)
    due = people.sign_in("ana", OLD)
    with pytest.raises(PasswordDue):
        people.reader(due)
    with pytest.raises(InputError, match="is the old one"):
        people.change_password(due, OLD, OLD)
    people.change_password(due, OLD, NEW)
    assert not desk.one(TOM, "ana").must_change
    with pytest.raises(StateError, match="no password opens"):
        desk.require_change(TOM, "eva", seen=desk.one(TOM, "eva").seen)


def test_a_password_that_an_administrator_gives_is_changed_unless_a_program_uses_it(
    people: People, store: Store
) -> None:
    desk = AccountDesk(store, people)
    desk.set_password(TOM, "ana", NEW, seen=desk.one(TOM, "ana").seen)
    assert desk.one(TOM, "ana").must_change
    with pytest.raises(PasswordDue):
        people.reader(people.sign_in("ana", NEW))
    desk.set_password(TOM, "ana", OTHER, seen=desk.one(TOM, "ana").seen, stays=True)
    assert people.reader(people.sign_in("ana", OTHER)).name == "ana"
    desk.set_password(TOM, "ana", "", seen=desk.one(TOM, "ana").seen)
    assert not desk.one(TOM, "ana").must_change


def test_whoever_the_provider_proves_is_not_held_up_by_a_password(
    people: People, store: Store
) -> None:
    desk = AccountDesk(store, people)
    desk.require_change(TOM, "ana", seen=desk.one(TOM, "ana").seen)
    assert people.reader(people.open_for("ana", origin=OIDC)).name == "ana"


def test_of_two_changes_at_once_one_counts(people: People, store: Store) -> None:
    """Each reads the old password as right before the other has written."""
    before = threading.Barrier(2, timeout=20)
    right = people._verify
    ends: list[str] = []

    class Slow(People):
        def _verify(self, stored: str, password: str) -> bool:
            answer = right(stored, password)
            before.wait()
            return answer

    slow = Slow(store, "marisol", session_hours=12)

    def change(new: str) -> None:
        try:
            slow.replace_password("ana", OLD, new)
            ends.append(new)
        except StateError as error:
            ends.append(str(error))

    both = [threading.Thread(target=change, args=(new,)) for new in (NEW, OTHER)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    (won,) = [end for end in ends if end in (NEW, OTHER)]
    assert people.sign_in("ana", won)
    assert "the account was changed meanwhile; begin again" in ends
