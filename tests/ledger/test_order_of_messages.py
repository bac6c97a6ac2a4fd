"""Whatever order a sender's messages arrive in, the one it prepared last is in force.

Shown for single statements, for every permutation of an original, an amendment and a cancellation,
and for any cut of any shuffle into batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, permutations
from typing import Any, Final, NamedTuple

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.ledger import custody, emptying, records
from esclusa.ledger.appending import TOLD
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Appended, Draft, Outcome
from esclusa.ledger.schema import reference
from esclusa.ledger.search import search
from esclusa.ledger.sequence import Said, earlier
from esclusa.ledger.store import Store
from esclusa.model import Consignment, Level, Marking, Party, Provenance, Record

T: Final = ("2026-04-13T10:15", "2026-04-14T08:00", "2026-04-16T02:40")
BILLS: Final = count()


class Ledger(NamedTuple):
    """A ledger that a module's tests share; each takes bills of its own."""

    store: Store
    labels: Labels
    label: int

    def take(self, *drafts: Draft) -> list[Appended]:
        with self.store.write() as connection:
            return records.append(connection, drafts)

    def chain(self, name: str) -> tuple[Record, ...]:
        with self.store.read() as connection:
            return records.chain(connection, self.labels, name, self.label)

    def in_force(self, name: str) -> tuple[str, bool]:
        """Return the consignee that is in force, and whether the bill is withdrawn."""
        with self.store.read() as connection:
            record = records.get(connection, self.labels, {self.label}, name)
        assert record is not None
        return consignee(record), record.withdrawn

    def bill(self) -> Bill:
        return Bill(f"ORDER{next(BILLS)}", self.label)


class Bill(NamedTuple):
    number: str
    label: int

    def said(
        self, party: str, prepared: str, *, sender: str = "NRCH", cancel: bool = False,
        form: str = "edifact.cuscar", file: str = "",
    ) -> Draft:  # fmt: skip
        body = Consignment(
            carrier="NRCH", bill=self.number, parties=(Party(role="consignee", name=party),)
        )
        return Draft(
            body=body, originator="marisol", label_id=self.label, withdrawn=cancel, sender=sender,
            prepared=prepared, provenance=Provenance(source=file, format=form, message=party),
        )  # fmt: skip


def consignee(record: Record) -> str:
    assert isinstance(record.body, Consignment)
    return record.body.parties[0].name


def plain(url: str) -> Iterator[Ledger]:
    store = Store(url)
    store.upgrade()
    labels = Labels(store)
    yield Ledger(store, labels, labels.intern("marisol", Marking()))
    store.close()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    yield from plain(f"sqlite:///{tmp_path_factory.mktemp('order') / 'ledger.sqlite'}")


@pytest.fixture
def either(ledger_url: str) -> Iterator[Ledger]:
    """A ledger of each database."""
    yield from plain(ledger_url)


# -- every order of arrival gives one state ---------------------------------------------------------


def test_every_order_of_original_amendment_and_cancellation_ends_withdrawn(either: Ledger) -> None:
    for order in permutations(range(3)):
        bill = either.bill()
        sent = (
            bill.said("ORIGINAL SA", T[0]), bill.said("AMENDED SA", T[1]),
            bill.said("AMENDED SA", T[2], cancel=True),
        )  # fmt: skip
        made = [either.take(sent[place])[0] for place in order]
        assert either.in_force(made[0].id) == ("AMENDED SA", True), order
        chain = either.chain(made[0].id)
        assert [one.version for one in chain] == list(range(1, len(chain) + 1))
        assert [one.supersedes for one in chain] == [None, *range(1, len(chain))]
        assert {(consignee(one), one.withdrawn) for one in chain} == {
            ("ORIGINAL SA", False), ("AMENDED SA", False), ("AMENDED SA", True),
        }  # fmt: skip
        with either.store.read() as connection:
            assert records.standing(connection, [one.seq for one in chain]) == set()


def test_an_original_after_its_amendment_is_kept_and_not_in_force(either: Ledger) -> None:
    bill = either.bill()
    (first,) = either.take(bill.said("AMENDED SA", T[2], file="f2"))
    (late,) = either.take(bill.said("ORIGINAL SA", T[0], file="f1"))
    assert (late.outcome, late.version) == (Outcome.LATE, 3)
    assert late.met is not None
    assert (late.met.message, late.met.prepared) == ("AMENDED SA", T[2])
    assert either.in_force(first.id) == ("AMENDED SA", False)
    chain = either.chain(first.id)
    assert [(consignee(one), one.provenance.source) for one in chain] == [
        ("AMENDED SA", "f2"), ("ORIGINAL SA", "f1"), ("AMENDED SA", "f2"),
    ]  # fmt: skip
    with either.store.read() as connection:
        assert records.standing(connection, [one.seq for one in chain]) == {chain[2].seq}
        assert not search(connection, {either.label}, "ORIGINAL", limit=5)
        assert [row.id for row in search(connection, {either.label}, "AMENDED", limit=5)] == [
            first.id
        ]


