"""Score judged pairs with splink and print the match weight of each.

    PYTHON benchmarks/peers/splink_pairs.py PAIRS.json ANSWER.json

PYTHON is an interpreter of an environment of its own with ``pip install splink``. Each pair is
``[row, row]``; a row has ``names``, ``birth``, ``country``, ``number``, ``address``, each a list.
The left rows are linked with the right rows: comparisons of splink's library with their defaults,
weights learned by its expectation maximisation on all rows, as its tutorial does; then the judged
pairs alone are scored.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import splink
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.internals.duckdb.database_api import DuckDBAPI

MANY = ("names", "number", "address")
ONE = ("birth", "country")


def table(rows: list[dict[str, Any]]) -> Any:
    """Return rows as splink asks for them: one first and one last name, one date, lists in lower
    case; what is missing is null."""
    told = []
    for number, row in enumerate(rows):
        words = row["names"][0].lower().replace(",", " ").split() if row["names"] else []
        lists = {name: [v.lower() for v in row[name]] or None for name in MANY}
        told.append(
            {
                "unique_id": number, "pair": number, **lists,
                "first": words[0] if words else None, "last": words[-1] if words else None,
                **{name: (row[name] or [None])[0] for name in ONE},
            }
        )  # fmt: skip
    lists = [(name, pa.list_(pa.string())) for name in MANY]
    texts = [(name, pa.string()) for name in ("first", "last", *ONE)]
    shape = pa.schema([("unique_id", pa.int64()), ("pair", pa.int64()), *lists, *texts])
    return pa.Table.from_pylist(told, shape)


def main() -> None:
    """Train and score; the JSON line at the end tells the time."""
    logging.disable(logging.WARNING)
    pairs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    begun = time.process_time()
    api = DuckDBAPI()
    sides = [
        api.register(table([pair[n] for pair in pairs]), table_name=f"side{n}") for n in (0, 1)
    ]
    chosen = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.ForenameSurnameComparison("first", "last"),
            cl.ArrayIntersectAtSizes("names", [1]),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            cl.ExactMatch("country").configure(term_frequency_adjustments=True),
            cl.ArrayIntersectAtSizes("number", [1]),
            cl.ArrayIntersectAtSizes("address", [1]),
        ],
        blocking_rules_to_generate_predictions=[block_on("pair")],
    )
    linker = Linker(sides, chosen, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("first", "last")], recall=0.5)
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("first", "last"), block_on("birth"), block_on("country", "last")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    found = {
        row["unique_id_l"]: row["match_weight"]
        for row in linker.inference.predict().as_record_list()
    }
    answer = [found.get(number, -99.0) for number in range(len(pairs))]
    Path(sys.argv[2]).write_text(json.dumps(answer), encoding="utf-8")
    print(json.dumps({"cpu": time.process_time() - begun, "version": splink.__version__}))


if __name__ == "__main__":
    main()
