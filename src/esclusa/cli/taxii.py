"""Commands about who may ask at the TAXII door."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened


@click.group()
def taxii() -> None:
    """The TAXII 2.1 door: let partners' programs in."""


@taxii.command("publish")
@node_option
@click.argument("agency")
@answers
def publish(folder: Path | None, agency: str) -> None:
    """Put what the agreement gives AGENCY of our records on its shelf."""
    with opened(folder) as node:
        count = node.taxii_publisher.publish_own(agency)
    click.echo(f"{count} objects are new or changed for {agency}")


@taxii.group("client")
def client() -> None:
    """Partners' programs: add, list, revoke."""


@client.command("add")
@node_option
@click.argument("name")
@click.argument("agency")
@click.option("--add", "writes", is_flag=True, help="It may add objects.")
@click.option("--delete", "deletes", is_flag=True, help="It may delete what its agency added.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 3660))
@answers
def add(
    folder: Path | None, name: str, agency: str, writes: bool, deletes: bool, days: int
) -> None:
    """Let a program of AGENCY in under NAME; its token is shown once."""
    with opened(folder) as node:
        until = node.exchange.now() + dt.timedelta(days=days)
        token = node.taxii.add_client(
            node.administrator(), name, agency, writes=writes, deletes=deletes, until=until
        )
    click.echo(token)
    click.echo("this token is shown once: it is the password of HTTP Basic", err=True)


@client.command("list")
@node_option
@answers
def listed(folder: Path | None) -> None:
    """List the programs that were let in."""
    with opened(folder) as node:
        found = node.taxii.clients(node.administrator())
    output.show(
        found, "Clients of the TAXII door",
        ("name", "agency", "adds", "deletes", "until (UTC)", "revoked"),
        lambda c: (c.name, c.agency, c.writes, c.deletes, c.until[:19], c.revoked),
    )  # fmt: skip


@client.command("revoke")
@node_option
@click.argument("name")
@answers
def revoke(folder: Path | None, name: str) -> None:
    """Let a program in no more, from its next request on."""
    with opened(folder) as node:
        node.taxii.revoke_client(node.administrator(), name)
    click.echo(f"{name} is let in no more")
