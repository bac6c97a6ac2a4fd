"""Agreements as data: read strictly, checked, signed by both, compared in words."""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import Any

import agreement_worlds as pacts
import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import AgreementError
from esclusa.sharing.agreement import (
    Agreement,
    Signed,
    Standing,
    canonical,
    compare,
    describe,
    digest,
    examine,
    fields,
    in_force,
    read_agreement,
    read_signed,
    rehearsed,
    schema,
    sign,
    standings,
    write_signed,
)
from esclusa.sharing.agreement.checking import problems
from esclusa.sharing.agreement.lists import clocks, refusals
from esclusa.sharing.agreement.shape import GivenKind, LevelWord
from esclusa.sharing.agreement.text import MOST_BYTES
from esclusa.sharing.agreement.words import said
from esclusa.sharing.reader import PURPOSES

TEXT = pacts.sample_text()
SAMPLE = pacts.sample()
LINES = TEXT.decode().splitlines()


def line_of(word: str, after: str = "") -> int:
    """The number of the first line that holds ``word``, from the first one that holds ``after``."""
    start = next(n for n, line in enumerate(LINES) if after in line)
    return next(n for n in range(start, len(LINES)) if word in LINES[n]) + 1


def changed(old: str, new: str) -> bytes:
    text = TEXT.decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def refused(data: bytes) -> AgreementError:
    with pytest.raises(AgreementError) as caught:
        read_agreement(data, file="draft.yaml")
    assert caught.value.file == "draft.yaml"
    return caught.value


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ("marisol-northreach", "marisol-northreach-casework"))
def test_a_sample_has_no_fault_and_all_it_says_is_described_in_both_languages(name: str) -> None:
    text = files("esclusa.samples").joinpath("agreements", f"{name}.yaml").read_bytes()
    assert examine(text).findings == ()
    sample = read_agreement(text)
    sentences = list(describe(sample))
    assert all(sentence.en and sentence.es for sentence in sentences)
    together = " ".join(sentence.en for sentence in sentences)
    assert all(path in together for c in sample.clauses for rule in c.fields for path in rule.paths)


def test_what_a_list_entry_says_of_owners_is_given_by_name_its_dates_also_coarser() -> None:
    name = "marisol-northreach-casework.yaml"
    text = files("esclusa.samples").joinpath("agreements", name).read_bytes()
    words = b'          - "identifiers.*.{scheme,value}"\n'
    more = b"""          - "relations.*.{role,name,owns,former}"
      - do: generalise
        to: year
        paths:
          - "relations.*.{held_from,held_until}"
"""
    assert text.count(words) > 1
    assert examine(text.replace(words, words + more)).findings == ()


def test_the_same_agreement_in_json_and_in_yaml_is_the_same() -> None:
    as_json = json.dumps(yaml.safe_load(TEXT), indent="\t", default=str, ensure_ascii=True)
    assert read_agreement(as_json.encode()) == SAMPLE


