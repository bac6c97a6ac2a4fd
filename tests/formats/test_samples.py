"""The sample messages: what the demonstration relies on."""

from __future__ import annotations

import importlib.util
import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from esclusa import samples
from esclusa.formats.edifact import reader as edifact
from esclusa.formats.x12 import reader as x12
from esclusa.model import (
    Consignment,
    Function,
    Message,
    PortCall,
    TransportEquipment,
    Traveller,
    natural_key,
)

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> list[Message]:
    data = samples.sample(name).read_bytes()
    reader = x12 if name.endswith(".x12") else edifact
    items = reader.read(io.BytesIO(data), file=name)
    return [item for item in items if isinstance(item, Message)]


def bills(name: str) -> list[Consignment]:
    found = [each for message in read(name) for each in message.statements]
    return [each for each in found if isinstance(each, Consignment)]


def test_the_files_are_those_the_generator_writes() -> None:
    done = subprocess.run(
        [sys.executable, "tools/make_samples.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "samples are as generated\n")


def test_the_manifest_states_150_bills_and_six_empty_containers() -> None:
    found = read("manifest-northreach-0412.edi")
    kinds = Counter(type(each) for message in found for each in message.statements)
    assert kinds == {Consignment: 150, TransportEquipment: 6}
    assert len({natural_key(each) for message in found for each in message.statements}) == 156


def test_the_manifest_has_just_the_defects_of_its_story() -> None:
    found = read("manifest-northreach-0412.edi")
    assert Counter(defect.code for message in found for defect in message.defects) == {
        "value.container": 3,
        "value.number": 1,
    }


def test_two_containers_of_the_manifest_carry_one_seal() -> None:
    seals = Counter(
        seal.number
        for each in bills("manifest-northreach-0412.edi")
        for box in each.equipment
        for seal in box.seals
    )
    assert [number for number, count in seals.items() if count > 1] == ["NR778812"]


def test_the_manifest_names_five_firms_almost_as_published_lists_do() -> None:
    names = {party.name for each in bills("manifest-northreach-0412.edi") for party in each.parties}
    assert names >= {
        "ARTA SHIPPING ENTERPRISE LTD",
        "IRANO-HIND SHIPPING CO",
        "CONGOMET TRADING HOUSE SARL",
        "KOREA RYONBONG GENERAL CORP",
        "OCEAN MARITIME MANAGMENT COMPANY LIMITED",
    }


def test_freight_of_two_bills_is_dearer_than_their_goods() -> None:
    dear = [
        each.bill
        for each in bills("manifest-northreach-0412.edi")
        if (each.freight_amount or 0) > sum(item.value or 0 for item in each.goods)
    ]
    assert dear == ["NRLN04120040", "NRLN04120041"]


def test_the_amendment_changes_two_bills_and_takes_one_back() -> None:
    known = {natural_key(each): each for each in bills("manifest-northreach-0412.edi")}
    found = read("manifest-northreach-0412-amendment.edi")
    assert [message.function for message in found] == [Function.AMENDMENT, Function.CANCELLATION]
    keys = [[natural_key(each) for each in message.statements] for message in found]
    assert keys == [["NRLN/NRLN04120044", "NRLN/NRLN04120062"], ["NRLN/NRLN04120119"]]
    assert all(key in known for group in keys for key in group)
    assert all(each != known[natural_key(each)] for each in found[0].statements)


def test_bay_plan_and_manifest_differ_in_one_box_each_way_and_three_masses() -> None:
    (plan,) = read("bayplan-northreach-0412.edi")
    assert isinstance(plan.statements[0], PortCall)
    aboard = {each.number: each for each in plan.statements if isinstance(each, TransportEquipment)}
    declared = {
        box.number: box for each in bills("manifest-northreach-0412.edi") for box in each.equipment
    }
    full = {number for number, box in aboard.items() if box.load_status == "full"}
    assert (len(full - declared.keys()), len(declared.keys() - aboard.keys())) == (1, 1)
    heavier = [
        number
        for number in full & declared.keys()
        if (aboard[number].verified_mass_kg or 0) > 1.2 * (declared[number].gross_mass_kg or 0)
    ]
    assert len(heavier) == 3


def test_the_flight_has_a_child_alone_one_number_twice_and_a_lost_passport() -> None:
    (message,) = read("passengers-altamira-AM218.edi")
    people = [each for each in message.statements if isinstance(each, Traveller)]
    assert Counter(each.role for each in people) == {"passenger": 56, "transit": 4}
    numbers = Counter(each.documents[0].number for each in people)
    assert [number for number, count in numbers.items() if count > 1] == ["XN4471902"]
    lost = samples.sample("lost-documents.csv").read_text("ascii").splitlines()
    assert [number for number in numbers if any(row.startswith(number) for row in lost)] == [
        "AR5520187"
    ]
    bookings = Counter(each.booking_reference for each in people)
    assert [
        each.surname
        for each in people
        if each.birth_date > "2008-04-18" and bookings[each.booking_reference] == 1
    ] == ["VILLALAZ PITTI"]


def test_the_crew_list_names_seven_crew() -> None:
    (message,) = read("crew-altamira-AM218.edi")
    assert [each.role for each in message.statements if isinstance(each, Traveller)] == ["crew"] * 7


def test_of_the_damaged_file_three_messages_are_refused_and_six_are_read() -> None:
    found = read("manifest-damaged.edi")
    assert [message.refused for message in found] == [
        False, False, False, True, False, False, True, False, True,
    ]  # fmt: skip
    assert all(message.statements for message in found if not message.refused)
    assert [message.reference for message in found if not message.defects] == ["DAM0", "DAM7"]


def test_the_ocean_manifest_adds_one_bill_and_deletes_one() -> None:
    found = read("ocean-manifest-309.x12")
    assert [(message.function, len(message.statements)) for message in found] == [
        (Function.ORIGINAL, 4),
        (Function.ORIGINAL, 1),
        (Function.CANCELLATION, 1),
    ]
    assert not any(message.defects for message in found)
    assert found[2].statements[0] in found[0].statements


@pytest.mark.parametrize(
    ("name", "encoding", "separator"),
    [
        ("manifest-small-trader.csv", "utf-8", ","),
        ("manifest-small-trader-es.csv", "latin-1", ";"),
        ("lost-documents.csv", "ascii", ","),
        ("examinations-marisol.csv", "ascii", ","),
    ],
)
def test_sheets_have_one_width(name: str, encoding: str, separator: str) -> None:
    lines = samples.sample(name).read_bytes().decode(encoding).splitlines()
    assert len(lines) > 10
    assert len({line.count(separator) for line in lines}) == 1


def test_synthetic_reports_are_whole_and_the_same_on_every_run() -> None:
    path = ROOT / "benchmarks" / "synthetic.py"
    spec = importlib.util.spec_from_file_location("synthetic", path)
    assert spec is not None and spec.loader is not None
    synthetic = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(synthetic)
    data = b"".join(synthetic.generate_cuscar(250, seed=3))
    assert data == b"".join(synthetic.generate_cuscar(250, seed=3))
    items = list(edifact.read(io.BytesIO(data)))
    assert len(items) == 3, "a hundred consignments a message, and no defect outside of them"
    found = [message for message in items if isinstance(message, Message)]
    stated = [each for message in found for each in message.statements]
    assert sum(isinstance(each, Consignment) for each in stated) == 250
    assert {defect.code for message in found for defect in message.defects} <= {"value.container"}


def test_every_sample_has_a_test_here() -> None:
    text = Path(__file__).read_text("utf-8")
    assert all(name in text for name in samples.names())


def test_an_unknown_sample_is_refused_by_name() -> None:
    with pytest.raises(FileNotFoundError, match="no-such"):
        samples.sample("no-such.edi")
