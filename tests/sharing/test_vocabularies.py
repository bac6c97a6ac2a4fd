"""Marking words of others, in and out: the published cases pass, unknown words fail closed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import FormatError, LimitError, MarkingError
from esclusa.model import EVERYONE, OPEN, Level, Marking
from esclusa.sharing.policy import is_below
from esclusa.sharing.reader import PURPOSES
from esclusa.sharing.vocabularies import acs, expressions, stix, taxonomies
from esclusa.sharing.vocabularies.handling import handling, needs_consent, purposes_left
from esclusa.sharing.vocabularies.table import Audience, rows

DATA = Path(__file__).parents[1] / "data/sharing"
DAY = dt.date(2026, 11, 25)
US = Audience(recipient=frozenset({"marisol"}), community=frozenset({"northreach", "altamira"}))
ALONE = Audience(recipient=frozenset({"marisol"}))


def cases() -> list[tuple[str, tuple[str, ...], str]]:
    """Every published case: expected result, attributes, expression."""
    groups = json.loads((DATA / "accumulo_access/testdata.json").read_text())
    return [
        (test["expectedResult"], tuple(auths), expression)
        for group in groups
        for auths in group["auths"]
        for test in group["tests"]
        for expression in test["expressions"]
    ]


CASES = cases()


# --- access expressions ---------------------------------------------------------------------------


def test_there_are_209_published_cases() -> None:
    assert len(CASES) == 209


@pytest.mark.parametrize(("expected", "attributes", "expression"), CASES)
def test_a_published_access_expression_has_its_published_result(
    expected: str, attributes: tuple[str, ...], expression: str
) -> None:
    if expected == "ERROR":
        with pytest.raises(MarkingError):
            expressions.parse(expression)
    else:
        held = expressions.holds(expressions.parse(expression), attributes)
        assert held == (expected == "ACCESSIBLE")


@pytest.mark.parametrize(("expected", "attributes", "expression"), CASES)
def test_caveats_mean_the_same_as_their_expression_or_are_refused(
    expected: str, attributes: tuple[str, ...], expression: str
) -> None:
    try:
        caveats = expressions.caveats_of(expression)
    except MarkingError:
        assert expected == "ERROR" or "|" in expression
        return
    assert (caveats <= set(attributes)) == (expected == "ACCESSIBLE")


def test_an_expression_becomes_caveats_exactly_when_it_leaves_no_choice() -> None:
    assert expressions.caveats_of("PAX&(H1&H2)") == {"PAX", "H1", "H2"}
    assert expressions.caveats_of("PAX|(PAX&H1)") == {"PAX"}
    assert expressions.caveats_of("") == frozenset()
    with pytest.raises(MarkingError, match="choice"):
        expressions.caveats_of("PAX&(H1|H2)")


@pytest.mark.parametrize("text", ['"a,b"', '" a"', '"\\\\\n"'])
def test_an_attribute_that_is_no_word_for_a_marking_is_refused(text: str) -> None:
    with pytest.raises(MarkingError):
        expressions.caveats_of(text)


@pytest.mark.parametrize("text", ["(" * 200 + "a" + ")" * 200, "a&" * 6000 + "a"])
def test_an_expression_too_deep_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(MarkingError, match="more than"):
        expressions.parse(text)


def test_an_expression_with_too_many_choices_is_refused_soon() -> None:
    text = "&".join(f"(a{n}|b{n})" for n in range(40))
    with pytest.raises(MarkingError, match="too many"):
        expressions.caveats_of(text)


def test_a_fault_is_named_with_its_position() -> None:
    with pytest.raises(MarkingError, match="character 3"):
        expressions.parse("a|b&c")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters=","), min_size=1, max_size=8)


@given(st.frozensets(WORDS.filter(lambda w: w == w.strip() and w.isprintable()), max_size=4))
def test_caveats_read_back_from_their_expression(caveats: frozenset[str]) -> None:
    assert expressions.caveats_of(expressions.expression_of(caveats)) == caveats


# --- handling codes -------------------------------------------------------------------------------


def test_handling_codes_h0_to_h3_and_orcon_are_data_in_both_languages() -> None:
    assert list(handling()) == ["H0", "H1", "H2", "H3", "ORCON"]
    assert all(code.en and code.es and code.source for code in handling().values())
    assert {word for code in handling().values() for word in code.purposes} <= {"*", *PURPOSES}


def test_h2_h3_and_orcon_ask_for_consent_and_a_compartment_does_not() -> None:
    assert [word for word in handling() if needs_consent({word})] == ["H2", "H3", "ORCON"]
    assert not needs_consent({"PAX", "H0", "H1"})


def test_h0_leaves_the_purposes_of_fighting_crime_only() -> None:
    assert "audit" not in purposes_left({"H0", "PAX"})
    assert "sanctions" in purposes_left({"H0"})
    assert purposes_left({"PAX"}) == {EVERYONE}


# --- taxonomies -----------------------------------------------------------------------------------

FILES = sorted((DATA / "misp_taxonomies").glob("*.json"))


def vocabulary(name: str) -> taxonomies.Taxonomy:
    return taxonomies.load_taxonomy((DATA / f"misp_taxonomies/{name}.json").read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_any_vocabulary_of_the_format_is_loaded_and_knows_its_tags(path: Path) -> None:
    loaded = taxonomies.load_taxonomy(path.read_bytes(), file=path.name)
    tags = list(loaded.tags())
    assert tags
    assert all(loaded.knows(tag) for tag in tags)
    assert not loaded.knows(f"{loaded.namespace}:no-such-word")


@pytest.mark.parametrize("name", ["tlp", "PAP", "admiralty-scale", "iep", "retention", "nato"])
def test_every_word_of_a_marking_vocabulary_has_its_row(name: str) -> None:
    keys = {(row.key, row.value.casefold()) for row in rows("tags.csv")}
    for tag in vocabulary(name).tags():
        key, value = taxonomies.read_tag(tag)
        assert (key, (value or "").replace("$text", "*").casefold()) in keys, tag


def test_every_row_speaks_of_a_published_word() -> None:
    known = [vocabulary(p.stem) for p in FILES]
    for row in rows("tags.csv"):
        tag = f'{row.key}="{row.value}"' if row.value else row.key
        assert any(found.knows(tag) for found in known), tag


@pytest.mark.parametrize("data", [b"", b"[]", b'{"namespace": "x"}', b'{"namespace": 1}'])
def test_what_is_no_vocabulary_is_refused_with_its_file(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"x\.json"):
        taxonomies.load_taxonomy(data, file="x.json")


def test_a_vocabulary_that_is_too_large_is_refused() -> None:
    with pytest.raises(LimitError):
        taxonomies.load_taxonomy(b" " * (taxonomies.MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["tlp:clear"], OPEN),
        (["TLP:GREEN"], Marking(level=Level.OFFICIAL, releasable_to=frozenset({"marisol", "northreach", "altamira"}))),
        (["tlp:amber"], Marking(level=Level.RESTRICTED, releasable_to=frozenset({"marisol"}), caveats=frozenset({"ORCON"}))),
        (["tlp:red"], Marking(level=Level.CONFIDENTIAL, releasable_to=frozenset({"marisol"}), caveats=frozenset({"ORCON", "TLP:RED"}))),
        (["tlp:clear", 'admiralty-scale:source-reliability="c"'], Marking(releasable_to=frozenset({EVERYONE}), source_grade="C")),
        (["tlp:clear", "retention:7d", "PAP:RED"], Marking(releasable_to=frozenset({EVERYONE}), caveats=frozenset({"PAP:RED"}), retain_until=DAY + dt.timedelta(days=7))),
        (['iep:traffic-light-protocol="WHITE"', 'iep:affected-party-notifications="MUST NOT"'], Marking(releasable_to=frozenset({EVERYONE}), caveats=frozenset({"IEP:NO-NOTICE"}))),
    ],
)  # fmt: skip
def test_tags_become_the_marking_that_their_table_says(tags: list[str], expected: Marking) -> None:
    assert taxonomies.marking_of(tags, US, DAY) == expected


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["tlp:purple"],
        ["tlp:unclear"],
        ["tlp:red", "tlp:green"],
        ['exercise:generic="comcheck"'],
        ['nato:classification="CTS"'],
        ['iep:encrypt-at-rest="MUST"'],
        ['tlp:red="b"'],
        ["admiralty-scale:source-reliability"],
        ['admiralty-scale:source-reliability="g"'],
        ["not a tag"],
        ["x" * 1000],
    ],
)
def test_unknown_refused_and_contradicting_tags_fail_closed(tags: list[str]) -> None:
    with pytest.raises(MarkingError):
        taxonomies.marking_of(tags, US, DAY)


def test_tags_that_name_no_audience_release_to_nobody() -> None:
    found = taxonomies.marking_of(["pap:red", "retention:1y"], US, DAY)
    assert found.releasable_to == frozenset()


def test_an_expired_retention_hides_at_once() -> None:
    found = taxonomies.marking_of(["tlp:clear", "retention:expired"], US, DAY)
    assert found.retain_until is not None
    assert found.retain_until < DAY


AGENCIES = ["marisol", "northreach", "altamira"]
MARKINGS = st.builds(
    Marking,
    level=st.sampled_from(Level),
    releasable_to=st.frozensets(st.sampled_from(AGENCIES)) | st.just(frozenset({EVERYONE})),
    caveats=st.frozensets(
        st.sampled_from(["ORCON", "TLP:RED", "PAP:RED", "ACS:PII", "ACS:entity=GOV+MIL", "PAX"]),
        max_size=3,
    ),
    purposes=st.just(frozenset({EVERYONE})) | st.just(frozenset({"sanctions"})),
    source_grade=st.sampled_from("AAAX"),
    information_grade=st.sampled_from("1114"),
    retain_until=st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2040, 1, 1)),
)
AUDIENCES = st.sampled_from([US, ALONE, Audience(recipient=frozenset())])


@given(MARKINGS, AUDIENCES)
def test_tags_say_at_least_what_the_marking_says_or_nothing(
    marking: Marking, audience: Audience
) -> None:
    try:
        tags = taxonomies.tags_of(marking, audience, DAY)
    except MarkingError:
        return
    assert is_below(marking, taxonomies.marking_of(tags, audience, DAY))


def test_markings_that_tags_can_say_go_out_as_tags() -> None:
    own = Marking(
        level=Level.OFFICIAL,
        releasable_to=frozenset({"marisol"}),
        source_grade="B",
        retain_until=DAY + dt.timedelta(days=45),
    )
    assert taxonomies.tags_of(own, ALONE, DAY) == (
        "tlp:amber",
        'admiralty-scale:source-reliability="b"',
        'admiralty-scale:information-credibility="1"',
        "retention:1m",
    )


@pytest.mark.parametrize(
    "marking",
    [
        Marking(level=Level.SECRET),
        Marking(releasable_to=frozenset({"marisol"}), caveats=frozenset({"PAX"})),
        Marking(releasable_to=frozenset({"marisol"}), purposes=frozenset({"sanctions"})),
        Marking(),
    ],
)
def test_what_tags_cannot_say_does_not_go_out(marking: Marking) -> None:
    with pytest.raises(MarkingError):
        taxonomies.tags_of(marking, US, DAY)


# --- STIX -----------------------------------------------------------------------------------------


def bundle(number: int) -> list[dict[str, Any]]:
    path = DATA / f"stix_acs/acs-spec-use-case-{number}.json"
    objects: list[dict[str, Any]] = json.loads(path.read_text())["objects"]
    return objects


def test_the_acs_examples_become_markings() -> None:
    (first,) = bundle(1)
    with pytest.raises(MarkingError, match="classification TS"):
        stix.marking_of(first, ALONE, DAY)
    secret, public, *_rest = bundle(3)
    assert stix.marking_of(secret, ALONE, DAY) == Marking(
        level=Level.SECRET, releasable_to=frozenset({"marisol"})
    )
    assert stix.marking_of(public, ALONE, DAY) == OPEN


def test_an_object_takes_the_marking_of_its_references() -> None:
    objects = bundle(3)
    actor = next(item for item in objects if item["type"] == "threat-actor")
    found = stix.marking_of_refs(actor["object_marking_refs"], objects, ALONE, DAY)
    assert found.level is Level.SECRET


def test_an_object_without_or_with_an_undefined_marking_is_refused() -> None:
    for refs in ([], ["marking-definition--00000000-0000-4000-8000-000000000000"]):
        with pytest.raises(MarkingError):
            stix.marking_of_refs(refs, bundle(3), ALONE, DAY)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"classification": "X"}, "classification"),
        ({"sci_controls": ["HCS"]}, "sci_controls"),
        ({"formal_determination": ["NF"]}, "formal_determination"),
        ({"formal_determination": "NF"}, "formal_determination"),
        ({"entity": ["A+B"]}, "entity"),
        ({"newer_control": ["X"]}, "newer_control"),
    ],
)
def test_an_unknown_or_refused_acs_control_fails_closed(change: dict[str, Any], word: str) -> None:
    secret = bundle(3)[0]["extensions"][acs.EXTENSION]
    changed = {**secret, "control_set": {**secret["control_set"], **change}}
    with pytest.raises(MarkingError, match=word):
        acs.marking_of(changed, ALONE)


@pytest.mark.parametrize(
    "change",
    [
        {"newer_property": 1},
        {"policy_reference": "urn:isa:policy:acs:ns:v4.0?privdefault=permit&sharedefault=permit"},
        {"access_privilege": [{"privilege_action": "DSPLY", "rule_effect": "deny"}]},
        {"access_privilege": "all"},
        {"further_sharing": [{"rule_effect": "perhaps"}]},
        {"resource_disposition": {"disposition_date": "soon"}},
        {"control_set": []},
    ],
)
def test_an_unknown_or_narrowing_acs_property_fails_closed(change: dict[str, Any]) -> None:
    secret = bundle(3)[0]["extensions"][acs.EXTENSION]
    with pytest.raises(MarkingError):
        acs.marking_of({**secret, **change}, ALONE)


def test_acs_sharing_denied_means_originator_control_and_a_choice_is_one_caveat() -> None:
    extension = bundle(1)[0]["extensions"][acs.EXTENSION]
    extension["control_set"]["classification"] = "S"
    assert acs.marking_of(extension, ALONE).caveats == {"ORCON", "ACS:entity=CTR+GOV+MIL"}


@given(MARKINGS, AUDIENCES)
def test_acs_says_at_least_what_the_marking_says_or_nothing(
    marking: Marking, audience: Audience
) -> None:
    made = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    try:
        found = acs.definition_of(marking, audience, custodian="USA.DHS", made=made)
    except MarkingError:
        return
    assert is_below(marking, stix.marking_of(found, audience, DAY))


@pytest.mark.parametrize(
    "marking",
    [
        OPEN,
        Marking(level=Level.OPEN, releasable_to=frozenset({"marisol"})),
        Marking(level=Level.RESTRICTED, releasable_to=frozenset({"marisol"}), caveats=frozenset({"ORCON", "ACS:LES", "ACS:entity=CTR+GOV"})),
        Marking(level=Level.SECRET, releasable_to=frozenset({"marisol"}), retain_until=DAY),
    ],
)  # fmt: skip
def test_markings_that_acs_can_say_go_out_and_are_valid_stix(marking: Marking) -> None:
    made = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    found = acs.definition_of(marking, ALONE, custodian="USA.DHS", made=made)
    assert stix2.parse(found, allow_custom=True).id == found["id"]
    back = stix.marking_of(found, ALONE, DAY)
    assert is_below(marking, back)
    assert back.caveats == marking.caveats


@pytest.mark.parametrize("colour", ["clear", "green", "amber", "amber+strict", "red"])
def test_each_tlp_2_colour_comes_in_by_its_published_definition(colour: str) -> None:
    published = next(c for c in stix.colours().values() if (c.edition, c.colour) == ("2.0", colour))
    extension = {"extension_type": "property-extension", "tlp_2_0": colour}
    definition = {
        "type": "marking-definition",
        "id": published.id,
        "extensions": {stix.TLP_EXTENSION: extension},
    }
    expected = taxonomies.marking_of([f"tlp:{colour}"], US, DAY)
    assert stix.marking_of(definition, US, DAY) == expected
    assert stix.marking_of_refs([published.id], [], US, DAY) == expected


@pytest.mark.parametrize("colour", ["white", "green", "amber", "red"])
def test_each_tlp_1_colour_of_the_stix_library_comes_in(colour: str) -> None:
    given_ = json.loads(getattr(stix2, f"TLP_{colour.upper()}").serialize())
    assert stix.marking_of(given_, US, DAY) == taxonomies.marking_of([f"tlp:{colour}"], US, DAY)


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"type": "indicator"},
        {"type": "marking-definition", "id": "x", "definition_type": "statement", "definition": {"statement": "(c)"}},
        {"type": "marking-definition", "id": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "extensions": {stix.TLP_EXTENSION: {"tlp_2_0": "clear"}}},
        {"type": "marking-definition", "id": "x", "extensions": {stix.TLP_EXTENSION: {"tlp_2_0": "clear"}}},
        {"type": "marking-definition", "id": "x", "extensions": {stix.TLP_EXTENSION: {"tlp_2_0": "clear"}, "extension-definition--1": {}}},
        {"type": "marking-definition", "id": "x", "extensions": "none"},
    ],
)  # fmt: skip
def test_a_definition_of_an_unknown_kind_or_under_a_wrong_id_is_refused(
    definition: dict[str, Any],
) -> None:
    with pytest.raises(MarkingError):
        stix.marking_of(definition, US, DAY)


def test_tlp_goes_out_as_the_published_object() -> None:
    own = Marking(level=Level.CONFIDENTIAL, releasable_to=frozenset({"marisol"}))
    found = stix.tlp_of(own, ALONE, DAY)
    assert found["name"] == "TLP:RED"
    assert stix2.parse(found, allow_custom=True).id == found["id"]


@given(MARKINGS, AUDIENCES)
def test_a_tlp_colour_says_at_least_what_the_marking_says_or_nothing(
    marking: Marking, audience: Audience
) -> None:
    try:
        found = stix.tlp_of(marking, audience, DAY)
    except MarkingError:
        return
    assert is_below(marking, stix.marking_of(found, audience, DAY))
