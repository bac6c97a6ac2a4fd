"""Commands that keep a node running: init, serve, backup, restore, check, upgrade, erase."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.node import Node

_PATIENCE = 10.0
"""Seconds that a request waits for entities that are being worked out."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--agency", required=True, help="Originator of the node's records: one word.")
@click.option("--title", default="", help="The node's name for people.")
@click.option("--database", default="", help="SQLAlchemy URL [default: SQLite in the folder].")
@click.option("--time-zone", default="UTC", show_default=True, help="IANA name of local time.")
@answers
def init(folder: Path, agency: str, title: str, database: str, time_zone: str) -> None:
    """Make a new node in a folder."""
    from esclusa.errors import ConfigError
    from esclusa.node import Node

    # It can never be changed, and no agreement can name an agency that is called otherwise.
    if not re.fullmatch("[a-z][a-z0-9_]{0,31}", agency):
        said = "one word of at most 32 small letters a to z, digits and underscores, a letter first"
        raise ConfigError(f"agency {agency!r}: {said}")
    Node.create(folder, agency=agency, title=title, database=database, time_zone=time_zone).close()
    click.echo(f"node {agency} is ready in {folder}; next: esclusa user add, esclusa serve")


@click.command()
@node_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8484, show_default=True, type=click.IntRange(1, 65535))
@click.option("--https", is_flag=True, help="Pages are reached through HTTPS: mark cookies secure.")
@answers
def serve(folder: Path | None, host: str, port: int, https: bool) -> None:
    """Serve a node's pages and API."""
    with opened(folder) as node:
        node.process_waiting()
        _require_free(host, port)
        click.echo(f"{node.title}: http://{host}:{port}/")
        run_server(node, host, port, https=https)


def _require_free(host: str, port: int) -> None:
    """Raise ``ConfigError`` when nobody could listen there."""
    import socket

    from esclusa.errors import ConfigError

    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((host, port), family=family).close()
    except (OSError, UnicodeError) as error:
        said = (getattr(error, "strerror", None) or "no name of a machine").split(" (")[0]
        raise ConfigError(f"cannot listen on {host}, port {port}: {said}") from None


def run_server(node: Node, host: str, port: int, *, https: bool = False) -> None:
    """Serve until stopped. There is no access log: addresses hold what people search for, and the
    audit log knows who read what."""
    import uvicorn

    from esclusa.node.ticking import ticking
    from esclusa.web.app import create_app

    node.entities.registers.patience = _PATIENCE
    with ticking(node.jobs), ticking(node.post), ticking(node.work):
        uvicorn.run(
            create_app(node, secure_cookies=https), host=host, port=port, log_level="warning",
            server_header=False, access_log=False,
        )  # fmt: skip


@click.command()
@node_option
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@answers
def backup(folder: Path | None, target: Path) -> None:
    """Write the whole node into one file."""
    with opened(folder) as node:
        counts = node.backup(target)
    click.echo(f"{target}: {sum(counts.values())} rows")


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--agency", required=True, help="The agency the backup was made by.")
@click.option("--database", default="", help="SQLAlchemy URL [default: SQLite in the folder].")
@answers
def restore(archive: Path, folder: Path, agency: str, database: str) -> None:
    """Make a node from a backup.

    The database may be of another kind than the one the backup was made from.
    """
    from esclusa.node import Node

    fresh = not folder.exists()
    node = Node.create(folder, agency=agency, database=database)
    try:
        counts = node.restore(archive)
    except BaseException:
        node.close()
        _no_node(folder, fresh=fresh)
        raise
    node.close()
    click.echo(f"{folder}: {sum(counts.values())} rows restored")


def _no_node(folder: Path, *, fresh: bool) -> None:
    """Leave no node where none came to be, so that the folder can be used for another try. What
    stood in the folder before stays."""
    import shutil

    from esclusa.node.settings import FILE

    if fresh:
        shutil.rmtree(folder)
    else:
        (folder / FILE).unlink()


@click.command()
@node_option
@answers
def check(folder: Path | None) -> None:
    """Verify the ledger and the received files."""
    with opened(folder) as node:
        findings = node.check()
    for finding in findings:
        click.echo(finding)
    if findings:
        raise SystemExit(output.EXIT_PARTLY)
    click.echo("no damage found")


@click.command()
@node_option
@answers
def upgrade(folder: Path | None) -> None:
    """Bring the ledger's schema to this version."""
    import os

    from esclusa.node import upgrade as bring

    bring(folder or Path(os.environ.get("ESCLUSA_NODE", "node")))
    click.echo("the ledger's schema is up to date")


@click.command()
@node_option
@click.argument("record_id", required=False)
@click.option("--due", is_flag=True, help="All records whose retention clock has run out.")
@click.option(
    "--reason", default="", help="Why; goes into the audit log, so say nothing of the record."
)
@answers
def erase(folder: Path | None, record_id: str | None, due: bool, reason: str) -> None:
    """Erase a record's content, or all whose time has run out.

    What rests on an erased record, such as its alert, goes with it.
    """
    if bool(record_id) == due:
        raise click.UsageError("name one record, or --due")
    with opened(folder) as node:
        if record_id:
            emptied = node.erase(node.administrator(), record_id, reason=reason)
        else:
            today = dt.datetime.now(dt.UTC).date().isoformat()
            emptied = node.purge(node.administrator(), today)
    click.echo(f"{emptied} versions erased")
