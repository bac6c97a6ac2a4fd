"""`esclusa world`: a planted world to measure methods in, as files."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esclusa.cli.output import answers

if TYPE_CHECKING:
    import polars as pl

    from esclusa.analysis.world import Parameters, Week, World

_PUBLIC = ("bills", "goods", "boxes", "moves", "parties", "outcomes")
_MOST_SEED = 2**63 - 1


@click.group()
def world() -> None:
    """A planted world of trade, to measure methods in: make."""


@world.command("make")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to make; it must not exist.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, _MOST_SEED),
    help="Equal seeds make equal worlds.",
)
@click.option(
    "--weeks",
    default=None,
    type=click.IntRange(1, 1_000),
    help="Weeks to play [default: as the parameters say].",
)
@click.option(
    "--start",
    default=None,
    metavar="2026-01-05",
    help="First day, a Monday [default: as the parameters say].",
)
@click.option(
    "--inspect",
    "share",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of each week's boxes that is opened, drawn at random.",
)
@click.option(
    "--parameters",
    "file",
    default=None,
    help="TOML with what is to differ.",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option(
    "--format",
    "kind",
    default="parquet",
    show_default=True,
    type=click.Choice(["parquet", "csv", "both"]),
    help="How the tables are written.",
)
@click.option(
    "--messages",
    "with_messages",
    is_flag=True,
    help="Also write each week's bills as CUSCAR, and what came of the boxes opened as a table of "
    "examinations with its mapping, for `esclusa ingest`.",
)
@answers
def make(
    out: Path, seed: int, weeks: int | None, start: str | None, share: float, file: Path | None,
    kind: str, with_messages: bool,
) -> None:  # fmt: skip
    """Make a world and write it into a folder, whole or not at all.

    The folder gets the tables, the outcomes of the boxes that were opened, truth.csv apart, the
    parameters and a page that explains each column.
    """
    from esclusa.analysis.world import World
    from esclusa.samples import sample

    with _whole_folder(out) as folder:
        played = World(_parameters(file, weeks, start), seed)
        if with_messages:
            (folder / "messages").mkdir()
            (folder / "examinations").mkdir()
            mapping = sample("examinations.toml").read_bytes()
            (folder / "examinations.toml").write_bytes(mapping)
        tables = _play(played, share, folder if with_messages else None)
        for name, table in tables.items():
            _write(table, folder / name, kind)
        truth = played.truth()
        truth.write_csv(folder / "truth.csv")
        _describe(folder, played, share, tables)
    frauds = int(truth["fraud"].sum())
    opened = tables["outcomes"]["box"].n_unique()
    click.echo(f"{out}: {played.played} weeks, {len(truth):,} bills, {frauds:,} of them frauds, "
               f"{opened:,} boxes opened")  # fmt: skip


def _parameters(file: Path | None, weeks: int | None, start: str | None) -> Parameters:
    from esclusa.analysis.world import read_parameters
    from esclusa.errors import InputError

    above: dict[str, Any] = {} if weeks is None else {"weeks": weeks}
    if start is not None:
        try:
            above["start"] = dt.date.fromisoformat(start)
        except ValueError:
            reason = f"{start[:20]!r} is no date, expected one such as 2026-01-05"
            raise InputError(reason, file="--start") from None
    if file is None:
        return read_parameters("", file="the default parameters", above=above)
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=file.name) from None
    return read_parameters(text, file=file.name, above=above)


def _play(played: World, share: float, folder: Path | None) -> dict[str, pl.DataFrame]:
    """Play all weeks, open boxes at random, and return the public tables.

    :param folder: where messages go; None for none.
    """
    import polars as pl

    found: dict[str, list[pl.DataFrame]] = {name: [] for name in _PUBLIC}
    for _number in range(played.parameters.weeks):
        week = played.week()
        for name in _PUBLIC[:-1]:
            found[name].append(getattr(week, name))
        drawn = _drawn(week, share, played.seed)
        outcomes = played.inspect(drawn)
        found["outcomes"].append(outcomes)
        if folder is not None:
            _write_messages(week, pl.concat(found["parties"]), folder / "messages")
            _write_examinations(week, outcomes, len(drawn), folder / "examinations")
    return {name: pl.concat(tables) for name, tables in found.items()}


def _drawn(week: Week, share: float, seed: int) -> list[str]:
    """Draw a plain random share of the week's boxes, each as likely as any other."""
    import numpy as np

    count = round(share * len(week.boxes))
    rng = np.random.default_rng([seed, week.number, 0x5EA])
    chosen = rng.choice(len(week.boxes), count, replace=False)
    return week.boxes["box"].gather(np.sort(chosen)).to_list()


