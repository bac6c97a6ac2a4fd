"""Small tables that turn a standard's codes into Esclusa's words.

They are data files so that a customs officer can check them against the code list of the standard
without reading a program.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from importlib import resources


def load_map(package: str, name: str) -> dict[str, dict[str, str]]:
    """Read ``name`` in ``package`` (columns ``list,code,means,name``).

    Returns list → code → Esclusa's word. Raises ``ValueError`` when a code stands twice in a list.
    """
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        table, code = tables[row["list"]], row["code"]
        if code in table:
            raise ValueError(f"{name}: code {code!r} stands twice in list {row['list']!r}")
        table[code] = row["means"]
    return dict(tables)
