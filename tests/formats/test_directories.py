"""The packed UN/EDIFACT directories say what the published text says.

Expected values are copied by hand from the text of UNECE, or read from the part of it that the
packing does not use: section 4.1 of a message, in prose, against its segment table in 4.3.1.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from esclusa.codes import packed
from esclusa.errors import ConfigError
from esclusa.formats.edifact import directory
from esclusa.formats.edifact.directory import DIRECTORIES, Element, Node, Part

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ROOT / "tests" / "data" / "directories"
EDITIONS = ("D.96A", "D.01B", "D.07B", "D.15A", "D.17B", "D.21A", "D.23A", "D.24A")
PORTS_AND_CUSTOMS = (
    "APERAK", "BAPLIE", "BERMAN", "CALINF", "COARRI", "CODECO", "COPARN", "COPRAR", "CUSCAR", "CUSDEC",
    "CUSREP", "CUSRES", "IFCSUM", "IFTDGN", "IFTMCS", "IFTSTA", "MOVINS", "PAXLST", "VESDEP", "WASDIS",
)  # fmt: skip


def packer() -> ModuleType:
    """Return tools/pack_directories.py as a module."""
    spec = importlib.util.spec_from_file_location("packer", ROOT / "tools/pack_directories.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def walk(nodes: tuple[Node, ...]) -> list[Node]:
    """Return segments and groups in the order of the table."""
    return [each for node in nodes for each in (node, *walk(node.inside))]


def group(nodes: tuple[Node, ...], number: str) -> Node:
    return next(node for node in walk(nodes) if node.group == number)


def occurs(node: Node) -> str:
    return f"{'M' if node.mandatory else 'C'}{node.repeats}"


# -- what is packed -------------------------------------------------------------------------------


def test_eight_directories_are_packed_earliest_first() -> None:
    assert tuple(directory.sources()) == EDITIONS


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_directory_takes_under_300_kilobytes(edition: str) -> None:
    files = DIRECTORIES.glob(f"{edition.replace('.', '').lower()}_*.gz")
    assert 0 < sum(file.stat().st_size for file in files) < 300_000


def test_each_list_states_edition_origin_licence_and_both_hashes() -> None:
    for name, entry in packed.manifest(DIRECTORIES).items():
        assert hashlib.sha256((DIRECTORIES / entry.file).read_bytes()).hexdigest() == entry.sha256
        text = "\n".join(packed.read(name, DIRECTORIES)) + "\n"
        assert hashlib.sha256(text.encode()).hexdigest() == entry.content_sha256
        assert entry.edition in entry.origin and entry.licence and entry.attribution
        assert text.count("\n") == entry.rows


def test_each_directory_states_the_hash_of_what_it_was_packed_from() -> None:
    for source in directory.sources().values():
        assert len(bytes.fromhex(source.source_sha256)) == 32


def test_the_lists_that_the_xml_form_lost_are_named() -> None:
    mended = {edition: source.repaired for edition, source in directory.sources().items()}
    assert all(not mended[edition] for edition in EDITIONS[:5])
    lost = ("C210", "C502", "C701", "C829", "C831", "C852", "PCI", "QALITY")
    assert {mended[edition] for edition in EDITIONS[5:]} == {lost}


def test_a_damaged_list_is_refused(tmp_path: Path) -> None:
    for name in ("manifest.json", "d96a_messages.tsv.gz"):
        (tmp_path / name).write_bytes((DIRECTORIES / name).read_bytes())
    data = bytearray((tmp_path / "d96a_messages.tsv.gz").read_bytes())
    data[-20] ^= 1
    (tmp_path / "d96a_messages.tsv.gz").write_bytes(bytes(data))
    with pytest.raises(ConfigError, match="d96a_messages.*damaged"):
        packed.read("d96a_messages", tmp_path)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_message_of_customs_and_ports_is_there(edition: str) -> None:
    """BERMAN and WASDIS came after D.96A."""
    later = {"BERMAN", "WASDIS"} if edition == "D.96A" else set()
    assert set(PORTS_AND_CUSTOMS) - set(directory.kinds(edition)) == later


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_message_stands_between_unh_and_unt(edition: str) -> None:
    for kind in directory.kinds(edition):
        nodes = directory.structure(edition, kind)
        assert (nodes[0].tag, nodes[-1].tag) == ("UNH", "UNT"), kind
        assert {occurs(nodes[0]), occurs(nodes[-1])} == {"M1"}, kind


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_group_opens_with_a_mandatory_segment_that_stands_once(edition: str) -> None:
    """UN/EDIFACT message design rules, trigger segment."""
    for kind in directory.kinds(edition):
        for node in walk(directory.structure(edition, kind)):
            if node.group and occurs(node.inside[0]) != "M1":
                pytest.fail(f"{edition} {kind} group {node.group}: {node.inside[0]}")


@pytest.mark.parametrize("edition", EDITIONS)
def test_groups_are_numbered_in_the_order_of_the_table(edition: str) -> None:
    for kind in directory.kinds(edition):
        numbers = [
            int(node.group) for node in walk(directory.structure(edition, kind)) if node.group
        ]
        assert numbers == sorted(set(numbers)), kind


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_segment_of_every_message_has_a_content(edition: str) -> None:
    tags = {
        node.tag
        for kind in directory.kinds(edition)
        for node in walk(directory.structure(edition, kind))
        if node.tag
    }
    for tag in tags:
        elements = directory.segment(edition, tag)
        assert elements, tag
        assert all(element.parts and element.repeats >= 1 for element in elements), tag
        assert all(0 < part.shortest <= part.longest for each in elements for part in each.parts)


# -- what the text says ---------------------------------------------------------------------------


def test_paxlst_d96a_as_its_segment_table_has_it() -> None:
    nodes = directory.structure("D.96A", "PAXLST")
    table = [(node.tag or f"SG{node.group}", occurs(node)) for node in walk(nodes)]
    assert table == [
        ("UNH", "M1"), ("BGM", "M1"), ("RFF", "C1"), ("DTM", "C9"),
        ("SG1", "C5"), ("NAD", "M1"), ("CTA", "C1"), ("COM", "C9"),
        ("SG2", "M10"), ("TDT", "M1"), ("DTM", "M1"), ("SG3", "C99"), ("LOC", "M1"), ("DTM", "C5"),
        ("SG4", "C99999"), ("NAD", "M1"), ("ATT", "C9"), ("DTM", "C9"), ("MEA", "C9"), ("GIS", "C5"),
        ("FTX", "C5"), ("LOC", "C25"), ("COM", "C1"),
        ("SG5", "C5"), ("DOC", "M1"), ("DTM", "C5"), ("GIS", "C9"), ("RFF", "C9"), ("LOC", "C1"),
        ("CPI", "C1"), ("QTY", "C9"), ("SG6", "C1"), ("TDT", "M1"), ("FTX", "C1"),
        ("CNT", "C1"), ("AUT", "C1"), ("UNT", "M1"),
    ]  # fmt: skip


def test_a_segment_after_three_nested_groups_belongs_to_the_one_its_bracket_ends() -> None:
    """BAPLIE D.17B 00520: CNT closes group 6, not the groups 7, 11 and 12 before it."""
    six = group(directory.structure("D.17B", "BAPLIE"), "6")
    assert [node.tag or f"SG{node.group}" for node in six.inside] == [
        "LOC",
        "FTX",
        "RFF",
        "SG7",
        "CNT",
    ]
    assert occurs(six.inside[-1]) == "M1"


def test_groups_close_together_at_one_corner() -> None:
    """BAPLIE D.17B 00510 ends groups 12, 11 and 7."""
    seven = group(directory.structure("D.17B", "BAPLIE"), "7")
    assert [node.group for node in walk(seven.inside) if node.group] == ["8", "9", "10", "11", "12"]
    assert [node.tag for node in group(seven.inside, "12").inside] == ["CTA", "COM"]


@pytest.mark.parametrize(
    ("file", "edition", "kind"),
    [
        ("PAXLST_D.96A", "D.96A", "PAXLST"),
        ("CUSCAR_D.01B", "D.01B", "CUSCAR"),
        ("BAPLIE_D.17B", "D.17B", "BAPLIE"),
    ],
)
def test_groups_hold_what_section_4_1_says(file: str, edition: str, kind: str) -> None:
    text = (TEXTS / file).read_bytes().decode("cp437").replace("\r\n", "\n")
    told = dict(packer().clarified(text))
    nodes = directory.structure(edition, kind)
    found = {
        node.group: "-".join(each.tag or f"SG{each.group}" for each in node.inside)
        for node in walk(nodes)
        if node.group
    }
    assert len(told) >= 6
    assert found == told


@pytest.mark.parametrize("file", ["PAXLST_D.96A", "CUSCAR_D.01B", "BAPLIE_D.17B"])
def test_packing_the_text_again_gives_what_is_packed(file: str) -> None:
    tool = packer()
    (row,) = tool.text_messages({file: tool.texts(TEXTS)[file]})
    edition = "d" + file[-3:].lower()
    lines = packed.read(f"{edition}_messages", DIRECTORIES)
    assert "\t".join(row) in lines


def test_packing_the_segments_again_gives_what_is_packed() -> None:
    tool = packer()
    rows, composites = tool.text_segments((TEXTS / "EDSD_excerpt.17B").read_text("utf-8"))
    lines = packed.read("d17b_segments", DIRECTORIES)
    assert [row[1] for row in rows] == ["DGS", "DTM", "EQD", "LOC", "NAD", "TDT"]
    assert all("\t".join(row) in lines for row in rows)
    assert all(f"C\t{key}\t{name}\t{text}" in lines for key, (name, text) in composites.items())


def test_packing_elements_and_codes_again_gives_what_is_packed() -> None:
    tool = packer()
    elements = tool.text_elements((TEXTS / "EDED_excerpt.17B").read_text("utf-8"))
    assert [(row[1], row[3]) for row in elements] == [
        ("1229", "an..3"), ("2379", "an..3"), ("8213", "an..35"), ("8215", "an1"),
    ]  # fmt: skip
    lines = packed.read("d17b_segments", DIRECTORIES)
    assert all("\t".join(row) in lines for row in elements)
    codes = tool.text_codes((TEXTS / "UNCL_excerpt.17B").read_text("utf-8"))
    packed_codes = packed.read("d17b_codes", DIRECTORIES)
    assert [row[0] for row in codes] == ["8053", "8101", "8169"]
    assert all("\t".join(row) in packed_codes for row in codes)


def test_a_table_that_does_not_close_its_groups_stops_the_packing() -> None:
    text = (TEXTS / "BAPLIE_D.17B").read_text("ascii")
    broken = text.replace(
        "00110   COM Communication contact                    C   9---------------++",
        "00110   COM Communication contact                    C   9---------------+|",
    )
    assert broken != text
    with pytest.raises(SystemExit, match="BAPLIE: the segment table does not close"):
        packer().text_structure("BAPLIE", broken)


def test_a_name_that_wraps_keeps_its_status() -> None:
    """QALITY D.01B 0230: SPS's name takes two lines, and group 5 has it."""
    five = group(directory.structure("D.01B", "QALITY"), "5")
    assert "SPS" in [node.tag for node in five.inside]


