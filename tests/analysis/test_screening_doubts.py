"""What speaks against a name, what can be said of a hit, and what numbers and places add."""

from __future__ import annotations

from pathlib import Path

import pytest

from esclusa.analysis.screening import Hit, Index, screen_one
from esclusa.analysis.screening.attributes import countries_in
from esclusa.analysis.screening.doubts import contradictions
from esclusa.analysis.screening.sentences import answer_sentence, sentences
from esclusa.analysis.screening.settings import default_weights, purposes, threshold_for
from esclusa.model import Alias, Identifier, ListEntry


def entry(uid: str, kind: str, name: str, *aliases: str, **more: object) -> ListEntry:
    also = tuple(Alias(name=alias) for alias in aliases)
    return ListEntry(list_id="marisol", uid=uid, type=kind, name=name, aliases=also, **more)


def number(scheme: str, value: str) -> tuple[Identifier, ...]:
    return (Identifier(scheme=scheme, value=value),)


INDEX = Index.build(
    [
        entry("p1", "person", "Sergey Viktorovich Zubarev", birth_dates=("1970-03-21",)),
        entry("p2", "person", "Jose Luis Perez Gonzalez"),
        entry("p3", "person", "Abdullah Yahya al-Hakim"),
        entry("p4", "person", "De la Cruz Quintanar, Yamileth"),
        entry("p5", "person", "John Smith"),
        entry(
            "p6",
            "person",
            "Konstanty Wiszniewski",
            nationalities=("PL",),
            addresses=("Calle 50, Ciudad de Panama, Panama",),
            birth_places=("Gdansk",),
        ),
        entry("p7", "person", "Maria Rodriguez"),
        entry(
            "o1",
            "organisation",
            "Tres Islas Logistics II, S.A.",
            identifiers=number("ruc", "155-662"),
        ),
        entry("o2", "organisation", "Northreach Solutions Mexico"),
        entry("o3", "organisation", "Zestanor", identifiers=number("tax", "8-771-2001 DV 33")),
        entry(
            "v1",
            "vessel",
            "Brisa Nueva",
            "Pelican Crest",
            remarks="Vessel type: General Cargo; f.k.a. 'PELICAN CREST'.",
            identifiers=(*number("mmsi", "351759000"), *number("call_sign", "3EXY7")),
        ),
        entry("c1", "other", "Container", identifiers=number("iso6346", "CSQU3054383")),
    ]
)


def best(name: str, threshold: float = 1, **more: object) -> Hit:
    return screen_one(INDEX, name=name, threshold=threshold, **more)[0]


def codes(hit: Hit) -> list[str]:
    return [part.code for part in hit.parts]


def points(hit: Hit, code: str) -> float:
    return sum(part.points for part in hit.parts if part.code == code)


def test_a_patronymic_left_out_does_not_contradict() -> None:
    left_out = best("Sergey Zubarev", kind="person")
    other = best("Sergey Ivanovich Zubarev", kind="person")
    assert "against" not in codes(left_out)
    assert points(other, "against") < -5
    assert left_out.score > other.score + 10


def test_the_less_alike_two_words_are_the_more_they_contradict() -> None:
    near = best("Sergey Viktorovych Zubarov", kind="person")
    far = best("Sergey Viktorovich Mendieta", kind="person")
    assert near.score > far.score
    assert contradictions(["RIOS", "VEGA"], ["VERA"]) == [("VEGA", "VERA", 0.75)]


def test_an_initial_contradicts_no_word() -> None:
    assert contradictions(["J"], ["LUIS"]) == []


@pytest.mark.parametrize("name", ["Jose Luis Perez Arosemena", "Jose Luis Mendieta Gonzalez"])
def test_another_surname_is_another_person(name: str) -> None:
    assert screen_one(INDEX, name=name, kind="person") == []


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("Jose Luis Perez", "p2"),
        ("PEREZ GONZALEZ, Jose", "p2"),
        ("Pepe Luis Perez Gonzalez", "p2"),
        ("Yamileth Delacruz Quintanar", "p4"),
        ("Yamileth de la Cruz", "p4"),
        ("Jon Smith", "p5"),
        ("Johnny Smith", "p5"),
    ],
)
def test_names_of_one_person_by_the_rules_of_naming(name: str, uid: str) -> None:
    hit = best(name, kind="person", threshold=60)
    assert hit.uid == uid


def test_ships_and_firms_that_differ_by_a_number_are_told_apart() -> None:
    same = best("Tres Islas Logistics II", kind="organisation")
    other = best("Tres Islas Logistics III", kind="organisation")
    none = best("Tres Islas Logistics", kind="organisation")
    assert "number_other" in codes(other)
    assert "number_alone" in codes(none)
    assert same.score > none.score > other.score


def test_a_branch_in_another_country_is_another_firm() -> None:
    other = best("Northreach Solutions Honduras", kind="organisation")
    none = best("Northreach Solutions", kind="organisation")
    assert points(other, "place_other") == -default_weights().name.place
    assert points(none, "place_alone") == -default_weights().name.place_alone


