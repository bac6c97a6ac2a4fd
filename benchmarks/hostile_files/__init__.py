"""Files made to be slow to read, of any size. Nothing in them is real."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.hostile_files.edi import EDIFACT, X12
from benchmarks.hostile_files.lists import FTM, OFAC, UN
from benchmarks.hostile_files.made import Case
from benchmarks.hostile_files.tables import CSV, GZIP, XLSX


def _cases() -> Iterable[Case]:
    groups = (
        ("edifact", "hostile.edi", EDIFACT), ("x12", "hostile.x12", X12),
        ("tabular.csv", "hostile.csv", CSV), ("tabular.csv", "hostile.csv.gz", GZIP),
        ("tabular.xlsx", "hostile.xlsx", XLSX), ("un_security_council", "hostile.xml", UN),
        ("opensanctions_ftm", "hostile.json", FTM), ("ofac_sdn", "sdn.csv", OFAC),
    )  # fmt: skip
    for format_id, file, found in groups:
        for name, make in found:
            yield Case(format_id, name, file, make)


CASES = tuple(_cases())
