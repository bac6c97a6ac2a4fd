"""Link the rows of a made-up world with splink and print its CPU seconds.

    PYTHON benchmarks/peers/splink_peer.py ROWS.json ANSWER.json

PYTHON is an interpreter of an environment of its own with ``pip install splink``. The comparisons
are those of splink's library for names, birth dates and exact values, with their defaults; weights
are learned by its expectation maximisation, as its tutorial does. Groups are written for the
thresholds 0.5, 0.9, 0.95 and 0.99 of match probability.
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

THRESHOLDS = (0.5, 0.9, 0.95, 0.99)
COLUMNS = ("birth", "country", "number", "phone", "address", "place")


def table(rows: list[dict[str, Any]]) -> Any:
    """Return the rows with the name cut into first and last, as splink asks for."""
    told = []
    for number, row in enumerate(rows):
        name = row["name"]
        last, comma, first = name.partition(", ")
        words = [*first.split(), last] if comma else name.split()
        fields = {key: row[key] or None for key in COLUMNS}
        told.append(
            {
                "unique_id": number,
                "first": words[0],
                "last": words[-1],
                "whole": " ".join(sorted(words)),
                **fields,
            }
        )
    return pa.Table.from_pylist(told)


def model() -> Any:
    """Return splink's settings: comparisons of its library with their defaults."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ForenameSurnameComparison("first", "last"),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            *(cl.ExactMatch(name).configure(term_frequency_adjustments=True) for name in ("country", "place")),
            *(cl.ExactMatch(name) for name in ("number", "phone")),
            cl.LevenshteinAtThresholds("address"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first", "last"), block_on("birth"), block_on("number"), block_on("phone"),
            block_on("address"), block_on("last", "country"), block_on("first", "country", "place"),
        ],
    )  # fmt: skip


def groups(linker: Any, pairs: Any, threshold: float, count: int) -> list[int]:
    """Return the number of the group of each row."""
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold)
    names: dict[Any, int] = {}
    answer = [0] * count
    for row in found.as_record_list():
        answer[row["unique_id"]] = names.setdefault(row["cluster_id"], len(names))
    return answer


def main() -> None:
    """Train, predict and group; the JSON line at the end tells the time."""
    logging.disable(logging.WARNING)
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    begun = time.process_time()
    api = DuckDBAPI()
    linker = Linker(api.register(table(rows), table_name="world"), model(), log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("first", "last", "birth"), block_on("number")], recall=0.5
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    training.estimate_parameters_using_expectation_maximisation(block_on("first", "last"))
    training.estimate_parameters_using_expectation_maximisation(block_on("birth"))
    pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
    found = {f"{one}": groups(linker, pairs, one, len(rows)) for one in THRESHOLDS}
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
    print(json.dumps({"cpu": time.process_time() - begun, "version": splink.__version__}))


if __name__ == "__main__":
    main()
