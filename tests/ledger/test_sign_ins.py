"""Sign-ins under way and links, as rows, on both databases. About 2 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from esclusa.ledger import accounts, sign_ins
from esclusa.ledger.schema import sign_in_link
from esclusa.ledger.store import Store

LATER, OVER = "2999-01-01T00:00:00.000000Z", "2020-01-01T00:00:00.000000Z"
ISSUER = "https://id.example"


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    made = Store(ledger_url)
    made.upgrade()
    yield made
    made.close()


def test_a_sign_in_is_taken_once_and_not_after_its_time(store: Store) -> None:
    with store.write() as connection:
        for state, expires in (("a", LATER), ("b", OVER)):
            sign_ins.begin(connection, state=state, browser="x", nonce="n", verifier="v",
                           wish="{}", expires=expires)  # fmt: skip
        assert sign_ins.take(connection, "a").nonce == "n"
        assert sign_ins.take(connection, "a") is None
        assert sign_ins.take(connection, "b") is None


def test_people_who_wait_are_bounded_and_those_who_are_tied_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_ins, "MOST_WAITING", 3)
    with store.write() as connection:
        sign_ins.came(connection, ISSUER, "first", said="f", code="CODE0")
        sign_ins.approve(connection, "CODE0", account="ana", by="tom")
        for number in range(1, 7):
            sign_ins.came(connection, ISSUER, f"s{number}", said="", code=f"CODE{number}")
            connection.execute(
                sign_in_link.update().where(sign_in_link.c.code == f"CODE{number}")
                .values(seen=f"2026-11-0{number}T00:00:00.000000Z")
            )  # fmt: skip
        found = {row.code: row.account for row in sign_ins.links(connection)}
    assert found == {"CODE0": "ana", "CODE4": "", "CODE5": "", "CODE6": ""}


def test_who_comes_again_keeps_the_code_and_another_issuer_is_another_person(
    store: Store,
) -> None:
    with store.write() as connection:
        assert sign_ins.came(connection, ISSUER, "s", said="ana", code="ONE") == "ONE"
        assert sign_ins.came(connection, ISSUER, "s", said="eva", code="TWO") == "ONE"
        assert sign_ins.link_of(connection, ISSUER, "s").said == "eva"
        assert sign_ins.came(connection, "https://evil.test", "s", said="", code="TWO") == "TWO"
        sign_ins.approve(connection, "ONE", account="ana", by="tom")
        assert sign_ins.by_code(connection, "TWO").account == ""
        assert sign_ins.drop(connection, "ONE") and not sign_ins.drop(connection, "ONE")
        assert sign_ins.link_of(connection, ISSUER, "s") is None


def test_a_word_that_somebody_is_signed_out_counts_once_for_its_issuer(store: Store) -> None:
    with store.write() as connection:
        assert sign_ins.logout_is_new(connection, ISSUER, "j1", until=LATER)
        assert not sign_ins.logout_is_new(connection, ISSUER, "j1", until=LATER)
        assert sign_ins.logout_is_new(connection, "https://other.example", "j1", until=LATER)
        assert sign_ins.logout_is_new(connection, ISSUER, "j2", until=OVER)
        assert sign_ins.logout_is_new(connection, ISSUER, "j2", until=LATER)  # the first was swept


def test_the_sessions_that_a_provider_has_ended_are_counted_by_account(store: Store) -> None:
    said = (("ana", "oidc", ISSUER, "a", "s1"), ("ana", "oidc", ISSUER, "a", ""),
            ("ana", "", "", "", ""), ("sol", "oidc", ISSUER, "b", "s1"),
            ("eva", "oidc", "https://other.example", "a", "s1"))  # fmt: skip
    with store.write() as connection:
        for number, (name, way, issuer, subject, session) in enumerate(said):
            accounts.open_session(
                connection, token=f"t{number}", name=name, purpose="audit", csrf="c",
                expires=LATER, way=way, issuer=issuer, subject=subject, provider_session=session,
            )  # fmt: skip
        ended = [
            accounts.close_provider_sessions(
                connection, issuer=ISSUER, subject=subject, provider_session=session
            )
            for subject, session in (("b", "s9"), ("", "s1"), ("a", "s1"), ("a", ""))
        ]
        left = accounts.live_sessions(connection)
    assert ended == [{}, {"ana": 1, "sol": 1}, {"ana": 1}, {}]
    assert left == {"ana": 1, "eva": 1}
