"""Consignments a second from received bytes to stored, screened, judged and queued.

    python benchmarks/ingest.py [--sizes 10000 20000 40000] [--database sqlite|postgresql|both]
                                [--entities]

Every run starts with an empty node and 20,000 list entries in force (the published OFAC and UN
lists, filled up with invented names), all rules of the first pack active. One manifest of the
largest size is cut into a file per size, and each file goes into the same node: what a consignment
costs in the last step, when the ledger is full, is compared with the first. SQLite and PostgreSQL
take turns file by file. The floor is the same file read without storing anything. ``--entities``
tells after each step what it costs to bring the entities of one set of labels up to date, which a
served node does beside the intake.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import sqlalchemy as sa
from benchmarks.synthetic import generate_cuscar

from esclusa.formats import open_stream, read_stream
from esclusa.model import Message
from esclusa.node import Node

ENTRIES = 20_000
PER_MESSAGE = 100


def invented(count: int) -> bytes:
    """Return list entries with invented names, as OpenSanctions JSON lines."""
    rng = random.Random(7)
    syllables = [
        "ba",
        "ce",
        "di",
        "fo",
        "gu",
        "ka",
        "le",
        "mi",
        "no",
        "pu",
        "ra",
        "se",
        "ti",
        "vo",
        "xu",
        "ya",
        "zel",
        "mar",
        "tor",
        "vin",
    ]
    rows = []
    for number in range(count):
        words = ["".join(rng.choices(syllables, k=rng.randint(2, 4))).title() for _ in range(3)]
        properties = {"name": [" ".join(words)]}
        rows.append({"id": f"inv{number}", "schema": "Company", "properties": properties})
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def load_lists(node: Node) -> int:
    """Bring 20,000 entries into force and return how many there are."""
    folder = files("esclusa.samples").joinpath("lists")
    total = 0
    for list_id, names in (
        ("ofac_sdn", ("ofac_sdn.csv.gz", "ofac_alt.csv.gz", "ofac_add.csv.gz")),
        ("un_sc", ("un_consolidated.xml.gz",)),
    ):
        streams = [(name, folder.joinpath(name).open("rb")) for name in names]
        total += node.add_list(node.operator(), list_id, list_id, streams).entries
    data = io.BytesIO(invented(ENTRIES - total))
    return total + node.add_list(node.operator(), "own", "own", [("own.json", data)]).entries


class Step(NamedTuple):
    """A file that takes a node from one size to the next."""

    size: int
    added: int
    path: Path


def steps(sizes: list[int], folder: Path) -> Iterator[Step]:
    """Write one made-up interchange of the largest size, cut into a file for each size."""
    pieces = generate_cuscar(sizes[-1], per_message=PER_MESSAGE)
    header, before = next(pieces), 0
    for size in sizes:
        messages = -(-size // PER_MESSAGE) - -(-before // PER_MESSAGE)
        path = folder / f"manifest-{size}.edi"
        with path.open("wb") as file:
            file.write(header)
            file.writelines(islice(pieces, messages))
            file.write(f"UNZ+{messages}+SYN1'\n".encode("ascii"))
        yield Step(size, size - before, path)
        before = size


def read_only(path: Path) -> float:
    """Return the seconds it takes to read the file and store nothing."""
    began = time.perf_counter()
    with path.open("rb") as raw:
        items = read_stream(open_stream(raw, path.name), path.name)
        assert sum(len(item.statements) for item in items if isinstance(item, Message))
    return time.perf_counter() - began


class Taken(NamedTuple):
    """What taking one file in cost: seconds on the clock and of this process's CPU, and alerts."""

    seconds: float
    cpu: float
    alerts: int


def take(node: Node, step: Step) -> Taken:
    """Take the step's file in, whole."""
    began, cpu = time.perf_counter(), time.process_time()
    with step.path.open("rb") as stream:
        view = node.ingest(node.operator(), step.path.name, stream)
    taken = Taken(time.perf_counter() - began, time.process_time() - cpu, view.counts["alerts"])
    assert view.state == "done", view.reason
    assert view.counts["new"] >= step.added, view.counts
    return taken


