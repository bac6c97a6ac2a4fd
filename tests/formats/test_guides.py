"""Guides of states and trades: what the directory wrongly faults passes, a planted breach is told.

``test_validation.py`` shows what the words of a guide mean.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from esclusa.errors import ConfigError
from esclusa.formats.edifact import guides
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import validate
from esclusa.model import Defect

DATA = Path(__file__).resolve().parents[1] / "data" / "edifact"

DIRECTORY = "edifact.message.directory"


def raws(data: bytes) -> list[RawMessage]:
    return [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]


def message(kind: str, segments: Sequence[str]) -> RawMessage:
    lines = [f"UNH+1+{kind}", *segments, f"UNT+{len(segments) + 2}+1", ""]
    (raw,) = raws(b"UNB+UNOC:3+A+B+260101:0000+1'" + "'".join(lines).encode())
    return raw


def faults(raw: RawMessage, guide: str | None = None) -> list[Defect]:
    """What is told, but for the note that another directory stands in."""
    return [defect for defect in validate(raw, guide=guide) if defect.code != DIRECTORY]


def told(kind: str, segments: Sequence[str], guide: str | None = None) -> list[tuple[str, str]]:
    found = faults(message(kind, segments), guide)
    return [(defect.code.removeprefix("edifact."), defect.segment) for defect in found]


def without(segments: Sequence[str], start: str) -> list[str]:
    """The segments less the first that begins so."""
    at = next(at for at, each in enumerate(segments) if each.startswith(start))
    return [*segments[:at], *segments[at + 1 :]]


# -- a guide extends another ----------------------------------------------------------------------


def test_a_guide_that_extends_another_has_its_words_and_adds_its_own() -> None:
    wider, state = guides.by_id("wco_paxlst"), guides.by_id("uk_paxlst")
    assert (state.earliest, state.positional, state.codes) == (
        wider.earliest, wider.positional, wider.codes,
    )  # fmt: skip
    assert state.occurs == {**wider.occurs, **state.occurs}
    assert len(state.occurs) > len(wider.occurs)


def test_a_guide_that_extends_another_is_not_named_by_the_others_code() -> None:
    assert guides.by_id("uk_paxlst").associations == ()
    assert guides.stated("PAXLST", "IATA").id == "wco_paxlst"


WORDS = 'title_en = "A"\ntitle_es = "A"\nsource = "A"\nmessages = ["PAXLST"]\n'


@pytest.mark.parametrize(
    ("extended", "reason"), [("nobody", "is not there"), ("b", "extends another itself")]
)
def test_a_guide_extends_one_that_is_there_and_stands_by_itself(
    tmp_path: Path, extended: str, reason: str
) -> None:
    for name, other in (("a", extended), ("b", "c"), ("c", "")):
        text = f'id = "{name}"\nextends = "{other}"\n{WORDS}'
        (tmp_path / f"{name}.toml").write_text(text)
    with pytest.raises(ConfigError, match=f"guide a: '{extended}', which it extends, {reason}"):
        guides.guides(tmp_path)


# -- passengers -----------------------------------------------------------------------------------

NATIONAL = (
    "az_paxlst", "cbp_paxlst", "cn_paxlst", "es_paxlst", "in_paxlst", "kr_paxlst", "tr_paxlst",
    "uk_paxlst",
)  # fmt: skip

FLIGHT = (
    "BGM+745", "NAD+MS+++ALTAMIRA AIR OPERATIONS", "COM+507 555 0100:TE+507 555 0101:FX",
    "TDT+20+AM218+++AM", "LOC+125+UIO", "DTM+189:2604181110:201", "LOC+87+PTY",
    "DTM+232:2604181445:201",
)  # fmt: skip
TRAVELLER = (
    "NAD+FL+++DELVALLE:FABIO", "ATT+2++M", "DTM+329:810214", "LOC+178+UIO", "LOC+179+PTY",
    "NAT+2+ECU", "RFF+AVF:QX4T2M", "RFF+SEA:12C", "DOC+P:110:111+A1234567", "DTM+36:310101",
    "LOC+91+ECU",
)  # fmt: skip
LIST = (*FLIGHT, *TRAVELLER, "CNT+42:1")
PLAIN = "PAXLST:D:05B:UN"


@pytest.mark.parametrize("guide", NATIONAL)
def test_a_list_that_the_directory_wrongly_faults_passes(guide: str) -> None:
    """The directory wants a DTM of the flight, one RFF, and knows no code SEA."""
    assert ("segment.missing", "LOC") in told(PLAIN, LIST, "")
    assert told(PLAIN, LIST, guide) == []


@pytest.mark.parametrize("guide", NATIONAL)
@pytest.mark.parametrize("path", sorted(DATA.glob("PAXLST__janotaz*")), ids=lambda path: path.name)
def test_real_lists_of_airlines_pass(guide: str, path: Path) -> None:
    for raw in raws(path.read_bytes()):
        assert faults(raw, guide) == []


GENDER, BIRTH, NATION = "ATT+2", "DTM+329", "NAT+2"
ISSUER, EXPIRY = "LOC+91", "DTM+36"


@pytest.mark.parametrize(
    ("guide", "asked"),
    [
        ("cbp_paxlst", (GENDER, BIRTH, "CNT")),
        ("uk_paxlst", (GENDER, BIRTH, NATION, ISSUER)),
        ("es_paxlst", (GENDER, BIRTH, NATION, ISSUER)),
        ("tr_paxlst", (GENDER, BIRTH, NATION, ISSUER)),
        ("cn_paxlst", (GENDER, BIRTH, NATION)),
        ("in_paxlst", (GENDER, BIRTH)),
        ("kr_paxlst", (GENDER, BIRTH, NATION, ISSUER, EXPIRY)),
        ("az_paxlst", (GENDER, BIRTH, NATION, ISSUER, EXPIRY)),
    ],
)
def test_what_a_state_asks_for_is_missed_and_nothing_else(
    guide: str, asked: tuple[str, ...]
) -> None:
    for start in (GENDER, BIRTH, NATION, ISSUER, EXPIRY, "CNT"):
        found = told(PLAIN, without(LIST, start), guide)
        assert [code for code, _ in found] == (["segment.missing"] if start in asked else []), start


@pytest.mark.parametrize("guide", NATIONAL)
def test_a_traveller_without_a_document_is_told_where_a_state_asks_for_one(guide: str) -> None:
    bare = (*FLIGHT, *TRAVELLER[:-3], *TRAVELLER, "CNT+42:2")
    found = told(PLAIN, bare, guide)
    assert found == ([] if guide == "cbp_paxlst" else [("group.missing", "NAD")])


def test_a_carrier_names_the_guide_of_cbp() -> None:
    raw = message("PAXLST:D:02B:UN:CBP", without(LIST, "CNT"))
    (defect,) = faults(raw)
    assert defect.reason == "segment CNT is missing before UNT"


# -- containers -----------------------------------------------------------------------------------

ORDER_95 = (
    "BGM+45+L1+9", "RFF+XXX:1", "TDT+20+0412W+1++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER",
    "LOC+9+ECGYE:139:6", "NAD+CA+NRLN:172:20", "EQD+CN+CSQU3054383+45R1:102:5++2+5",
    "RFF+BN:N4006", "DTM+798:202604111200:203", "LOC+11+PAONX:139:6", "MEA+AAE+VGM+KGM:21420",
    "NAD+CF+NRLN:172:20", "CNT+16:1",
)  # fmt: skip
ORDER_00 = (
    "BGM+45+L1+9", "DTM+137:202604122100:203", "RFF+ACW:L0",
    "TDT+20+0412W+1++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER", "LOC+9+ECGYE:139:6",
    *ORDER_95[4:],
)  # fmt: skip
LOADED_95 = (
    "BGM+46+R1+9", "TDT+20+0412W+1++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER",
    "LOC+9+ECGYE:139:6", "NAD+CF+NRLN:160:20", "EQD+CN+CSQU3054383+45R1:102:5++2+5",
    "RFF+BN:N4006", "DTM+203:202604181013:203", "LOC+147+0010584::6", "MEA+AAE+EGW+KGM:8914",
    "MEA+AAE+VGM+KGM:8920", "CNT+16:1",
)  # fmt: skip
HAULIER_95 = (
    "BGM+661+P1+9", "RFF+XXX:1", "TDT+1+1+8++MARISOL HAULAGE+++MX991:146::DRIVER",
    "NAD+MS+MARISOL", "GID+1", "SGP+CSQU3054383", "EQD+CN+CSQU3054383+45R1:102:5++2+5",
    "RFF+BN:N4006", "CNT+16:1",
)  # fmt: skip
GATE_00 = (
    "BGM+34+G1+9", "NAD+CF+NRLN:160:20", "EQD+CN+CSQU3054383+45R1:102:5++2+5",
    "DTM+798:202604111200:203", "MEA+AAE+VGM+KGM:21420", "CNT+16:1",
)  # fmt: skip
MOVED_00 = (
    "BGM+44+R1+9", "TDT+20+0412W+1++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER", *GATE_00[1:],
)  # fmt: skip
ANNOUNCED_00 = (
    "BGM+11+P1+9", "RFF+BN:N4006", "NAD+CF+NRLN:160:20", "EQD+CN+CSQU3054383+45R1:102:5++2+5",
    "DTM+798:202604111200:203", "LOC+11+PAONX:139:6", "MEA+AAE+VGM+KGM:21420", "CNT+16:1",
)  # fmt: skip
ANNOUNCED_95 = without(ANNOUNCED_00, "DTM")
WEIGHED = (
    "BGM+749+V1+9", "DTM+137:202604122100:203", "EQD+CN+CSQU3054383+45R1:6346:5",
    "RFF+BN:N4006", "MEA+AAE+VGM+KGM:21420", "DTM+WAT:202604111200:203", "DOC+SM1:VGM:306",
)  # fmt: skip

CONTAINERS = {
    "smdg_coprar_16": ("COPRAR:D:95B:UN:SMDG16", ORDER_95),
    "smdg_coprar_21": ("COPRAR:D:00B:UN:SMDG21", ORDER_00),
    "smdg_coarri_21": ("COARRI:D:00B:UN:SMDG21", MOVED_00),
    "smdg_codeco_21": ("CODECO:D:00B:UN:SMDG20", GATE_00),
    "smdg_coparn_21": ("COPARN:D:00B:UN:SMDG20", ANNOUNCED_00),
    "itigg_coarri": ("COARRI:D:95B:UN:ITG13", LOADED_95),
    "itigg_coparn": ("COPARN:D:95B:UN:ITG12", ANNOUNCED_95),
    "smdg_vermas_04": ("VERMAS:D:16A:UN:SMDG04", WEIGHED),
}


@pytest.mark.parametrize("guide", CONTAINERS)
def test_a_container_message_that_the_directory_wrongly_faults_passes(guide: str) -> None:
    kind, segments = CONTAINERS[guide]
    assert {code for code, _ in told(kind, segments, "")} == {"element.code"}
    assert told(kind, segments) == []


@pytest.mark.parametrize("guide", CONTAINERS)
def test_a_code_that_the_guide_does_not_have_is_told(guide: str) -> None:
    kind, segments = CONTAINERS[guide]
    planted = [each.replace("+VGM+", "+QQQ+") for each in segments]
    assert told(kind, planted) == [("element.code", "MEA")]


@pytest.mark.parametrize("guide", CONTAINERS)
def test_a_message_without_its_container_s_opening_is_told(guide: str) -> None:
    kind, segments = CONTAINERS[guide]
    assert told(kind, without(segments, "EQD")) != []


def test_a_haulier_s_announcement_passes_under_itigg() -> None:
    assert told("COPINO:D:95B:UN:ITG13", HAULIER_95) == []
    assert told("COPINO:D:95B:UN", HAULIER_95) == [
        ("element.code", "BGM"), ("element.code", "RFF"),
    ]  # fmt: skip


def test_an_order_on_d95b_needs_no_reference_in_its_head() -> None:
    bare = without(ORDER_95, "RFF")
    assert told("COPRAR:D:95B:UN", bare)[0] == ("segment.missing", "TDT")
    assert told("COPRAR:D:95B:UN:SMDG16", bare) == []


def test_an_order_on_d00b_has_one_reference_in_its_head() -> None:
    two = [*ORDER_00[:3], "RFF+ACW:L1", *ORDER_00[3:]]
    assert told("COPRAR:D:00B:UN", two) == told("COPRAR:D:00B:UN", ORDER_00)
    assert told("COPRAR:D:00B:UN:SMDG21", two) == [("segment.repetitions", "RFF")]


DANGEROUS = (
    "BGM+89N+1+9", "HAN+L", "TDT+20+333N+1+:CONTAINER VESSEL++++9999993:::NORTHREACH PIONEER",
    "RFF+VM:3ENR7", "LOC+5+ECGYE:139:6", "LOC+61+PAONX:139:6", "DTM+132:260418:101",
    "EQD+CN+CSQU3054383+45R1", "MEA+WT+G+TNE:26", "CNI+1+NR1", "HAN+L", "LOC+9+ECGYE:139:6",
    "GID+1+0", "DGS+IMD+3+1263+024:CEL+3+F-E", "FTX+AAD+++PAINT", "MEA+WT+AAL+KGM:21113",
    "SGP+CSQU3054383", "LOC+147+0010584", "MEA+WT+AAL+KGM:21113",
)  # fmt: skip


def test_dangerous_goods_to_a_port_pass_under_protect_and_a_breach_is_told() -> None:
    kind = "IFTDGN:D:03A:UN:PROT20"
    assert [tag for _, tag in told(kind, DANGEROUS, "")] == ["BGM", "HAN", "EQD", "HAN"]
    assert told(kind, DANGEROUS) == []
    assert told(kind, ("BGM+88N+1+9", *DANGEROUS[1:])) == [("element.code", "BGM")]
    assert told(kind, without(DANGEROUS, "TDT")) != []


@pytest.mark.parametrize("path", sorted(DATA.glob("COPRAR__*")), ids=lambda path: path.name)
def test_a_real_order_passes(path: Path) -> None:
    for raw in raws(path.read_bytes()):
        assert faults(raw, "") != []
        assert faults(raw, "smdg_coprar_16") == []
