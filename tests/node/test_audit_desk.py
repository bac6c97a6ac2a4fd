"""The log for who watches: filters, who looked, counts by hand, the pack, the chain. About 2 s of
CPU."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

import pdf_words
from esclusa.errors import Forbidden, InputError, LimitError
from esclusa.ledger import audit
from esclusa.ledger.store import Store
from esclusa.node import audit_desk
from esclusa.node.audit_desk import AuditDesk
from esclusa.node.audit_pack import pack_pdf
from esclusa.node.log_check import LogCheck
from esclusa.sharing.audit_views import AuditFilter, PersonUse
from esclusa.sharing.own_name import own_name
from esclusa.sharing.reader import Reader, Role

ADA = Reader(name="ada", role=Role.AUDITOR, agency="marisol", purpose="audit")
TOM = Reader(name="tom", role=Role.ADMINISTRATOR, agency="marisol", purpose="administration")
ANA = Reader(name="ana", role=Role.ANALYST, agency="marisol")

# Panama is five hours behind UTC: 2020-11-02 was a Monday, 2020-11-07 a Saturday.
LINES = (
    ("2020-11-02T14:00:00.000000Z", "ana.perez", "record:read", "R1", ""),
    ("2020-11-02T14:30:00.000000Z", "ana.perez", "record:read", "R1", "own-name"),
    ("2020-11-03T03:00:00.000000Z", "ana.perez", "record:read", "R1", ""),
    ("2020-11-07T15:00:00.000000Z", "ana.perez", "search:run", "", "rows=2 own-name"),
    ("2020-11-03T15:00:00.000000Z", "luz", "record:read", "R1", ""),
    ("2020-11-03T15:10:00.000000Z", "luz", "record:read", "R2", ""),
    ("2020-11-04T15:00:00.000000Z", "sol", "record:read", "R1", ""),
    ("2020-11-30T23:59:59.999999Z", "sol", "screen:run", "", "hits=0"),
    ("2020-12-01T00:00:00.000000Z", "sol", "record:read", "R1", ""),
)


def write(store: Store, lines: tuple[tuple[str, ...], ...] = LINES) -> None:
    with store.write() as connection:
        audit.write_lines(connection, [
            audit.Line(at=at, who=who, role="analyst", purpose="targeting", action=action,
                       subject=subject, detail=detail)
            for at, who, action, subject, detail in lines
        ])  # fmt: skip
        audit.write_line(connection, who="=cmd", role="", purpose="", action="session:refuse",
                         at="2020-11-05T02:00:00.000000Z")  # fmt: skip
        audit.write_line(connection, who="exchange", role="exchange", purpose="",
                         action="exchange:copy:taken", subject="R1",
                         at="2020-11-05T03:00:00.000000Z")  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The lines of 2020; what tests add are lines of today."""
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'ledger.sqlite'}")
    made.upgrade()
    write(made)
    yield made
    made.close()


@pytest.fixture
def desk(store: Store) -> AuditDesk:
    return AuditDesk(store, "America/Panama")


def test_both_databases_count_alike(ledger_url: str, desk: AuditDesk) -> None:
    made = Store(ledger_url)
    made.upgrade()
    write(made)
    other = AuditDesk(made, "America/Panama")
    for ask in (
        lambda one: one.use(ADA, "2020-11-01", "2020-12-31", least=2),
        lambda one: one.pack(ADA, "2020-11-01", "2020-12-31"),
        lambda one: [row for row in one.about(ADA, "R1") if row.who != "ada"],
    ):
        assert ask(other) == ask(desk)
    made.close()


def test_lines_by_person_action_subject_purpose_and_period(desk: AuditDesk) -> None:
    def found(**asked: str) -> list[int]:
        rows = desk.lines(ADA, AuditFilter(**asked))
        return [row.seq for row in rows if row.at < "2021"]

    assert found(who="luz") == [6, 5]
    assert found(subject="R1", action="record:read") == [9, 7, 5, 3, 2, 1]
    assert found(subject="R1", since="2020-11-03", until="2020-11-03") == [5, 3]
    assert found(until="2020-11-02") == [2, 1]
    assert found(purpose="targeting", since="2020-11-30", until="2020-11-30") == [8]
    assert found(purpose="audit", who="luz") == []
    assert len(desk.lines(ADA, AuditFilter(limit=3))) == 3
    assert found(before=3, limit=1) == [2]  # type: ignore[arg-type]