def test_tdt_as_edsd_has_it() -> None:
    """EDSD D.96A: 040 is C228; EDSD D.17B: 040 is C001, and 100 C003 is new."""
    old, new = directory.segment("D.96A", "TDT"), directory.segment("D.17B", "TDT")
    assert old is not None and new is not None
    assert [one.id for one in old] == [
        "8051",
        "8028",
        "C220",
        "C228",
        "C040",
        "8101",
        "C401",
        "C222",
        "8281",
    ]
    assert [one.id for one in new] == [
        "8051",
        "8028",
        "C220",
        "C001",
        "C040",
        "8101",
        "C401",
        "C222",
        "8281",
        "C003",
    ]
    assert old[0] == Element("8051", True, 1, (Part("8051", True, "an", 1, 3),))
    assert (old[7].parts[0], new[7].parts[0]) == (
        Part("8213", False, "an", 1, 9),
        Part("8213", False, "an", 1, 35),
    )


def test_a_repeated_element_says_how_often() -> None:
    """EDSD D.17B: ADR 060 C819 and 070 C517 five times each; GID names C213 five times over."""
    address, goods = directory.segment("D.17B", "ADR"), directory.segment("D.17B", "GID")
    assert address is not None and goods is not None
    assert [(one.id, one.repeats) for one in address][-2:] == [("C819", 5), ("C517", 5)]
    assert [one.id for one in goods] == ["1496", "C213", "C213", "C213", "C213", "C213"]


