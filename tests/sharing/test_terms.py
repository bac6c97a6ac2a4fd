"""What goes to a partner: the preview is the release, and what stays leaves no trace."""

from __future__ import annotations

import datetime as dt
import re
from itertools import product
from typing import Any

import agreement_worlds as pacts
import msgspec
import pytest

from esclusa.errors import AgreementError
from esclusa.model import (
    EVERYONE,
    Alert,
    Body,
    Consignment,
    GoodsItem,
    Identifier,
    Level,
    Marking,
    Party,
    Place,
    PortCall,
    Record,
    Traveller,
    Voyage,
    decode_body,
    join_all,
)
from esclusa.model.people import Journey, TravelDocument
from esclusa.sharing.agreement import Clause, InForce, fields, read_agreement, rehearsed
from esclusa.sharing.agreement.shape import Keep
from esclusa.sharing.facts import facts_of
from esclusa.sharing.policy import is_below
from esclusa.sharing.terms import (
    Consent,
    Plan,
    Released,
    Source,
    apply,
    commitment,
    opens,
    plan,
    reasons,
    redacted_id,
    salt,
)
from esclusa.sharing.terms.transforms import country_of, dated, masked, stepped

SAMPLE = pacts.bound(pacts.sample())
BILL = Consignment(
    carrier="NRCH",
    bill="B77",
    place_of_receipt=Place(code="MRSAN", scheme="unlocode", name="San Telmo"),
    parties=(
        Party(role="notify", name="Tercera SA"),
        Party(role="shipper", name="Istmo Primavera SA", address="Calle 4", country="MR"),
    ),
    goods=(
        GoodsItem(value=81234.0, currency="USD"),
        GoodsItem(description="bananas", hs_code="080390", gross_mass_kg=24530.5, value=4.0),
    ),
    freight_amount=1900.0,
)
PERSON = Traveller(
    surname="Delvalle",
    given_names="Julia",
    birth_date="1984-02-29",
    documents=(TravelDocument(number="PA1234567", issuer="MRS"),),
    journey=Journey(carrier="AM", number="218", departure="2027-02-28T23:50"),
)


def planned(body: Body = BILL, purpose: str = "targeting", **more: Any) -> Plan:
    return plan(pacts.record(body, **more), [SAMPLE], "northreach", purpose, pacts.NOW)


def outcomes(made: Plan) -> dict[str, tuple[str, object]]:
    return {item.path: (item.outcome, item.value) for item in made.fields}


def stated(made: Plan) -> dict[str, object]:
    """What a plan says will stand in the partner's copy; empty texts are no facts."""
    return {i.at: i.value for i in made.fields if i.outcome != "withheld" and i.value != ""}


def found(body: bytes) -> dict[str, object]:
    """Every filled value of a released body by its path."""

    def walk(path: str, value: Any) -> dict[str, object]:
        if isinstance(value, dict):
            parts = [walk(f"{path}.{name}" if path else name, item)
                     for name, item in value.items() if name != "kind" or path in ("subject", "item")]  # fmt: skip
        elif isinstance(value, list):
            parts = [walk(f"{path}.{number}", item) for number, item in enumerate(value)]
        else:
            return {path: value} if value != "" else {}
        return {name: item for part in parts for name, item in part.items()}

    return walk("", msgspec.json.decode(body))


def released(made: Plan, record: Record) -> Released:
    return apply(record, made, secret=pacts.SECRET)


# --- fields ---------------------------------------------------------------------------------------


def test_fields_go_as_the_sample_agreement_says() -> None:
    assert outcomes(planned()) == {
        "carrier": ("goes", "NRCH"),
        "bill": ("goes", "B77"),
        "place_of_receipt.code": ("generalised", "MR"),
        "place_of_receipt.scheme": ("generalised", "country"),
        "place_of_receipt.name": ("withheld", None),
        "parties.0.role": ("withheld", None),
        "parties.0.name": ("withheld", None),
        "parties.1.role": ("goes", "shipper"),
        "parties.1.name": ("goes", "Istmo Primavera SA"),
        "parties.1.address": ("withheld", None),
        "parties.1.country": ("goes", "MR"),
        "goods.0.value": ("withheld", None),
        "goods.0.currency": ("withheld", None),
        "goods.1.description": ("goes", "bananas"),
        "goods.1.hs_code": ("generalised", "0803"),
        "goods.1.gross_mass_kg": ("generalised", 24000.0),
        "goods.1.value": ("withheld", None),
        "freight_amount": ("withheld", None),
    }