def test_reading_the_log_is_a_line_of_it(desk: AuditDesk) -> None:
    desk.about(ADA, "R2")
    row = desk.lines(ADA, AuditFilter(who="ada"))[1]
    assert (row.action, row.subject, row.detail) == ("audit:read", "R2", "who looked")


def test_who_did_something_with_one_subject(desk: AuditDesk) -> None:
    found = {one.who: (one.lines, one.first[:10], one.last[:10]) for one in desk.about(ADA, "R1")}
    assert found.pop("ada")[0] >= 1  # the question itself, which is about it too
    assert found == {
        "ana.perez": (3, "2020-11-02", "2020-11-03"), "luz": (1, "2020-11-03", "2020-11-03"),
        "sol": (2, "2020-11-04", "2020-12-01"), "exchange": (1, "2020-11-05", "2020-11-05"),
    }  # fmt: skip


def test_use_is_counted_as_by_hand(desk: AuditDesk) -> None:
    use = desk.use(ADA, "2020-11-01", "2020-11-30", opens=6, shuts=20, least=3)
    people = {one.who: one for one in use.people}
    assert people["ana.perez"] == PersonUse(
        who="ana.perez", lines=4, records=3, searches=1, outside=1, own=2, refused=0
    )
    assert people["sol"] == PersonUse(
        who="sol", lines=2, records=1, searches=1, outside=0, own=0, refused=0
    )
    assert people["=cmd"].refused == 1 and "exchange" not in people
    assert [(one.who, one.subject, one.looks) for one in use.pairs] == [("ana.perez", "R1", 3)]
    assert [(one.subject, one.people, one.looks) for one in use.subjects] == [("R1", 3, 5)]
    weekend = desk.use(ADA, "2020-11-01", "2020-11-30", weekend=True)
    assert next(one for one in weekend.people if one.who == "ana.perez").outside == 2
    night = desk.use(ADA, "2020-11-01", "2020-11-30", opens=20, shuts=6)
    assert next(one for one in night.people if one.who == "ana.perez").outside == 3


