"""The ledger's promises: append-only, idempotent, versioned by label, erased without a trace."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esclusa.errors import LedgerError
from esclusa.ledger import emptying, queue, records, ties
from esclusa.ledger import store as ledger_store
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft, Outcome
from esclusa.ledger.schema import metadata, record
from esclusa.ledger.search import search
from esclusa.ledger.store import Store
from esclusa.model import (
    Body,
    Consignment,
    GoodsItem,
    Level,
    ListEntry,
    Marking,
    Party,
    Seal,
    TransportEquipment,
)


@pytest.fixture
def store(ledger_url: str) -> Store:
    store = Store(ledger_url)
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def labels(store: Store) -> Labels:
    return Labels(store)


def consignment(bill: str = "B1", goods: str = "bananas", **more: object) -> Consignment:
    return Consignment(
        carrier="NRCH",
        bill=bill,
        goods=(GoodsItem(description=goods),),
        parties=(Party(role="shipper", name="Frutera del Istmo, S.A."),),
        equipment=(TransportEquipment(number="CSQU3054383", seals=(Seal(number="S77"),)),),
        **more,
    )


def add(store: Store, label: int, *bodies: Body, **more: object) -> list[records.Appended]:
    drafts = [Draft(body=b, originator="marisol", label_id=label, **more) for b in bodies]
    with store.write() as connection:
        return records.append(connection, drafts)


def found(store: Store, labels: Labels, label: set[int], text: str) -> list[str]:
    with store.read() as connection:
        return [row.id for row in search(connection, label, text, limit=50)]


def test_a_new_record_reads_back_whole(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking(level=Level.OFFICIAL))
    (made,) = add(store, label, consignment())
    with store.read() as connection:
        record = records.get(connection, labels, {label}, made.id)
    assert record.body == consignment()
    assert (record.version, record.seq, record.originator) == (1, 1, "marisol")
    assert record.marking == Marking(level=Level.OFFICIAL)


def test_the_same_statement_again_changes_nothing(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    (again,) = add(store, label, consignment())
    assert (again.outcome, again.version) == (Outcome.UNCHANGED, 1)


def test_a_changed_statement_is_a_new_version_and_the_old_one_stays(
    store: Store, labels: Labels
) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    (changed,) = add(store, label, consignment(goods="machine parts"))
    assert (changed.outcome, changed.version) == (Outcome.CHANGED, 2)
    assert changed.previous == consignment()
    with store.read() as connection:
        chain = records.chain(connection, labels, changed.id, label)
    assert [item.version for item in chain] == [1, 2]
    assert chain[0].body == consignment()
    assert chain[1].supersedes == 1


def test_a_cancellation_withdraws_and_never_deletes(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    (gone,) = add(store, label, consignment(), withdrawn=True)
    assert gone.outcome is Outcome.WITHDRAWN
    with store.read() as connection:
        chain = records.chain(connection, labels, gone.id, label)
    assert [item.withdrawn for item in chain] == [False, True]


def test_two_versions_in_one_batch_are_two_versions(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    made = add(store, label, consignment(), consignment(goods="x"), consignment(goods="x"))
    assert [item.outcome for item in made] == [Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED]
    with store.read() as connection:
        current = connection.execute(sa.select(record.c.version).where(record.c.current))
        assert current.scalars().all() == [2]


def test_versions_chain_per_label_so_no_number_tells_of_another_chain(
    store: Store, labels: Labels
) -> None:
    low = labels.intern("marisol", Marking())
    high = labels.intern("marisol", Marking(level=Level.SECRET))
    add(store, high, consignment(goods="secret words"))
    (open_one,) = add(store, low, consignment())
    assert (open_one.outcome, open_one.version) == (Outcome.NEW, 1)
    with store.read() as connection:
        assert records.get(connection, labels, {low}, open_one.id).version == 1
        assert records.get(connection, labels, set(), open_one.id) is None
    assert found(store, labels, {low}, "secret") == []
    assert found(store, labels, {low, high}, "secret") == [open_one.id]


def test_search_finds_every_word_typed_and_only_the_newest_version(
    store: Store, labels: Labels
) -> None:
    label = labels.intern("marisol", Marking())
    (made,) = add(store, label, consignment(goods="Plátanos verdes"))
    assert found(store, labels, {label}, "frutera istmo") == [made.id]
    assert found(store, labels, {label}, "CSQU30543") == [made.id]
    assert found(store, labels, {label}, "S77") == [made.id]
    assert found(store, labels, {label}, "frutera absent") == []
    add(store, label, consignment(goods="scrap"))
    assert found(store, labels, {label}, "verdes") == []
    assert found(store, labels, {label}, "scrap") == [made.id]


@pytest.mark.parametrize("text", ["", '"', "'", "a AND", "NOT", "* ( ) -", "x:y^2", "\x00", "🦀"])
def test_nothing_typed_into_search_is_an_error(store: Store, labels: Labels, text: str) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    assert found(store, labels, {label}, text) == []


def test_records_can_neither_be_changed_nor_deleted(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    for statement in (
        record.update().values(body=b"{}"),
        record.update().values(version=9),
        record.update().values(key="other"),
        record.update().values(key=""),  # while it has its body
        record.delete(),
    ):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only|only be erased"),
            store.write() as c,
        ):
            c.execute(statement)


def test_erasure_empties_every_version_and_index_and_keeps_the_digest(
    store: Store, labels: Labels
) -> None:
    label = labels.intern("marisol", Marking())
    add(store, label, consignment())
    (made,) = add(store, label, consignment(goods="machine parts"))
    with store.write() as connection:
        assert emptying.erase(connection, [made.id]) == {made.id: 2}
    with store.read() as connection:
        for item in records.chain(connection, labels, made.id, label):
            assert item.body is None
        rows = connection.execute(sa.select(record.c.digest, record.c.erased_time)).all()
        assert all(len(row.digest) == 32 and row.erased_time for row in rows)
        assert records.related(connection, labels, {label}, ["equipment:CSQU3054383"]) == []
    assert found(store, labels, {label}, "frutera") == []


def keys_of(store: Store) -> set[tuple[str, str]]:
    with store.read() as connection:
        return {(row.kind, row.key) for row in connection.execute(sa.select(record))}


def test_a_natural_key_goes_with_the_content_and_that_of_a_list_entry_stays(
    store: Store, labels: Labels
) -> None:
    label = labels.intern("marisol", Marking())
    entry = ListEntry(list_id="own", uid="x1", type="person", name="Velasco Marrone")
    first, _, listed = add(store, label, consignment(), consignment("B2"), entry)
    add(store, label, consignment(), withdrawn=True)
    with store.write() as connection:
        emptying.erase(connection, [first.id, listed.id])
    assert keys_of(store) == {("consignment", ""), ("consignment", "NRCH/B2"),
                              ("list_entry", "OWN/X1")}  # fmt: skip
    with pytest.raises(sa.exc.DBAPIError), store.write() as connection:
        connection.execute(record.update().where(record.c.key == "").values(key="NRCH/B1"))


def test_an_upgrade_blanks_the_keys_of_what_was_erased_before(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    first, _ = add(store, label, consignment(), consignment("B2"))
    store.downgrade("0017")
    with store.write() as connection:
        connection.execute(record.update().where(record.c.id == first.id)
                           .values(body=None, erased_time="2026-11-01T00:00:00+00:00"))  # fmt: skip
    assert ("consignment", "NRCH/B1") in keys_of(store)
    store.upgrade()
    assert keys_of(store) == {("consignment", ""), ("consignment", "NRCH/B2")}


def test_the_retention_clock_names_what_is_due(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    (first,) = add(store, label, consignment("B1"), retain_until="2026-05-01")
    add(store, label, consignment("B2"), retain_until="2027-05-01")
    add(store, label, consignment("B3"))
    with store.read() as connection:
        assert records.due(connection, "2026-11-23") == (first.id,)


def test_references_tie_records_that_share_a_box_or_a_seal(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    (one,) = add(store, label, consignment("B1"))
    (two,) = add(store, label, consignment("B2"))
    with store.read() as connection:
        related = records.related(connection, labels, {label}, ["seal:S77"])
        assert [item.id for _value, item in related] == [one.id, two.id]
        seen = ties.first_seen(connection, {label}, ["seal:S77", "seal:NONE"])
        assert list(seen) == ["seal:S77"]
        sightings = ties.sightings(connection, {label}, ["seal:S77"], each=9)
        assert {name for name, _body in sightings["seal:S77"]} == {one.id, two.id}
        assert ties.counts(connection, {label}, ["seal:S77", "seal:NONE"]) == {
            "seal:S77": 2,
            "seal:NONE": 0,
        }


def test_a_junk_seal_on_many_records_gives_the_newest_few_that_a_reader_may_see(
    store: Store, labels: Labels
) -> None:
    seen, hidden = labels.intern("marisol", Marking()), labels.intern("altamira", Marking())
    made = add(store, seen, *(consignment(f"B{number}") for number in range(30)))
    add(store, hidden, *(consignment(f"H{number}") for number in range(30)))
    with store.read() as connection:
        found = ties.sightings(connection, {seen}, ["seal:S77", "seal:NONE"], each=3)
    assert [name for name, _body in found["seal:S77"]] == [item.id for item in made[-3:]]
    assert "seal:NONE" not in found


def test_bodies_at_hand_are_not_read_again(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    (made,) = add(store, label, consignment())
    stand_in = consignment("AT HAND")
    with store.read() as connection:
        found = ties.sightings(
            connection, {label}, ["seal:S77"], each=1, known={made.seq: stand_in}
        )
    assert found == {"seal:S77": ((made.id, stand_in),)}


def test_a_queue_row_entered_again_replaces_the_first_and_no_other(
    store: Store, labels: Labels
) -> None:
    label = labels.intern("marisol", Marking())
    row = {
        "label_id": label, "seq": 1, "subject_id": "s", "subject_kind": "consignment",
        "breadth": 1, "title": "B1", "score": 5.0, "open": True, "state": "new",
        "claimed_by": "", "verdict": "", "port": "PAONX", "arrival": "9999", "created": "t",
        "source_id": "",
    }  # fmt: skip
    with store.write() as connection:
        queue.put(connection, [row | {"alert_id": name} for name in ("a1", "a2")])
        queue.put(connection, [row | {"alert_id": "a1", "seq": 7, "score": 9.0}])
    with store.read() as connection:
        rows, _cursor = queue.page(connection, {label}, queue.Wanted())
    assert [(item.alert_id, item.seq, item.score) for item in rows] == [
        ("a1", 7, 9.0),
        ("a2", 1, 5.0),
    ]


def test_a_failed_transaction_leaves_nothing(store: Store, labels: Labels) -> None:
    label = labels.intern("marisol", Marking())
    draft = Draft(body=consignment(), originator="marisol", label_id=label)
    with pytest.raises(RuntimeError), store.write() as connection:
        records.append(connection, [draft])
        raise RuntimeError("pulled the plug")
    with store.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(record)).scalar() == 0


def test_the_schema_is_what_the_migrations_build(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    def ours(_object: object, name: str, type_: str, *_rest: object) -> bool:
        return not (type_ == "table" and name.startswith("record_text"))

    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_migrations_go_down_and_up_again(store: Store) -> None:
    store.downgrade("base")
    with pytest.raises(LedgerError, match="esclusa upgrade"):
        store.require_current()
    store.upgrade()
    store.require_current()


def test_a_process_left_running_through_an_upgrade_writes_nothing(store: Store) -> None:
    store.require_current()
    with closing(Store(store.url.render_as_string(hide_password=False))) as other:
        other.downgrade("-1")
        with (
            pytest.raises(LedgerError, match="start the version that belongs there"),
            store.write(),
        ):
            pytest.fail("it must not come to writing")
        other.upgrade()
    with store.write():
        pass  # what it was written for is back


def test_an_upgrade_gives_up_where_who_reads_waits_to_write(
    fresh_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upgrade waits for the reading, the reading for a writer's turn, and that for the upgrade:
    three sessions, so the server sees no ring."""
    with closing(Store(fresh_postgres)) as node, closing(Store(fresh_postgres)) as other:
        node.upgrade()
        monkeypatch.setattr(ledger_store, "_BUSY_SECONDS", 1)
        with node.read() as connection, ThreadPoolExecutor(1) as pool:
            connection.execute(sa.select(sa.func.count()).select_from(record)).scalar_one()
            upgrading = pool.submit(other.downgrade, "0016")
            wait([upgrading], timeout=0.3)  # it has the turn by now, or takes it later: one end
            with node.write():
                pass
            with pytest.raises(LedgerError, match="lock timeout"):
                upgrading.result()
        node.require_current()