def test_each_field_names_the_rule_that_decided_or_the_reason_why_it_stays() -> None:
    by_path = {item.path: item for item in planned().fields}
    assert str(by_path["goods.1.hs_code"].rules[0]) == (
        "marisol-northreach 1, cargo-to-northreach: goods.*.hs_code"
    )
    assert by_path["freight_amount"].reason == "dropped"
    assert by_path["parties.1.address"].reason == "no_rule"
    assert by_path["place_of_receipt.name"].reason == "not_coarser"


def test_elements_of_which_nothing_goes_leave_no_gap() -> None:
    body = decode_body(released(planned(), pacts.record(BILL)).body)
    assert isinstance(body, Consignment)
    assert [party.role for party in body.parties] == ["shipper"]
    assert len(body.goods) == 1


def test_a_traveller_goes_with_masked_number_and_coarse_dates() -> None:
    marking = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))
    made = planned(PERSON, "border_control", marking=marking)
    assert stated(made) == {
        "surname": "Delvalle",
        "given_names": "Julia",
        "birth_date": "1984",
        "documents.0.number": "…4567",
        "documents.0.issuer": "MRS",
        "journey.carrier": "AM",
        "journey.number": "218",
        "journey.departure": "2027-02-28",
    }


def test_a_kind_with_an_empty_group_that_it_cannot_be_without_is_built() -> None:
    call = PortCall(
        voyage=Voyage(reference="12N"), port=Place(name="Puerto Sol"), call_reference="C9"
    )
    clause = msgspec.structs.replace(
        pacts.sample().clauses[2], giver="marisol", fields=(Keep(paths=("call_reference",)),)
    )
    item = pacts.bound(pacts.sample(clauses=(clause,)))
    record = pacts.record(call)
    made = plan(record, [item], "northreach", "targeting", pacts.NOW)
    body = decode_body(released(made, record).body)
    assert body == PortCall(voyage=Voyage(), port=Place(), call_reference="C9")


@pytest.mark.parametrize(
    ("text", "last", "expected"),
    [
        ("PA1234567", 4, "…4567"),
        ("12345678", 4, "…5678"),
        ("1234567", 4, "…"),
        ("1", 1, "…"),
        ("", 4, ""),
        ("  AB123456 ", 3, "…456"),
    ],
)
def test_a_mask_hides_at_least_as_much_as_it_shows(text: str, last: int, expected: str) -> None:
    assert masked(text, last) == expected


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("1984-02-29", 1, "1984"),
        ("1984-02-29T23:59Z", 2, "1984-02"),
        ("1984-02-29 23:59", 3, "1984-02-29"),
        ("1984", 3, "1984"),
        ("1960/1965", 1, None),
        ("circa 1960", 1, None),
        ("29.02.1984", 1, None),
    ],
)
def test_a_date_is_cut_and_one_that_cannot_be_read_stays(
    text: str, parts: int, expected: str | None
) -> None:
    assert dated(text, parts) == expected


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [(24530.5, 1000, 24000.0), (7, 5, 5), (3, 5, 0), (-18.0, 5, -20.0), (float("nan"), 5, None),
     (float("inf"), 5, None), (True, 5, None), ("7", 5, None)],
)  # fmt: skip
def test_a_number_goes_down_to_its_step(value: Any, step: int, expected: Any) -> None:
    assert stepped(value, step) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"code": "MRSAN", "scheme": "unlocode"}, "MR"),
        ({"code": "MR", "scheme": "country"}, "MR"),
        ({"code": "PTY", "scheme": "iata"}, None),
        ({"code": "MRSAN"}, None),
        ({"code": "Marisol city", "scheme": "unlocode"}, None),
        ({"name": "San Telmo"}, None),
    ],
)
def test_a_place_gives_its_country_only_when_its_code_says_it(
    place: dict[str, str], expected: str | None
) -> None:
    assert country_of(place) == expected


