"""Both languages are complete, and say what they say in the trade's words."""

from __future__ import annotations

import re

import msgspec
import pytest
from babel.messages.pofile import read_po

from esclusa.casework.tables import table as casework_table
from esclusa.codes.examination import lists
from esclusa.model import (
    Alert,
    AlertMove,
    Consignment,
    Examination,
    Level,
    ListEntry,
    PortCall,
    RuleMove,
    Severity,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.sharing.reader import PURPOSES, Action, Role
from esclusa.web.catalogue import LANGUAGES, catalogue, po_path, vocabulary
from esclusa.web.extract import missing, texts

BODIES = (
    Consignment, TransportEquipment, TransportEvent, PortCall, ShipDeclaration, Traveller, ListEntry,
    Examination, Alert, AlertMove, RuleMove,
)  # fmt: skip


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_no_text_lacks_a_translation_or_has_only_a_guess(language: str) -> None:
    assert missing(language) == []


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_no_translation_is_left_over(language: str) -> None:
    with po_path(language).open("rb") as file:
        have = {
            (m.context or "", m.id if isinstance(m.id, str) else m.id[0])
            for m in read_po(file)
            if m.id
        }
    assert have - set(texts()) == set()


def test_a_text_nobody_translated_is_found() -> None:
    """The check above can fail: a new text would be missing."""
    assert ("", "Sign in") in texts()
    assert catalogue("es").gettext("A text that nobody wrote") == "A text that nobody wrote"


def test_translations_keep_the_places_for_values() -> None:
    spanish = catalogue("es")
    place = re.compile(r"%\(\w+\)s")
    for (context, text), plural in texts().items():
        said = spanish.pgettext(context, text)
        assert sorted(place.findall(said)) == sorted(place.findall(text)), text
        if plural:
            assert place.findall(spanish.ngettext(text, plural, 2)) == place.findall(plural)


def fields_of(struct: type, seen: set[type]) -> set[str]:
    """Return every field name that a path into the struct may hold."""
    if struct in seen:
        return set()
    seen.add(struct)
    found = set()
    for field in msgspec.structs.fields(struct):
        found.add(field.name)
        for inner in (field.type, *getattr(field.type, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                found |= fields_of(inner, seen)
    return found


def test_every_field_of_every_body_has_a_name_for_people() -> None:
    wanted = set().union(*(fields_of(body, set()) for body in BODIES))
    assert wanted - set(vocabulary()["field"]) == set()


@pytest.mark.parametrize(
    ("section", "codes"),
    (
        ("severity", list(Severity)),
        ("role", list(Role)),
        ("purpose", PURPOSES),
        ("action", list(Action)),
        ("level", [str(int(level)) for level in Level]),
        ("kind", [body.__struct_config__.tag for body in BODIES]),
    ),
)
def test_every_word_of_a_closed_list_has_a_label(section: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} - set(vocabulary()[section]) == set()


@pytest.mark.parametrize(
    ("field", "name"),
    (("result", "result"), ("methods", "method"), ("cause", "cause"), ("category", "category"),
     ("lane", "lane")),
)  # fmt: skip
def test_the_codes_of_examinations_read_as_their_lists_say_in_both_languages(
    field: str, name: str
) -> None:
    codes = getattr(lists(), name)
    english, spanish = catalogue("en"), catalogue("es")
    assert set(vocabulary()[f"value.{field}"]) == set(codes)
    for code, said in codes.items():
        assert english.word(f"value.{field}", code) == said.en
        assert spanish.word(f"value.{field}", code) == said.es


def test_every_state_and_move_of_an_alert_has_a_label() -> None:
    rows = casework_table("alert_states.csv")
    assert {row["move"] for row in rows} <= set(vocabulary()["move"])
    assert {row["to"] for row in rows} - {"*"} <= set(vocabulary()["state"])


@pytest.mark.parametrize(
    ("path", "english", "spanish"),
    (
        ("goods.0.hs_code", "Goods item 1 › HS code", "Mercancía 1 › Código SA"),
        ("equipment.1.seals.0.number", "Container 2 › Seal 1 › Number",
         "Contenedor 2 › Precinto 1 › Número"),
        ("voyage.conveyance.flag", "Voyage › Vessel or vehicle › Flag",
         "Viaje › Buque o vehículo › Bandera"),
        ("load_port.code", "Port of loading › Code", "Puerto de carga › Código"),
        ("bill", "Bill of lading", "Conocimiento de embarque"),
        ("strange.0", "strange 1", "strange 1"),
        ("0", "0", "0"),
    ),
)  # fmt: skip
def test_a_field_path_reads_as_words(path: str, english: str, spanish: str) -> None:
    assert catalogue("en").field(path) == english
    assert catalogue("es").field(path) == spanish


@pytest.mark.parametrize(
    ("section", "english", "spanish"),
    (
        ("value.role", "Consignee", "Consignatario"),
        ("value.role", "Shipper", "Embarcador"),
        ("entry_type", "Vessel", "Buque"),
        ("field", "Flag", "Bandera"),
        ("field", "Seal", "Precinto"),
        ("field", "Port of discharge", "Puerto de descarga"),
        ("kind", "Traveller", "Viajero"),
        ("field", "Score", "Puntuación"),
        ("field", "Reason", "Motivo"),
    ),
)
def test_spanish_uses_the_terms_of_the_trade(section: str, english: str, spanish: str) -> None:
    assert catalogue("es").pgettext(section, english) == spanish


def test_counting_follows_each_languages_plural() -> None:
    for language, forms in (("en", ("alert", "alerts")), ("es", ("alerta", "alertas"))):
        said = catalogue(language)
        for number, form in ((0, forms[1]), (1, forms[0]), (2, forms[1])):
            assert said.ngettext("%(num)s alert", "%(num)s alerts", number) == f"%(num)s {form}"


def test_an_unknown_word_is_shown_as_it_is() -> None:
    assert catalogue("es").word("kind", "hovercraft") == "hovercraft"


def test_a_key_of_the_keyboard_is_no_password() -> None:
    """*Clave* in Spanish is what one signs in with, and what tells records apart."""
    spanish = catalogue("es")
    assert (spanish.pgettext("keyboard", "Key"), spanish.gettext("Key")) == ("Tecla", "Clave")
