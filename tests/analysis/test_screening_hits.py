"""Queries against a small invented list: what is a hit, what is not, and why."""

from __future__ import annotations

import polars as pl
import pytest

from esclusa.analysis.screening import (
    HIT_SCHEMA,
    Hit,
    Index,
    Screener,
    screen,
    screen_one,
    sentences,
)
from esclusa.model import Alias, Identifier, ListEntry


def person(uid: str, name: str, *aliases: str, **fields: object) -> ListEntry:
    also = tuple(Alias(name=alias) for alias in aliases)
    return ListEntry(list_id="marisol", uid=uid, type="person", name=name, aliases=also, **fields)


def firm(uid: str, name: str, *aliases: str, **fields: object) -> ListEntry:
    also = tuple(Alias(name=alias) for alias in aliases)
    return ListEntry(
        list_id="marisol", uid=uid, type="organisation", name=name, aliases=also, **fields
    )


def ship(uid: str, name: str, imo: str = "") -> ListEntry:
    numbers = (Identifier(scheme="imo", value=imo, valid=True),) if imo else ()
    return ListEntry(list_id="northreach", uid=uid, type="vessel", name=name, identifiers=numbers)


FILLING = [
    person(f"f{n}", f"{given} {family}")
    for n, (given, family) in enumerate(
        (given, family)
        for given in ("Maria", "Jose", "Carlos", "Mohammed", "Ahmed", "Ana", "Luis", "Olga", "Wei")
        for family in ("Torres", "Vega", "Hassan", "Popov", "Chen", "Silva", "Duarte", "Moreau")
    )
]

ENTRIES = [
    person("p1", "IVANOV, Petr Sergeevich", birth_dates=("1971-05-02",), nationalities=("RU",)),
    person("p2", "RODRIGUEZ BARRANTES, Jose Luis", birth_dates=("1965",), nationalities=("PA",)),
    person("p3", "ABD AL-RAHMAN, Khalid Mahmoud", "KHALED ABDURAHMAN"),
    person("p4", "Zubarowski, Konstanty", birth_dates=("1960/1965",)),
    ListEntry(
        list_id="marisol",
        uid="p5",
        type="person",
        name="Quintanilla Arosemena, Efrain",
        aliases=(Alias(name="EL TIBURON", weak=True), Alias(name="Efrain Quintanilla")),
        birth_dates=("1980-02-03",),
        identifiers=(Identifier(scheme="passport", value="PX 1234567", country="PA"),),
    ),
    person("p6", "Chang Myong Chin"),
    firm("o1", "Ceiba Dorada Trading, S. de R.L.", "CEIBA DORADA TRADING"),
    firm("o2", "Obsidian Marine Logistics GmbH"),
    ship("v1", "OCEAN LANTERN", "9074729"),
    ship("v2", "Pelican Crest"),
    ListEntry(list_id="altamira", uid="a1", type="aircraft", name="HP-MMA"),
    *FILLING,
]

INDEX = Index.build(ENTRIES, {"marisol": "2026-02", "northreach": "7"})


def uids(name: str, **kwargs: object) -> list[str]:
    return [hit.uid for hit in screen_one(INDEX, name=name, **kwargs)]


def best(name: str, **kwargs: object) -> Hit:
    return screen_one(INDEX, name=name, **kwargs)[0]