@pytest.mark.parametrize(
    ("since", "until", "more"),
    (("2020-13-01", "2020-12-01", {}), ("2020-11-02", "2020-11-01", {}), ("", "2020-11-01", {}),
     ("2018-01-01", "2020-11-01", {}), ("2020-11-01", "2020-11-02", {"opens": 25}),
     ("2020-11-01", "2020-11-02", {"least": 0})),
)  # fmt: skip
def test_a_period_or_hour_that_is_none_is_refused(
    desk: AuditDesk, since: str, until: str, more: dict[str, int]
) -> None:
    with pytest.raises(InputError):
        desk.use(ADA, since, until, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("reader", (TOM, ANA))
def test_nobody_but_an_auditor_reads_the_log(desk: AuditDesk, reader: Reader) -> None:
    for step in (
        lambda: desk.lines(reader, AuditFilter()), lambda: desk.about(reader, "R1"),
        lambda: desk.use(reader, "2020-11-01", "2020-11-30"),
        lambda: desk.pack(reader, "2020-11-01", "2020-11-30"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            step()


def test_the_pack_holds_every_line_of_the_month_with_its_hash_and_no_formula(
    desk: AuditDesk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(csv.DictReader(io.StringIO(desk.pack(ADA, "2020-11-01", "2020-11-30"))))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5", "6", "7", "8", "10", "11"]
    assert rows[8]["who"] == "'=cmd"
    with store.read() as connection:
        assert rows[0]["hash"] == audit.hash_of(connection, 1).hex()
    monkeypatch.setattr(audit_desk, "PACK_LINES", 3)
    with pytest.raises(LimitError, match="fewer days"):
        desk.pack(ADA, "2020-11-01", "2020-11-30")


@pytest.mark.parametrize("language", ("en", "es"))
def test_the_pack_as_pdf_says_the_counts_and_the_state_of_the_log(
    desk: AuditDesk, store: Store, language: str
) -> None:
    check = LogCheck(store)
    use = desk.use(ADA, "2020-11-01", "2020-11-30", least=3)
    for log in (check.last(), check.verify(ADA)):
        text = " ".join(pdf_words.pages(pack_pdf(use, log, "marisol", language)))
        assert "ana.perez" in text and "R1" in text
    assert log.seal in text.replace(" ", "")
    assert ("unbroken" if language == "en" else "íntegro") in text


# --- the chain ------------------------------------------------------------------------------------


def test_an_unbroken_log_is_told_with_its_moment_and_its_seal(store: Store) -> None:
    now = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)
    check = LogCheck(store, lambda: now)
    assert check.last().at == ""
    found = check.verify(ADA)
    last = found.lines
    assert (found.at, last >= 11, found.broken) == ("2026-11-27T09:00:00Z", True, 0)
    assert check.holds(ADA, last, found.seal) and check.holds(ADA, last, f" {found.seal} ")
    assert not check.holds(ADA, last - 1, found.seal) and not check.holds(ADA, 5000, found.seal)
    for number, seal in ((11, "x"), (11, "ab"), (0, found.seal)):
        with pytest.raises(InputError):
            check.holds(ADA, number, seal)


def test_an_administrator_learns_the_state_and_not_how_many_lines_there_are(store: Store) -> None:
    found = LogCheck(store).verify(TOM)
    assert (found.lines, found.seal, found.broken) == (0, "", 0) and found.at
    with pytest.raises(Forbidden):
        LogCheck(store).verify(ANA)
    with pytest.raises(Forbidden):
        LogCheck(store).holds(ANA, 1, "ab" * 32)


@pytest.mark.parametrize(
    ("damage", "broken"),
    (
        ("UPDATE audit SET who = 'eva' WHERE seq = 4", 4),
        ("UPDATE audit SET detail = '' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 5", 6),
        ("UPDATE audit SET hash = x'00' WHERE seq = 11", 11),
    ),
)
def test_a_changed_or_missing_line_is_found_at_its_place(
    tmp_path: object, damage: str, broken: int
) -> None:
    store = Store(f"sqlite:///{tmp_path}/ledger.sqlite")
    store.upgrade()
    write(store)
    check = LogCheck(store)
    assert check.verify(ADA).broken == 0
    with store.write() as connection:
        # Somebody who has the database's files takes its guards away first.
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("DROP TRIGGER audit_no_delete"))
        connection.execute(sa.text(damage))
    assert check.verify(ADA).broken == broken
    store.close()


def test_a_log_cut_off_at_its_end_shows_against_a_seal_kept_elsewhere(tmp_path: object) -> None:
    store = Store(f"sqlite:///{tmp_path}/ledger.sqlite")
    store.upgrade()
    write(store)
    check = LogCheck(store)
    kept = check.verify(ADA)
    with store.write() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_delete"))
        connection.execute(sa.text("DELETE FROM audit WHERE seq > 8"))
    assert check.verify(ADA).broken == 0
    assert not check.holds(ADA, kept.lines, kept.seal)
    store.close()


def test_a_served_node_verifies_once_a_day(store: Store) -> None:
    now = [dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)]
    check = LogCheck(store, lambda: now[0])
    check.keep_up()
    first = check.last()
    now[0] += dt.timedelta(hours=23)
    check.keep_up()
    assert check.last() == first
    now[0] += dt.timedelta(hours=1)
    check.keep_up()
    assert check.last().at == "2026-11-28T09:00:00Z"


# --- the own name ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "text", "own"),
    (
        ("ana.perez", "PÉREZ RUIZ, Ana", True), ("ana.perez", "Ana Perez", True),
        ("ana-perez", "perez ana", True), ("ana.perez", "Ana Ruiz", False),
        ("ana.perez", "anaperez", False), ("ana", "Ana", True), ("ana", "Ana Ruiz", False),
        ("ana", "", False), ("a.b", "a b", False),
    ),
)  # fmt: skip
def test_a_look_at_the_own_name_is_told_by_the_accounts_name(
    account: str, text: str, own: bool
) -> None:
    assert own_name(account, (text,)) is own