def test_two_clauses_that_differ_about_a_field_give_the_coarser_and_two_coarser_ones_nothing() -> (
    None
):
    record = pacts.record(
        Consignment(carrier="A", bill="1", goods=(GoodsItem(gross_mass_kg=1234.0),))
    )
    first = pacts.sample().clauses[0]

    def mass_under(*rules: dict[str, Any]) -> object:
        clauses = [
            {**msgspec.to_builtins(first), "id": f"clause-{number}",
             "fields": [{"do": "keep", "paths": ["carrier", "bill"]},
                        {**rule, "paths": ["goods.*.gross_mass_kg"]}]}
            for number, rule in enumerate(rules)
        ]  # fmt: skip
        item = pacts.bound(pacts.sample(clauses=msgspec.convert(clauses, tuple[Clause, ...])))
        made = plan(record, [item], "northreach", "targeting", pacts.NOW)
        return next(i.value for i in made.fields if i.path.endswith("mass_kg"))

    keep, drop = {"do": "keep"}, {"do": "drop"}
    tens, thousands = ({"do": "generalise", "to": "step", "step": step} for step in (10, 1000))
    assert mass_under(keep) == 1234.0
    assert mass_under(keep, tens) == 1230.0
    assert mass_under(tens, tens) == 1230.0
    assert mass_under(keep, tens, thousands) is None
    assert mass_under(keep, drop) is None


def test_two_agreements_with_one_partner_release_nothing() -> None:
    both = [SAMPLE, pacts.bound(pacts.sample(id="another"))]
    made = plan(pacts.record(BILL), both, "northreach", "targeting", pacts.NOW)
    assert made.reason == "several_agreements"


def test_a_field_that_the_vocabulary_gains_later_is_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = msgspec.defstruct(
        "Later", [("weather", str, "")], bases=(Consignment,), frozen=True, kw_only=True,
        omit_defaults=True, tag_field="kind", tag="consignment",
    )  # fmt: skip
    monkeypatch.setitem(fields.KINDS, "consignment", later)
    fields.shape_of.cache_clear()
    try:
        body = later(carrier="A", bill="1", weather="STORM")
        made = plan(pacts.record(BILL), [SAMPLE], "northreach", "targeting", pacts.NOW)
        made = plan(msgspec.structs.replace(pacts.record(BILL), body=body), [SAMPLE], "northreach",
                    "targeting", pacts.NOW)  # fmt: skip
        assert outcomes(made)["weather"] == ("withheld", None)
        assert "STORM" not in repr(made)
    finally:
        fields.shape_of.cache_clear()


# --- records --------------------------------------------------------------------------------------

OTHER = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))


def marked(**changes: Any) -> Marking:
    return msgspec.structs.replace(OTHER, **changes)


@pytest.mark.parametrize(
    ("marking", "reason"),
    [
        (OTHER, ""),
        (marked(releasable_to=frozenset({EVERYONE})), ""),
        (marked(releasable_to=frozenset()), "not_releasable"),
        (marked(releasable_to=frozenset({"altamira"})), "not_releasable"),
        (marked(level=Level.RESTRICTED), ""),
        (marked(level=Level.CONFIDENTIAL), "level_too_high"),
        (marked(caveats=frozenset({"PAX"})), "caveat_not_agreed"),
        (marked(caveats=frozenset({"ORCON"})), "caveat_not_agreed"),
        (marked(purposes=frozenset({"audit"})), "purpose_not_marked"),
        (marked(purposes=frozenset()), "purpose_not_marked"),
        (marked(retain_until=pacts.NOW.date()), ""),
        (marked(retain_until=pacts.NOW.date() - dt.timedelta(days=1)), "retention_over"),
    ],
)
def test_a_record_goes_only_when_its_marking_allows_it(marking: Marking, reason: str) -> None:
    made = planned(marking=marking)
    assert made.reason == reason
    assert made.released == (reason == "")
    assert bool(made.fields) == made.released


@pytest.mark.parametrize(
    ("changes", "partner", "purpose", "reason"),
    [
        ({}, "northreach", "targeting", ""),
        ({}, "altamira", "targeting", "no_agreement"),
        ({}, "nobody", "targeting", "no_agreement"),
        ({}, "northreach", "investigation", "purpose_not_agreed"),
        ({}, "northreach", "*", "purpose_not_agreed"),
        ({}, "northreach", "", "purpose_not_agreed"),
        ({"body": None}, "northreach", "targeting", "erased"),
        ({"kind": "alert"}, "northreach", "targeting", "kind_not_agreed"),
        ({"kind": "port_call"}, "northreach", "targeting", "kind_not_agreed"),
    ],
)
def test_a_record_goes_only_under_a_clause_for_partner_kind_and_purpose(
    changes: dict[str, Any], partner: str, purpose: str, reason: str
) -> None:
    record = msgspec.structs.replace(pacts.record(BILL), **changes)
    assert plan(record, [SAMPLE], partner, purpose, pacts.NOW).reason == reason


