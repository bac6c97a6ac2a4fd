"""What the gate hands out: the closest links first, facts and evidence in the same words."""

from __future__ import annotations

from pathlib import Path

import worlds
from esclusa.analysis.targeting.evidence import evidence_for
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Body, Consignment, Conveyance, Level, Seal, TransportEquipment, Voyage
from esclusa.node import Node
from esclusa.sharing.facts import facts_of

SHIP = Conveyance(name="NORTHREACH STAR", imo="9074729")


def bill(number: int, seal: str = "", reference: str = "0412N") -> Consignment:
    box = TransportEquipment(number=f"NRCU{number:07}", seals=(Seal(number=seal),) if seal else ())
    return Consignment(
        carrier="NRCH",
        bill=f"B{number}",
        voyage=Voyage(conveyance=SHIP, reference=reference),
        equipment=(box,),
    )


def store(node: Node, *bodies: Body) -> list[str]:
    label = node.labels.intern("marisol", worlds.PUBLIC)
    drafts = [Draft(body=body, originator="marisol", label_id=label) for body in bodies]
    with node.store.write() as connection:
        return [made.id for made in records.append(connection, drafts)]


def test_a_shared_seal_is_linked_before_forty_bills_of_the_same_voyage(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    first, *_others = store(node, bill(0, "S77"), *(bill(number) for number in range(1, 41)))
    (late,) = store(node, bill(99, "S77", reference="0500S"))
    links = node.record(worlds.reader(node), first).links
    assert (links[0].relation, links[0].record_id) == ("same_seal", late)
    assert {link.relation for link in links[1:]} == {"same_voyage"}
    node.close()


def test_a_record_without_ties_has_no_links(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    (alone,) = store(node, Consignment(carrier="NRCH", bill="B1"))
    store(node, Consignment(carrier="NRCH", bill="B2"))
    assert node.record(worlds.reader(node), alone).links == ()
    node.close()


def test_quarantine_shows_no_message_of_a_file_that_the_reader_may_not_see(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    damaged = worlds.sample("manifest-damaged.edi")
    worlds.take_in(node, "hidden.edi", damaged, marking=worlds.SECRET)
    assert node.quarantine(worlds.reader(node)) == ()
    seen = node.quarantine(worlds.reader(node, clearance=Level.SECRET))
    assert {row.source_name for row in seen} == {"hidden.edi"}
    worlds.take_in(node, "open.edi", damaged)
    assert {row.source_name for row in node.quarantine(worlds.reader(node))} == {"open.edi"}
    node.close()


def test_evidence_and_facts_write_a_value_in_the_same_words() -> None:
    box = TransportEquipment(number="NRCU0000001", temperature_c=-18.0, gross_mass_kg=24000.5)
    facts = {fact.path: fact.value for fact in facts_of(box)}
    paths = ("temperature_c", "gross_mass_kg")
    assert [place.value for place in evidence_for(box, paths)] == ["-18", "24000.5"]
    assert {place.path: place.value for place in evidence_for(box, paths)}.items() <= facts.items()