def test_an_amendment_says_what_it_changed_in_either_order(ledger: Ledger) -> None:
    """Rules ask what an amendment changed: late or not, it changed the original."""
    for order in ((0, 1), (1, 0), (0, 1, 2), (2, 1, 0), (2, 0, 1), (1, 2, 0)):
        bill = ledger.bill()
        sent = [bill.said(f"{place} SA", T[place]) for place in range(len(order))]
        last = [ledger.take(sent[place])[0] for place in order][-1]
        assert last.previous == sent[-2].body
        assert (last.again or sent[-1]).body == sent[-1].body


def test_a_statement_told_again_holds_against_what_was_prepared_in_between(
    either: Ledger,
) -> None:
    for order in permutations(range(3)):
        bill = either.bill()
        sent = (
            bill.said("FIRST SA", T[0]), bill.said("SECOND SA", T[1]), bill.said("FIRST SA", T[2])
        )  # fmt: skip
        made = [either.take(sent[place])[0] for place in order]
        assert either.in_force(made[0].id) == ("FIRST SA", False), order


@settings(max_examples=60)
@given(data=st.data())
def test_any_cut_of_any_order_ends_with_what_was_prepared_last(
    ledger: Ledger, data: st.DataObject
) -> None:
    bill = ledger.bill()
    told = data.draw(
        st.lists(st.tuples(st.sampled_from("ABC"), st.booleans()), min_size=1, max_size=6)
    )
    sent = [
        bill.said(party, f"2026-04-{day:02}T10:00", cancel=cancel)
        for day, (party, cancel) in enumerate(told, 1)
    ]
    name = ""
    arriving = list(data.draw(st.permutations(sent)))
    while arriving:
        size = data.draw(st.integers(1, len(arriving)))
        name = ledger.take(*arriving[:size])[0].id
        arriving = arriving[size:]
    assert ledger.in_force(name) == told[-1]
    chain = ledger.chain(name)
    with ledger.store.read() as connection:
        alive = records.standing(connection, [one.seq for one in chain])
    assert alive == (set() if told[-1][1] else {chain[-1].seq})
    other = ledger.bill()
    for draft in sent:
        body = msgspec.structs.replace(draft.body, bill=other.number)
        name = ledger.take(msgspec.structs.replace(draft, body=body))[0].id
    assert before(chain) == before(ledger.chain(name))


def before(chain: tuple[Record, ...]) -> tuple[str, bool] | None:
    """Return what stood before what is in force, None for nothing: rules ask what changed."""
    return (consignee(chain[-2]), chain[-2].withdrawn) if len(chain) > 1 else None


# -- where nobody can know the order, that of arrival counts ----------------------------------------


@pytest.mark.parametrize(
    ("more", "prepared"),
    [
        pytest.param({}, T[2], id="the same time"),
        pytest.param({}, "", id="no time"),
        pytest.param({}, "2026-04-16", id="a date alone"),
        pytest.param({}, "2026-04-13T10:15Z", id="a zone in one alone"),
        pytest.param({}, "yesterday", id="no moment"),
        pytest.param({"sender": "ANOTHER"}, T[0], id="another sender"),
        pytest.param({"sender": ""}, T[0], id="no sender"),
        pytest.param({"form": "edifact.baplie"}, T[0], id="another kind of message"),
    ],
)
def test_the_last_to_arrive_counts(ledger: Ledger, more: dict[str, Any], prepared: str) -> None:
    bill = ledger.bill()
    ledger.take(bill.said("FIRST SA", T[2]))
    (made,) = ledger.take(bill.said("SECOND SA", prepared, **more))
    assert (made.outcome, made.met) == (Outcome.CHANGED, None)
    assert ledger.in_force(made.id) == ("SECOND SA", False)


def test_what_brings_back_a_cancelled_bill_is_named_where_no_time_tells(ledger: Ledger) -> None:
    bill = ledger.bill()
    ledger.take(bill.said("CANCELLED SA", T[1], cancel=True))
    (made,) = ledger.take(bill.said("ORIGINAL SA", ""))
    assert made.outcome is Outcome.CHANGED
    assert made.met is not None
    assert made.met.message == "CANCELLED SA"
    assert ledger.in_force(made.id) == ("ORIGINAL SA", False)


def test_what_brings_back_a_bill_cancelled_in_the_same_minute_is_named(ledger: Ledger) -> None:
    """An interchange gives minutes. In one file the place tells what came first."""
    bill = ledger.bill()
    ledger.take(bill.said("CANCELLED SA", T[1], cancel=True, file="f1"))
    (made,) = ledger.take(bill.said("ORIGINAL SA", T[1], file="f2"))
    assert made.outcome is Outcome.CHANGED
    assert made.met is not None
    within = ledger.bill()
    made = ledger.take(
        within.said("CANCELLED SA", T[1], cancel=True, file="f3"),
        within.said("ANEW SA", T[1], file="f3"),
    )[1]
    assert (made.outcome, made.met) == (Outcome.CHANGED, None)


