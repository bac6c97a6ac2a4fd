"""Lists of lost and stolen documents, ships and containers, and a ship's list by mapping."""

from __future__ import annotations

import io

from lists_reading import defects, entries, held, read_all

from esclusa.formats import detect, open_stream, table_of
from esclusa.formats.lists.lost_documents import FORMAT
from esclusa.formats.lists.own_list import read_own_list
from esclusa.formats.tabular.mapping import load_mapping
from esclusa.model import Alias, Identifier, ListEntry

CSV = held("lost_documents_fictional.csv")

SHIPS = (
    "Buque;OMI;MMSI;Distintivo;Bandera;Bandera anterior;Ex nombre;Armador;Nota\n"
    "Northreach Star;9074729;351234000;HONR1;Panamá;Colombia;"
    "Altamira Star / Marisol Dawn;Northreach Trading Ltd;Visto en Marisol\n"
).encode()

MAPPING = b"""
id = "ships"
target = "list_entry"
[constants]
type = "vessel"
[columns]
Buque = "name"
OMI = "identifiers.imo"
MMSI = "identifiers.mmsi"
Distintivo = "identifiers.call_sign"
Bandera = "nationality"
"Bandera anterior" = "former_flags"
"Ex nombre" = { field = "former_names", split = "/" }
Armador = "owner"
Nota = "remarks"
"""


def test_a_stolen_passport() -> None:
    assert entries(read_all(FORMAT, CSV))["PA/NR1234567"] == ListEntry(
        list_id="lost_documents",
        uid="PA/NR1234567",
        type="document",
        name="NR1234567",
        identifiers=(Identifier(scheme="passport", value="NR1234567", country="PA"),),
        programs=("stolen",),
        listed_on="2025-11-02",
        remarks="Document: Passport; Blank",
    )


def test_one_number_of_two_states_is_two_entries() -> None:
    made = entries(read_all(FORMAT, CSV))
    assert made["CO/NR1234567"].programs == ("lost",)
    assert len(made) == 6


def test_a_date_that_is_none_is_noted_and_kept_in_words() -> None:
    made = entries(read_all(FORMAT, CSV))["PA/8-1-2"]
    assert (made.listed_on, made.programs) == ("", ("invalid",))
    assert made.remarks == "Date of loss: 31/02/2025; Document: ID card"


def test_stolen_containers_and_ships_keep_a_number_with_a_wrong_check_digit_flagged() -> None:
    items = read_all(FORMAT, CSV)
    made = entries(items)
    assert made["NRLU1234560"].type == "other"
    assert made["NRLU1234560"].identifiers == (
        Identifier(scheme="iso6346", value="NRLU1234560", valid=False),
    )
    assert made["PA/9074728"].type == "vessel"
    assert [d.code for d in defects(items)] == [
        "lost.date", "lost.check_digit", "lost.check_digit",
    ]  # fmt: skip


def test_headings_and_words_in_spanish() -> None:
    data = (
        "Tipo;Número;País emisor;Fecha de pérdida;Motivo\nCédula;8-1-2;Panamá;02/11/2025;Robada\n"
    )
    for encoding in ("utf-8", "cp1252"):
        head = data.encode(encoding)
        assert detect(head, "perdidos.csv") is FORMAT
        (made,) = entries(read_all(FORMAT, head)).values()
        assert made.identifiers[0].scheme == "national_id"
        assert (made.uid, made.programs, made.listed_on) == ("PA/8-1-2", ("stolen",), "2025-11-02")


def test_a_table_that_has_names_is_a_list_of_persons() -> None:
    head = b"Name;Number;Issuing state;Reason\nMarisol;NR1;PA;Fraud\n"
    assert detect(head, "list.csv").id == "tabular.csv"


def test_a_mapping_named_by_a_person_reads_such_a_table_as_well() -> None:
    table = table_of(CSV, "lost.csv")
    assert table is not None
    assert table.id == "tabular.csv"


def test_a_list_of_ships_by_mapping_keeps_former_names_flags_and_owner() -> None:
    items = list(
        read_own_list(
            open_stream(io.BytesIO(SHIPS), "ships.csv"), "ships", mapping=load_mapping(MAPPING)
        )
    )
    (ship,) = entries(items).values()
    assert (ship.type, ship.name, ship.nationalities) == ("vessel", "Northreach Star", ("PA",))
    assert ship.aliases == (Alias(name="Altamira Star"), Alias(name="Marisol Dawn"))
    assert [i.scheme for i in ship.identifiers] == ["imo", "mmsi", "call_sign"]
    assert ship.remarks == (
        "Former names: Altamira Star, Marisol Dawn; Former flag: CO; "
        "Owner: Northreach Trading Ltd; Visto en Marisol"
    )


def test_a_list_of_ships_without_a_mapping_is_guessed() -> None:
    head = (
        b"Vessel name;Type;IMO number;Flag;Former names;Owner\n"
        b"Northreach Star;vessel;9074729;Panama;Altamira Star;Northreach Trading Ltd\n"
    )
    (ship,) = entries(
        list(read_own_list(open_stream(io.BytesIO(head), "ships.csv"), "ships"))
    ).values()
    assert ship.aliases == (Alias(name="Altamira Star"),)
    assert ship.remarks == "Former names: Altamira Star; Owner: Northreach Trading Ltd"
