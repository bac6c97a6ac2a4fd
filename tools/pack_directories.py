"""Rebuild the packed UN/EDIFACT directories inside the package from the published originals.

    python tools/pack_directories.py UNTDID_DIR XML_DIR

UNTDID_DIR holds one folder for each directory (``d96a`` … ``d17b``) with the text of UNECE, plain
or zipped: EDMD messages, EDSD segments, EDED elements, UNCL code lists. XML_DIR holds ``d21a``,
… with the XML form of nerdocs/pydifact. Interactive messages (IDMD) are left out.

Each directory becomes three gzips of tab-separated lines and its entries in ``manifest.json`` and
``sources.json``. The tool stops at a message whose segment table does not close its groups, and
names each one whose table differs from its own clarification (4.1), which the table then overrules.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

OUT = Path(__file__).resolve().parent.parent / "src/esclusa/formats/edifact/directories"

Row = tuple[str, ...]

UNECE = {
    "origin": "UN/EDIFACT directory {edition} of UNECE, text form, from sapstern/edifactconverter",
    "licence": "UNECE, free to use and copy; collection Apache-2.0",
    "attribution": "UN/EDIFACT directories: United Nations Economic Commission for Europe (UNECE).",
}
PYDIFACT = {
    "origin": "UN/EDIFACT directory {edition} of UNECE, XML form, from nerdocs/pydifact",
    "licence": "MIT",
    "attribution": "XML form: Copyright (c) 2017-2024 Christian González, MIT License.",
}

# -- text of UNECE ------------------------------------------------------------------------------

RULE = re.compile(r"^[-─]{40,}\s*$", re.MULTILINE)
"""The line between two entries."""

MARKS = r"[ +*#|X-]"
"""Change indicators stand before a number or tag."""

SEGMENT_HEAD = re.compile(rf"^{MARKS}*\b([A-Z]{{3}}) +(\S.*)$")
ELEMENT_HEAD = re.compile(rf"^{MARKS}*\b(\d{{4}}) +(\S.*?)\s*(?:\[[BIC]\])?\s*$")
PART = re.compile(rf"^(\d{{3}})?{MARKS}*\b([CES]\d{{3}}|\d{{4}}) +(\S.*)$")
PART_END = re.compile(r"\s([MC])(?:\s+(\d+))?(?:\s+(an?|n) ?(\.{0,2}) ?(\d+))?\s*$")
CODE = re.compile(rf"^(?=.{{5}}\S){MARKS}{{5}}(\S+)\s+(\S.*)$")
TABLE_ROW = re.compile(r"^(\d{4,5})\s*[*+#|X-]*\s+([A-Z]{3}) .*?\s([MC])\s+(\d+)\s*(\D*)$")
TABLE_GROUP = re.compile(
    r"^(\d{4,5})\s*[*+#|X-]*\s+[-─]+ ?Segment group\s+(\d+)\s*[-─]*\s*([MC])\s+(\d+)"
)
WRAPPED_ROW = re.compile(
    r"(?m)^(\d{4,5}[ *+#|X-]+[A-Z]{3} (?:(?! [MC] ).)*?) *[│|]*\n(?= {10,}\S.* [MC] )"
)
"""A name so long that status and repetitions stand in the next line."""

CLOSED = "+┘┴"
INTERACTIVE = "UIH, "
"""Opens the clarification of an interactive message."""

CLARIFIED = re.compile(r"^\d{4,5}\s*[*+#|X-]*\s+Segment group (\d+):\s*((?:[A-Z0-9]+-?\s*)+)$")


def texts(folder: Path) -> dict[str, str]:
    """Every text file below ``folder``, in zips and zips of zips too: upper-case name → text."""
    found: dict[str, str] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            found.update(_opened(file.name, file.read_bytes()))
    return found


def _opened(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _opened(member.rsplit("/", 1)[-1], archive.read(member))
    elif data:
        # The tables of the older ones are drawn in code page 437.
        yield name.upper(), data.decode("cp437").replace("\r\n", "\n")


def entries(text: str) -> Iterator[list[str]]:
    """The blocks between rules, as lines without blank ends."""
    for block in RULE.split(text):
        yield [line.rstrip() for line in block.split("\n")]


def parts(lines: list[str]) -> Iterator[tuple[bool, str, str, str, str, str]]:
    """The elements of a segment or composite: (stands alone, id, name, status, repeats, format).

    A long name goes on in the next line, with status and format at its end.
    """
    held = ""
    for line in lines:
        held = f"{held} {line.strip()}" if held and line.strip() else ("" if held else held)
        head = PART.match(line)
        if head and not held:
            held = line
        end = PART_END.search(held) if held else None
        if held and end:
            head = PART.match(held)
            assert head is not None
            name = re.sub(r"\s+", " ", held[head.start(3) : end.start()]).strip()
            form = "".join(part or "" for part in end.group(3, 4, 5))
            yield bool(head[1]), head[2], name, end[1], end[2] or "1", form
            held = ""


def text_segments(text: str) -> tuple[list[Row], dict[str, tuple[str, str]]]:
    """EDSD: rows of segments, and composites id → (name, components)."""
    rows: list[Row] = []
    composites: dict[str, tuple[str, str]] = {}
    for lines in entries(text):
        first = next((line for line in lines if line), "")
        head = SEGMENT_HEAD.match(first)
        if head is None:
            continue
        elements: list[str] = []
        inside: list[list[str]] = []
        for alone, identity, name, status, repeats, form in parts(lines):
            if alone:
                elements.append(f"{identity}:{status}{repeats}" + (f":{form}" if form else ""))
                inside.append([identity, name])
            else:
                inside[-1].append(f"{identity}:{status}:{form}")
        for identity, name, *components in inside:
            if components:
                _keep(composites, identity, name.capitalize(), ",".join(components))
        rows.append(("S", head[1], _title(head[2]), ",".join(elements)))
    return rows, composites


def _keep(composites: dict[str, tuple[str, str]], identity: str, name: str, spec: str) -> None:
    known = composites.setdefault(identity, (name, spec))
    if known[1] != spec:
        raise SystemExit(f"composite {identity} has two contents: {known[1]} and {spec}")


def _title(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text.capitalize() if text.isupper() else text


def text_elements(text: str) -> list[Row]:
    """EDED: rows of elements with their representation."""
    rows: list[Row] = []
    for lines in entries(text):
        head = ELEMENT_HEAD.match(next((line for line in lines if line), ""))
        form = re.search(r"Repr: *(an?|n) ?(\.{0,2}) ?(\d+)", "\n".join(lines))
        if head and form:
            rows.append(("E", head[1], _title(head[2]), "".join(form.groups())))
    return rows


def text_codes(text: str) -> list[Row]:
    """UNCL: one row for each element: its number, then code and name in turn."""
    rows: list[Row] = []
    for lines in entries(text):
        at = next((number for number, line in enumerate(lines) if line), 0)
        head = ELEMENT_HEAD.match(lines[at])
        if head:
            fields = [head[1]]
            for line in lines[at + 1 :]:
                code = CODE.match(line)
                if code and not re.match(r"\s+(Desc|Repr|Note):", line):
                    fields += [code[1], code[2].strip()]
                elif re.match(r" {11}(?!Note:)\S", line) and len(fields) > 1:
                    fields[-1] += " " + line.strip()
            if len(fields) > 1:
                rows.append(tuple(fields))
    return rows


def text_messages(files: dict[str, str]) -> list[Row]:
    """EDMD: one row for each message."""
    found = [(name[:6], text) for name, text in files.items() if re.match(r"[A-Z]{6}_D\.", name)]
    return [
        (kind, _purpose(kind, text), text_structure(kind, text))
        for kind, text in found
        if INTERACTIVE not in text
    ]


def _purpose(kind: str, text: str) -> str:
    found = re.search(rf"definition of the\s+(.{{3,160}}?)\s*\(\s*{kind}\s*\)", text, re.DOTALL)
    return re.sub(r"\s+", " ", found[1]).strip() if found else ""


def text_structure(kind: str, text: str) -> str:
    """The segment table 4.3.1 in one line: ``UNH:M1 (1:C9 RFF:M1 DTM:C9 ) UNT:M1``.

    A line draws the bracket of each open group at its right end; a corner closes one.
    """
    table = text[text.rindex("Segment table") :]
    out: list[str] = []
    depth = 0
    for line in re.sub(WRAPPED_ROW, r"\1", table).split("\n"):
        group = TABLE_GROUP.match(line)
        row = TABLE_ROW.match(line)
        if group:
            out.append(f"({group[2]}:{group[3]}{group[4]}")
            depth += 1
        elif row:
            out.append(f"{row[2]}:{row[3]}{row[4]}")
            closed = sum(row[5].count(corner) for corner in CLOSED)
            out += [")"] * closed
            depth -= closed
    if depth or out[0] != "UNH:M1" or out[-1] != "UNT:M1":
        raise SystemExit(f"{kind}: the segment table does not close: {' '.join(out)}")
    _compare(kind, text, " ".join(out))
    return " ".join(out)


def _compare(kind: str, text: str, structure: str) -> None:
    told = dict(clarified(text))
    for group, members in direct_members(structure).items():
        if group in told and told[group] != members:
            print(f"  {kind} group {group}: 4.1 says {told[group]}, the table {members}")


def clarified(text: str) -> Iterator[tuple[str, str]]:
    """What 4.1 says of each group: number → ``TDT-RFF-SG5``."""
    start, end = text.lower().rfind("segment clarification"), text.rindex("Segment table")
    lines = [line.rstrip() for line in text[start:end].split("\n")]
    for at, line in enumerate(lines):
        held = line
        for more in lines[at + 1 :]:
            if not held.endswith("-"):
                break
            held += more.strip()
        found = CLARIFIED.match(held)
        if found:
            yield found[1], re.sub(r"\s+", "", found[2])


def direct_members(structure: str) -> dict[str, str]:
    """What the table says of each group, in the words of 4.1."""
    stack: list[tuple[str, list[str]]] = [("", [])]
    found: dict[str, str] = {}
    for token in structure.split(" "):
        if token == ")":
            group, members = stack.pop()
            found[group] = "-".join(members)
        elif token.startswith("("):
            group = token[1:].split(":")[0]
            stack[-1][1].append(f"SG{group}")
            stack.append((group, []))
        else:
            stack[-1][1].append(token[:3])
    return found


# -- XML of pydifact ----------------------------------------------------------------------------


def xml_segments(folder: Path) -> list[Row]:
    """Rows of segments, composites and elements."""
    rows: list[Row] = []
    composites: dict[str, tuple[str, str]] = {}
    for segment in ElementTree.parse(folder / "segments.xml").getroot():
        elements: list[str] = []
        for part in segment:
            status = "M" if part.get("required") == "true" else "C"
            spec = f"{part.get('id')}:{status}{part.get('repeat') or part.get('maxrepeat') or 1}"
            if part.tag == "composite_data_element":
                inside = ",".join(_component(one) for one in part)
                _keep(composites, str(part.get("id")), _words(part), inside)
            else:
                spec += f":{_form(part)}"
            elements.append(spec)
        rows.append(("S", str(segment.get("id")), _words(segment), ",".join(elements)))
    rows += [("C", identity, name, spec) for identity, (name, spec) in sorted(composites.items())]
    for element in ElementTree.parse(folder / "data_elements.xml").getroot():
        rows.append(("E", str(element.get("id")), _words(element), _form(element)))
    return rows


def _component(part: Element) -> str:
    status = "M" if part.get("required") == "true" else "C"
    return f"{part.get('id')}:{status}:{_form(part)}"


def _form(part: Element) -> str:
    exact = part.get("length")
    return f"{part.get('type')}{exact}" if exact else f"{part.get('type')}..{part.get('maxlength')}"


def _words(part: Element) -> str:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part.get("name") or "")
    return text[:1] + text[1:].lower()


def xml_codes(folder: Path) -> Iterable[Row]:
    """One row for each element: its number, then code and name in turn."""
    for element in ElementTree.parse(folder / "codes.xml").getroot():
        fields = [str(element.get("id"))]
        for code in element:
            fields += [str(code.get("id")), re.sub(r"\s+", " ", code.get("title") or "")]
        if len(fields) > 1:
            yield tuple(fields)


def xml_messages(folder: Path) -> Iterable[Row]:
    """One row for each message; the XML has no titles."""
    for file in sorted((folder / "messages").glob("*.xml")):
        structure = " ".join(_tokens(ElementTree.parse(file).getroot()))
        if structure.startswith("UNH"):
            yield file.stem.upper(), "", structure


def _tokens(node: Element) -> Iterator[str]:
    for part in node:
        if part.tag not in ("segment", "group"):
            continue
        status = "M" if part.get("required") == "true" else "C"
        occurs = f"{status}{part.get('maxrepeat')}"
        if part.tag == "segment":
            yield f"{part.get('id')}:{occurs}"
        else:
            yield f"({str(part.get('id')).removeprefix('SG')}:{occurs}"
            yield from _tokens(part)
            yield ")"


def mended(rows: list[Row], older: list[Row]) -> tuple[list[Row], list[str]]:
    """Put back what the XML lost: return the rows and the ids that were mended.

    The XML leaves out components (C502 lacks 6155 and 6154, PCI lacks C210) and writes every exact
    length as a longest one. Where a content is what UNECE's text of the last edition before it
    has, less something, the text stands; a content that gained something is news and stays.
    """
    before = {row[:2]: row for row in older}
    lost = [row for row in older if row[0] == "C" and row[:2] not in {one[:2] for one in rows}]
    whole = [_whole(row, before.get(row[:2])) for row in rows]
    changed = [new[1] for new, row in zip(whole, rows, strict=True) if _ids(new) != _ids(row)]
    return whole + lost, sorted(changed + [row[1] for row in lost])


def _whole(row: Row, before: Row | None) -> Row:
    if before is None:
        return row
    if row[0] == "E":
        return (*row[:3], before[3]) if before[3].replace("n", "n..") == row[3] else row
    return (*row[:3], before[3]) if _within(_ids(row), _ids(before)) else row


def _within(less: list[str], more: list[str]) -> bool:
    """Answer whether ``less`` is ``more`` with something left out."""
    rest = iter(more)
    return all(one in rest for one in less)


def mended_messages(rows: list[Row], older: list[Row]) -> tuple[list[Row], list[str]]:
    """The same for segments that a message lost (QALITY lacks SPS)."""
    before = {row[0]: row[2] for row in older}
    whole = [
        (*row[:2], before[row[0]])
        if row[2] != before.get(row[0], row[2])
        and _within(row[2].split(" "), before[row[0]].split(" "))
        else row
        for row in rows
    ]
    return whole, [new[0] for new, row in zip(whole, rows, strict=True) if new != row]


def _ids(row: Row) -> list[str]:
    return [part.split(":")[0] for part in row[3].split(",")] if row[0] != "E" else []


# -- packing ------------------------------------------------------------------------------------

COLUMNS = {
    "messages": ["type", "title", "structure"],
    "segments": ["kind", "id", "name", "content"],
    "codes": ["element", "code", "name", "…"],
}
TITLES = {
    "messages": ("Messages of {0}", "Mensajes de {0}"),
    "segments": ("Segments, composites and elements of {0}",
                 "Segmentos, elementos compuestos y elementos de {0}"),
    "codes": ("Code lists of {0}", "Listas de códigos de {0}"),
}  # fmt: skip


def edition_of(folder: str) -> str:
    """``d17b`` → ``D.17B``."""
    return f"D.{folder[1:].upper()}"


def year(folder: str) -> int:
    """``d96a`` → 1996."""
    two = int(folder[1:3])
    return 1900 + two if two > 80 else 2000 + two


def from_text(folder: Path) -> dict[str, list[Row]] | None:
    """All rows of one directory of UNECE, None where the folder holds none."""
    files = texts(folder)
    release = folder.name[1:].upper()
    if f"EDSD.{release}" not in files:
        return None
    segments, composites = text_segments(files[f"EDSD.{release}"])
    elements = text_elements(files[f"EDED.{release}"])
    rows = [("C", identity, name, spec) for identity, (name, spec) in sorted(composites.items())]
    codes = text_codes(files.get(f"UNCL.{release}", ""))
    messages = sorted(text_messages(files))
    return {"messages": messages, "segments": segments + rows + elements, "codes": codes}


def from_xml(folder: Path) -> dict[str, list[Row]]:
    """All rows of one directory in XML."""
    data = folder / "data"
    return {
        "messages": list(xml_messages(data)),
        "segments": xml_segments(data),
        "codes": list(xml_codes(data)),
    }


def digest(folder: Path) -> str:
    """SHA-256 over the lines ``sha256  name`` of every file below ``folder``, sorted by name."""
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def pack(folder: Path, lists: dict[str, list[Row]], words: dict[str, str]) -> dict[str, Any]:
    """Write the three files of a directory; return their entries of the manifest."""
    edition = edition_of(folder.name)
    found: dict[str, Any] = {}
    for kind, rows in lists.items():
        if not rows:
            continue
        text = "".join("\t".join(row) + "\n" for row in rows)
        data = gzip.compress(text.encode(), compresslevel=9, mtime=0)
        name = f"{folder.name}_{kind}"
        (OUT / f"{name}.tsv.gz").write_bytes(data)
        found[name] = {
            "file": f"{name}.tsv.gz",
            "title_en": TITLES[kind][0].format(edition),
            "title_es": TITLES[kind][1].format(edition),
            "edition": edition,
            "rows": len(rows),
            "columns": COLUMNS[kind],
            "origin": words["origin"].format(edition=edition),
            "licence": words["licence"],
            "attribution": words["attribution"],
            "refresh": "tools/pack_directories.py",
            "sha256": hashlib.sha256(data).hexdigest(),
            "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }
        print(f"  {name}: {len(rows):,} rows, {len(data):,} bytes")
    return found


def main(arguments: list[str]) -> None:
    """Pack every directory below the two folders."""
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    manifest: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    text: dict[str, list[Row]] = {}
    folders = [folder for folder in Path(arguments[0]).iterdir() if folder.is_dir()]
    plan = [(folder, UNECE) for folder in sorted(folders, key=lambda one: year(one.name))]
    plan += [(folder, PYDIFACT) for folder in sorted(Path(arguments[1]).glob("d[0-9]*"))]
    for folder, words in plan:
        print(edition_of(folder.name))
        lists = from_text(folder) if words is UNECE else from_xml(folder)
        if lists is None:
            print("  no EDSD, left out")
            continue
        repaired: list[str] = []
        if words is PYDIFACT:
            lists["segments"], repaired = mended(lists["segments"], text["segments"])
            lists["messages"], more = mended_messages(lists["messages"], text["messages"])
            repaired += more
        else:
            text = lists
        manifest |= pack(folder, lists, words)
        sources[edition_of(folder.name)] = {
            "messages": len(lists["messages"]),
            "codes": bool(lists["codes"]),
            "repaired": repaired,
            "source_sha256": digest(folder),
        }
    for name, what in (("manifest.json", manifest), ("sources.json", sources)):
        written = json.dumps(what, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (OUT / name).write_text(written, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