@pytest.mark.parametrize(
    ("old", "new", "reason", "line"),
    [
        ("version: 1", "version: 1\nversion: 2", "stands twice", line_of("version: 1") + 1),
        ("version: 1", "version: 1\nsecret_clause: x", "not known", line_of("version: 1") + 1),
        ("    retention_days: 365", "    retention_days: 365\n    unless: war", "not known", line_of("retention_days: 365") + 1),
        ("- do: keep", "- do: keep\n        until: noon", "not known", line_of("do: keep") + 1),
        ("version: 1", "version: one", "Expected `int`", line_of("version: 1")),
        ("version: 1", "version: '1'", "Expected `int`", line_of("version: 1")),
        ("version: 1", "version: 01", "Expected `int`", line_of("version: 1")),
        ("version: 1", "version: 1.0", "Expected `int`", line_of("version: 1")),
        ("version: 1", "version: yes", "Expected `int`", line_of("version: 1")),
        ("version: 1", "version: 0", "Expected `int` >= 1", line_of("version: 1")),
        ("version: 1", "version:", "leave the key out", line_of("version: 1")),
        ("format: esclusa-agreement/1", "format: esclusa-agreement/2", "Invalid enum", line_of("format:")),
        ("until: 2028-11-30", "until: 2028-11-31", "date", line_of("until:")),
        ("agency: marisol", "agency: Marisol", "matching", line_of("agency: marisol")),
        ("kind: traveller", "kind: alert", "Invalid enum", line_of("kind: traveller")),
        ("level: restricted", "level: top_secret", "Invalid enum", line_of("level: restricted")),
        ("do: drop", "do: burn", "Invalid value", line_of("do: drop")),
        ("last: 4", "last: 0", "Expected `int` >= 1", line_of("last: 4")),
        ("last: 4", "last: 9", "Expected `int` <= 8", line_of("last: 4")),
        ("    kind: consignment\n", "", "missing required field `kind`", line_of("- id: cargo")),
        ("version: 1", "version: &v 1", "anchors", line_of("version: 1")),
        ("version: 1", "version: *v", "anchors", line_of("version: 1")),
        ("version: 1", "version: !!int 1", "tag", line_of("version: 1")),
        ("version: 1", "version: !!python/object/apply:os.system [id]", "tag", line_of("version: 1")),
        ("version: 1", "? [a, b]\n: 1", "plain word", line_of("version: 1")),
        ("version: 1", "version: 1\n---\nversion: 2", "one document", line_of("version: 1") + 1),
        ("version: 1", "version: [1", "expected", line_of("version: 1") + 2),
        ("articles 3 and 7", "articles 3 \u202eand 7", "U+202E", line_of("articles 3")),
        ("articles 3 and 7", "articles 3 \u200band 7", "U+200B", line_of("articles 3")),
    ],
)  # fmt: skip
def test_a_fault_of_the_text_is_named_with_file_and_line(
    old: str, new: str, reason: str, line: int
) -> None:
    error = refused(changed(old, new))
    assert reason in error.reason
    assert error.line == line


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "one document"),
        (b"- a", "Expected"),
        (b"just words", "Expected"),
        (b"\xff\xfe", "UTF-8"),
        (b"a: \x00", "character"),
        (b"x" * (MOST_BYTES + 1), "more than"),
        (b"[" * 5000, "levels"),
        (b"{a: " * 5000, "levels"),
        (b"[" + b"1," * 20000 + b"]", "values"),
        (b'{"title": "\\ud83d"}', "hidden character U+D83D"),
        (b"a: &x [1]\nb: [*x, *x]", "anchors"),
        (b"%TAG ! tag:x,2000:\n---\n!a 1", "tag"),
        (b"a: 1\n b: 2", "mapping values"),
    ],
)
def test_a_text_that_is_no_agreement_is_refused_at_once(data: bytes, reason: str) -> None:
    assert reason in refused(data).reason


def test_characters_beyond_the_first_plane_are_read_from_json_escapes() -> None:
    title = {"en": "wave \U0001f30a", "es": "ola \U0001f30a"}
    as_json = {**yaml.safe_load(TEXT), "title": title}
    found = read_agreement(json.dumps(as_json, default=str).encode())
    assert found.title.en == "wave \U0001f30a"