@pytest.mark.parametrize(
    ("query", "uid"),
    [
        ("Petr Sergeevich Ivanov", "p1"),
        ("IVANOV, Petr", "p1"),
        ("Petr Ivanov", "p1"),
        ("Pyotr Sergeyevich Ivanov", "p1"),
        ("Петр Сергеевич Иванов", "p1"),
        ("P. S. Ivanov", "p1"),
        ("Jose Luis Rodriguez Barrantes", "p2"),
        ("José Rodríguez Barrantes", "p2"),
        ("RODRIGUES BARRANTES JOSE", "p2"),
        ("Khalid Mahmud Abdulrahman", "p3"),
        ("Khaled Abdur Rahman", "p3"),
        ("خالد محمود عبد الرحمن", "p3"),
        ("Konstanty Zubarovski", "p4"),
        ("ZUBAROWSKIKONSTANTY", "p4"),
        ("Konstanty Zubraowski", "p4"),
        ("Efraín Quintanilla A.", "p5"),
        ("Chang Myongc-hin", "p6"),
        ("CEIBA DORADA TRADING S.A.", "o1"),
        ("Ceiba Dorada Trdg", "o1"),
        ("CEIBADORADA TRADING", "o1"),
        ("Obsidian Marine Logistics", "o2"),
        ("Obsidiana Marine Logistica", "o2"),
        ("M/V OCEAN LANTERN", "v1"),
        ("Oceanlantern", "v1"),
    ],
)
def test_one_party_is_found_however_it_is_written(query: str, uid: str) -> None:
    assert uids(query)[:1] == [uid]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "X",
        "12345",
        "Petr",
        "Sergeevich Nikolaev Petr",
        "Jose Rodriguez Perez",
        "Ivanka Petrosyan",
        "Ocean Star",
        "Dorada Shipping",
        "Wei Xu",
        "A" * 10_000,
    ],
)
def test_another_party_is_not_a_hit(query: str) -> None:
    assert uids(query) == []


def test_a_word_left_out_costs_less_than_one_that_contradicts() -> None:
    whole = best("Jose Luis Rodriguez Barrantes").score
    shorter = best("Jose Rodriguez Barrantes").score
    other = [
        h.score for h in screen_one(INDEX, name="Jose Ramiro Rodriguez Barrantes", threshold=1)
    ]
    assert whole > shorter > other[0]


def test_a_name_alone_never_gives_the_highest_score() -> None:
    assert best("Petr Sergeevich Ivanov").score < 90


def test_agreeing_attributes_raise_and_contradicting_ones_lower() -> None:
    name = "Petr Sergeevich Ivanov"
    alone = best(name).score
    assert best(name, birth_date="1971-05-02").score == pytest.approx(alone + 9)
    assert best(name, nationality="RUS").score == pytest.approx(alone + 4)
    assert best(name, nationality="PA").score == pytest.approx(alone - 3)
    assert best(name, birth_date="1950-01-01", threshold=1).score == pytest.approx(alone - 25)


def test_a_contradicting_birth_date_can_end_a_hit() -> None:
    assert "p1" in uids("Petr Ivanov")
    assert "p1" not in uids("Petr Ivanov", birth_date="1950-01-01")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("1971-05-02", "birth_date"),
        ("1971-02-05", "birth_swapped"),
        ("1971-05", "birth_month"),
        ("1971", "birth_year"),
        ("1972-05-02", "birth_near"),
        ("1971-11-30", "birth_near"),
        ("1955", "birth_contradiction_partial"),
        ("1955-01-01", "birth_contradiction"),
    ],
)
def test_birth_dates_compare_as_far_as_they_are_known(asked: str, code: str) -> None:
    hit = best("Petr Sergeevich Ivanov", birth_date=asked, threshold=1)
    assert [part.code for part in hit.parts if part.code.startswith("birth")] == [code]


def test_a_listed_range_takes_any_date_inside() -> None:
    hit = best("Konstanty Zubarowski", birth_date="1963-07-01")
    assert "birth_range" in [part.code for part in hit.parts]


def test_what_cannot_be_told_is_said() -> None:
    assert best("Petr Ivanov").cannot_tell == ("no_birth_date_asked",)
    assert best("Chang Myong Chin").cannot_tell == ("no_birth_date",)
    assert best("Chang Myong Chin", birth_date="1970").cannot_tell == ("no_birth_date_listed",)
    assert best("Pelican Crest", kind="vessel").cannot_tell == ("no_imo",)


@pytest.mark.parametrize("date", ["", "31/12/1971", "unknown", "1971-13-01", "0000"])
def test_a_birth_date_that_cannot_be_read_counts_as_missing(date: str) -> None:
    assert best("Petr Ivanov", birth_date=date).cannot_tell == ("no_birth_date_asked",)


