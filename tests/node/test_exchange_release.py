"""What arrives at a partner is what the preview said: every field of every kind, and no byte more."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.errors import AgreementError, NotFound
from esclusa.model import Level, Record
from esclusa.node import Node
from esclusa.sharing.facts import plain
from esclusa.sharing.partner_views import PreviewView
from exchange_cases import Bill, give, held, leaves, manifest, record_of, refused, some
from exchange_worlds import World, files, for_partners, officer, own, take_in

WITHHELD = (b"KANARI NOTIFY", b"KANARI MARKS", b"KANARI STREET", b"60480.25",
            b"7777.25", b"14499.5", b"16700.5", b"090111")  # fmt: skip
"""What the sample agreement drops, coarsens or does not name, as it stands in the manifest. With
a decimal point, so that no digest holds one of them by chance."""


def sample(name: str) -> bytes:
    return files("esclusa.samples").joinpath(name).read_bytes()


def preview(node: Node, record: Record, partner: str) -> PreviewView:
    return node.partner_desk.preview(officer(node, purpose="border_control"), record.id, partner)


def arrived(node: Node, giver: Node, record: Record) -> dict[str, str]:
    """Return what lies at the partner of a record, by path."""
    name = giver.exchange.name_of(record.id)
    (copy,) = [item for item in own(node, record.kind) if item.id == name]
    return {k: v for k, v in leaves(plain(copy.body)).items() if k.rpartition(".")[2] != "kind"}


def released(giver: Node, record: Record, partner: str) -> dict[str, str]:
    """Return what the preview says will go, by where it will stand."""
    plan = giver.exchange.planned(record, partner)
    assert plan is not None
    return {item.at: str(item.value) for item in plan.fields if item.outcome != "withheld"}


@pytest.mark.parametrize(
    ("giver", "partner", "file", "kind"),
    [
        ("marisol", "northreach", "manifest-northreach-0412.edi", "consignment"),
        ("marisol", "northreach", "passengers-altamira-AM218.edi", "traveller"),
        ("northreach", "marisol", "bayplan-northreach-0412.edi", "port_call"),
    ],
)
def test_what_arrives_is_what_the_preview_said_field_by_field(
    two: World, giver: str, partner: str, file: str, kind: str
) -> None:
    node, other = two[giver], two[partner]
    take_in(node, for_partners(partner), sample(file), file)
    chosen = [own(node, kind)[place] for place in some(range(len(own(node, kind))), 8)]
    before = {record.id: preview(node, record, partner) for record in chosen}
    node.exchange.publish()
    two.sync(giver, partner)
    assert len(held(other, "")) == len(own(node, kind)) >= len(before) > 0
    for record in chosen:
        said = before[record.id]
        assert said.goes
        going = [item for item in said.fields if item.outcome != "withheld"]
        came = arrived(other, node, record)
        assert came == released(node, record, partner)
        assert sorted(came.values()) == sorted(item.value for item in going)
        kept = {item.path for item in said.fields if item.outcome == "withheld"}
        assert not kept & {item.path for item in going}
        assert all(item.reason for item in said.fields if item.outcome == "withheld")


def test_a_copy_carries_the_marking_and_the_last_day_that_the_preview_named(two: World) -> None:
    give(two, Bill())
    record = record_of(two["marisol"], "KANARIBILL")
    said = preview(two["marisol"], record, "northreach")
    (copy,) = held(two["northreach"])
    assert said.marking is not None
    assert copy.marking.level == said.marking.level
    assert copy.marking.caveats == said.marking.caveats
    assert copy.marking.purposes == said.marking.purposes
    assert copy.marking.retain_until is not None
    assert copy.marking.retain_until.isoformat() == said.keep_until
    assert copy.marking.releasable_to == {"northreach"}  # who else may have it is not told


def test_nothing_withheld_is_in_any_byte_of_the_batch(two: World) -> None:
    node = two["marisol"]
    give(two, Bill(), sync=False)
    record = record_of(node, "KANARIBILL")
    batch = node.exchange.batch("northreach")
    assert b"KANARI CONSIGNEE" in batch
    for word in (*WITHHELD, record.id.encode(), record.provenance.source.encode()):
        assert word not in batch, word


def test_of_a_traveller_only_the_end_of_the_document_and_the_year_of_birth_go(two: World) -> None:
    node = two["marisol"]
    take_in(node, for_partners("northreach"), sample("passengers-altamira-AM218.edi"), "p.edi")
    node.exchange.publish()
    batch = node.exchange.batch("northreach")
    for record in own(node, "traveller"):
        body = record.body
        assert body.surname.encode() in batch
        for text in (body.birth_date, body.booking_reference, body.journey.departure,
                     *(item.number for item in body.documents),
                     *(item.expires for item in body.documents)):  # fmt: skip
            assert not text or len(text) < 5 or text.encode() not in batch, text


@pytest.mark.parametrize(
    ("marking", "why"),
    [
        (for_partners(), "nobody is named"),
        (for_partners("altamira"), "another agency is named"),
        (for_partners("northreach", level=Level.SECRET), "above the agreed level"),
        (for_partners("northreach", caveats=("NOFORN",)), "a caveat that was not agreed"),
    ],
)
def test_what_the_marking_or_the_agreement_does_not_let_go_leaves_no_byte(
    two: World, marking: Any, why: str
) -> None:
    node = two["marisol"]
    give(two, Bill(), marking=marking, sync=False)
    record = record_of(node, "KANARIBILL")
    reader = officer(node, clearance=Level.SECRET, caveats=frozenset({"NOFORN"}))
    said = node.partner_desk.preview(reader, record.id, "northreach")
    assert not said.goes, why
    assert said.reason is not None
    batch = node.exchange.batch("northreach")
    two.sync("marisol", "northreach")
    assert b"KANARI" not in batch
    assert held(two["northreach"]) == []
    assert two["northreach"].exchange.state().copies == {}


def test_a_record_of_a_kind_that_is_not_agreed_stays(two: World) -> None:
    node = two["marisol"]
    data = sample("bayplan-northreach-0412.edi")
    take_in(node, for_partners("northreach"), data, "b.edi")
    node.exchange.publish()
    (record,) = own(node, "port_call")  # Northreach gives these, Marisol does not
    refused(lambda: preview(node, record, "northreach"), AgreementError)
    assert node.exchange.state().grants == {}


def test_a_preview_of_what_its_reader_may_not_see_ends_like_one_of_nothing(two: World) -> None:
    node = two["marisol"]
    give(two, Bill(), marking=for_partners("northreach", level=Level.RESTRICTED), sync=False)
    record = record_of(node, "KANARIBILL")
    low = officer(node, clearance=Level.OFFICIAL)
    desk = node.partner_desk
    hidden = refused(lambda: desk.preview(low, record.id, "northreach"), NotFound)
    nothing = refused(lambda: desk.preview(low, "0" * 32, "northreach"), NotFound)
    assert hidden == nothing


def test_a_preview_towards_a_stranger_or_without_an_agreement_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path, "marisol", "northreach")
    node = world["marisol"]
    take_in(node, for_partners("northreach"), manifest(Bill()))
    record = record_of(node, "KANARIBILL")
    refused(lambda: preview(node, record, "northreach"), AgreementError)
    refused(lambda: preview(node, record, "altamira"), NotFound)
    assert node.exchange.publish() == 0
    world.close()


def test_a_release_reads_the_record_anew_so_what_was_erased_meanwhile_cannot_go(two: World) -> None:
    node = two["marisol"]
    give(two, Bill(), sync=False)
    record = record_of(node, "KANARIBILL")
    node.erase(node.administrator(), record.id, reason="court order")
    batch = node.exchange.batch("northreach")
    assert b"KANARI" not in batch
    two.sync("marisol", "northreach")
    assert held(two["northreach"]) == []


def test_the_same_file_taken_in_again_is_no_news(two: World) -> None:
    give(two, Bill())
    size = two["marisol"].exchange.state().outboxes["northreach"].last
    give(two, Bill())
    assert two["marisol"].exchange.publish() == 0
    assert two["marisol"].exchange.state().outboxes["northreach"].last == size


def test_days_of_keeping_count_from_the_record_and_not_from_the_repeat(two: World) -> None:
    give(two, Bill())
    (first,) = held(two["northreach"])
    two.clock.ahead = dt.timedelta(days=3)
    two["marisol"].exchange.tick()
    two.sync("marisol", "northreach")
    (again,) = held(two["northreach"])
    assert again.marking.retain_until == first.marking.retain_until
    assert msgspec.json.encode(again.body) == msgspec.json.encode(first.body)


def test_documents_that_end_alike_are_not_taken_for_one(two: World) -> None:
    """Of a document only the last four characters go: travellers who share them share nothing."""
    data = sample("passengers-altamira-AM218.edi")
    assert data.count(b"XT8772151") == data.count(b"PK8735363") == 1
    take_in(two["marisol"], for_partners("northreach"), data.replace(b"PK8735363", b"PK8732151"))
    two["marisol"].exchange.publish()
    two.sync("marisol", "northreach")
    node = two["northreach"]
    reader = officer(node, purpose="border_control")
    alike = [item for item in own(node, "traveller") if "2151" in str(item.body)]
    assert len(alike) == 2
    for item in alike:
        page = node.record(reader, item.id)
        assert "same_document" not in {link.relation for link in page.links}
        reasons = page.alert.alert.reasons if page.alert else ()
        assert "T03" not in {reason.code for reason in reasons}


def test_a_partner_keeps_the_amended_bill_when_its_original_comes_late(two: World) -> None:
    """What came late stands nowhere in force, so no release carries it."""
    node, other = two["marisol"], two["northreach"]
    came = []
    for name in ("manifest-northreach-0412-amendment.edi", "manifest-northreach-0412.edi"):
        take_in(node, for_partners("northreach"), sample(name), name)
        node.exchange.publish()
        two.sync("marisol", "northreach")
        (mine,) = [one for one in own(node, "consignment") if one.key == "NRLN/NRLN04120044"]
        came.append(arrived(other, node, mine))
    assert mine.version == 3
    assert came[0] == came[1]
    assert came[0]