def _write(table: pl.DataFrame, path: Path, kind: str) -> None:
    if kind != "csv":
        table.write_parquet(path.with_suffix(".parquet"))
    if kind != "parquet":
        table.write_csv(path.with_suffix(".csv"))


def _write_messages(week: Week, parties: pl.DataFrame, folder: Path) -> None:
    """Write a week's bills as one interchange.

    :raises WritingError: a bill cannot be written.
    """
    from esclusa.analysis.world import messages
    from esclusa.formats.heading import Heading
    from esclusa.formats.writers import Written, write

    heading = Heading(
        sender="PLANTEDWORLD",
        recipient="MARISOLCUSTOMS",
        reference=f"W{week.number:04d}",
        prepared=f"{week.starts}T00:00",
    )
    told = Written()
    with (folder / f"week-{week.number:04d}.edi").open("wb") as sink:
        for piece in write(messages(week, parties), "edifact.cuscar", heading, told):
            sink.write(piece)
    if told.refused:
        raise told.refused[0]


def _write_examinations(week: Week, outcomes: pl.DataFrame, drawn: int, folder: Path) -> None:
    """Write what came of a week's boxes, each of which had the same chance to be drawn."""
    from esclusa.analysis.world import examinations

    if drawn:
        chance = drawn / len(week.boxes)
        table = examinations(week, outcomes, lane="control_random", probability=chance)
        table.write_csv(folder / f"week-{week.number:04d}.csv")


@contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """Yield a folder beside ``out`` that takes its place at the end, and goes on an error.

    :raises InputError: ``out`` exists, or cannot be made.
    """
    from esclusa.errors import InputError

    if out.exists() or out.is_symlink():
        raise InputError("exists already, and is not written over", file=out.name)
    try:
        beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror}", file=out.name) from None
    try:
        yield beside
        beside.chmod(0o755)
        beside.rename(out)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=out.name) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _describe(folder: Path, played: World, share: float, tables: dict[str, pl.DataFrame]) -> None:
    """Write the parameters, and the page that names each table and column."""
    from esclusa import __version__
    from esclusa.analysis.world import COLUMNS, written

    parameters = played.parameters
    (folder / "parameters.toml").write_text(written(parameters), "utf-8")
    acting = [f"- `{s.name}`: {s.title_en}" for s in parameters.schemes]
    lines = [
        "# A planted world",
        "",
        "Invented trade. No party, carrier, ship or event in it is real. Made by "
        f"`esclusa world make`, version {__version__}, seed {played.seed}, with `parameters.toml`.",
        "",
        f"{played.played} weeks from {parameters.start}. Of each week's boxes, a share of {share} "
        "was opened, drawn at random, each with that probability. `outcomes` says what came of it; "
        "nothing is known of any other box. `truth.csv` tells which bills carry a fraud. It is for "
        "measuring a method, never for making it decide.",
        "",
        "## Schemes at work",
        "",
        *acting,
    ]  # fmt: skip
    for name, columns in COLUMNS.items():
        rows = f"{len(tables[name]):,} rows" if name in tables else "for measuring alone"
        lines += ["", f"## {name}", "", rows, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{column}` | {_type(kind)} | {text} |"
                  for column, (kind, text) in columns.items()]  # fmt: skip
    (folder / "README.md").write_text("\n".join(lines) + "\n", "utf-8")


def _type(kind: Any) -> str:
    words = {"String": "text", "Boolean": "true or false", "Date": "day", "Float64": "number"}
    name = str(kind)
    return words.get(name, "moment" if name.startswith("Datetime") else "whole number")