def test_a_weak_alias_alone_is_never_a_hit() -> None:
    assert uids("El Tiburon", threshold=1) == []
    assert uids("El Tiburon", birth_date="1990-01-01", threshold=1) == []


def test_a_weak_alias_supports_what_a_birth_date_says() -> None:
    hit = best("El Tiburon", birth_date="1980-02-03", threshold=1)
    assert hit.uid == "p5"
    assert hit.weak_alias
    assert "weak_alias" in [part.code for part in hit.parts]


def test_a_weak_alias_does_not_hide_a_strong_name_that_agrees_less() -> None:
    entry = ListEntry(
        list_id="marisol",
        uid="w",
        type="person",
        name="Bruna Castellvi Aldunate",
        aliases=(Alias(name="Bruna Castellvi Oporto", weak=True),),
    )
    index = Index.build([entry, *FILLING])
    hit = screen_one(index, name="Bruna Castellvi Oporto", threshold=1)[0]
    assert (hit.uid, hit.weak_alias) == ("w", False)


def test_an_equal_identifier_is_a_hit_whatever_the_name() -> None:
    hit = best("Nobody Known", identifiers=["passport:px1234567"])
    assert (hit.uid, hit.score) == ("p5", 80.0)
    assert hit.evidence == ("identifiers",)


def test_an_equal_identifier_and_name_give_the_highest_score() -> None:
    hit = best("Efrain Quintanilla", identifiers=["passport:PX-1234567"])
    assert hit.score == 100.0
    assert "bounded" in [part.code for part in hit.parts]


def test_the_same_number_under_another_scheme_is_not_enough() -> None:
    assert uids("Nobody Known", identifiers=["tax:PX1234567"]) == []
    with_name = best("Efrain Quintanilla", identifiers=["tax:PX1234567"])
    assert "identifier_other_scheme" in [part.code for part in with_name.parts]


@pytest.mark.parametrize("value", ["passport:0000000", "passport:NONE", "passport:12", "passport:"])
def test_numbers_that_identify_nobody_do_not_meet(value: str) -> None:
    assert uids("Nobody Known", identifiers=[value], threshold=1) == []


def test_a_ship_of_the_same_name_with_another_imo_number_is_another_hull() -> None:
    assert uids("Ocean Lantern", kind="vessel", identifiers=["imo:9074729"]) == ["v1"]
    assert uids("Ocean Lantern", kind="vessel", identifiers=["imo:IMO 9139907"]) == []
    assert uids("Ocean Lantern", kind="vessel") == ["v1"]


def test_an_imo_number_with_a_wrong_check_digit_contradicts_nothing() -> None:
    assert uids("Ocean Lantern", kind="vessel", identifiers=["imo:9139908"]) == ["v1"]


def test_a_renamed_ship_is_found_by_its_imo_number() -> None:
    assert uids("Brisa Nueva", kind="vessel", identifiers=["imo:9074729"]) == ["v1"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Petr Sergeevich Ivanov", "organisation"),
        ("Ceiba Dorada Trading", "person"),
        ("Ocean Lantern", "person"),
        ("HP MMA", "vessel"),
    ],
)
def test_a_query_of_one_kind_does_not_meet_entries_of_another(name: str, kind: str) -> None:
    assert uids(name, kind=kind) == []
    assert uids(name) != []


def test_a_firm_named_after_a_person_is_shown_with_a_doubt() -> None:
    hit = best("Petr Sergeevich Ivanov Ltd")
    assert hit.uid == "p1"
    assert "kind" in [part.code for part in hit.parts]


def test_the_score_is_the_sum_of_its_parts() -> None:
    for query in ("Petr Ivanov", "Khaled Abdur Rahman", "CEIBA DORADA TRADING S.A."):
        for hit in screen_one(INDEX, name=query, birth_date="1971", threshold=10):
            assert hit.score == pytest.approx(sum(part.points for part in hit.parts))