@pytest.mark.parametrize(
    ("old", "new", "reason", "line"),
    [
        ("agency: northreach", "agency: marisol", "same agency", line_of("agency: northreach")),
        ("from: 2026-12-01", "from: 2029-12-01", "before the first", line_of("until:")),
        ("version: 1", "version: 2", "`replaces`", line_of("version: 1")),
        ("version: 1", "version: 1\nreplaces: " + "0" * 64, "`replaces`", line_of("version: 1") + 1),
        ("giver: marisol", "giver: altamira", "none of the parties", line_of("giver:")),
        ("- id: travellers-to-northreach", "- id: cargo-to-northreach", "stands twice", line_of("- id: travellers")),
        ("purposes: [border_control]", "purposes: [border_control, gossip]", "'gossip'", line_of("purposes: [border_control]")),
        ("purposes: [border_control]", "purposes: [audit, audit]", "stands twice", line_of("purposes: [border_control]")),
        ("caveats: [H0, H1]", "caveats: ['H0, H1']", "not a word", line_of("caveats: [H0")),
        ("caveats: [H0, H1]", "caveats: [H0, H0]", "stands twice", line_of("caveats: [H0")),
        ("agencies: [altamira]", "agencies: [northreach]", "a party itself", line_of("agencies:")),
        ("rule: within", "rule: never", "goes with the rule `within`", line_of("onward:")),
        ("      agencies: [altamira]\n", "", "goes with the rule `within`", line_of("onward:")),
        ("          - bill\n", "          - bills\n", "no field 'bills'", line_of("- bill")),
        ("goods.*.undg.*", "goods.*.undg", "no single value", line_of("goods.*.undg")),
        ("goods.*.undg.*", "goods.undg.*", "no field", line_of("goods.*.undg")),
        ("goods.*.undg.*", "goods.*", "no single value", line_of("goods.*.undg")),
        ("goods.*.undg.*", "goods..undg", "not a step", line_of("goods.*.undg")),
        ("parties[role=shipper]", "parties[colour=red]", "'colour'", line_of("parties[role=shipper]")),
        ("parties[role=shipper]", "parties[role=]", "not a step", line_of("parties[role=shipper]")),
        ("parties[role=shipper]", "carrier[role=shipper]", "no field", line_of("parties[role=shipper]")),
        ("- birth_date", "- surname", "not a date", line_of("- birth_date")),
        ("- place_of_receipt", "- place_of_receipt.code", "not a place", line_of("- place_of_receipt")),
        ("- goods.*.hs_code", "- goods.*.marks", "not an HS code", line_of("- goods.*.hs_code")),
        ("- goods.*.gross_mass_kg", "- goods.*.description", "not a number", line_of("- goods.*.gross_mass_kg")),
        ("        step: 1000\n", "", "`step`", line_of("to: step") - 1),
        ("        to: year", "        to: year\n        step: 5", "`step`", line_of("to: year") - 1),
        ("- documents.*.number", "- bags", "no text", line_of("- documents.*.number")),
        ("          - arrival\n", "          - arrival\n          - arrival\n", "named twice", line_of("- arrival") + 1),
        ("parties[role=shipper].{role,name,country}", "parties.*.{role,name,country}", "named twice", line_of("parties[role=consignee]")),
        ("          - place_of_receipt\n", "          - place_of_receipt\n          - load_port\n", "named twice", line_of("- place_of_receipt") + 1),
        ("          - surname\n", "", "'surname' must be kept or masked", line_of("- surname")),
        ("parties[role=shipper].{role,name,country}", "parties[role=shipper].{name,country}", "must be kept", line_of("parties[role=shipper]")),
        ("          - role\n", "", "'role' must be kept where", line_of("- surname")),
        ("documents.*.{type,issuer}", "documents.*.issuer", "'documents.*.type' must be kept where", line_of("documents.*.{type")),
        ("clocks: [8h, 7d]", "clocks: [8h, 9d]", "'9d'", line_of("clocks:")),
        ("    - not_available\n", "    - not_today\n", "'not_today'", line_of("- not_available")),
    ],
)  # fmt: skip
def test_a_fault_of_what_is_said_is_named_with_file_and_line(
    old: str, new: str, reason: str, line: int
) -> None:
    error = refused(changed(old, new))
    assert reason in error.reason
    assert error.line == line


def test_all_faults_are_found_at_once() -> None:
    text = changed("giver: marisol", "giver: altamira").replace(b"clocks: [8h", b"clocks: [3h")
    assert [finding.line for finding in examine(text).findings] == [
        line_of("clocks:"), line_of("giver:"),
    ]  # fmt: skip
    assert "(and 1 more)" in refused(text).reason


def test_a_drop_beside_a_rule_that_gives_is_allowed_and_wins() -> None:
    text = changed("          - freight_amount\n", "          - parties[role=shipper].country\n")
    assert examine(text).findings == ()


def test_too_many_paths_or_conditions_are_refused() -> None:
    many = "\n".join(f"          - documents.{n}" for n in range(1001))
    found = examine(changed("          - freight_amount", many)).findings
    assert any("more than 1000 paths" in finding.reason for finding in found)
    roles = "\n".join(f"          - parties[role=r{n}].name" for n in range(60))
    found = examine(changed("          - goods.*.{value,currency}", roles)).findings
    assert any("different conditions" in finding.reason for finding in found)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_another_way(data: bytes) -> None:
    with pytest.raises(AgreementError):
        read_agreement(data)