def test_a_clause_gives_only_what_its_giver_has_to_give() -> None:
    call = pacts.record(
        PortCall(voyage=Voyage(), port=Place(), call_reference="C"), originator="northreach"
    )
    assert plan(call, [SAMPLE], "northreach", "targeting", pacts.NOW).reason == "kind_not_agreed"
    marking = marked(releasable_to=frozenset({"marisol"}))
    back = msgspec.structs.replace(call, marking=marking)
    assert plan(back, [SAMPLE], "marisol", "targeting", pacts.NOW).released


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (dt.datetime(2026, 11, 30, 23, 59, 59, tzinfo=dt.UTC), "no_agreement"),
        (dt.datetime(2026, 12, 1, tzinfo=dt.UTC), ""),
        (dt.datetime(2028, 11, 30, 23, 59, 59, tzinfo=dt.UTC), ""),
        (dt.datetime(2028, 12, 1, tzinfo=dt.UTC), "no_agreement"),
    ],
)
def test_an_agreement_kept_past_its_time_releases_nothing(moment: dt.datetime, reason: str) -> None:
    assert plan(pacts.record(BILL), [SAMPLE], "northreach", "targeting", moment).reason == reason


def test_handling_code_h0_keeps_a_record_from_purposes_beside_crime() -> None:
    marking = marked(caveats=frozenset({"H0"}))
    clause = msgspec.structs.replace(
        pacts.sample().clauses[0], caveats=("H0",), purposes=("audit", "sanctions")
    )
    item = pacts.bound(pacts.sample(clauses=(clause,)))
    record = pacts.record(BILL, marking=marking)
    assert plan(record, [item], "northreach", "audit", pacts.NOW).reason == "handling_code"
    made = plan(record, [item], "northreach", "sanctions", pacts.NOW)
    assert made.marking is not None
    assert made.marking.purposes == {"sanctions"}


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    said = {"erased", "retention_over", "source_unknown", "weaker_than_source", "no_agreement",
            "several_agreements", "kind_not_agreed", "purpose_not_agreed", "purpose_not_marked", "handling_code",
            "not_releasable", "no_consent", "level_too_high", "caveat_not_agreed", "nothing_goes",
            "no_rule", "dropped", "conflict", "not_coarser", "incomplete"}  # fmt: skip
    assert set(reasons()) == said
    assert all(text.en and text.es and text.en != text.es for text in reasons().values())


# --- originator control ---------------------------------------------------------------------------

GIVES_ORCON = pacts.bound(
    pacts.sample(
        clauses=(msgspec.structs.replace(pacts.sample().clauses[0], caveats=("ORCON", "H2")),)
    )
)


def passed_on(marking: Marking, *consents: Consent, purpose: str = "targeting") -> Plan:
    """A record of Altamira, held here by Marisol, on its way to Northreach."""
    record = pacts.record(BILL, originator="altamira", marking=marking)
    return plan(
        record, [GIVES_ORCON], "northreach", purpose, pacts.NOW, consents=consents
    )  # fmt: skip


def consent(**changes: Any) -> Consent:
    name = pacts.record(BILL, originator="altamira").id
    base = Consent(originator="altamira", record_id=name, to="northreach",
                   purposes=frozenset({"targeting"}))  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def test_another_agencys_record_is_free_only_where_its_marking_names_the_partner() -> None:
    free = marked(releasable_to=frozenset({"marisol", "northreach"}))
    assert passed_on(free).released
    assert passed_on(marked(releasable_to=frozenset({"marisol"}))).reason == "not_releasable"


@pytest.mark.parametrize("caveat", ["ORCON", "H2"])
def test_what_asks_for_consent_goes_on_only_with_consent(caveat: str) -> None:
    control = marked(
        releasable_to=frozenset({"marisol", "northreach"}), caveats=frozenset({caveat})
    )
    assert passed_on(control).reason == "no_consent"
    assert passed_on(control, consent()).released