def test_sentences_name_each_word_in_both_languages() -> None:
    hit = best("Petr Ivanov")
    english, spanish = "\n".join(sentences(hit, "en")), "\n".join(sentences(hit, "es"))
    assert "word PETR = PETR (equal, weight" in english
    assert "word SERGEEVICH stands only in the list" in english
    assert "cannot tell: the query has no birth date, the list has 1971-05-02" in english
    assert "palabra PETR = PETR (igual, peso" in spanish
    assert len(english.splitlines()) == len(spanish.splitlines()) == len(hit.parts)


def test_hits_name_the_lists_edition_and_the_version_of_the_weights() -> None:
    hit = best("Petr Ivanov")
    assert (hit.list_id, hit.edition, hit.version) == ("marisol", "2026-02", INDEX.weights.version)


def test_equal_scores_are_ordered_by_list_and_entry() -> None:
    twins = [person("b", "Orsolya Kertesz"), person("a", "Orsolya Kertesz"), *FILLING]
    index = Index.build(twins)
    assert [hit.uid for hit in screen_one(index, name="Orsolya Kertesz")] == ["a", "b"]
    assert [hit.rank for hit in screen_one(index, name="Orsolya Kertesz")] == [1, 2]


def test_rarer_names_come_before_common_ones_of_equal_agreement() -> None:
    rare, common = best("Konstanty Zubarowski"), best("Maria Torres")
    assert rare.score > common.score


def test_an_empty_list_has_no_hits() -> None:
    assert screen_one(Index.build([]), name="Petr Ivanov", identifiers=["imo:9074729"]) == []


def test_entries_without_a_readable_name_cost_nothing() -> None:
    index = Index.build([person("x", ""), person("y", "—"), *ENTRIES])
    assert [hit.uid for hit in screen_one(index, name="Petr Ivanov")] == ["p1"]


def queries(*names: str | None) -> pl.DataFrame:
    ids = [f"q{n}" for n in range(len(names))]
    return pl.DataFrame({"query_id": ids, "name": names}, schema_overrides={"name": pl.String})


def test_a_table_of_queries_gives_a_table_of_hits_in_their_order() -> None:
    hits = screen(queries("Ocean Lantern", "Nobody", None, "Petr Ivanov"), INDEX)
    assert hits.schema == HIT_SCHEMA
    assert hits["query_id"].to_list() == ["q0", "q3"]
    assert hits["uid"].to_list() == ["v1", "p1"]


def test_equal_queries_of_a_table_have_equal_hits() -> None:
    hits = screen(queries(*["Petr Ivanov"] * 3), INDEX).drop("query_id")
    assert hits.height == 3
    assert hits.unique().height == 1


def test_a_table_may_tell_more_than_the_name() -> None:
    table = pl.DataFrame(
        {
            "query_id": [1, 2],
            "name": ["Efrain Quintanilla", "Ocean Lantern"],
            "type": ["person", "vessel"],
            "birth_date": ["1980-02-03", None],
            "nationality": [None, None],
            "identifiers": [["passport:PX1234567"], []],
        }
    )
    hits = screen(table, INDEX)
    assert hits["query_id"].to_list() == ["1", "2"]
    assert hits["evidence"].to_list() == [["name", "birth_date", "identifiers"], ["name"]]


def test_a_table_with_no_hit_keeps_its_columns() -> None:
    assert screen(queries("Nobody"), INDEX).schema == HIT_SCHEMA
    assert screen(queries(), INDEX).schema == HIT_SCHEMA


def test_a_table_without_names_is_refused() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        screen(pl.DataFrame({"query_id": ["1"]}), INDEX)


def test_memory_is_bounded_and_changes_no_answer() -> None:
    small = Screener(INDEX, words_kept=2, answers_kept=2)
    names = [
        "Petr Ivanov",
        "Ocean Lantern",
        "Ceiba Dorada Trading",
        "Jose Luis Rodriguez Barrantes",
    ]
    for name in names * 3:
        assert list(small.one(name)) == screen_one(INDEX, name=name)
    assert small.remembered == (2, 2)