@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=1, max_size=3))
def test_a_damaged_sample_is_refused_or_read_never_worse(at: int, put: bytes) -> None:
    try:
        read_agreement(TEXT[:at] + put + TEXT[at + 1 :])
    except AgreementError as error:
        assert error.reason


# --- data -----------------------------------------------------------------------------------------


def test_the_schema_in_the_package_is_the_one_of_the_program() -> None:
    path = files("esclusa.sharing.agreement").joinpath("data", "schema.json")
    assert json.loads(path.read_text("utf-8")) == json.loads(msgspec.json.encode(schema()))


def test_clocks_of_eight_and_twelve_hours_seven_and_fourteen_days_are_data() -> None:
    assert {clock.id: clock.hours for clock in clocks().values()} == {
        "8h": 8, "12h": 12, "7d": 168, "14d": 336,
    }  # fmt: skip


def test_grounds_for_refusal_are_a_closed_list_in_both_languages() -> None:
    assert len(refusals()) == 11
    assert all(r.text.en and r.text.es and r.source for r in refusals().values())


def test_every_word_of_the_closed_lists_has_its_text() -> None:
    kinds = msgspec.inspect.type_info(GivenKind).values  # type: ignore[attr-defined]
    levels = msgspec.inspect.type_info(LevelWord).values  # type: ignore[attr-defined]
    words = [("kind", kinds), ("level", levels), ("purpose", PURPOSES), ("standing", Standing)]
    assert all(said(f"{group}.{word}").es for group, known in words for word in known)
    assert set(kinds) == set(fields.KINDS)


def test_the_fields_of_dates_and_headings_exist() -> None:
    names = {path[-1] if path[-1] != "*" else path[-2] for kind in fields.KINDS
             for path, _shape in fields.leaves(fields.shape_of(kind))}  # fmt: skip
    assert names >= fields.DATES | fields.HEADINGS


# --- canonical form -------------------------------------------------------------------------------


def test_notes_and_order_of_keys_do_not_change_the_digest() -> None:
    plain = yaml.safe_load(TEXT)
    turned = dict(reversed(plain.items()))
    assert digest(read_agreement(json.dumps(turned, default=str).encode())) == digest(SAMPLE)


def test_a_default_written_out_means_the_same() -> None:
    assert digest(read_agreement(changed("version: 1", 'version: 1\nreplaces: ""'))) == digest(
        SAMPLE
    )


def test_the_canonical_form_is_sorted_json_without_blanks() -> None:
    text = canonical(SAMPLE)
    assert text.startswith(b'{"clauses":[{"fields":[{"do":"keep","paths":["carrier","bill",')
    assert json.loads(text) == json.loads(msgspec.json.encode(SAMPLE))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for name, item in value.items() for p in leaves(item, (*path, name))]
    if isinstance(value, list):
        return [p for n, item in enumerate(value) for p in leaves(item, (*path, n))]
    return [path]


VALUES = [path for path in leaves(json.loads(canonical(SAMPLE))) if path != ("format",)]


@pytest.mark.parametrize("path", VALUES, ids=lambda path: ".".join(map(str, path)))
def test_a_change_of_any_value_changes_the_digest_or_is_no_agreement(path: tuple[Any, ...]) -> None:
    tree = json.loads(canonical(SAMPLE))
    place = tree
    for step in path[:-1]:
        place = place[step]
    value = place[path[-1]]
    words = ("official", "open", "never", "keep", "2027-01-01", "month", "0" * 32, "port_call")
    others = [value + 1] if isinstance(value, int) else [value + "x", *words]
    for other in (word for word in others if word != value):
        place[path[-1]] = other
        try:
            assert digest(msgspec.convert(tree, Agreement)) != digest(SAMPLE)
        except msgspec.ValidationError:
            continue


# --- signatures and standing ----------------------------------------------------------------------

DAY = dt.timedelta(days=1)
BEGINS = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
ENDS = dt.datetime(2028, 12, 1, tzinfo=dt.UTC)


