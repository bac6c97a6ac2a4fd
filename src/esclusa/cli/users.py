"""User accounts from the machine itself: the way in when no administrator can sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.node.account_desk import AccountDesk
    from esclusa.sharing.reader import Reader
    from esclusa.sharing.views import UserView

ROLES = ("analyst", "supervisor", "auditor", "administrator")


@click.group()
def user() -> None:
    """User accounts: add, list, change, passwords, numbers, close, reopen, sessions, tie."""


@user.command("add")
@node_option
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option(
    "--clearance",
    default=1,
    show_default=True,
    type=click.IntRange(0, 4),
    help="0 open, 1 official, 2 restricted, 3 confidential, 4 secret.",
)
@click.option("--caveat", "caveats", multiple=True, help="A compartment the person is read into.")
@click.option("--stays", is_flag=True, help="A program's: it need not be changed.")
@click.password_option()
@answers
def user_add(folder: Path | None, name: str, role: str, clearance: int, caveats: tuple[str, ...],
             stays: bool, password: str) -> None:  # fmt: skip
    """Add an account. Its person changes the password at the first sign-in."""
    with opened(folder) as node:
        added = node.add_user(
            node.administrator(), name=name, password=password, role=role, clearance=clearance,
            caveats=caveats, first=not stays,
        )  # fmt: skip
    click.echo(f"{added.name}: {added.role}")


@user.command("list")
@node_option
@answers
def user_list(folder: Path | None) -> None:
    """List the accounts."""
    with opened(folder) as node:
        rows = node.users(node.administrator())
    output.show(
        rows, "Accounts",
        ("name", "number", "role", "clearance>", "active", "last sign-in", "sessions>"),
        lambda row: (row.name, row.number, row.role, row.clearance,
                     "yes" if row.active else "no", row.last_sign_in[:16] or "never",
                     row.sessions),
    )  # fmt: skip


@user.command("change")
@node_option
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=None)
@click.option("--clearance", type=click.IntRange(0, 4), default=None)
@click.option("--caveat", "caveats", multiple=True, help="All compartments the person keeps.")
@click.option("--no-caveats", is_flag=True, help="The person keeps none.")
@answers
def user_change(folder: Path | None, name: str, role: str | None, clearance: int | None,
                caveats: tuple[str, ...], no_caveats: bool) -> None:  # fmt: skip
    """Change role, clearance or compartments; what is not named stays. Its sessions end."""
    with _account(folder, name) as (desk, reader, now):
        desk.change(
            reader, name, role=role or now.role,
            clearance=now.clearance if clearance is None else clearance,
            caveats=() if no_caveats else caveats or now.caveats, seen=now.seen,
        )  # fmt: skip
    click.echo(f"{name}: changed, its sessions have ended")


@user.command("password")
@node_option
@click.argument("name")
@click.option("--none", "without", is_flag=True, help="No password opens it any more.")
@click.option("--stays", is_flag=True, help="A program's: it need not be changed.")
@answers
def user_password(folder: Path | None, name: str, without: bool, stays: bool) -> None:
    """Give an account a new password, or take the one it has. Its sessions end, and its person
    changes the password at the next sign-in."""
    password = "" if without else click.prompt("Password", hide_input=True,
                                               confirmation_prompt=True)  # fmt: skip
    with _account(folder, name) as (desk, reader, now):
        desk.set_password(reader, name, password, seen=now.seen, stays=stays)
    click.echo(f"{name}: its password is {'none' if without else 'new'}, its sessions have ended")


@user.command("own-password")
@node_option
@click.argument("name")
@answers
def user_own_password(folder: Path | None, name: str) -> None:
    """Change your own password: the present one is asked for. Your sessions end."""
    old = click.prompt("Present password", hide_input=True)
    new = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    with opened(folder) as node:
        node.people.replace_password(name, old, new)
    click.echo(f"{name}: its password is new, its sessions have ended")


@user.command("require-change")
@node_option
@click.argument("name")
@answers
def user_require_change(folder: Path | None, name: str) -> None:
    """Have the person choose another password at the next sign-in. The sessions end."""
    with _account(folder, name) as (desk, reader, now):
        desk.require_change(reader, name, seen=now.seen)
    click.echo(f"{name}: its password has to be changed, its sessions have ended")


@user.command("number")
@node_option
@click.argument("name")
@click.argument("number", required=False, default="")
@click.option("--none", "without", is_flag=True, help="The account has none from now on.")
@answers
def user_number(folder: Path | None, name: str, number: str, without: bool) -> None:
    """Set the service number that partners are shown in place of an account's name."""
    if not number and not without:
        raise click.UsageError("give a number, or --none")
    with _account(folder, name) as (desk, reader, now):
        desk.set_number(reader, name, "" if without else number, seen=now.seen)
    click.echo(f"{name}: partners are shown {'its name' if without else number}")


@user.command("close")
@node_option
@click.argument("name")
@answers
def user_close(folder: Path | None, name: str) -> None:
    """Close an account: nobody signs in to it, and its sessions end."""
    with _account(folder, name) as (desk, reader, now):
        desk.close(reader, name, seen=now.seen)
    click.echo(f"{name}: closed")


@user.command("reopen")
@node_option
@click.argument("name")
@answers
def user_reopen(folder: Path | None, name: str) -> None:
    """Open a closed account again."""
    with _account(folder, name) as (desk, reader, now):
        desk.reopen(reader, name, seen=now.seen)
    click.echo(f"{name}: open again")


@user.command("end-sessions")
@node_option
@click.argument("name")
@answers
def user_end_sessions(folder: Path | None, name: str) -> None:
    """End every session of an account."""
    with opened(folder) as node:
        count = node.account_desk.end_sessions(node.administrator(), name)
    click.echo(f"{name}: {count} sessions ended")


@user.command("waiting")
@node_option
@answers
def user_waiting(folder: Path | None) -> None:
    """List who signed in at the identity provider and has no account here."""
    with opened(folder) as node:
        found = node.oidc_desk.links(node.administrator())
    output.show(
        [one for one in found if not one.account], "Waiting", ("code", "calls itself", "subject"),
        lambda one: (one.code, one.called, one.subject),
    )  # fmt: skip


@user.command("tie")
@node_option
@click.argument("code")
@click.argument("name")
@answers
def user_tie(folder: Path | None, code: str, name: str) -> None:
    """Say that a code stands for the person of an account; ask the person for it first."""
    with opened(folder) as node:
        node.oidc_desk.approve(node.administrator(), code, name)
    click.echo(f"{name}: opened through the identity provider")


@contextmanager
def _account(folder: Path | None, name: str) -> Iterator[tuple[AccountDesk, Reader, UserView]]:
    """Open the node as an administrator, with an account as it is now."""
    with opened(folder) as node:
        reader = node.administrator()
        yield node.account_desk, reader, node.account_desk.one(reader, name)
