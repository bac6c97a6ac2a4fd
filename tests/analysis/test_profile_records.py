"""Records of consignments as rows of profiles: who is who, sums, masses of the box."""

from __future__ import annotations

import datetime as dt

import pytest

from esclusa.analysis.profiles import from_records
from esclusa.analysis.profiles.from_records import Stated, Weighed, rows_of, with_masses
from esclusa.analysis.profiles.rows import detour
from esclusa.model import Consignment, GoodsItem, Identifier, Party, Place, TransportEquipment

NOW = dt.datetime(2026, 4, 5, tzinfo=dt.UTC)


def _stated(**more: object) -> Stated:
    return Stated("r1", NOW, Consignment(carrier=" nrln", bill="B1", **more))  # type: ignore[arg-type]


def _one(**more: object) -> dict[str, object]:
    return rows_of([_stated(**more)]).row(0, named=True)


def test_a_party_is_its_number_else_its_name_without_legal_form() -> None:
    numbers = (
        Identifier(scheme="other", value="7"),
        Identifier(scheme="tax", value="155-1", country="PA"),
    )
    row = _one(
        parties=(
            Party(role="consignee", name="Istmo Primavera, S.A.", city="Colón", address="Calle 5"),
            Party(role="consignee", name="A second one"),
            Party(role="exporter", name="X", identifiers=numbers),
            Party(role="forwarder", name="PUENTE LOGISTICA"),
        )
    )  # fmt: skip
    assert row["importer"] == "name:ISTMO PRIMAVERA"
    assert row["shipper"] == "tax:PA:155-1"
    assert row["agent"] == "name:PUENTE LOGISTICA"
    assert row["notify"] is None
    assert row["address"] == "CALLE 5 COLON"
    assert row["carrier"] == "NRLN"


def test_sums_are_null_when_a_line_does_not_say_and_values_are_of_one_currency() -> None:
    line = GoodsItem(hs_code="8708.99", packages=2, gross_mass_kg=10.0, value=5.0, currency="USD")
    heavy = GoodsItem(hs_code="080390", packages=3, gross_mass_kg=90.0, value=7.0, currency="usd")
    both = _one(goods=(line, heavy))
    assert (both["hs"], both["packages"], both["mass_kg"], both["value"]) == ("080390", 5, 100, 12)
    other = _one(goods=(line, GoodsItem(packages=1, value=7.0, currency="EUR")))
    assert (other["packages"], other["mass_kg"], other["value"]) == (3, None, None)
    assert (other["hs"], other["currency"]) == ("870899", None)


def test_route_and_hours_are_as_stated() -> None:
    row = _one(
        load_port=Place(code="CNSHA"), transhipment_ports=(Place(code="PAONX"), Place(code="PABLB")),
        discharge_port=Place(name="Puerto Uno"), departure="2026-04-06T06:00", arrival="2026-04-30",
    )  # fmt: skip
    assert (row["load_port"], row["via"]) == ("CNSHA", "PAONX PABLB")
    assert row["discharge_port"] == "PUERTOUNO"
    assert row["lead_hours"] == 30
    assert row["arrives"] == dt.datetime(2026, 4, 30, tzinfo=dt.UTC)


def test_a_detour_is_longer_than_the_direct_way() -> None:
    assert detour("CLVAP", "", "NLRTM") == 1
    assert 1 < (detour("CLVAP", "PAONX", "USLAX") or 0) < 10
    assert detour("CLVAP", "ZZZZZ", "NLRTM") is None
    assert detour("CLVAP", "", "CLVAP") is None


BOX = TransportEquipment(number="NRXU4430056", gross_mass_kg=5000.0)
TOLD = [
    Weighed("NRXU4430056", NOW - dt.timedelta(days=3), 5100.0, 4900.0, None),
    Weighed("NRXU4430056", NOW - dt.timedelta(days=1), None, 5000.0, 3800.0),
    Weighed("NRXU4430056", NOW - dt.timedelta(days=1), None, 5300.0, None),
    Weighed("NRXU4430056", NOW, 9000.0, 9000.0, 9000.0),
    Weighed("NRXU4430056", NOW - dt.timedelta(days=61), 1.0, 1.0, 1.0),
    Weighed("MRXU1111111", NOW - dt.timedelta(days=1), 7.0, 7.0, 7.0),
]


@pytest.mark.parametrize("few", [0, 100])
def test_the_newest_mass_before_the_moment_counts(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Whether it is found by joins or one by one."""
    monkeypatch.setattr(from_records, "_FEW", few)
    rows = rows_of([_stated(equipment=(BOX,)), _stated(equipment=(BOX, BOX)), _stated()])
    made = with_masses(rows, TOLD)
    assert made["verified_kg"].to_list() == [5100, None, None]
    assert made["stow_kg"].to_list() == [5300, None, None]  # of two at one moment, the heavier
    assert made["tare_kg"].to_list() == [3800, None, None]
    assert made["declared_kg"].to_list() == [5000, None, None]
    assert made.columns == rows.columns
