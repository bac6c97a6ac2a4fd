"""Kept mappings in the ledger: versions are appended, carried by a backup, and held to their digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from esclusa.errors import InputError, LedgerError
from esclusa.ledger import custody, mappings
from esclusa.ledger.backup import backup, check, restore
from esclusa.ledger.custody import Vault, acknowledge, source_id
from esclusa.ledger.labels import Labels
from esclusa.ledger.schema import mapping, source
from esclusa.ledger.store import Store
from esclusa.model import Defect, Marking, Severity

ONE, TWO = 'id = "office"\n# uno', 'id = "office"\n# dos'


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    store = Store(ledger_url)
    store.upgrade()
    yield store
    store.close()


def add(store: Store, body: str, identity: str = "office") -> tuple[int, bool]:
    with store.write() as connection:
        return mappings.add(connection, identity=identity, body=body, by="sol")


def take_in(store: Store, vault: Vault, data: bytes, ref: str = "", **more: object) -> str:
    label = Labels(store).intern("marisol", Marking())
    sha256, size = vault.put(io.BytesIO(data), limit=1000)
    return acknowledge(
        store, name="t.csv", marking=Marking().canonical(), label_id=label, sha256=sha256,
        size=size, by="ana", mapping=ref, **more,  # type: ignore[arg-type]
    )[0]  # fmt: skip


# --- versions -------------------------------------------------------------------------------------


def test_a_new_text_is_a_new_version_and_the_newest_text_again_is_none(store: Store) -> None:
    assert [add(store, body) for body in (ONE, ONE, TWO, TWO, ONE)] == [
        (1, True), (1, False), (2, True), (2, False), (3, True),
    ]  # fmt: skip
    with store.read() as connection:
        rows = mappings.versions(connection, "office")
        assert [(row.version, row.body) for row in rows] == [(3, ONE), (2, TWO), (1, ONE)]
        assert mappings.find(connection, "office").version == 3
        assert mappings.find(connection, "other") is None
        ref = mappings.reference("office", mappings.digest_of(TWO))
        assert mappings.by_reference(connection, ref).body == TWO
        assert mappings.by_reference(connection, "office@" + "0" * 64) is None


def test_the_newest_version_of_each_mapping_is_listed_by_id(store: Store) -> None:
    for body, identity in ((ONE, "b"), (ONE, "a"), (TWO, "b")):
        add(store, body, identity)
    with store.read() as connection:
        assert [(r.id, r.version) for r in mappings.newest(connection)] == [("a", 1), ("b", 2)]


def test_a_reference_is_taken_apart_as_it_was_put_together() -> None:
    assert mappings.parts(mappings.reference("a.b-c", "ff")) == ("a.b-c", "ff")
    assert mappings.parts("") == ("", "")


def test_mappings_can_neither_be_changed_nor_deleted(store: Store) -> None:
    add(store, ONE)
    for statement in (mapping.update().values(body=TWO), mapping.delete()):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            store.write() as connection,
        ):
            connection.execute(statement)


# --- custody --------------------------------------------------------------------------------------


def test_the_same_bytes_under_another_mapping_are_another_source() -> None:
    sha256, marking = hashlib.sha256(b"x").hexdigest(), Marking().canonical()
    refs = ("", "a@1", "a@2", "b@1")
    assert len({source_id(sha256, marking, ref) for ref in refs}) == len(refs)
    assert source_id(sha256, marking, "a@1") == source_id(sha256, marking, "a@1")


def test_a_file_without_a_mapping_keeps_the_id_it_always_had() -> None:
    sha256, marking = hashlib.sha256(b"x").hexdigest(), Marking().canonical()
    before = hashlib.sha256(bytes.fromhex(sha256) + marking).hexdigest()[:32]
    assert source_id(sha256, marking) == before


def test_what_is_told_before_the_reading_is_counted_and_comes_first(
    store: Store, tmp_path: Path
) -> None:
    note = Defect(code="n", severity=Severity.NOTE, reason="first", offset=0)
    identity = take_in(store, Vault(tmp_path / "v"), b"x", notes=[note])
    with store.write() as connection:
        assert custody.find(connection, identity, None).counts == '{"defects": 1}'
        custody.add_defects(connection, identity, 1, [note])
        assert len(custody.defects_of(connection, identity, limit=9)) == 2


# --- backup, restore, check -----------------------------------------------------------------------


def test_a_backup_carries_every_version_and_what_each_file_is_read_with(
    store: Store, tmp_path: Path
) -> None:
    vault = Vault(tmp_path / "vault")
    add(store, ONE)
    ref = mappings.reference("office", mappings.digest_of(ONE))
    identity = take_in(store, vault, b"a;b", ref)
    add(store, TWO)
    assert check(store, vault) == []
    counts = backup(store, vault, tmp_path / "b.tar.gz")
    assert counts["mapping"] == 2
    copy, copied = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}"), Vault(tmp_path / "copied")
    restore(copy, copied, tmp_path / "b.tar.gz")
    assert check(copy, copied) == []
    with copy.read() as connection, store.read() as original:
        assert mappings.every(connection) == mappings.every(original)
        assert custody.find(connection, identity, None).mapping == ref
    copy.close()


def test_a_backup_is_not_restored_over_kept_mappings(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    backup(store, vault, tmp_path / "b.tar.gz")
    add(store, ONE)
    with pytest.raises(LedgerError, match="table mapping has rows"):
        restore(store, vault, tmp_path / "b.tar.gz")


def test_check_names_a_changed_mapping_and_one_that_is_missing(
    store: Store, tmp_path: Path
) -> None:
    vault = Vault(tmp_path / "vault")
    add(store, ONE)
    gone = mappings.reference("office", mappings.digest_of(TWO))
    identity = take_in(store, vault, b"a;b", gone)
    with store.write() as connection:
        connection.execute(
            mapping.insert().values(
                id="odd", version=1, digest="0" * 64, body=ONE, added="", added_by=""
            )
        )
    assert check(store, vault) == [
        "mapping odd version 1 differs from its digest",
        f"file {identity} is read with mapping {gone}, which is not kept",
    ]


# --- migration ------------------------------------------------------------------------------------


def test_files_received_before_mappings_were_kept_stay_and_have_none(
    store: Store, tmp_path: Path
) -> None:
    """Schema 0001 with a file in custody goes to the newest schema and back."""
    identity = take_in(store, Vault(tmp_path / "vault"), b"a;b")
    add(store, ONE)
    store.downgrade("0001")
    with store.read() as connection:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("source")}
        assert "mapping" not in columns
        assert not sa.inspect(connection).has_table("mapping")
    store.upgrade()
    with store.read() as connection:
        (row,) = connection.execute(sa.select(source)).all()
        assert (row.id, row.mapping) == (identity, "")
        assert mappings.every(connection) == []


def test_a_damaged_backup_of_mappings_is_refused(store: Store, tmp_path: Path) -> None:
    vault, target = Vault(tmp_path / "vault"), tmp_path / "b.tar.gz"
    add(store, ONE)
    backup(store, vault, target)
    target.write_bytes(target.read_bytes()[:-40])
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    with pytest.raises(InputError, match="not a usable backup"):
        restore(copy, vault, target)
    copy.close()