def test_a_trade_word_left_over_costs_little() -> None:
    assert best("Zestanor Trading", kind="organisation").score > 60
    assert best("Zestanor Quimbaya", kind="organisation").score < 54


def test_every_part_has_a_sentence_in_both_languages() -> None:
    for name in ("Sergey Ivanovich Zubarev", "Tres Islas Logistics III", "Northreach Honduras"):
        for hit in screen_one(INDEX, name=name, threshold=1, nationality="PA"):
            assert len(sentences(hit, "en")) == len(sentences(hit, "es")) == len(hit.parts)
            assert sum(part.points for part in hit.parts) == pytest.approx(hit.score)


def test_a_common_name_with_nothing_else_cannot_be_told() -> None:
    hit = best("Maria Rodriguez", kind="person")
    assert hit.answer == "cannot_tell"
    assert answer_sentence(hit).startswith("cannot tell: all that is known agrees")
    assert answer_sentence(hit, "es").startswith("no se puede saber")


def test_a_rare_name_is_possible_and_a_birth_date_makes_it_likely() -> None:
    assert best("Sergey Viktorovich Zubarev", kind="person").answer == "possible"
    told = best("Sergey Viktorovich Zubarev", kind="person", birth_date="1970-03-21")
    assert told.answer == "likely"
    assert answer_sentence(told).startswith("likely the same")


@pytest.mark.parametrize("birth", ["1950-01-01", "1970"])
def test_a_birth_date_that_does_not_agree_to_the_month_makes_nothing_likely(birth: str) -> None:
    hit = best("Sergey Viktorovich Zubarev", kind="person", birth_date=birth)
    assert hit.answer == "possible"


def test_a_common_name_that_contradicts_in_a_word_is_not_undecided() -> None:
    assert best("Maria Rodrigo", kind="person").answer != "cannot_tell"


def test_the_country_of_an_address_speaks_a_little() -> None:
    hit = best("Konstanty Wiszniewski", kind="person", nationality="PA")
    assert points(hit, "country_place") == 1.5
    assert "country_other" not in codes(hit)
    assert "country_other" in codes(best("Konstanty Wiszniewski", kind="person", nationality="CO"))


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("Tijuana, Baja California, Mexico", {"MX"}),
        ("Denver, CO, USA", {"US"}),
        ("Colon", set()),
        ("", set()),
        ("Panama; Colombia", {"PA", "CO"}),
    ],
)
def test_countries_are_read_from_whole_parts_of_an_address(place: str, found: set[str]) -> None:
    assert countries_in(place) == found


def test_a_tax_number_is_one_number_whatever_the_list_calls_it() -> None:
    hit = best("Nobody", kind="organisation", identifiers=["ruc:8-771-2001 DV 33"])
    assert (hit.uid, points(hit, "identifier"), hit.answer) == ("o3", 80.0, "likely")


def test_an_equal_mmsi_shows_a_renamed_ship_and_a_call_sign_only_supports() -> None:
    by_mmsi = screen_one(INDEX, name="Otra Cosa", kind="vessel", identifiers=["mmsi:351759000"])
    assert [hit.uid for hit in by_mmsi] == ["v1"]
    assert screen_one(INDEX, name="Otra Cosa", kind="vessel", identifiers=["call_sign:3EXY7"]) == []


def test_a_former_name_is_told_as_such_when_the_list_says_so() -> None:
    hit = best("M/V Pelican Crest", kind="vessel")
    assert "former_name" in codes(hit)
    assert "PELICAN CREST is a former name of Brisa Nueva" in "\n".join(sentences(hit)).replace(
        "Pelican Crest", "PELICAN CREST"
    )
    assert "former_name" not in codes(best("Brisa Nueva", kind="vessel"))


def test_a_container_number_is_found_under_either_word() -> None:
    hit = best("Nobody", identifiers=["container:CSQU 305438-3"])
    assert (hit.uid, points(hit, "identifier")) == ("c1", 80.0)


def test_a_wrong_check_digit_is_told_and_drops_nothing() -> None:
    hit = best("Brisa Nueva", kind="vessel", identifiers=["imo:9139908"])
    assert "check_digit" in codes(hit)
    assert hit.score == best("Brisa Nueva", kind="vessel").score


def test_each_purpose_has_a_threshold_within_its_budget_and_a_curve() -> None:
    assert set(purposes()) == {"cargo", "name", "traveller", "vessel"}
    for name, purpose in purposes().items():
        assert threshold_for(name) == purpose.threshold
        assert len(purpose.curve) >= 12
        cuts, found, alerts = zip(*purpose.curve, strict=True)
        assert purpose.threshold in cuts
        assert list(cuts) == sorted(cuts)
        assert list(found) == sorted(found, reverse=True)
        assert list(alerts) == sorted(alerts, reverse=True)


def test_an_unknown_purpose_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="cargo, name, traveller, vessel"):
        threshold_for("nothing")


def test_the_thresholds_belong_to_the_weights_in_force() -> None:
    text = Path(__file__).parents[2] / "src/esclusa/analysis/screening/data/thresholds.toml"
    assert f'version = "{default_weights().version}"' in text.read_text(encoding="utf-8")
