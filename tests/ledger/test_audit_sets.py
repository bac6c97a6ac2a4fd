"""Many like lines of the audit log as one line and a list: told as if each stood by itself, and
as much a part of the chain. On both databases; about 9 s of CPU."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.ledger import audit, audit_sets, audit_use, casework_counts
from esclusa.ledger.backup import backup, check, restore
from esclusa.ledger.custody import Vault
from esclusa.ledger.schema import audit as lines_table
from esclusa.ledger.schema import audit_part
from esclusa.ledger.store import Store

ACTIONS = ("exchange:grant:recalled", "exchange:receipt:taken", "exchange:grant:ended")
ABOUT = ("partner=a originator=m", "partner=b originator=m", "")
NAMES = (*(f"r{number}" for number in range(40)), 'a"b', "ñandú", "r1 ", "\\")
NEVER = 10**9


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    made = Store(ledger_url)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight lines are many here."""
    monkeypatch.setattr(audit_sets, "LEAST", 8)


def tell(
    store: Store, deeds: Sequence[audit_sets.Deed | audit_sets.Deeds], at: str = "", **changes: str
) -> None:
    given = {"who": "bo", "role": "exchange", "purpose": "exchange"} | changes
    with pytest.MonkeyPatch.context() as patch, store.write() as connection:
        if at:
            patch.setattr(audit, "now_text", lambda: at)
        audit.write_many(connection, said=deeds, **given)


def recalled(names: Any, version: int = 3, about: str = ABOUT[0]) -> list[audit_sets.Deed]:
    return [(ACTIONS[0], about, name, version) for name in names]


def broken(store: Store) -> list[int]:
    with store.read() as connection:
        return list(audit.broken_lines(connection))


def drawn(seed: int) -> list[list[audit_sets.Deed]]:
    """Return what several transactions say, large and small, in an order of their own."""
    random = Random(seed)
    return [
        [
            (
                random.choice(ACTIONS),
                random.choice(ABOUT),
                random.choice(NAMES),
                random.randrange(4),
            )
            for _ in range(random.choice((1, 5, 7, 8, 200)))
        ]
        + recalled(NAMES)
        for _ in range(4)
    ]


# --- what goes together ---------------------------------------------------------------------------

DEEDS = st.lists(
    st.tuples(st.sampled_from("XYZ"), st.sampled_from("pq"), st.sampled_from("abcdefgh"),
              st.integers(0, 3)),
    max_size=60,
)  # fmt: skip


@settings(max_examples=300)
@given(deeds=DEEDS)
def test_what_was_done_to_one_record_keeps_its_order_and_no_list_names_it_twice(
    deeds: list[audit_sets.Deed],
) -> None:
    found = list(audit_sets.together(deeds))
    told = [(action, about, *member) for action, about, members in found for member in members]
    for name in "abcdefgh":
        assert [deed for deed in told if deed[2] == name] == [
            deed for deed in deeds if deed[2] == name
        ]
    assert all(len({name for name, _ in members}) == len(members) for _, _, members in found)


@settings(max_examples=60)
@given(data=st.data(), deeds=DEEDS)
def test_deeds_told_column_by_column_are_the_same_as_told_one_by_one(
    data: st.DataObject, deeds: list[audit_sets.Deed]
) -> None:
    """However deeds of one kind that follow each other are told: together, in parts, or singly."""
    said: list[audit_sets.Deed | audit_sets.Deeds] = []
    for (action, about), some in itertools.groupby(deeds, lambda deed: deed[:2]):
        names, versions = zip(*[deed[2:] for deed in some], strict=True)
        # Long enough to stand as one list, where no record is named twice.
        more = [f"{name}{at}" for at in range(data.draw(st.sampled_from([0, 12]))) for name in "rs"]
        members = audit_sets.Members([*names, *more], [*versions, *[4] * len(more)])
        one_by_one = data.draw(st.booleans())
        said += [(action, about, *member) for member in members] if one_by_one else \
            [audit_sets.Deeds(action, about, members)]  # fmt: skip
    plain = [deed for item in said for deed in each(item)]
    found = list(audit_sets.together(said))
    told = [(action, about, *member) for action, about, members in found for member in members]
    for name in {deed[2] for deed in plain}:
        assert [deed for deed in told if deed[2] == name] == [
            deed for deed in plain if deed[2] == name
        ]
    assert all(len({name for name, _ in members}) == len(members) for _, _, members in found)


