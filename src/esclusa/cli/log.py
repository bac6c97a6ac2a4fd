"""Commands about the transparency log: verify, prove, check, begin and accept a volume."""

from __future__ import annotations

import time
from pathlib import Path

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

_volume = click.option("--volume", default=0, type=click.IntRange(0, 999_999),
                       help="Of an earlier volume; otherwise of the one that counts.")  # fmt: skip
_reason = click.option("--reason", required=True, help="Why the old one is not continued.")
_NUMBER = click.IntRange(2, 999_999)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def log() -> None:
    """The log of what left and came in: verify, prove, check."""


@log.command("verify")
@node_option
@answers
def verify(folder: Path | None) -> None:
    """Read the whole log again; each fault is named with its file and byte, exit code 3 then."""
    with opened(folder) as node:
        head, wrong = node.exchange.log.head(), node.exchange.log.verify()
    for sentence in wrong:
        click.echo(sentence, err=True)
    if wrong:
        raise SystemExit(output.EXIT_PARTLY)
    size = head.size if head else 0
    click.echo(f"{size} entries, sound" + (f", root {head.root.hex()}" if head else ""))


@log.command("entries")
@node_option
@_volume
@answers
def entries(folder: Path | None, volume: int) -> None:
    """Show the entries: which batch, from or to whom."""
    with opened(folder) as node:
        found = node.exchange.log.entries(volume)
    output.show(
        found, "Log", ("entry>", "direction", "partner", "messages>"),
        lambda item: (item.index, item.direction, item.partner, len(item.leaves)),
    )  # fmt: skip


@log.command("prove")
@node_option
@click.argument("index", type=click.IntRange(min=0))
@_volume
@answers
def prove(folder: Path | None, index: int, volume: int) -> None:
    """Print the proof that a batch stands in the log, for anybody to check."""
    import msgspec

    with opened(folder) as node:
        proof = node.exchange.log.prove(index, volume)
    click.echo(msgspec.json.format(msgspec.json.encode(proof), indent=2).decode())


@log.command("check")
@click.argument("proof", type=_FILE)
@click.option("--agency", required=True, help="Whose log it is.")
@click.option("--ring", required=True, type=_FILE, multiple=True,
              help="An agency's public keys; repeat for witnesses.")  # fmt: skip
@answers
def check(proof: Path, agency: str, ring: tuple[Path, ...]) -> None:
    """Check a proof with public keys alone; needs no node."""
    import msgspec

    from esclusa.errors import FormatError
    from esclusa.node.chronicle import Proof, check_proof
    from esclusa.node.credentials import parse_public
    from esclusa.sharing.keys import KeyRing

    keys = KeyRing()
    for file in ring:
        for key in parse_public(file.read_bytes(), file=file.name).keys:
            keys = keys.with_key(key)
    try:
        given = msgspec.json.decode(proof.read_bytes(), type=Proof)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise FormatError(f"not a proof: {error}", file=proof.name) from None
    witnesses = check_proof(given, agency, keys, time.time())
    by = ", ".join(witnesses) or "nobody"
    click.echo(f"entry {given.index} of {given.size} in the log of {agency}; witnessed by {by}")


@log.command("begin")
@node_option
@click.argument("number", type=_NUMBER)
@_reason
@answers
def begin(folder: Path | None, number: int, reason: str) -> None:
    """Begin volume NUMBER of our log: after a restored backup partners sign no earlier one.

    The old volumes stay and can still be verified and proved from.
    """
    with opened(folder) as node:
        exchange, by = node.exchange, node.administrator().name
        exchange.log.begin(number, by=by, reason=reason, now=exchange.now())
    click.echo(f"volume {number} of the log counts from now on; partners have to accept it")


@log.command("accept")
@node_option
@click.argument("agency")
@click.argument("number", type=_NUMBER)
@_reason
@answers
def accept(folder: Path | None, agency: str, number: int, reason: str) -> None:
    """Witness volume NUMBER of a partner's log from now on.

    Ask the partner first: whoever begins a log anew may want to be rid of what the old one proves.
    What was signed of the old one is kept.
    """
    with opened(folder) as node:
        exchange, by = node.exchange, node.administrator().name
        exchange.accept_volume(agency, number, by=by, reason=reason)
    click.echo(f"volume {number} of the log of {agency} is witnessed from now on")
