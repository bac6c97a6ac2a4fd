"""The small parts under the pages: times, facts, sizes, the brake, the contrast, the docs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.api import throttle
from esclusa.api.throttle import FREE_PER_ADDRESS, KEYS, LONGEST_WAIT_S, Throttle
from esclusa.api.uploads import clean_name
from esclusa.model import Evidence, Reason
from esclusa.sharing.views import Fact
from esclusa.web.extract import TABLE_END, TABLE_START, addresses
from esclusa.web.facts import groups, total
from esclusa.web.pages.help import KEYS as HELP_KEYS
from esclusa.web.pages.sign_in import local
from esclusa.web.site import points, size
from esclusa.web.statics import Statics
from esclusa.web.times import moment, zone_of

PANAMA = zone_of("America/Panama")
DOCS = Path(__file__).parents[2] / "docs" / "pages.md"


@pytest.mark.parametrize(
    ("sent", "text", "local_text", "port_time"),
    (
        ("2026-11-24T11:00:00Z", "2026-11-24 11:00Z", "06:00", False),
        ("2026-11-24T02:30:00+00:00", "2026-11-24 02:30Z", "2026-11-23 21:30", False),
        ("2026-11-24T06:00:00-05:00", "2026-11-24 11:00Z", "06:00", False),
        ("2026-11-24T06:00", "2026-11-24 06:00", "", True),
        ("2026-11-24", "2026-11-24", "", False),
        ("about noon", "about noon", "", False),
        ("9999-12-31T23:59:00-05:00", "9999-12-31T23:59:00-05:00", "", False),
        ("", "", "", False),
    ),
)
def test_a_time_is_utc_then_local_and_port_time_without_a_zone(
    sent: str, text: str, local_text: str, port_time: bool
) -> None:
    found = moment(sent, PANAMA)
    assert (found.text, found.local, found.port_time) == (text, local_text, port_time)


@given(st.text(max_size=40))
def test_any_text_sent_as_a_time_is_shown_and_never_an_error(text: str) -> None:
    moment(text, PANAMA)


def test_an_unknown_zone_is_utc() -> None:
    for name in ("Mars/Olympus", "../../etc/passwd", "", "a" * 500):
        assert zone_of(name).key == "UTC"


def fact_groups(**facts: str) -> dict[str, list[str]]:
    given = [Fact(path=path, value=value) for path, value in facts.items()]
    return {group.path: [row.path for row in group.rows] for group in groups(given)}


def test_facts_are_grouped_by_the_part_they_belong_to() -> None:
    found = fact_groups(
        **{"bill": "1", "goods.0.hs_code": "2", "goods.1.hs_code": "3", "documents.0": "4",
           "load_port.code": "5", "voyage.reference": "6", "voyage.carrier": "7",
           "voyage.conveyance.imo": "8", "voyage.conveyance.name": "9"}
    )  # fmt: skip
    assert found[""] == ["bill", "documents.0", "load_port.code"]
    assert found["goods.0"] == ["goods.0.hs_code"] and found["goods.1"] == ["goods.1.hs_code"]
    assert len(found["voyage"]) == 4


@given(
    st.lists(st.from_regex(r"[a-z]{1,5}(\.([0-9]|[a-z]{1,4})){0,3}", fullmatch=True), unique=True)
)
def test_grouping_loses_and_invents_no_fact(paths: list[str]) -> None:
    found = fact_groups(**dict.fromkeys(paths, "x"))
    assert sorted(path for group in found.values() for path in group) == sorted(paths)


def test_a_fact_names_the_reasons_that_rest_on_it() -> None:
    def reason(points: float, *paths: str) -> Reason:
        return Reason(source="rule", code="R", version="1", points=points, text_en="", text_es="",
                      evidence=tuple(Evidence(path=path, value="") for path in paths))  # fmt: skip

    both = (reason(0.1, "bill"), reason(0.2, "bill", "carrier"))
    found = groups([Fact(path="bill", value="1"), Fact(path="carrier", value="2")], both)
    assert [row.reasons for row in found[0].rows] == [(1, 2), (2,)]
    assert total(both) == 0.3


@pytest.mark.parametrize(
    ("value", "text"), ((12.0, "12"), (12.5, "12.5"), (0.1 + 0.2, "0.3"), (100.0, "100"), (0, "0"))
)
def test_points_are_written_without_noise(value: float, text: str) -> None:
    assert points(value) == text


def test_sizes_are_written_in_their_unit() -> None:
    assert [size(n) for n in (5, 2_000, 2_413_000, 3 * 10**9)] == [
        "5 B",
        "2.0 kB",
        "2.4 MB",
        "3.0 GB",
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    (("C:\\docs\\a.edi", "a.edi"), ("../../etc/passwd", "passwd"), ("", "unnamed"),
     ("a\x00\n.edi", "a.edi"), ("x" * 300, "x" * 200), ("..", "..")),
)  # fmt: skip
def test_a_file_keeps_its_last_printable_name(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


@given(st.text(max_size=60))
def test_a_way_back_is_always_a_path_of_this_node(text: str) -> None:
    there = local(text)
    assert there.startswith("/") and not there.startswith("//") and "\\" not in there


# --- the brake -----------------------------------------------------------------------------


def test_the_wait_grows_is_bounded_and_ends() -> None:
    clock = [0.0]
    brake = Throttle(clock=lambda: clock[0])
    waits = []
    for _ in range(15):
        wait = brake.attempt("ana", "192.0.2.7")
        waits.append(wait)
        clock[0] += wait
        if wait:
            assert brake.attempt("ana", "192.0.2.7") == 0
    assert waits[:5] == [0] * 5
    assert max(waits) <= LONGEST_WAIT_S and waits[-1] == LONGEST_WAIT_S


def test_the_example_in_the_brakes_docstring_runs() -> None:
    ran = doctest.testmod(throttle)
    assert ran.attempted and not ran.failed


def test_a_right_password_forgives_the_name() -> None:
    brake = Throttle(clock=lambda: 0.0)
    for _ in range(5):
        brake.attempt("Ana", "192.0.2.7")
    brake.forgive("ana", "192.0.2.7")
    assert brake.attempt("ANA", "192.0.2.7") == 0


def test_many_names_from_one_address_are_slowed_down() -> None:
    brake = Throttle(clock=lambda: 0.0)
    waits = [brake.attempt(f"user{n}", "192.0.2.7") for n in range(FREE_PER_ADDRESS + 1)]
    assert waits[-1] > 0
    assert brake.attempt("other", "198.51.100.2") == 0


def test_the_brakes_memory_is_bounded() -> None:
    brake = Throttle(clock=lambda: 0.0)
    for number in range(KEYS):
        brake.attempt(f"user{number}", f"address{number}")
    assert len(brake._seen) == KEYS


# --- the sheet -------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2, definition)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, definition)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def schemes() -> list[dict[str, str]]:
    sheet = Statics()._files["esclusa.css"].decode()
    blocks = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]


@pytest.mark.parametrize("scheme", schemes(), ids=("light", "dark"))
def test_text_has_a_contrast_of_4_5_wcag_1_4_3(scheme: dict[str, str]) -> None:
    for ink in ("ink", "quiet", "link", "bad"):
        for ground in ("ground", "sheet", "row", "mark"):
            assert contrast(scheme[ink], scheme[ground]) >= 4.5, (ink, ground)
    assert contrast(scheme["on-act"], scheme["act"]) >= 4.5


@pytest.mark.parametrize("scheme", schemes(), ids=("light", "dark"))
def test_edges_of_controls_and_focus_have_a_contrast_of_3_wcag_1_4_11(
    scheme: dict[str, str],
) -> None:
    for line in ("edge", "focus", "act"):
        for ground in ("ground", "sheet", "row"):
            assert contrast(scheme[line], scheme[ground]) >= 3, (line, ground)


def test_the_sheet_asks_for_nothing_outside() -> None:
    sheet = Statics()._files["esclusa.css"].decode()
    assert "url(" not in sheet and "@import" not in sheet


# --- the docs ----------------------------------------------------------------------------------


def test_the_table_of_addresses_in_the_docs_is_the_programs_own() -> None:
    said = DOCS.read_text(encoding="utf-8").partition(TABLE_START)[2].partition(TABLE_END)[0]
    assert said.strip() == addresses(), "run: python -m esclusa.web.extract"


def test_every_key_is_in_the_docs_and_in_the_help() -> None:
    documented = DOCS.read_text(encoding="utf-8")
    for key, _what in HELP_KEYS:
        assert f"`{key}`" in documented


def test_every_page_says_in_one_sentence_what_it_is() -> None:
    assert "|  |" not in addresses()