def test_exact_lengths_are_kept_apart_from_longest_ones() -> None:
    """EDSD D.96A TMP: 6246 is n3; EDED D.17B: 8215 is an1."""
    temperature = directory.segment("D.96A", "TMP")
    assert temperature is not None
    assert temperature[1].parts[0] == Part("6246", False, "n", 3, 3)


def test_names_are_those_of_the_directory() -> None:
    assert directory.segment_name("D.17B", "TDT") == "Transport information"
    assert directory.segment_name("D.96A", "TDT") == "Details of transport"
    assert (
        directory.element_name("D.17B", "8213") == "Transport means identification name identifier"
    )
    assert directory.element_name("D.17B", "C222") == "Transport identification"
    assert directory.segment_name("D.17B", "XYZ") == directory.element_name("D.17B", "0000") == ""


def test_code_lists_are_those_of_uncl() -> None:
    found = directory.codes("D.17B", "8101")
    assert found == {
        "BS": "Buyer to seller", "SB": "Seller to buyer", "SC": "Subcontractor to seller",
        "SD": "Seller to drop ship designated location", "SF": "Seller to freight forwarder",
        "SS": "Seller to subcontractor", "ST": "Mother vessel to lighter", "SU": "Lighter to mother vessel",
        "ZZZ": "Mutually defined",
    }  # fmt: skip
    assert directory.codes("D.17B", "8213") is None
    assert len(directory.codes("D.17B", "1001") or {}) > len(directory.codes("D.07B", "1001") or {})


