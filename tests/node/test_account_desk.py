"""What an administrator does with accounts, and what nobody can. About 3 s of CPU (hashing)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from esclusa.errors import Forbidden, InputError, NotFound, SignInError, StateError
from esclusa.ledger import accounts, audit
from esclusa.ledger.schema import session
from esclusa.ledger.store import Store
from esclusa.node.account_desk import AccountDesk
from esclusa.node.people import Origin, People
from esclusa.sharing.reader import Reader, Role

GOOD, NEW = "correct horse battery", "battery horse correct"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'ledger.sqlite'}")
    made.upgrade()
    people = People(made, "marisol", session_hours=12)
    for name, role in (
        ("ana", Role.ANALYST), ("tom", Role.ADMINISTRATOR), ("uma", Role.ADMINISTRATOR),
        ("ada", Role.AUDITOR), ("sol", Role.SUPERVISOR),
    ):  # fmt: skip
        people.add(name=name, password=GOOD, role=role)
    yield made
    made.close()


@pytest.fixture
def people(store: Store) -> Iterator[People]:
    """Accounts as they were made; a test may change them."""
    with store.read() as connection:
        kept = accounts.all_accounts(connection)
    yield People(store, "marisol", session_hours=12)
    with store.write() as connection:
        for row in kept:
            accounts.change(
                connection, row.name, password=row.password, role=row.role,
                clearance=row.clearance, caveats=row.caveats, active=row.active,
                must_change=row.must_change,
            )  # fmt: skip


@pytest.fixture
def desk(store: Store, people: People) -> AccountDesk:
    return AccountDesk(store, people)


def as_reader(name: str, role: Role) -> Reader:
    return Reader(name=name, role=role, agency="marisol", purpose="administration")


TOM, UMA = as_reader("tom", Role.ADMINISTRATOR), as_reader("uma", Role.ADMINISTRATOR)


def last_line(store: Store) -> tuple[str, str, str, str]:
    with store.read() as connection:
        row = audit.lines(connection, limit=1)[0]
    return row.who, row.action, row.subject, row.detail


def test_a_change_is_written_logged_and_ends_the_sessions(
    desk: AccountDesk, people: People, store: Store
) -> None:
    token = people.sign_in("ana", GOOD)
    before = desk.one(TOM, "ana")
    assert (before.sessions >= 1, before.last_sign_in > "2026") == (True, True)
    desk.change(
        TOM, "ana", role="supervisor", clearance=3, caveats=("PAX", "PAX"), seen=before.seen
    )
    assert last_line(store) == (
        "tom",
        "user:write",
        "ana",
        "role=supervisor clearance=3 caveats=PAX",
    )
    after = desk.one(TOM, "ana")
    assert (after.role, after.clearance, after.caveats) == ("supervisor", 3, ("PAX",))
    assert after.sessions == 0 and after.seen != before.seen
    with pytest.raises(SignInError):
        people.reader(token)
    assert people.reader(people.sign_in("ana", GOOD)).role is Role.SUPERVISOR


def test_a_change_of_what_somebody_else_changed_meanwhile_writes_nothing(
    desk: AccountDesk,
) -> None:
    seen = desk.one(TOM, "ana").seen
    desk.change(UMA, "ana", role="analyst", clearance=2, caveats=(), seen=seen)
    with pytest.raises(StateError, match="by uma at 20"):
        desk.change(TOM, "ana", role="analyst", clearance=4, caveats=(), seen=seen)
    assert desk.one(TOM, "ana").clearance == 2


def test_nobody_changes_the_own_account(desk: AccountDesk) -> None:
    seen = desk.one(TOM, "tom").seen
    for step in (
        lambda: desk.change(TOM, "tom", role="supervisor", clearance=4, caveats=("*",), seen=seen),
        lambda: desk.close(TOM, "tom", seen=seen),
        lambda: desk.set_password(TOM, "tom", NEW, seen=seen),
    ):
        with pytest.raises(StateError, match="another administrator"):
            step()


def test_the_last_administrator_stays(desk: AccountDesk) -> None:
    desk.close(TOM, "uma", seen=desk.one(TOM, "uma").seen)
    seen = desk.one(UMA, "tom").seen  # what uma's page, opened before, still shows
    with pytest.raises(StateError, match="last administrator"):
        desk.close(UMA, "tom", seen=seen)
    with pytest.raises(StateError, match="last administrator"):
        desk.change(UMA, "tom", role="auditor", clearance=1, caveats=(), seen=seen)
    desk.change(UMA, "tom", role="administrator", clearance=2, caveats=(), seen=seen)


def test_a_closed_account_and_its_sessions_open_nothing_until_it_is_opened_again(
    desk: AccountDesk, people: People
) -> None:
    token = people.sign_in("ana", GOOD)
    desk.close(TOM, "ana", seen=desk.one(TOM, "ana").seen)
    for attempt in (lambda: people.reader(token), lambda: people.sign_in("ana", GOOD)):
        with pytest.raises(SignInError):
            attempt()
    with pytest.raises(SignInError):
        people.open_for("ana", origin=Origin(way="oidc"))
    desk.reopen(TOM, "ana", seen=desk.one(TOM, "ana").seen)
    with pytest.raises(SignInError):
        people.reader(token)
    assert people.reader(people.sign_in("ana", GOOD)).name == "ana"


def test_a_new_password_replaces_the_old_one_and_stands_in_no_line(
    desk: AccountDesk, people: People, store: Store
) -> None:
    token = people.sign_in("ana", GOOD)
    desk.set_password(TOM, "ana", NEW, seen=desk.one(TOM, "ana").seen)
    with pytest.raises(SignInError):
        people.reader(token)
    with pytest.raises(SignInError):
        people.sign_in("ana", GOOD)
    assert people.sign_in("ana", NEW)
    desk.set_password(TOM, "ana", "", seen=desk.one(TOM, "ana").seen)
    assert last_line(store)[3] == "password taken" and not desk.one(TOM, "ana").password
    for password in (NEW, "", "!"):
        with pytest.raises(SignInError):
            people.sign_in("ana", password)
    with pytest.raises(InputError):
        desk.set_password(TOM, "ana", "short", seen=desk.one(TOM, "ana").seen)
    with store.read() as connection:
        told = [row.detail for row in audit.lines(connection, limit=200)]
    assert not [text for text in told if NEW in text or GOOD in text]


def test_sessions_are_ended_of_others_and_of_oneself(desk: AccountDesk, people: People) -> None:
    tokens = [people.sign_in("ana", GOOD), people.sign_in("ana", GOOD), people.sign_in("tom", GOOD)]
    assert desk.end_sessions(TOM, "ana") >= 2
    assert desk.end_sessions(TOM, "tom") >= 1
    for token in tokens:
        with pytest.raises(SignInError):
            people.reader(token)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_no_other_role_reaches_an_account_privilege_escalation(
    desk: AccountDesk, role: Role
) -> None:
    reader, seen = as_reader("ana", role), desk.one(TOM, "ana").seen
    for step in (
        lambda: desk.all(reader), lambda: desk.one(reader, "tom"),
        lambda: desk.change(reader, "sol", role="administrator", clearance=4, caveats=(), seen=seen),
        lambda: desk.close(reader, "tom", seen=seen), lambda: desk.reopen(reader, "tom", seen=seen),
        lambda: desk.set_password(reader, "tom", NEW, seen=seen),
        lambda: desk.end_sessions(reader, "tom"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            step()


@pytest.mark.parametrize("values", ({"role": "root"}, {"clearance": 9}, {"clearance": -1}))
def test_a_wrong_value_is_refused(desk: AccountDesk, values: dict[str, object]) -> None:
    good = {"role": "analyst", "clearance": 1, "caveats": (), "seen": desk.one(TOM, "ana").seen}
    with pytest.raises(InputError):
        desk.change(TOM, "ana", **(good | values))  # type: ignore[arg-type]


def test_an_unknown_account_is_not_found(desk: AccountDesk) -> None:
    for step in (lambda: desk.one(TOM, "nobody"), lambda: desk.end_sessions(TOM, "nobody"),
                 lambda: desk.close(TOM, "nobody", seen="")):  # fmt: skip
        with pytest.raises(NotFound):
            step()


# --- session theft --------------------------------------------------------------------------------


def test_who_copies_the_ledger_gets_no_session_out_of_it(people: People, store: Store) -> None:
    people.sign_in("ana", GOOD)
    with store.read() as connection:
        kept = [row.token for row in connection.execute(session.select())]
    assert kept
    for digest in kept:
        with pytest.raises(SignInError):
            people.reader(digest)


def test_a_session_ends_with_its_hours_and_is_swept(people: People, store: Store) -> None:
    token = people.sign_in("ana", GOOD)
    with store.write() as connection:
        connection.execute(session.update().values(expires="2020-01-01T00:00:00.000000Z"))
    for ask in (people.reader, people.csrf):
        with pytest.raises(SignInError):
            ask(token)
    people.sign_in("sol", GOOD)
    with store.read() as connection:
        assert len(connection.execute(session.select()).all()) == 1


def test_a_stolen_session_is_worth_nothing_after_its_owner_signed_out_or_an_administrator_acted(
    desk: AccountDesk, people: People
) -> None:
    for end in (
        people.sign_out,
        lambda token: desk.end_sessions(TOM, "ana"),
        lambda token: desk.change(
            TOM, "ana", role="analyst", clearance=0, caveats=(), seen=desk.one(TOM, "ana").seen
        ),
    ):
        stolen = people.sign_in("ana", GOOD)
        assert people.reader(stolen).name == "ana"
        end(stolen)
        with pytest.raises(SignInError):
            people.reader(stolen)


def test_a_session_keeps_no_more_than_its_account_may_even_before_it_ends(
    people: People, store: Store
) -> None:
    token = people.sign_in("ana", GOOD)
    with store.write() as connection:
        accounts.change(connection, "ana", clearance=0, caveats="[]")
    assert int(people.reader(token).clearance) == 0