@pytest.mark.parametrize(
    "changes",
    [
        {"originator": "marisol"},
        {"record_id": "another"},
        {"to": "altamira"},
        {"purposes": frozenset({"sanctions"})},
        {"purposes": frozenset()},
        {"use": "derive"},
        {"until": pacts.NOW},
    ],
)
def test_a_consent_for_something_else_is_none(changes: dict[str, Any]) -> None:
    control = marked(
        releasable_to=frozenset({"marisol", "northreach"}), caveats=frozenset({"ORCON"})
    )
    assert passed_on(control, consent(**changes)).reason == "no_consent"


def test_consent_lets_the_originator_widen_and_nobody_else() -> None:
    kept_close = marked(releasable_to=frozenset({"marisol"}), caveats=frozenset({"ORCON"}))
    made = passed_on(kept_close, consent())
    assert made.marking is not None
    assert made.marking.releasable_to == {"northreach"}
    assert "ORCON" in made.marking.caveats


def derived(sources: tuple[Source, ...], marking: Marking, *consents: Consent) -> Plan:
    record = pacts.record(BILL, marking=marking, derived_from=tuple(s.id for s in sources[:1]))
    return plan(
        record, [GIVES_ORCON], "northreach", "targeting", pacts.NOW, sources=sources,
        consents=consents,
    )  # fmt: skip


ORIGIN = Source(
    id="s1", originator="altamira",
    marking=marked(releasable_to=frozenset({"marisol", "northreach"}), caveats=frozenset({"ORCON"})),
)  # fmt: skip


def test_a_derived_record_needs_consent_for_each_source() -> None:
    marking = join_all([ORIGIN.marking, OTHER])
    assert derived((ORIGIN,), marking).reason == "no_consent"
    passing = Consent(originator="altamira", record_id="s1", to="northreach")
    assert derived((ORIGIN,), marking, passing).reason == "no_consent"
    deriving = msgspec.structs.replace(passing, use="derive")
    assert derived((ORIGIN,), marking, deriving).released


def test_a_source_behind_a_source_counts_and_an_unknown_one_closes() -> None:
    marking = join_all([ORIGIN.marking, OTHER])
    between = Source(id="s0", originator="marisol", marking=marking, derived_from=("s1",))
    assert derived((between, ORIGIN), marking).reason == "no_consent"
    assert derived((between,), marking).reason == "source_unknown"


def test_sources_in_a_circle_end() -> None:
    marking = join_all([ORIGIN.marking, OTHER])
    one = Source(id="s0", originator="marisol", marking=marking, derived_from=("s1",))
    two = Source(id="s1", originator="marisol", marking=marking, derived_from=("s0",))
    assert derived((one, two), marking).released


def test_a_derived_record_marked_weaker_than_its_source_stays() -> None:
    assert derived((ORIGIN,), OTHER).reason == "weaker_than_source"


# --- how the copy is marked -----------------------------------------------------------------------


def test_the_copy_carries_purposes_retention_lease_and_onward_rule() -> None:
    made = planned(marking=marked(releasable_to=frozenset({"northreach", "altamira", "marisol"})))
    assert made.marking == Marking(
        level=Level.OFFICIAL,
        releasable_to=frozenset({"northreach", "altamira"}),
        purposes=frozenset({"targeting", "border_control", "sanctions"}),
        retain_until=dt.date(2028, 2, 29),
    )
    assert made.lease_until == dt.datetime(2027, 3, 8, 12, tzinfo=dt.UTC)
    assert made.onward is not None
    assert (made.onward.rule, made.onward.agencies) == ("within", ("altamira",))


def test_a_third_agency_that_the_source_does_not_name_is_not_named_on_the_copy() -> None:
    made = planned()
    assert made.marking is not None
    assert made.marking.releasable_to == {"northreach"}


@pytest.mark.parametrize("rule", ["never", "consent"])
def test_a_copy_that_may_not_go_on_freely_carries_originator_control(rule: str) -> None:
    clause = pacts.sample().clauses[0]
    onward = msgspec.structs.replace(clause.onward, rule=rule, agencies=())
    item = pacts.bound(pacts.sample(clauses=(msgspec.structs.replace(clause, onward=onward),)))
    made = plan(pacts.record(BILL), [item], "northreach", "targeting", pacts.NOW)
    assert made.marking is not None
    assert made.marking.caveats == {"ORCON"}


