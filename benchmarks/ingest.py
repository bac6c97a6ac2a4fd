"""Consignments a second from received bytes to stored, screened, judged and queued.

    python benchmarks/ingest.py [--sizes 10000 30000] [--database sqlite|postgresql|both]

Every run starts with an empty node and 20,000 list entries in force (the published OFAC and UN
lists, filled up with invented names), all rules of the first pack active. SQLite and PostgreSQL are
measured in the same run; the table also shows how time and memory grow with size. The floor is the
same file read without storing anything.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import sqlalchemy as sa
from benchmarks.synthetic import generate_cuscar

from esclusa.formats import open_stream, read_stream
from esclusa.model import Message
from esclusa.node import Node

ENTRIES = 20_000


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


def made_file(size: int, folder: Path) -> Path:
    """Write a made-up interchange of ``size`` consignments."""
    path = folder / f"manifest-{size}.edi"
    with path.open("wb") as file:
        file.writelines(generate_cuscar(size))
    return path


def read_only(path: Path) -> float:
    """Return the seconds it takes to read the file and store nothing."""
    began = time.perf_counter()
    with path.open("rb") as raw:
        items = read_stream(open_stream(raw, path.name), path.name)
        assert sum(len(item.statements) for item in items if isinstance(item, Message))
    return time.perf_counter() - began


def measure(path: Path, url: str, folder: Path) -> tuple[float, int, float]:
    """Return (seconds, alerts, peak MB) of taking the file in."""
    node = Node.create(folder, agency="marisol", database=url)
    assert load_lists(node) == ENTRIES
    node.analyst.refresh(None)  # the index is built once a node, not once a file
    began = time.perf_counter()
    with path.open("rb") as stream:
        view = node.ingest(node.operator(), path.name, stream)
    seconds = time.perf_counter() - began
    node.close()
    assert view.state == "done", view.reason
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, view.counts["alerts"], peak


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


def main() -> None:
    """Run all sizes on all databases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000])
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    chosen = parser.parse_args()
    print(f"{'size':>9} {'database':<11} {'seconds':>8} {'per second':>10} {'alerts':>8} "
          f"{'peak MB':>8} {'x read only':>11}")  # fmt: skip
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as temporary, databases(chosen.database) as urls:
        for size in chosen.sizes:
            path = made_file(size, Path(temporary))
            floor = read_only(path)
            for number, (name, url) in enumerate(urls.items()):
                folder = Path(temporary) / f"node-{size}-{number}"
                seconds, alerts, peak = measure(path, fresh(url, number), folder)
                rates.setdefault(name, []).append(size / seconds)
                print(f"{size:>9,} {name:<11} {seconds:>8.1f} {size / seconds:>10,.0f} "
                      f"{alerts:>8,} {peak:>8,.0f} {seconds / floor:>11.1f}", flush=True)  # fmt: skip
    for name, values in rates.items():
        print(f"{name}: seconds per consignment, largest size to smallest: "
              f"{values[0] / values[-1]:.2f}")  # fmt: skip
    if len(rates) == 2:
        pairs = zip(rates["sqlite"], rates["postgresql"], strict=True)
        print("SQLite to PostgreSQL: " + ", ".join(f"{a / b:.2f}" for a, b in pairs))


if __name__ == "__main__":
    main()
