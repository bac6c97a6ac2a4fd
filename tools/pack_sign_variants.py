"""Write data/sign_variants.csv of screening: one form for each Chinese sign that has several.

    python tools/pack_sign_variants.py FOLDER

FOLDER holds OpenCC's dictionaries (Apache-2.0) ``TSCharacters.txt``, ``JPVariants.txt``,
``HKVariants.txt`` and ``TWVariants.txt``, as the package opencc-python-reimplemented carries them.
A traditional sign leads to its simplified one, a form of Japan, Hong Kong or Taiwan to the same.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

DATA = Path(__file__).parents[1] / "src/esclusa/analysis/screening/data/sign_variants.csv"
REGIONS = ("JPVariants.txt", "HKVariants.txt", "TWVariants.txt")
_PLANE = 0x10000
"""Signs beyond the first plane of Unicode hardly stand in names; leaving them out saves a third."""


def pairs(folder: Path) -> dict[str, str]:
    """Return sign → the one form it stands for."""
    found: dict[str, str] = {}

    def form(sign: str) -> str:
        while sign in found:
            sign = found[sign]
        return sign

    def lead(sign: str, other: str) -> None:
        one, two = form(sign), form(other)
        if one != two and max(len(one), len(two)) == 1 and max(map(ord, one + two)) < _PLANE:
            found[one] = two

    for sign, others in _rows(folder / "TSCharacters.txt"):
        lead(sign, others[0])
    for name in REGIONS:
        for sign, others in _rows(folder / name):
            for other in others:
                lead(other, sign)
    return {sign: form(sign) for sign in sorted(found)}


def _rows(path: Path) -> list[tuple[str, list[str]]]:
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [(sign, others.split()) for sign, others in lines]


def main() -> None:
    found = pairs(Path(sys.argv[1]))
    with DATA.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sign", "form"])
        writer.writerows(found.items())
    print(f"{len(found):,} signs, {DATA.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
