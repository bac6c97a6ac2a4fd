"""Rebuild the code lists inside the package from the published originals.

    python tools/pack_codes.py SOURCE_DIR    read every original below SOURCE_DIR and pack all lists
    python tools/pack_codes.py               take up edits to the lists kept by hand, nothing else

``docs/code-lists.md`` says where each original comes from and where it lies below SOURCE_DIR. What
a person writes in ``manifest.json`` (titles, edition, licence, columns) stays; counts and hashes
are set here. The same originals give the same text; only another version of the compressor may give
other packed bytes, so the manifest keeps a hash of both. Spanish names come from the CLDR data of
the installed Babel.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import html
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import babel

DATA = Path(__file__).resolve().parent.parent / "src" / "esclusa" / "codes" / "data"
MANIFEST = DATA / "manifest.json"

Row = tuple[str, ...]

UNCL = "formats/untdid_xml_pydifact/d24a/data/codes.xml"


def unlocode(source: Path) -> Iterable[Row]:
    """Places; rows of one code (a town with names in two languages) become one."""
    places: dict[str, list[str]] = {}
    for file in sorted((source / "formats/codelists/unlocode/locodes").glob("*.csv")):
        for row in _csv_rows(file):
            _add_place(places, row)
    return (tuple(place) for _, place in sorted(places.items()))


def _add_place(places: dict[str, list[str]], row: list[str]) -> None:
    _, country, place, name, plain, subdivision, functions, status, _, iata, where, _ = row
    if not place:
        return
    known = places.get(country + place)
    if known is None:
        same = "" if plain == name else plain
        fields = [country + place, name, same, subdivision, functions, status, iata, where, ""]
        places[country + place] = fields
    elif name != known[1]:
        known[8] = "|".join(filter(None, [known[8], name]))


def hs(source: Path) -> Iterable[Row]:
    """Chapters, headings and subheadings; lines of trade statistics alone (total, 99) stay out."""
    rows = _csv_dicts(source / "targeting/harmonized-system/harmonized-system.csv")
    return (
        (row["hscode"], row["description"], row["section"])
        for row in rows
        if row["hscode"].isdigit() and not row["hscode"].startswith("99")
    )


def hs_section(source: Path) -> Iterable[Row]:
    """Sections by their Roman number."""
    rows = _csv_dicts(source / "targeting/harmonized-system/sections.csv")
    return ((row["section"], row["name"][:1].upper() + row["name"][1:]) for row in rows)


def country(source: Path) -> Iterable[Row]:
    """ISO 3166-1 joined over the country's name, with CLDR names; Kosovo added."""
    xsd = source / "formats/codelists/niem/codes_iso_3166.xsd"
    alpha3 = {name: code for code, name in niem(xsd, "CountryAlpha3CodeSimpleType")}
    numeric = {name: code for code, name in niem(xsd, "CountryNumericCodeSimpleType")}
    english, spanish = (dict(babel.Locale(lang).territories) for lang in ("en", "es"))
    rows = [
        (code, alpha3[name], numeric[name], english[code], spanish[code], name)
        for code, name in niem(xsd, "CountryAlpha2CodeSimpleType")
    ]
    rows.append(("XK", "XKX", "", english["XK"], spanish["XK"], "Kosovo"))
    return sorted(rows)


def country_name(source: Path) -> Iterable[Row]:
    """GENC short and full names of the entities that ISO 3166-1 has too."""
    iso = {row[0] for row in country(source)}
    for row in _csv_dicts(source / "formats/codelists/genc/genc_3-12_char2.csv"):
        if row["char2 code"] in iso:
            for name in dict.fromkeys([row["short name"], row["full name"]]):
                yield row["char2 code"], "en", name


def undg(source: Path) -> Iterable[Row]:
    """UN numbers as four digits; those of the United States alone keep their two letters."""
    xsd = source / "formats/codelists/niem/codes_hazmat.xsd"
    for code, name in niem(xsd, "HazmatCodeSimpleType"):
        yield code.removeprefix("UN"), name


def package(source: Path) -> Iterable[Row]:
    """Recommendation 21 codes."""
    xsd = source / "formats/codelists/niem/codes_it_codes.xsd"
    return sorted(niem(xsd, "UNECECategoryCodeSimpleType"))


def mid(source: Path) -> Iterable[Row]:
    """Digits, flag and name; the alpha-3 column of the original has slips and is left out."""
    table = json.loads((source / "maritime/identity/mids.json").read_text("utf-8"))
    return ((digits, entry[0], entry[3]) for digits, entry in sorted(table.items()))


def port(source: Path) -> Iterable[Row]:
    """Ports; the country's name becomes alpha-2, damaged UN/LOCODEs are left out.

    Two numbers stand twice in the original: the row that states the harbour's size stays.
    """
    names = _country_index()
    rows = _csv_dicts(source / "maritime/ports/nga_wpi_UpdatedPub150.csv")
    rows.sort(key=lambda row: (float(row["World Port Index Number"]), row["Harbor Size"] == " "))
    once = {row["World Port Index Number"]: row for row in reversed(rows)}
    for row in reversed(once.values()):
        locode = row["UN/LOCODE"].replace(" ", "")
        valid = re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", locode)
        yield (
            row["World Port Index Number"], row["Main Port Name"].strip(),
            row["Alternate Port Name"].strip(), locode if valid else "",
            names[row["Country Code"].strip()], _degrees(row["Latitude"], 90),
            _degrees(row["Longitude"], 180), row["Harbor Size"].strip().lower(),
        )  # fmt: skip