def each(item: audit_sets.Deed | audit_sets.Deeds) -> list[audit_sets.Deed]:
    if not isinstance(item, audit_sets.Deeds):
        return [item]
    return [(item.action, item.besides, *member) for member in item.members]


def test_a_recall_told_column_by_column_stands_in_the_log_as_one_told_one_by_one(
    store: Store, tmp_path: Path
) -> None:
    plain = Store(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    plain.upgrade()
    members = audit_sets.Members(list(NAMES), [3] * len(NAMES))
    columns = [audit_sets.Deeds(ACTIONS[0], ABOUT[0], members)]
    tell(store, columns, at="2026-11-10T08:00:00.000000Z")
    tell(plain, recalled(NAMES), at="2026-11-10T08:00:00.000000Z")
    rows = []
    for each_store in (store, plain):
        with each_store.read() as connection:
            rows.append([
                connection.execute(sa.select(table)).all() for table in (lines_table, audit_part)
            ])  # fmt: skip
    assert rows[0] == rows[1]
    assert len(rows[0][0]) == 1
    plain.close()


def test_a_recall_of_many_with_their_receipts_is_a_list_of_each_kind() -> None:
    deeds = [(action, "", name, 1) for name in NAMES for action in ACTIONS[1:]]
    assert [(action, len(some)) for action, _, some in audit_sets.together(deeds)] == [
        (ACTIONS[1], len(NAMES)), (ACTIONS[2], len(NAMES)),
    ]  # fmt: skip


# --- as if each stood by itself -------------------------------------------------------------------


@pytest.fixture
def both(store: Store, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """The same told twice: with lists, and line by line."""
    plain = Store(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    plain.upgrade()
    for number, deeds in enumerate(itertools.chain(drawn(1), drawn(2))):
        at = f"2026-11-{10 + number}T08:00:00.000000Z"
        for one in (store, plain):
            with pytest.MonkeyPatch.context() as patch:
                if one is plain:
                    patch.setattr(audit_sets, "LEAST", NEVER)
                tell(one, deeds, at)
                if number % 3 == 0:
                    tell(one, recalled(("r1", "r2")), at, role="analyst")
    yield store, plain
    plain.close()


def about_it(row: Any) -> tuple[str, ...]:
    return (row.at, row.who, row.role, row.purpose, row.action, row.subject, row.detail)


def test_every_question_about_a_record_has_the_same_answer(both: tuple[Store, Store]) -> None:
    filters: tuple[dict[str, str], ...] = (
        {}, {"action": ACTIONS[0]}, {"who": "nobody"}, {"purpose": "exchange"},
        {"since": "2026-11-12", "until": "2026-11-14"}, {"until": "2026-11-11"},
    )  # fmt: skip
    with both[0].read() as of_sets, both[1].read() as plain:
        rows = of_sets.execute(sa.select(sa.func.count()).select_from(audit_part)).scalar()
        assert rows and rows > 50
        for name in (*NAMES, "r", "nobody", ""):
            one, other = (list(map(about_it, audit.about(c, name))) for c in (of_sets, plain))
            if name:
                assert one == other
            for asked in filters if name else ():
                sets, lines = (
                    [about_it(row) for row in audit.lines(c, limit=99, subject=name, **asked)]
                    for c in (of_sets, plain)
                )
                assert sets == lines
            if name:
                uses = [audit_use.about(c, name, limit=9) for c in (of_sets, plain)]
                told = [[(u.who, u.role, u.purpose, u.lines, u.first, u.last) for u in use]
                        for use in uses]  # fmt: skip
                assert told[0] == told[1]
                assert audit_use.about(of_sets, name, limit=1) == uses[0][:1]


def test_pages_of_a_records_lines_follow_on_each_other(both: tuple[Store, Store]) -> None:
    with both[0].read() as connection:
        whole = audit.lines(connection, limit=999, subject="r1")
        paged: list[Any] = []
        while some := audit.lines(
            connection, limit=3, subject="r1", before=paged[-1].seq if paged else 0
        ):
            paged += some
        assert [row.seq for row in paged] == [row.seq for row in whole]
        assert list(map(about_it, paged)) == list(map(about_it, whole))
        assert len({row.seq for row in whole}) == len(whole) > 9


def test_a_report_counts_each_record_of_a_list(both: tuple[Store, Store]) -> None:
    with both[0].read() as of_sets, both[1].read() as plain:
        for asked in (ACTIONS, ACTIONS[1:], ()):
            for span in (("2026-11-10", "2026-11-19"), ("2026-11-12", "2026-11-13")):
                found = [
                    sorted((row.at, row.action, row.subject, row.detail)
                           for row in casework_counts.exchanged(c, asked, *span))
                    for c in (of_sets, plain)
                ]  # fmt: skip
                assert found[0] == found[1]
                assert bool(found[0]) == bool(asked)


def test_lists_are_read_in_the_order_of_their_names_and_give_back_all(store: Store) -> None:
    tell(store, recalled(NAMES))
    with store.read() as connection:
        (row,) = audit.lines(connection, limit=9)
        assert audit_sets.is_set(row) and audit_sets.size(row) == len(NAMES)
        told = list(audit_sets.of_line(connection, row))
    assert sorted(line.subject for line in told) == sorted(NAMES)
    assert {line.detail for line in told} == {"partner=a originator=m version=3"}
    assert {line.seq for line in told} == {row.seq}


def test_from_how_many_on_a_list_is_made_and_for_whom(store: Store) -> None:
    tell(store, recalled(NAMES[:7]))
    tell(store, recalled(NAMES[:9]), role="analyst")
    with store.read() as connection:
        rows = audit.lines(connection, limit=99)
        assert len(rows) == 16
        assert not any(map(audit_sets.is_set, rows))
        assert {audit_sets.size(row) for row in rows} == {1}
    tell(store, recalled(NAMES[:8], version=0, about=""))
    with store.read() as connection:
        (row,) = audit.lines(connection, limit=1)
        assert audit_sets.size(row) == 8
        assert {line.detail for line in audit_sets.of_line(connection, row)} == {""}
    assert broken(store) == []


def test_a_line_that_only_begins_like_one_for_many_stands_for_itself(store: Store) -> None:
    digest = "0" * 64
    for role, subject, detail in (
        ("exchange", "", "records=4 holders=2"), ("exchange", "", "records=x digest=y partner=a"),
        ("analyst", "", f"records=4 digest={digest} partner=a"),
        ("exchange", "r1", f"records=4 digest={digest} partner=a"),
    ):  # fmt: skip
        with store.write() as connection:
            audit.write_line(connection, who="bo", role=role, purpose="exchange",
                             action=ACTIONS[0], subject=subject, detail=detail)  # fmt: skip
    assert broken(store) == []
    with store.read() as connection:
        assert [row.detail for row in casework_counts.exchanged(connection, ACTIONS, "", "3")] == [
            "records=4 holders=2", "records=x digest=y partner=a",
            f"records=4 digest={digest} partner=a",
        ]  # fmt: skip


# --- as much a part of the chain ------------------------------------------------------------------


def test_lists_can_neither_be_changed_nor_deleted(store: Store) -> None:
    tell(store, recalled(NAMES))
    for statement in (audit_part.update().values(members="[[],[]]"), audit_part.delete()):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            store.write() as connection,
        ):
            connection.execute(statement)
    assert broken(store) == []


def _unguarded(connection: sa.Connection, *tables: str) -> None:
    """Take the guards away, as somebody who has the database's files would."""
    for table in tables:
        if connection.dialect.name == "sqlite":
            for deed in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {table}_no_{deed}"))
        else:
            connection.execute(sa.text(f"DROP TRIGGER {table}_append_only ON {table}"))


def _rewrite(connection: sa.Connection, seq: int, part: int, old: str, new: str) -> None:
    place = (audit_part.c.seq == seq, audit_part.c.part == part)
    text = connection.execute(sa.select(audit_part.c.members).where(*place)).scalar_one()
    assert old in text
    changed = audit_part.update().where(*place).values(members=text.replace(old, new, 1))
    connection.execute(changed)


def _first(connection: sa.Connection, seq: int) -> tuple[int, list[str], list[int]]:
    """Return the number, names and versions of a part with two records or more."""
    rows = connection.execute(sa.select(audit_part).where(audit_part.c.seq == seq))
    for row in rows:
        names, versions = audit_sets._DECODER.decode(row.members)
        if len(names) > 1:
            return row.part, names, versions
    raise AssertionError("every part has one record")


def _name(connection: sa.Connection) -> None:
    part, names, _ = _first(connection, 1)
    _rewrite(connection, 1, part, f'"{names[0]}"', '"another"')


def _version(connection: sa.Connection) -> None:
    part, _, _ = _first(connection, 1)
    _rewrite(connection, 1, part, "3]", "4]")


def _order(connection: sa.Connection) -> None:
    part, names, _ = _first(connection, 1)
    one, two = names[:2]
    _rewrite(connection, 1, part, f'"{one}","{two}"', f'"{two}","{one}"')


def _places(connection: sa.Connection) -> None:
    first, second = connection.execute(
        sa.select(audit_part.c.part).where(audit_part.c.seq == 1).limit(2)
    ).scalars()
    _move(connection, (first, 1), (99, 1))
    _move(connection, (second, 1), (first, 1))
    _move(connection, (99, 1), (second, 1))


def _lists(connection: sa.Connection) -> None:
    """The lists of the first and the second line change places, whole."""
    for old, new in ((1, 99), (2, 1), (99, 2)):
        connection.execute(audit_part.update().where(audit_part.c.seq == old).values(seq=new))


def _move(connection: sa.Connection, old: tuple[int, int], new: tuple[int, int]) -> None:
    place = (audit_part.c.part == old[0], audit_part.c.seq == old[1])
    connection.execute(audit_part.update().where(*place).values(part=new[0], seq=new[1]))


def _part(connection: sa.Connection) -> None:
    part, _, _ = _first(connection, 1)
    gone = audit_part.delete().where(audit_part.c.seq == 1, audit_part.c.part == part)
    connection.execute(gone)


def _all(connection: sa.Connection) -> None:
    connection.execute(audit_part.delete().where(audit_part.c.seq == 1))


def _more(connection: sa.Connection) -> None:
    used = set(connection.execute(
        sa.select(audit_part.c.part).where(audit_part.c.seq == 1)
    ).scalars())  # fmt: skip
    free = min(set(range(64)) - used)
    connection.execute(audit_part.insert().values(part=free, seq=1, members='[["x"],[1]]'))


def _digest(connection: sa.Connection) -> None:
    """A shorter list with its digest, and the hash of the line made anew for it."""
    _part(connection)
    parts = audit_sets._parts(connection, 1)
    row = connection.execute(sa.select(lines_table).where(lines_table.c.seq == 1)).one()
    detail = audit_sets.detail(ABOUT[0], audit_sets.size(row), audit_sets._digest(parts))
    told = (row.at, row.who, row.role, row.purpose, row.action, row.subject, detail)
    changed = lines_table.update().where(lines_table.c.seq == 1)
    new = audit.line_hash(b"", "1", *told)
    connection.execute(changed.values(detail=detail, hash=new))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (_name, [1]), (_version, [1]), (_order, [1]), (_places, [1]), (_part, [1]), (_all, [1]),
        (_more, [1]), (_lists, [1, 2]), (_digest, [2]),
    ],
)  # fmt: skip
def test_a_list_that_was_altered_reordered_exchanged_or_dropped_is_found_at_its_line(
    store: Store, damage: Any, found: list[int]
) -> None:
    tell(store, recalled(NAMES))
    tell(store, recalled(NAMES, version=4))
    tell(store, recalled(NAMES[:3]))
    assert broken(store) == []
    with store.write() as connection:
        _unguarded(connection, "audit", "audit_part")
        damage(connection)
    assert broken(store) == found