def standing(*known: Signed, now: dt.datetime = pacts.NOW) -> list[Standing]:
    return list(standings(known, pacts.RING.verify, now))


def releasing(*known: Signed, now: dt.datetime = pacts.NOW) -> list[int]:
    """The versions in force."""
    return [item.agreement.version for item in in_force(known, pacts.RING.verify, now)]


BOTH = pacts.signed(SAMPLE)


def next_version(**changes: Any) -> Agreement:
    values = {"version": 2, "replaces": digest(SAMPLE), **changes}
    return pacts.sample(**values)


def test_an_agreement_signed_by_both_is_in_force() -> None:
    assert standing(BOTH) == [Standing.IN_FORCE]
    assert releasing(BOTH) == [1]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Signed(agreement=SAMPLE), Standing.UNSIGNED),
        (pacts.signed(SAMPLE, "marisol"), Standing.HALF_SIGNED),
        (pacts.signed(SAMPLE, "northreach"), Standing.HALF_SIGNED),
    ],
)
def test_an_unsigned_or_half_signed_agreement_releases_nothing(
    known: Signed, expected: Standing
) -> None:
    assert standing(known) == [expected]
    assert releasing(known) == []


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (BEGINS - dt.timedelta(seconds=1), Standing.NOT_YET),
        (BEGINS, Standing.IN_FORCE),
        (ENDS - dt.timedelta(seconds=1), Standing.IN_FORCE),
        (ENDS, Standing.EXPIRED),
    ],
)
def test_an_agreement_holds_from_its_first_day_to_the_end_of_its_last(
    now: dt.datetime, expected: Standing
) -> None:
    assert standing(BOTH, now=now) == [expected]
    assert bool(releasing(BOTH, now=now)) == (expected is Standing.IN_FORCE)


@pytest.mark.parametrize(
    "changes",
    [
        {"clauses": SAMPLE.clauses[:1]},
        {
            "clauses": (
                msgspec.structs.replace(SAMPLE.clauses[0], level="secret"),
                *SAMPLE.clauses[1:],
            )
        },
        {"id": "marisol-northreach-2"},
        {"valid": msgspec.structs.replace(SAMPLE.valid, until=dt.date(2030, 1, 1))},
        {"title": msgspec.structs.replace(SAMPLE.title, en="Something else")},
        {"requests": msgspec.structs.replace(SAMPLE.requests, clocks=("14d",))},
    ],
)
def test_a_tampered_agreement_releases_nothing(changes: dict[str, Any]) -> None:
    tampered = Signed(agreement=pacts.sample(**changes), signatures=BOTH.signatures)
    assert standing(tampered) == [Standing.WRONG_SIGNATURE]
    assert releasing(tampered) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"value": bytes(64)},
        {"value": b""},
        {"role": "exchange"},
        {"key": "0" * 32},
        {"agency": "altamira"},
        {"at": pacts.SIGNED_AT + DAY},
    ],
)
def test_a_tampered_signature_does_not_hold(changes: dict[str, Any]) -> None:
    first, second = BOTH.signatures
    tampered = Signed(
        agreement=SAMPLE, signatures=(msgspec.structs.replace(first, **changes), second)
    )
    assert standing(tampered) == [Standing.WRONG_SIGNATURE]


def test_one_side_cannot_sign_for_both() -> None:
    first = pacts.signed(SAMPLE, "marisol").signatures[0]
    twice = Signed(agreement=SAMPLE, signatures=(first, first))
    assert standing(twice) == [Standing.WRONG_SIGNATURE]
    dressed = msgspec.structs.replace(first, agency="northreach", key=SAMPLE.parties[1].key)
    assert standing(Signed(agreement=SAMPLE, signatures=(first, dressed))) == [
        Standing.WRONG_SIGNATURE
    ]


def test_a_signature_from_the_future_does_not_hold_yet() -> None:
    early = pacts.signed(SAMPLE, at=pacts.NOW + DAY)
    assert standing(early) == [Standing.WRONG_SIGNATURE]
    assert standing(early, now=pacts.NOW + 2 * DAY) == [Standing.IN_FORCE]