def _country_index() -> dict[str, str]:
    from esclusa.codes import country as countries

    class Index(dict[str, str]):
        def __missing__(self, name: str) -> str:
            found = countries.by_name(name)
            if found is None and name:
                raise SystemExit(f"port: no country is called {name!r}; add a variant")
            return found.alpha2 if found else ""

    return Index()


def _degrees(text: str, limit: int) -> str:
    value = float(text)
    if abs(value) > limit:
        raise SystemExit(f"port: position {text} is off the globe")
    return f"{value:.6f}".rstrip("0").rstrip(".")


def uncl(element: str) -> Callable[[Path], Iterable[Row]]:
    """Return the reader of one element's codes from the XML form of a directory."""

    def rows(source: Path) -> Iterable[Row]:
        xml = (source / UNCL).read_text("utf-8")
        block = re.search(rf'<data_element id="{element}">(.*?)</data_element>', xml, re.S)
        if not block:
            raise SystemExit(f"uncl: element {element} is not in {UNCL}")
        found = re.findall(r'<code id="([^"]*)" title="([^"]*)" desc="([^"]*)"', block[1])
        return [(code, _plain(name), _plain(meaning)) for code, name, meaning in found]

    return rows


def niem(xsd: Path, simple_type: str) -> list[tuple[str, str]]:
    """Return (value, documentation) of the enumeration in a NIEM schema."""
    text = xsd.read_text("utf-8")
    block = re.search(rf'<xs:simpleType name="{simple_type}">(.*?)</xs:simpleType>', text, re.S)
    if block is None:
        raise SystemExit(f"{xsd.name}: no type {simple_type}")
    pattern = r'<xs:enumeration value="([^"]*)">.*?<xs:documentation>(.*?)</xs:documentation>'
    return [(html.unescape(v), _plain(name)) for v, name in re.findall(pattern, block[1], re.S)]


def _plain(text: str) -> str:
    """Plain words; what the original sets in italics (not part of the name) goes in brackets."""
    marked = re.sub(
        r"<i>[\s,]*(.*?)[\s,]*</i>", r" [\1]", html.unescape(html.unescape(text)), flags=re.S
    )
    return " ".join(re.sub(r"<[^<>]*>", "", marked).split())


def _csv_rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.reader(stream) if row]


def _csv_dicts(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def read_own(name: str) -> list[Row]:
    """Return the rows of a list kept by hand."""
    lines = (DATA / f"{name}.tsv").read_text("utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines]


def write(name: str, rows: Iterable[Row], manifest: dict[str, Any]) -> None:
    """Write one list and set its counts and hashes in the manifest."""
    entry = manifest[name]
    table = [tuple(" ".join(field.split()) for field in row) for row in rows]
    _verify(name, table, len(entry["columns"]))
    content = ("\n".join("\t".join(row) for row in table) + "\n").encode("utf-8")
    data = gzip.compress(content, 9, mtime=0) if entry["file"].endswith(".gz") else content
    (DATA / entry["file"]).write_bytes(data)
    entry["rows"] = len(table)
    entry["sha256"] = hashlib.sha256(data).hexdigest()
    entry["content_sha256"] = hashlib.sha256(content).hexdigest()
    print(f"{name:16} {len(table):7,} rows {len(data):10,} bytes")


def _verify(name: str, table: list[Row], width: int) -> None:
    wrong = sum(len(row) != width for row in table)
    if wrong or not table:
        raise SystemExit(f"{name}: {wrong} of {len(table)} rows do not have {width} columns")
    keys = {row if name in SEVERAL_PER_KEY else row[:1] for row in table}
    if len(keys) != len(table):
        raise SystemExit(f"{name}: {len(table) - len(keys)} keys stand twice")


NOT_COUNTED = {"rows": 0, "sha256": "", "content_sha256": ""}
"""What a list newly named in the manifest has until it is packed."""

SEVERAL_PER_KEY = {"country_name", "country_variant", "size_type"}
HAND_KEPT = ("icao_9303", "country_variant", "size_type")
PACKED: dict[str, Callable[[Path], Iterable[Row]]] = {
    "unlocode": unlocode, "hs": hs, "hs_section": hs_section, "country": country,
    "country_name": country_name, "undg": undg, "package": package, "mid": mid,
    "uncl_1001": uncl("1001"), "uncl_3035": uncl("3035"), "uncl_3227": uncl("3227"),
    "port": port,
}  # fmt: skip
"""Order matters once: ports are read with the country names packed before them."""


def main(arguments: list[str]) -> None:
    """Rebuild the lists; SOURCE_DIR is the only argument."""
    written: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    manifest = {name: NOT_COUNTED | entry for name, entry in written.items()}
    for name in HAND_KEPT:
        write(name, read_own(name), manifest)
    save(manifest)
    for name in PACKED if arguments else ():
        write(name, PACKED[name](Path(arguments[0])), manifest)
        save(manifest)


def save(manifest: dict[str, Any]) -> None:
    """Write the manifest, the same bytes for the same content."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
    MANIFEST.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
