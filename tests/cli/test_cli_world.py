"""`esclusa world make`: a folder of tables, whole or not at all, that a node can take in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.analysis.world import COLUMNS, read_parameters
from esclusa.cli.commands import cli
from esclusa.model import record_id
from esclusa.node import Node

SMALL = 'acting = ["persistent", "mover"]\n'
SMALL += "[trade]\nconsignments_per_week = 30\n[parties]\nimporters = 20\nbirths_per_week = 0.5\n"
PUBLIC = ("bills", "goods", "boxes", "moves", "parties", "outcomes")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of parameters for a small world."""
    path = tmp_path_factory.mktemp("parameters") / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="module")
def made(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world of three weeks, as tables in both forms and as messages."""
    out = tmp_path_factory.mktemp("worlds") / "made"
    done = run("world", "make", "--out", out, "--seed", 7, "--weeks", 3, "--start", "2026-02-02",
               "--inspect", 0.2, "--parameters", small, "--format", "both", "--messages")  # fmt: skip
    assert done.exit_code == 0, done.output
    bills = pl.read_parquet(out / "bills.parquet")
    assert done.stdout.startswith(f"{out}: 3 weeks, {len(bills)} bills, ")
    return out


def test_the_folder_holds_tables_truth_parameters_and_a_page(made: Path) -> None:
    tables = {f"{name}.{kind}" for name in PUBLIC for kind in ("csv", "parquet")}
    others = {"truth.csv", "parameters.toml", "README.md", "messages", "examinations",
              "examinations.toml"}  # fmt: skip
    assert {path.name for path in made.iterdir()} == tables | others
    for name in PUBLIC:
        table = pl.read_parquet(made / f"{name}.parquet")
        assert dict(table.schema) == {column: kind for column, (kind, _) in COLUMNS[name].items()}
        assert len(pl.read_csv(made / f"{name}.csv", infer_schema=False)) == len(table)


def test_the_page_names_every_column_and_the_seed(made: Path) -> None:
    page = (made / "README.md").read_text()
    for name, columns in COLUMNS.items():
        part = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        assert [c for c in columns if f"| `{c}` |" not in part] == []
    assert "seed 7" in page
    assert "a share of 0.2" in page


def test_the_parameters_used_make_the_same_world_again(made: Path, tmp_path: Path) -> None:
    used = read_parameters((made / "parameters.toml").read_text())
    assert (used.weeks, used.start) == (3, dt.date(2026, 2, 2))
    again = tmp_path / "again"
    done = run("world", "make", "--out", again, "--seed", 7, "--inspect", 0.2,
               "--parameters", made / "parameters.toml", "--format", "csv", "--messages")  # fmt: skip
    assert done.exit_code == 0, done.output
    files = [path.relative_to(again) for path in again.rglob("*") if path.is_file()]
    assert len(files) == len(PUBLIC) + 3 + 3 + 3 + 1
    for path in files:
        assert (again / path).read_bytes() == (made / path).read_bytes(), path


def test_outcomes_are_those_of_the_share_that_was_opened(made: Path) -> None:
    outcomes, boxes = (pl.read_parquet(made / f"{n}.parquet") for n in ("outcomes", "boxes"))
    opened = outcomes.group_by("week").agg(pl.col("box").n_unique().alias("opened"))
    per_week = boxes.group_by("week").len().join(opened, on="week")
    assert len(per_week) == 3
    assert (per_week["opened"] == (per_week["len"] * 0.2).round()).all()
    assert set(outcomes["box"]) < set(boxes["box"])


def test_the_truth_stands_in_its_own_file_alone(made: Path) -> None:
    truth = pl.read_csv(made / "truth.csv")
    bills = pl.read_parquet(made / "bills.parquet")
    assert set(truth["bill"]) == set(bills["bill"])
    hidden = {"fraud", "scheme", "cover", "actor", "moves", "traces"}
    for name in PUBLIC:
        assert hidden.isdisjoint(pl.read_parquet(made / f"{name}.parquet").columns)
    schemes = {*truth["scheme"].drop_nulls(), "cover", "fraud"}
    told = [*(made / "messages").iterdir(), *(made / "examinations").iterdir()]
    text = "".join(path.read_text("latin-1") for path in told).lower()
    assert [word for word in schemes if word.lower() in text] == []


def test_a_node_takes_the_messages_in(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    worlds.make(folder).close()
    files = sorted((made / "messages").iterdir())
    assert [path.name for path in files] == [f"week-{n:04d}.edi" for n in range(3)]
    done = run("ingest", "--node", folder, files[0], files[1])
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["counts"].get("quarantined", 0) for row in rows] == [0, 0]
    bills = pl.read_parquet(made / "bills.parquet").filter(pl.col("week") < 2)
    assert sum(row["counts"]["new"] for row in rows) >= len(bills)
    node = Node.open(folder)
    try:
        reader = worlds.reader(node)
        known = sum(
            len(node.search(reader, text, kind="consignment").rows)
            for text in bills["bill"].sample(12, seed=1).to_list()
        )
    finally:
        node.close()
    assert known == 12


def test_a_made_world_goes_round_from_messages_and_examinations_to_outcomes(
    made: Path, tmp_path: Path
) -> None:
    """The whole loop: each bill of an opened box has at the node the outcome of the world's table,
    known when it says, and no other bill has one."""
    folder = tmp_path / "node"
    worlds.make(folder).close()
    tables = sorted((made / "examinations").iterdir())
    done = run("ingest", "--node", folder, *sorted((made / "messages").iterdir()))
    assert done.exit_code == 0, done.output
    done = run("ingest", "--node", folder, "--mapping", made / "examinations.toml", *tables)
    assert done.exit_code == 0, done.output
    counts = [json.loads(line)["counts"] for line in done.stdout.splitlines()]
    outcomes = pl.read_parquet(made / "outcomes.parquet")
    assert sum(each["new"] for each in counts) == len(outcomes)
    assert sum(each.get("quarantined", 0) for each in counts) == 0
    node = Node.open(folder)
    try:
        found = node.outcomes(worlds.reader(node), kinds=("consignment",))
        half = dt.datetime.combine(outcomes["known"].median(), dt.time(), dt.UTC)
        known = node.outcomes(worlds.reader(node), kinds=("consignment",), known_by=half)
    finally:
        node.close()
    carriers = pl.read_parquet(made / "bills.parquet").select("bill", "carrier")
    names = outcomes.join(carriers, on="bill").select(
        pl.struct("carrier", "bill").map_elements(
            lambda row: record_id("marisol", "consignment", f"{row['carrier']}/{row['bill']}"),
            return_dtype=pl.String,
        ).alias("subject"), "box", "found", pl.col("known").cast(pl.Datetime("us", "UTC")),
    )  # fmt: skip
    assert len(names) == len(outcomes) > 10
    both = found.join(names, on="subject", suffix="_made")
    assert len(both) == len(found) == len(names)
    assert (both["found"] == both["found_made"]).all()
    assert (both["known"] == both["known_made"]).all()
    assert both["found"].any()
    assert both["event"].n_unique() == outcomes["box"].n_unique()
    assert set(both["lane"]) == {"control_random"}
    assert both["probability"].is_between(0.15, 0.25).all()
    assert set(known["subject"]) == set(names.filter(pl.col("known") <= half)["subject"])
    assert 0 < len(known) < len(found)


def test_an_existing_folder_is_refused_and_left_alone(made: Path, small: Path) -> None:
    before = (made / "README.md").read_bytes()
    done = run("world", "make", "--out", made, "--weeks", 1, "--parameters", small)
    assert done.exit_code == 1
    assert done.stderr == "esclusa: made: exists already, and is not written over\n"
    assert (made / "README.md").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--start", "2026-01-06"), "the default parameters: start is Tuesday, expected a Monday"),
        (
            ("--start", "yesterday"),
            "--start: 'yesterday' is no date, expected one such as 2026-01-05",
        ),
    ],
)
def test_a_bad_option_leaves_nothing(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    done = run("world", "make", "--out", tmp_path / "new", *words)
    assert (done.exit_code, done.stderr) == (1, f"esclusa: {sentence}\n")
    assert list(tmp_path.iterdir()) == []


def test_bad_parameters_are_named_and_leave_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[exams]\nmissed = 2\n")
    done = run("world", "make", "--out", tmp_path / "new", "--parameters", bad)
    assert done.exit_code == 1
    assert done.stderr.startswith("esclusa: bad.toml: ")
    assert "`$.exams.missed`" in done.stderr
    bad.write_bytes(b"\xff\xfe")
    done = run("world", "make", "--out", tmp_path / "new", "--parameters", bad)
    assert done.stderr.startswith("esclusa: bad.toml: cannot be read")
    assert list(tmp_path.iterdir()) == [bad]


def test_a_world_that_breaks_off_leaves_nothing(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from esclusa.analysis.world import World

    def fails(_world: World) -> pl.DataFrame:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(World, "truth", fails)
    done = run("world", "make", "--out", tmp_path / "new", "--weeks", 1, "--parameters", small)
    assert (done.exit_code, done.stderr) == (
        1, "esclusa: new: cannot be written: No space left on device\n",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_no_folder_is_refused(tmp_path: Path) -> None:
    done = run("world", "make", "--out", tmp_path / "no" / "new")
    assert (done.exit_code, done.stderr) == (
        1, "esclusa: new: cannot be made: No such file or directory\n",
    )  # fmt: skip