def test_a_lease_never_outlives_the_agreement() -> None:
    late = dt.datetime(2028, 11, 30, 12, tzinfo=dt.UTC)
    made = plan(pacts.record(BILL), [SAMPLE], "northreach", "targeting", late)
    assert made.lease_until == dt.datetime(2028, 12, 1, tzinfo=dt.UTC)


# --- the release ----------------------------------------------------------------------------------


def test_a_plan_that_releases_nothing_cannot_be_carried_out() -> None:
    made = planned(purpose="investigation")
    with pytest.raises(AgreementError, match="releases nothing"):
        released(made, pacts.record(BILL))


def test_a_rehearsal_can_be_looked_at_and_not_carried_out() -> None:
    draft = rehearsed(pacts.sample())
    long_before = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = plan(pacts.record(BILL), [draft], "northreach", "targeting", long_before)
    assert made.released
    with pytest.raises(AgreementError, match="draft"):
        released(made, pacts.record(BILL))


@pytest.mark.parametrize("change", [{"version": 2}, {"id": "x"}, {"body": PERSON}, {"body": None}])
def test_a_plan_is_carried_out_for_its_own_record_only(change: dict[str, Any]) -> None:
    record = msgspec.structs.replace(pacts.record(BILL), **change)
    with pytest.raises(AgreementError, match="another"):
        released(planned(), record)


def test_the_same_plan_gives_the_same_bytes() -> None:
    record = pacts.record(BILL)
    assert released(planned(), record) == released(planned(), record)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(AgreementError, match="32 bytes"):
        apply(pacts.record(BILL), planned(), secret=b"short")


def test_the_redacted_id_stays_through_versions_and_differs_between_partners() -> None:
    first, second = pacts.record(BILL), pacts.record(BILL, version=2)
    made = redacted_id(first, "northreach", pacts.SECRET)
    assert made == redacted_id(second, "northreach", pacts.SECRET)
    assert made not in {first.id, redacted_id(first, "altamira", pacts.SECRET)}
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made
    )


def test_the_commitment_opens_to_its_record_and_to_no_other() -> None:
    record = pacts.record(BILL)
    made = released(planned(), record).commitment
    key = salt(record, "northreach", pacts.SECRET)
    assert opens(made, record, key)
    assert not opens(made, pacts.record(BILL, version=2), key)
    assert not opens(made, pacts.record(msgspec.structs.replace(BILL, freight_amount=1.0)), key)
    assert not opens(made, record, salt(record, "altamira", pacts.SECRET))
    assert commitment(record, key) == made
    assert len(made) == 64


def test_what_is_withheld_changes_nothing_but_the_commitment() -> None:
    """Two worlds that differ in what the partner may not know look the same to it."""
    noisy = msgspec.structs.replace(
        BILL,
        freight_amount=5.0,
        stuffing_place="a shed of unusual length " * 40,
        parties=(Party(role="carrier", name="Cuarta SA", identifiers=(Identifier(scheme="tax", value="9"),)),
                 *BILL.parties, Party(role="agent", contact="x")),
        goods=(GoodsItem(value=1.0), GoodsItem(value=2.0), *BILL.goods),
    )  # fmt: skip
    quiet, loud = (released(planned(body), pacts.record(body)) for body in (BILL, noisy))
    assert quiet.commitment != loud.commitment
    assert msgspec.structs.replace(loud, commitment=quiet.commitment) == quiet


def test_a_withdrawal_goes_as_one() -> None:
    record = pacts.record(BILL, withdrawn=True)
    made = plan(record, [SAMPLE], "northreach", "targeting", pacts.NOW)
    assert made.withdrawn
    assert released(made, record).withdrawn


def test_alerts_have_no_clause_to_go_under() -> None:
    alert = Alert(subject_id="s", subject_kind="consignment", score=1.0, title="t")
    record = pacts.record(alert)
    assert plan(record, [SAMPLE], "northreach", "targeting", pacts.NOW).reason == "kind_not_agreed"
    text = pacts.sample_text().replace(b"kind: port_call", b"kind: alert")
    with pytest.raises(AgreementError, match="alert"):
        read_agreement(text)


# --- ten thousand random triples ------------------------------------------------------------------