# --- kept, and kept before ------------------------------------------------------------------------


def test_a_backup_carries_the_lists_and_is_checked_with_them(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    tell(store, recalled(NAMES))
    assert check(store, vault) == []
    assert backup(store, vault, tmp_path / "b.tar.gz")["audit_part"] > 1
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    restore(copy, vault, tmp_path / "b.tar.gz")
    assert check(copy, vault) == []
    with copy.read() as connection:
        assert [row.action for row in audit.about(connection, "r7")] == [ACTIONS[0]]
    with copy.write() as connection:
        _unguarded(connection, "audit_part")
        _all(connection)
    assert check(copy, vault) == ["audit line 1 does not follow from the one before"]
    copy.close()


def test_a_ledger_from_before_is_brought_on_with_its_lines_as_they_were(store: Store) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_sets, "LEAST", NEVER)
        patch.setattr(audit_sets, "keep", lambda *_: None)  # there is no such table yet
        store.downgrade("0015")
        tell(store, recalled(NAMES))
    with store.read() as connection:
        before = connection.execute(sa.select(lines_table).order_by(lines_table.c.seq)).all()
    store.upgrade()
    tell(store, recalled(NAMES, version=4))
    assert broken(store) == []
    with store.read() as connection:
        rows = connection.execute(sa.select(lines_table).order_by(lines_table.c.seq)).all()
        assert rows[:-1] == before and len(before) == len(NAMES)
        assert [row.detail[-1] for row in audit.about(connection, "r1 ")] == ["3", "4"]
    store.downgrade("0015")
    store.upgrade()
    assert broken(store) == [len(NAMES) + 1]  # its list went with the way back