def test_a_verifier_that_answers_nothing_holds_nothing() -> None:
    assert standings([BOTH], lambda *_any: None, pacts.NOW) == (Standing.WRONG_SIGNATURE,)


def test_a_faulty_text_is_not_signed_and_not_in_force_though_signed() -> None:
    faulty = pacts.sample(clauses=(msgspec.structs.replace(SAMPLE.clauses[0], giver="altamira"),))
    with pytest.raises(AgreementError, match="not signed"):
        pacts.signed(faulty)
    with pytest.raises(AgreementError):
        rehearsed(faulty)
    assert standing(Signed(agreement=faulty, signatures=BOTH.signatures)) == [Standing.FAULTY]


@pytest.mark.parametrize(
    ("agency", "key", "reason"),
    [("altamira", "0" * 32, "none of the parties"), ("marisol", "0" * 32, "names the key")],
)
def test_only_a_party_with_the_key_that_the_text_names_can_sign(
    agency: str, key: str, reason: str
) -> None:
    with pytest.raises(AgreementError, match=reason):
        sign(Signed(agreement=SAMPLE), agency, key, pacts.SIGNED_AT, lambda _message: b"")


def test_a_second_signature_of_one_side_takes_the_place_of_its_first() -> None:
    again = sign(BOTH, "marisol", SAMPLE.parties[0].key, pacts.SIGNED_AT + DAY,
                 pacts.SIGNERS["marisol"].sign)  # fmt: skip
    assert len(again.signatures) == 2
    assert standing(again) == [Standing.IN_FORCE]


def test_a_signed_agreement_reads_back_from_its_file() -> None:
    assert read_signed(write_signed(BOTH)) == BOTH
    assert standing(read_signed(write_signed(BOTH))) == [Standing.IN_FORCE]


def test_a_higher_version_supersedes_when_both_have_signed_and_its_day_has_come() -> None:
    second = pacts.signed(next_version())
    assert standing(BOTH, second) == [Standing.SUPERSEDED, Standing.IN_FORCE]
    assert releasing(second, BOTH) == [2]


def test_a_higher_version_that_is_unsigned_or_not_yet_begun_changes_nothing() -> None:
    later = next_version(valid=msgspec.structs.replace(SAMPLE.valid, start=dt.date(2027, 6, 1)))
    assert releasing(BOTH, Signed(agreement=next_version())) == [1]
    assert releasing(BOTH, pacts.signed(next_version(), "northreach")) == [1]
    assert releasing(BOTH, pacts.signed(later)) == [1]
    assert releasing(BOTH, pacts.signed(later), now=pacts.NOW + 100 * DAY) == [2]


def test_a_superseded_version_stays_so_after_the_new_one_has_run_out() -> None:
    short = next_version(valid=msgspec.structs.replace(SAMPLE.valid, until=dt.date(2027, 1, 31)))
    known = [BOTH, pacts.signed(short)]
    assert standing(*known) == [Standing.SUPERSEDED, Standing.EXPIRED]
    assert releasing(*known) == []


def test_two_signed_texts_of_one_version_or_a_wrong_predecessor_close_the_agreement() -> None:
    twin = pacts.signed(pacts.sample(clauses=SAMPLE.clauses[:1]))
    assert standing(BOTH, twin) == [Standing.CONFLICT] * 2
    stranger = pacts.signed(next_version(replaces="0" * 64))
    assert releasing(BOTH, stranger) == []


def test_agreements_of_others_with_the_same_id_do_not_touch_each_other() -> None:
    third = msgspec.structs.replace(
        SAMPLE.parties[1], agency="altamira", key=pacts.SIGNERS["altamira"].key_id
    )
    clause = msgspec.structs.replace(
        SAMPLE.clauses[0],
        onward=msgspec.structs.replace(SAMPLE.clauses[0].onward, rule="never", agencies=()),
    )
    other = next_version(parties=(SAMPLE.parties[0], third), clauses=(clause,))
    assert releasing(BOTH, pacts.signed(other)) == [2, 1]


# --- comparing ------------------------------------------------------------------------------------


def texts(old: Agreement, new: Agreement) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(change.what, change.path, change.purposes) for change in compare(old, new)]