def _checked(record: Record, item: InForce, partner: str, made: Plan) -> bool:
    """Check one triple; return whether it was released."""
    oracle = _may_go(record, item, partner, made.purpose)
    assert made.released == (oracle and any(i.outcome != "withheld" for i in made.fields))
    if not made.released:
        assert made.marking is None
        with pytest.raises(AgreementError):
            apply(record, made, secret=pacts.SECRET)
        return False
    given = apply(record, made, secret=pacts.SECRET)
    assert found(given.body) == stated(made)
    assert {f.path for f in facts_of(record.body)} <= {i.path for i in made.fields}  # type: ignore[arg-type]
    assert is_below(record.marking, given.marking)
    assert partner in given.marking.releasable_to
    assert given.marking == made.marking
    _no_trace(record, made, given)
    return True


def _may_go(record: Record, item: InForce, partner: str, purpose: str) -> bool:
    """The rules of a record's release, written down a second time, without consent and sources."""
    marking = record.marking
    clauses = [
        clause
        for clause in item.agreement.clauses
        if clause.kind == record.kind
        and purpose in clause.purposes
        and marking.level <= Level[clause.level.upper()]
        and marking.caveats <= set(clause.caveats)
    ]
    own = record.originator == "marisol"
    return bool(
        clauses
        and partner in {party.agency for party in item.agreement.parties} - {"marisol"}
        and {EVERYONE, partner} & marking.releasable_to
        and {EVERYONE, purpose} & marking.purposes
        and (own or not marking.caveats & {"ORCON", "H2", "H3"})
        and not ("H0" in marking.caveats and purpose in ("supervision", "audit", "administration"))
        and (marking.retain_until is None or marking.retain_until >= pacts.NOW.date())
    )


def _no_trace(record: Record, made: Plan, given: Released) -> None:
    """No withheld value, and no part of one that a coarser form hides, stands in what goes."""
    out = msgspec.json.encode(given).decode() + repr(given)
    tree = msgspec.to_builtins(record.body)
    for item in made.fields:
        value = tree
        for step in item.path.split("."):
            value = value[step] if isinstance(value, dict) else value[int(step)]
        hidden = _hidden(item.outcome, value, item.value)
        assert hidden is None or hidden not in out, item.path
    assert record.id not in out
    assert record.key not in out or record.key in given.body.decode()


def _hidden(outcome: str, value: Any, goes: Any) -> str | None:
    """What must not be found: unique in this record, see ``agreement_worlds.World``."""
    if isinstance(value, bool) or outcome == "goes" or value == goes:
        return None
    if isinstance(value, int | float):
        return str(value)
    if re.match(r"zq[a-u]{4}\d{5}$|QZ...$", value):
        return str(value)[: len(value) - len(goes) + 1] if outcome == "masked" else str(value)
    if outcome == "generalised" and value[:2] == "19" and len(goes) < 10:
        return str(value[:10])
    return str(value) if re.match(r"19..-..-..T", value) else None


@pytest.mark.slow
def test_preview_equals_release_and_nothing_withheld_leaves_a_trace() -> None:
    """60 agreements, 400 records and two partners: 10,000 triples of them drawn at random."""
    world = pacts.World(8)
    pick = world.random
    partners = ("northreach", "altamira")
    pool = [
        (partner, pacts.taken(world.agreement(partner))) for partner in partners for _ in range(30)
    ]
    bodies = [world.record() for _ in range(400)]
    went = 0
    for _ in range(10_000):
        partner, item = pick.choice(pool)
        asked = partner if pick.random() < 0.9 else "northreach"
        record = pick.choice(bodies)
        made = plan(
            record, [item], asked, pick.choice(item.agreement.clauses[0].purposes), pacts.NOW
        )
        went += _checked(record, item, asked, made)
    assert went > 2000


def test_every_kind_and_every_outcome_is_met_by_random_worlds() -> None:
    world = pacts.World(9)
    seen = set()
    for kind, _ in product(fields.KINDS, range(6)):
        item = pacts.taken(world.agreement("northreach"))
        record = pacts.record(world.body(kind))
        purpose = next(c.purposes[0] for c in item.agreement.clauses if c.kind == kind)
        made = plan(record, [item], "northreach", purpose, pacts.NOW)
        seen |= {(kind, i.outcome) for i in made.fields}
    assert {kind for kind, outcome in seen if outcome == "goes"} == set(fields.KINDS)
    assert {outcome for _kind, outcome in seen} == {"goes", "masked", "generalised", "withheld"}
