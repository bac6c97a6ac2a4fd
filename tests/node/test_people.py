"""Accounts and sessions."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from esclusa.errors import Forbidden, InputError, SignInError
from esclusa.ledger.store import Store
from esclusa.node.people import PURPOSES_OF, People
from esclusa.sharing.reader import PERMITTED, PURPOSES, Action, Reader, Role

GOOD = "correct horse battery"


@pytest.fixture
def people(ledger_url: str) -> Iterator[People]:
    store = Store(ledger_url)
    store.upgrade()
    yield People(store, "marisol", session_hours=12)
    store.close()


def test_a_session_knows_who_reads_for_what(people: People) -> None:
    people.add(name="ana", password=GOOD, role="analyst", clearance=2, caveats=("PAX",))
    token = people.sign_in("ana", GOOD, purpose="sanctions")
    reader = people.reader(token)
    assert (reader.name, reader.role, reader.purpose) == ("ana", Role.ANALYST, "sanctions")
    assert (reader.clearance, reader.caveats, reader.agency) == (2, {"PAX"}, "marisol")


def test_an_unknown_name_and_a_wrong_password_get_one_answer(people: People) -> None:
    people.add(name="ana", password=GOOD, role="analyst")
    answers = set()
    for name, password in (("ana", "wrong password!"), ("nobody", GOOD), ("", "")):
        with pytest.raises(SignInError) as caught:
            people.sign_in(name, password)
        answers.add(str(caught.value))
    assert len(answers) == 1


def test_an_unknown_name_costs_the_same_hash_as_a_wrong_password(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add(name="ana", password=GOOD, role="analyst")
    checked: list[str] = []
    verify = PasswordHasher.verify

    def noted(self: PasswordHasher, stored: str, password: str) -> bool:
        checked.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for name in ("ana", "nobody"):
        with pytest.raises(SignInError):
            people.sign_in(name, "wrong password!")
    known, unknown = (stored.split("$")[:4] for stored in checked)
    assert known == unknown, "kind, version and costs"


def test_opening_a_node_makes_no_hash(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: PasswordHasher, password: str) -> str:
        raise AssertionError(password)

    monkeypatch.setattr(PasswordHasher, "hash", never)
    store = Store(ledger_url)
    People(store, "marisol", session_hours=12)
    store.close()


def test_a_closed_session_reads_nothing(people: People) -> None:
    people.add(name="ana", password=GOOD, role="analyst")
    token = people.sign_in("ana", GOOD)
    people.sign_out(token)
    with pytest.raises(SignInError):
        people.reader(token)
    with pytest.raises(SignInError):
        people.reader("made up")


def test_tokens_and_passwords_are_not_stored_as_they_are(people: People) -> None:
    from esclusa.ledger.schema import account, session

    people.add(name="ana", password=GOOD, role="analyst")
    token = people.sign_in("ana", GOOD)
    with people._store.read() as connection:
        stored = str(connection.execute(account.select()).all())
        stored += str(connection.execute(session.select()).all())
    assert token not in stored
    assert GOOD not in stored
    assert "$argon2id$" in stored


@pytest.mark.parametrize(
    ("values"),
    [
        {"name": "Ana Maria"},
        {"name": ""},
        {"password": "short"},
        {"role": "king"},
        {"clearance": 9},
    ],
)
def test_a_wrong_account_is_refused_by_name(people: People, values: dict[str, object]) -> None:
    with pytest.raises(InputError):
        people.add(**({"name": "ana", "password": GOOD, "role": "analyst"} | values))


def test_a_name_is_taken_once(people: People) -> None:
    people.add(name="ana", password=GOOD, role="analyst")
    with pytest.raises(InputError, match="taken"):
        people.add(name="ana", password=GOOD, role="auditor")


def test_a_purpose_outside_the_role_is_refused(people: People) -> None:
    people.add(name="ada", password=GOOD, role="auditor")
    with pytest.raises(InputError):
        people.sign_in("ada", GOOD, purpose="targeting")
    token = people.sign_in("ada", GOOD)
    with pytest.raises(InputError):
        people.set_preferences(token, language=None, time_zone=None, purpose="sanctions")


def test_preferences_are_kept_and_checked(people: People) -> None:
    people.add(name="ana", password=GOOD, role="analyst")
    token = people.sign_in("ana", GOOD)
    reader = people.set_preferences(
        token, language="es", time_zone="America/Panama", purpose="sanctions"
    )
    assert (reader.language, reader.time_zone, reader.purpose) == (
        "es",
        "America/Panama",
        "sanctions",
    )
    for wrong in ({"language": "xx"}, {"time_zone": "../etc/passwd"}, {"time_zone": "Mars"}):
        values = {"language": None, "time_zone": None, "purpose": None} | wrong
        with pytest.raises(InputError):
            people.set_preferences(token, **values)


def test_every_role_has_purposes_and_permissions_from_the_closed_lists() -> None:
    for role in Role:
        assert set(PURPOSES_OF[role]) <= set(PURPOSES)
        assert PERMITTED[role] <= set(Action)


def test_an_auditor_reads_no_content_and_an_administrator_no_case() -> None:
    content = {Action.QUEUE_READ, Action.RECORD_READ, Action.SEARCH, Action.INTAKE_READ}
    assert not PERMITTED[Role.AUDITOR] & content
    assert not PERMITTED[Role.ADMINISTRATOR] & content
    auditor = Reader(name="ada", role=Role.AUDITOR, agency="marisol")
    with pytest.raises(Forbidden):
        auditor.require(Action.RECORD_READ)