def test_a_directory_that_came_without_code_lists_borrows_the_next_later_ones() -> None:
    assert [directory.lists_of(edition) for edition in EDITIONS] == [
        "D.07B", "D.07B", "D.07B", "D.15A", "D.17B", "D.21A", "D.23A", "D.24A",
    ]  # fmt: skip
    assert directory.codes("D.96A", "8101") == directory.codes("D.07B", "8101")


def test_what_the_xml_form_lost_is_as_the_text_has_it() -> None:
    """EDCD: C502 has 6155 and 6154 too, EDSD: PCI has C210 in its second place."""
    measured, marks = directory.segment("D.24A", "MEA"), directory.segment("D.24A", "PCI")
    assert measured is not None and marks is not None
    assert [part.id for part in measured[1].parts] == ["6313", "6321", "6155", "6154"]
    assert [one.id for one in marks] == ["4233", "C210", "8169", "C827"]


def test_what_a_later_directory_added_stays() -> None:
    """D.21A gives TDT a fuel in C290."""
    transport = directory.segment("D.21A", "TDT")
    assert transport is not None and transport[-1].id == "C290"


# -- service segments -----------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_service_segments_belong_to_every_directory(edition: str) -> None:
    """ISO 9735-1 annex C: UNH 0062 M an..14, S009 M; UNT 0074 M n..10 (n..6 in version 3), 0062."""
    head, tail = directory.segment(edition, "UNH"), directory.segment(edition, "UNT")
    assert head is not None and tail is not None
    assert [(one.id, one.mandatory) for one in head[:3]] == [
        ("0062", True),
        ("S009", True),
        ("0068", False),
    ]
    assert [part.id for part in head[1].parts][:5] == ["0065", "0052", "0054", "0051", "0057"]
    assert [one.id for one in tail] == ["0074", "0062"]


def test_contrl_is_of_no_directory() -> None:
    assert (
        directory.nearest("4.1", "CONTRL")
        == directory.nearest("D.3", "CONTRL")
        == directory.SERVICE
    )
    nodes = directory.structure(directory.SERVICE, "CONTRL")
    assert [node.tag or node.group for node in nodes] == ["UNH", "UCI", "1", "3", "UNT"]


# -- the nearest directory ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "used"),
    [
        ("D.17B", "D.17B"), ("D.96A", "D.96A"),
        ("D.95B", "D.96A"), ("D.97A", "D.96A"), ("D.99A", "D.01B"), ("D.00B", "D.01B"), ("D.02B", "D.01B"),
        ("D.03B", "D.01B"), ("D.04A", "D.01B"), ("D.04B", "D.07B"), ("D.05B", "D.07B"), ("D.16A", "D.15A"),
        ("D.16B", "D.17B"), ("D.22A", "D.23A"), ("D.30B", "D.24A"),
        ("S.93A", "D.96A"), ("1.911", "D.96A"), ("91.2", "D.96A"), ("0.96A", "D.96A"), ("", "D.96A"),
    ],
)  # fmt: skip
def test_a_version_that_is_not_packed_takes_the_nearest_in_time(stated: str, used: str) -> None:
    assert directory.nearest(stated, "CUSCAR") == used


def test_the_nearest_directory_has_the_message() -> None:
    """VERMAS came with D.16A: of D.15A, which is nearer to D.15B, there is none."""
    assert "VERMAS" not in directory.kinds("D.15A")
    assert directory.nearest("D.15B", "VERMAS") == "D.17B"


def test_a_message_that_no_directory_has_has_no_nearest() -> None:
    assert directory.nearest("13.1", "PNRGOV") == ""
    with pytest.raises(ConfigError, match=r"D\.17B has no message PNRGOV"):
        directory.structure("D.17B", "PNRGOV")


def test_the_manifest_is_json_as_the_tool_writes_it() -> None:
    for name in ("manifest.json", "sources.json"):
        text = (DIRECTORIES / name).read_text("utf-8")
        assert (
            json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
            == text
        )