def test_a_database_that_fails_is_told_where_no_connection_is_left_to_look_at_its_schema(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.require_current()
    busy = sa.exc.TimeoutError("QueuePool limit reached")
    monkeypatch.setattr(store._reader, "connect", lambda: (_ for _ in ()).throw(busy))
    with pytest.raises(LedgerError, match="the ledger's database answered"), store.write():
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("disk I/O error"))


BILLS = st.sampled_from(["B1", "B2"])
STEPS = st.lists(st.tuples(BILLS, st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=12)


@given(STEPS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_history_gives_gapless_versions_and_the_last_word_is_current(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, bool]]
) -> None:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'l.sqlite'}")
    store.upgrade()
    labels = Labels(store)
    label = labels.intern("marisol", Marking())
    last: dict[str, tuple[str, bool]] = {}
    for bill, goods, withdrawn in steps:
        add(store, label, consignment(bill, goods), withdrawn=withdrawn)
        last[bill] = (goods, withdrawn)
    with store.read() as connection:
        rows = connection.execute(sa.select(record).order_by(record.c.seq)).all()
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        for bill, (goods, withdrawn) in last.items():
            chain = [row for row in rows if row.key == f"NRCH/{bill}"]
            assert [row.version for row in chain] == list(range(1, len(chain) + 1))
            (now,) = [row for row in chain if row.current]
            assert now.withdrawn == withdrawn
            assert records.to_record(now, labels).body == consignment(bill, goods)
    store.close()