class Kept(NamedTuple):
    """What bringing the entities of the operator's labels up to date cost: seconds of CPU; whether
    they were worked out anew; and the size of what is kept, in MB."""

    cpu: float
    anew: bool
    size: float


def keep(node: Node) -> Kept:
    """Bring the entities up to date, as the first question after the step does."""
    before, cpu = set(kept_files(node)), time.process_time()
    node.entities.find(node.operator(), "nobody of this name")
    spent = time.process_time() - cpu
    found = kept_files(node)
    return Kept(spent, not before >= set(found), sum(file.stat().st_size for file in found) / 1e6)


def kept_files(node: Node) -> list[Path]:
    """Return the files in which entities are kept."""
    return sorted((node.folder / "entities").glob("*.db"))


def stored(node: Node) -> float:
    """Return the size of the ledger's database in MB."""
    if node.store.is_sqlite:
        return sum(file.stat().st_size for file in node.folder.glob("ledger.sqlite*")) / 1e6
    with node.store.read() as connection:
        size = sa.func.pg_database_size(sa.func.current_database())
        return int(connection.execute(sa.select(size)).scalar_one()) / 1e6


@contextmanager
def databases(which: str) -> Iterator[dict[str, str]]:
    """Yield database URLs by name; PostgreSQL is started for the run."""
    found = {"sqlite": ""} if which in ("sqlite", "both") else {}
    if which == "sqlite":
        yield found
        return
    import postgres_server

    url, folder = postgres_server.start()
    try:
        yield found | {"postgresql": url}
    finally:
        postgres_server.stop(folder)


def fresh(url: str, number: int) -> str:
    """Return the URL of a new empty database on the server (SQLite needs none)."""
    if not url:
        return ""
    name = f"bench_{number}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)


HEAD = (
    f"{'size':>9} {'database':<10} {'seconds':>8} {'a second':>8} | this step: {'a second':>8} "
    f"{'CPU ms each':>11} {'x read only':>11} | {'alerts':>8} {'stored MB':>9} {'peak MB':>7}"
)


def main() -> None:
    """Run all sizes on all databases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 20_000, 40_000])
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--entities", action="store_true")
    chosen = parser.parse_args()
    print(HEAD)
    rates: dict[str, list[float]] = {}
    whole: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary, databases(chosen.database) as urls:
        nodes = {
            name: made_node(Path(temporary) / name, fresh(url, number))
            for number, (name, url) in enumerate(urls.items())
        }
        spent, alerts = dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 0)
        for step in steps(sorted(set(chosen.sizes)), Path(temporary)):
            floor = read_only(step.path)
            for name, node in nodes.items():
                taken = take(node, step)
                spent[name] += taken.seconds
                alerts[name] += taken.alerts
                whole[name] = step.size / spent[name]
                rates.setdefault(name, []).append(step.added / taken.seconds)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(f"{step.size:>9,} {name:<10} {spent[name]:>8.1f} {whole[name]:>8,.0f} |"
                      f" {rates[name][-1]:>19,.0f} {taken.cpu / step.added * 1000:>11.2f}"
                      f" {taken.seconds / floor:>11.1f} | {alerts[name]:>8,}"
                      f" {stored(node):>9,.0f} {peak:>7,.0f}", flush=True)  # fmt: skip
                if chosen.entities:
                    kept = keep(node)
                    how = "worked out anew" if kept.anew else "brought up to date"
                    print(f"{'':>9} entities {how}: {kept.cpu / step.added * 1000:.2f} CPU ms a "
                          f"consignment, {kept.size:,.0f} MB kept", flush=True)  # fmt: skip
            step.path.unlink()
    for name, values in rates.items():
        print(f"{name}: a consignment's cost in the last step is {values[0] / values[-1]:.2f} "
              "times that in the first")  # fmt: skip
    if len(whole) == 2:
        print(f"SQLite to PostgreSQL: {whole['sqlite'] / whole['postgresql']:.2f}")


def made_node(folder: Path, url: str) -> Node:
    """Return an empty node with 20,000 list entries in force and their index built."""
    node = Node.create(folder, agency="marisol", database=url)
    assert load_lists(node) == ENTRIES
    node.analyst.refresh(None)  # the index is built once a node, not once a file
    return node


if __name__ == "__main__":
    main()
