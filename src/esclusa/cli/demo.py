"""`esclusa demo`: the whole flow on shipped sample data, from an empty folder to a served queue."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from esclusa.cli import output
from esclusa.cli.output import answers

if TYPE_CHECKING:
    from esclusa.node import Node
    from esclusa.sharing.views import SourceView

MARK: Final = "this-is-a-demonstration"
"""A file in the demonstration's folder; only a folder that has it is ever emptied."""

LISTS: Final = (
    ("ofac_sdn", "OFAC Specially Designated Nationals",
     ("ofac_sdn.csv.gz", "ofac_alt.csv.gz", "ofac_add.csv.gz")),
    ("un_sc", "UN Security Council Consolidated List", ("un_consolidated.xml.gz",)),
    ("lost_documents", "Lost and stolen documents (fictional)", ("lost-documents.csv",)),
)  # fmt: skip

MESSAGES: Final = (
    "manifest-northreach-0412.edi",
    "bayplan-northreach-0412.edi",
    "manifest-northreach-0412-amendment.edi",
    "ocean-manifest-309.x12",
    "passengers-altamira-AM218.edi",
    "crew-altamira-AM218.edi",
    "manifest-small-trader.csv",
    "manifest-damaged.edi",
)

PEOPLE: Final = (
    ("ana", "analyst", 1),
    ("sol", "supervisor", 2),
    ("ada", "auditor", 1),
    ("admin", "administrator", 0),
)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Where the demonstration node is built.",
)
@click.option(
    "--serve/--no-serve",
    "serving",
    default=True,
    show_default=True,
    help="Serve the pages afterwards.",
)
@click.option("--port", default=8484, show_default=True, type=click.IntRange(1, 65535))
@answers
def demo(folder: Path, serving: bool, port: int) -> None:
    """Build the demonstration nodes, run them, serve the first.

    The node belongs to Marisol, a fictional customs service; two partners beside it get what an
    agreement gives. Carriers, firms and travellers are invented; the OFAC and UN lists are the
    published ones.
    """
    from esclusa.cli.demo_partners import share
    from esclusa.node import Node

    began = time.monotonic()
    _empty(folder)
    node = Node.create(
        folder, agency="marisol", title="Aduana de Marisol (demonstration)",
        time_zone="America/Panama",
    )  # fmt: skip
    (folder / MARK).write_text("made by `esclusa demo`; emptied by the next one\n")
    passwords = _people(node)
    _lists(node)
    views = [_ingest(node, name) for name in MESSAGES]
    _report(node, views, time.monotonic() - began)
    share(node, folder / "partners")
    click.echo("\nSign in as:")
    for name, role, _clearance in PEOPLE:
        click.echo(f"  {name:<6} {passwords[name]}   {role}")
    click.echo(
        f"\nWhere to look: the queue at http://127.0.0.1:{port}/ when served; on the command line\n"
        f"  esclusa queue --node {folder}          esclusa search --node {folder} bananas\n"
        "What a partner asks of Marisol waits under Referrals and under Requests.\n"
        "The score orders the queue; people decide. What is not in it was not found harmless."
    )
    if serving:
        _serve(node, port)
    node.close()


def _empty(folder: Path) -> None:
    from esclusa.errors import ConfigError

    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / MARK).exists():
        raise ConfigError(
            f"{folder} is not empty and holds no demonstration; name another --folder"
        )
    shutil.rmtree(folder)


def _people(node: Node) -> dict[str, str]:
    passwords = {name: secrets.token_urlsafe(12) for name, _role, _clearance in PEOPLE}
    for name, role, clearance in PEOPLE:
        node.add_user(
            node.administrator(), name=name, password=passwords[name], role=role,
            clearance=clearance,
        )  # fmt: skip
    return passwords


def _lists(node: Node) -> None:
    folder = files("esclusa.samples")
    for list_id, title, names in LISTS:
        with ExitStack() as stack:
            streams = [
                (name, stack.enter_context(_sample(folder, name).open("rb"))) for name in names
            ]
            done = node.add_list(node.operator(), list_id, title, streams)
        click.echo(f"list {list_id}: {done.entries} entries in force")


def _sample(folder: object, name: str) -> Path:
    root = Path(str(folder))
    inside = root / "lists" / name
    return inside if inside.exists() else root / name


def _ingest(node: Node, name: str) -> SourceView:
    from esclusa.cli.demo_partners import SHARED

    marking = node.settings.marking_for(["northreach"] if name in SHARED else [])
    with _sample(files("esclusa.samples"), name).open("rb") as stream:
        return node.ingest(node.operator(), name, stream, marking=marking)


def _report(node: Node, views: list[SourceView], seconds: float) -> None:
    from esclusa.cli.data import SOURCE_COLUMNS, source_cells
    from esclusa.cli.work import queue_cells
    from esclusa.sharing.views import QueueFilter

    output.table(
        f"\nTaken in, analysed and queued in {seconds:.1f} s",
        SOURCE_COLUMNS,
        map(source_cells, views),
    )
    page = node.queue(node.operator(), QueueFilter(limit=8))
    output.table(
        f"\nTop of the queue ({page.count} alerts)",
        ("score>", "record", "port", "arrival (local)", "state", "reasons"),
        (queue_cells(row, "en")[:-1] for row in page.rows),
    )


def _serve(node: Node, port: int) -> None:
    from esclusa.cli.upkeep import run_server

    click.echo(f"\nServing http://127.0.0.1:{port}/ — stop with Ctrl-C")
    run_server(node, "127.0.0.1", port)