def test_a_bill_stated_anew_after_its_cancellation_stands(ledger: Ledger) -> None:
    bill = ledger.bill()
    ledger.take(bill.said("CANCELLED SA", T[1], cancel=True))
    (made,) = ledger.take(bill.said("ANEW SA", T[2]))
    assert (made.outcome, made.met) == (Outcome.CHANGED, None)
    assert ledger.in_force(made.id) == ("ANEW SA", False)


# -- nothing grows, nothing stays behind ------------------------------------------------------------


def test_a_late_statement_that_came_before_changes_nothing(either: Ledger) -> None:
    bill = either.bill()
    late = bill.said("ORIGINAL SA", T[0])
    either.take(bill.said("AMENDED SA", T[2]), late)
    (again,) = either.take(msgspec.structs.replace(late, provenance=Provenance(
        source="another", format=late.provenance.format)))  # fmt: skip
    assert again.outcome is Outcome.UNCHANGED
    assert len(either.chain(again.id)) == 3
    twice = either.bill()
    made = either.take(twice.said("B", T[1]), twice.said("A", T[0]), twice.said("A", T[0]))
    assert [one.outcome.value for one in made] == ["new", "late", "unchanged"]


def test_a_late_statement_goes_with_its_record(either: Ledger) -> None:
    bill = either.bill()
    (made,) = either.take(bill.said("AMENDED SA", T[2], file="f2"))
    either.take(bill.said("ORIGINAL SA", T[0], file="f1"))
    with either.store.write() as connection:
        assert set(custody.sources_of(connection, made.id)) == {"f1", "f2"}
        assert emptying.erase(connection, [made.id]) == {made.id: 3}
        left = connection.execute(sa.text("SELECT sender, prepared FROM record")).all()
    assert {tuple(row) for row in left} == {("", "")}
    assert all(one.body is None for one in either.chain(made.id))


def test_what_said_a_record_again_is_known_when_it_goes(either: Ledger) -> None:
    """A file sent again makes no version, and its bytes hold the words all the same."""
    bill, other = either.bill(), either.bill()
    (made,) = either.take(bill.said("AMENDED SA", T[2], file="f1"))
    either.take(bill.said("AMENDED SA", T[2], file="f2"), other.said("B", T[2], file="f2"))
    either.take(bill.said("ORIGINAL SA", T[0], file="f3"))
    either.take(*[bill.said("ORIGINAL SA", T[0], file="f4")] * 2)
    either.take(bill.said("ORIGINAL SA", T[0], file="f4"))
    (beside,) = either.take(other.said("B", T[2], file="f2"))
    with either.store.write() as connection:
        assert custody.sources_of(connection, made.id) == ("f1", "f2", "f3", "f4")
        assert custody.sources_of(connection, beside.id) == ("f2",)
        emptying.erase(connection, [made.id])
        told = sa.select(reference.c.value).where(reference.c.value.startswith(TOLD))
        assert not connection.execute(told).all()


def test_a_chain_of_another_marking_is_not_asked(ledger: Ledger) -> None:
    other = ledger.labels.intern("marisol", Marking(level=Level.SECRET))
    bill = ledger.bill()
    ledger.take(Bill(bill.number, other).said("AMENDED SA", T[2]))
    (made,) = ledger.take(bill.said("ORIGINAL SA", T[0]))
    assert (made.outcome, made.version, made.met) == (Outcome.NEW, 1, None)


# -- which of two moments is earlier ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "before"),
    [
        pytest.param("2026-04-13T10:15", "2026-04-13T10:16", True, id="a minute"),
        pytest.param("2026-04-13", "2026-04-14T00:01", True, id="a day and a minute"),
        pytest.param("2026-04-13T10:15", "2026-04-13T10:15:30", False, id="as far as both go"),
        pytest.param("2026-04-13T10:15:00.25", "2026-04-13T10:15:00.5", True, id="parts"),
        pytest.param("2026-04-13T12:15+02:00", "2026-04-13T10:30Z", True, id="zones"),
        pytest.param(
            "2026-04-13T12:15+02:00", "2026-04-13T10:15:30Z", False, id="zones, as far as both go"
        ),
        pytest.param(
            "2026-04-13T10:15Z", "2026-04-13T11:00+02:00", False, id="zones the other way"
        ),
        pytest.param("2026-13-45T10:15", "2026-14-01T10:15", False, id="no such day"),
        pytest.param("2026-04-13T10:15+99:00", "2026-04-14T10:15Z", False, id="no such zone"),
        pytest.param("0001-01-01T00:00+01:00", "2026-04-14T10:15Z", False, id="before all time"),
    ],
)
def test_moments_are_compared_as_the_sender_wrote_them(one: str, other: str, before: bool) -> None:
    first, second = (
        Said(sender="NRCH", format="edifact.cuscar", prepared=text) for text in (one, other)
    )
    assert earlier(first, second) is before
    assert not earlier(second, first) or not before
    assert not earlier(first, first)