ALL = ("border_control", "sanctions", "targeting")


def other_text(old: str, new: str) -> Agreement:
    return read_agreement(changed(old, new))


def test_a_version_compared_with_itself_has_no_change() -> None:
    assert compare(SAMPLE, SAMPLE) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("          - arrival\n", "          - arrival\n          - issued\n", [("newly", "issued", ALL)]),
        ("          - arrival\n", "", [("no_longer", "arrival", ALL)]),
        ("step: 1000", "step: 100", [("changed", "goods.*.gross_mass_kg", ALL), ("changed", "equipment.*.gross_mass_kg", ALL)]),
        ("parties[role=shipper].", "parties[role=notify].", [
            ("newly", "parties[role=notify].role", ALL), ("no_longer", "parties[role=shipper].role", ALL),
            ("newly", "parties[role=notify].name", ALL), ("no_longer", "parties[role=shipper].name", ALL),
            ("newly", "parties[role=notify].country", ALL), ("no_longer", "parties[role=shipper].country", ALL)]),
        ("          - freight_amount\n", "          - parties[role=shipper].country\n", [("no_longer", "parties[role=shipper].country", ALL)]),
        ("          - place_of_receipt\n", "", [("no_longer", "place_of_receipt.code", ALL), ("no_longer", "place_of_receipt.scheme", ALL)]),
        ("level: restricted", "level: official", [("handling", "", ())]),
        ("until: 2028-11-30", "until: 2029-11-30", [("handling", "", ())]),
        ("clocks: [8h, 7d]", "clocks: [7d, 8h]", []),
        ("purposes: [border_control]", "purposes: [border_control, audit]", "audit"),
    ],
)  # fmt: skip
def test_the_comparison_says_what_is_newly_released_and_what_no_longer(
    old: str, new: str, expected: Any
) -> None:
    found = texts(SAMPLE, other_text(old, new))
    if expected == "audit":
        assert found
        assert {(what, purposes) for what, _path, purposes in found} == {("newly", ("audit",))}
    else:
        assert sorted(found) == sorted(expected)


def test_a_condition_that_is_widened_is_new_only_for_the_others() -> None:
    narrow = other_text("          - parties[role=consignee].{role,name,country}\n", "")
    wide = other_text("parties[role=shipper].{role,name,country}\n          - parties[role=consignee].{role,name,country}", "parties.*.{role,name,country}")  # fmt: skip
    assert texts(narrow, wide) == [
        ("newly", f"parties[role≠shipper].{name}", ALL) for name in ("role", "name", "country")
    ]


def test_the_words_of_a_change_are_complete_in_both_languages() -> None:
    change = compare(SAMPLE, other_text("step: 1000", "step: 100"))[0]
    assert change.text.en == (
        "GOES IN ANOTHER FORM: marisol gives, of each consignment, goods.*.gross_mass_kg, rounded "
        "down to a multiple of 100, and no longer rounded down to a multiple of 1000 (for: border "
        "control, sanctions, targeting)"
    )
    assert change.text.es == (
        "SE ENTREGA DE OTRA FORMA: marisol da, de cada partida, goods.*.gross_mass_kg, redondeado "
        "hacia abajo a un múltiplo de 100, y ya no redondeado hacia abajo a un múltiplo de 1000 "
        "(para: control fronterizo, sanciones, selección de riesgo)"
    )


@pytest.mark.parametrize("seed", range(10))
def test_a_comparison_that_finds_no_field_changed_means_the_same_fields_go(seed: int) -> None:
    """Both directions: random pairs differ in words exactly when their tables differ."""
    world = pacts.World(seed)
    old, new = world.agreement("northreach"), world.agreement("northreach")
    assert problems(old) == problems(new) == ()
    forth = [c for c in compare(old, new) if c.path]
    back = [c for c in compare(new, old) if c.path]
    turned = {"newly": "no_longer", "no_longer": "newly", "changed": "changed"}
    assert sorted((turned[c.what], c.kind, c.path, c.purposes) for c in forth) == sorted(
        (c.what, c.kind, c.path, c.purposes) for c in back
    )
    assert forth
