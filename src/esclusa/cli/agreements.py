"""Commands about agreements: check, sign, diff, simulate, schema."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.node.agreements import Rehearsal
    from esclusa.sharing.agreement import Agreement, Sentence, Signed

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _bytes(path: Path) -> bytes:
    from esclusa.errors import InputError
    from esclusa.sharing.agreement.text import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", file=path.name) from None


def _signed(path: Path) -> Signed:
    from esclusa.sharing.agreement import read_signed

    return read_signed(_bytes(path), file=path.name)


@click.group()
def agreement() -> None:
    """Agreements: check, sign, diff, simulate, schema."""


@agreement.command("check")
@click.argument("file", type=_FILE)
@click.option("--ring", type=_FILE, multiple=True,
              help="Verify the signatures with this key ring, or with what an agency's "
                   "`partner keys` printed; once for each file.")  # fmt: skip
@language_option
@answers
def check(file: Path, ring: tuple[Path, ...], language: str | None) -> None:
    """Check an agreement and say in sentences what it releases.

    Every fault is named with its line; exit code 3 then.
    """
    from esclusa.sharing.agreement import describe, digest, examine

    read = examine(_bytes(file), file=file.name)
    for finding in read.findings:
        click.echo(f"{file.name}, line {finding.line}: {finding.reason}", err=True)
    if read.findings:
        raise SystemExit(output.EXIT_PARTLY)
    found = read.signed.agreement
    spoken = output.language(language)
    standing = _standing(read.signed, ring)
    sentences = [sentence.in_(spoken) for sentence in describe(found)]
    if not output.for_people():
        by = [signature.agency for signature in read.signed.signatures]
        output.lines([{"id": found.id, "version": found.version, "digest": digest(found),
                       "signed_by": by, "standing": standing.in_(spoken) if standing else "",
                       "says": sentences}])  # fmt: skip
        return
    for sentence in sentences:
        click.echo(sentence)
    click.echo(f"\n{found.id}, version {found.version}\ndigest {digest(found)}")
    if standing:
        click.echo(standing.in_(spoken))


def _standing(signed: Signed, ring: tuple[Path, ...]) -> Sentence | None:
    """Return how the agreement stands, by itself; None without a key ring."""
    from esclusa.node.agreements import read_rings, standing_of
    from esclusa.sharing.agreement.words import said

    if not ring:
        return None
    keys = read_rings((path.name, _bytes(path)) for path in ring)
    return said(f"standing.{standing_of(signed, keys, dt.datetime.now(dt.UTC))}")


@agreement.command("sign")
@click.argument("file", type=_FILE)
@click.option("--agency", required=True, help="For which party.")
@click.option("--key", required=True, type=_FILE, help="The locked private key of its role.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Where the signed agreement goes [default: FILE with the ending .signed.json].",
)
@answers
def sign(file: Path, agency: str, key: Path, out: Path | None) -> None:
    """Sign an agreement for one party.

    FILE is a draft or an agreement that the other party has signed. Read what `check` says of it
    first: the signature covers its meaning, whatever its notes say. A node's own key is opened by
    the machine's identity beside it, or in ESCLUSA_IDENTITY; of another the passphrase is asked.
    """
    from esclusa.errors import AgreementError
    from esclusa.sharing.agreement import digest, write_signed
    from esclusa.sharing.agreement import sign as signed_by
    from esclusa.sharing.keys import load_signer

    given = _signed(file)
    party = next((p for p in given.agreement.parties if p.agency == agency), None)
    if party is None:
        raise AgreementError(f"{agency!r} is none of the parties", file=file.name)
    target = out or file.with_name(f"{file.name.split('.')[0]}.signed.json")
    if target.exists() and target.resolve() != file.resolve():
        raise AgreementError("stands there already; choose another --out", file=target.name)
    signer = load_signer(agency, party.role, _opened(key))
    done = signed_by(given, agency, signer.key_id, dt.datetime.now(dt.UTC), signer.sign)
    with output.whole_file(target) as sink:
        sink.write(write_signed(done))
    by = ", ".join(signature.agency for signature in done.signatures)
    click.echo(f"{target}: digest {digest(done.agreement)}, signed by {by}")


def _opened(key: Path) -> bytes:
    """Return a private key opened: a node's own by its machine's identity, another by asking."""
    from esclusa.node.credentials import machine_identity
    from esclusa.sharing.keys import opens_by_identity, unlock

    data = _bytes(key)
    if opens_by_identity(data):
        return unlock(data, identity=machine_identity(key.parent))
    asked = click.prompt("Passphrase of the key", hide_input=True, err=True)
    return unlock(data, passphrase=asked)


@agreement.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@language_option
@answers
def diff(old: Path, new: Path, language: str | None) -> None:
    """Say what a new version releases that the old did not, and what no longer.

    Two versions that release the same and handle it alike differ in nothing.
    """
    from esclusa.sharing.agreement import compare
    from esclusa.sharing.agreement.words import said

    spoken = output.language(language)
    changes = compare(_signed(old).agreement, _signed(new).agreement)
    if not output.for_people():
        output.lines(changes)
        return
    for change in changes:
        click.echo(change.text.in_(spoken))
    if not changes:
        click.echo(said("no_change").in_(spoken))


@agreement.command("simulate")
@node_option
@click.argument("draft", type=_FILE)
@click.option("--since", type=_DAY, default=None, help="First day, UTC [default: 30 days ago].")
@click.option("--until", type=_DAY, default=None, help="Last day, UTC [default: today].")
@click.option("--purpose", "purposes", multiple=True, help="Only this purpose; repeat for more.")
@click.option(
    "--as-if-named",
    is_flag=True,
    help="As if the marking of each of our records named the partner.",
)
@language_option
@answers
def simulate(folder: Path | None, draft: Path, since: dt.datetime | None,
             until: dt.datetime | None, purposes: tuple[str, ...], as_if_named: bool,
             language: str | None) -> None:  # fmt: skip
    """Say what a draft would have released of the records of a period.

    Counts and reasons, no content. Nothing is released: a draft is not signed.
    """
    from esclusa.node.agreements import simulate as rehearse

    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = since.replace(tzinfo=dt.UTC) if since else today - dt.timedelta(days=30)
    last = output.end_of(until) if until else today + dt.timedelta(days=1)
    found = _signed(draft).agreement
    with opened(folder) as node:
        results = list(
            rehearse(node.gate, node.operator(), found, first, last, purposes=purposes,
                     as_if_named=as_if_named)
        )  # fmt: skip
    if output.for_people():
        _show(results, found, output.language(language))
    else:
        output.lines(results)


def _show(results: list[Rehearsal], draft: Agreement, spoken: str) -> None:
    from esclusa.sharing.agreement.words import wording
    from esclusa.sharing.terms import reasons

    output.table(
        f"{draft.id}, version {draft.version}: what it would have released",
        ("kind", "purpose", "records>", "go>", "stay>", "why they stay", "such as"),
        [
            (wording("kind", item.kind).in_(spoken), wording("purpose", item.purpose).in_(spoken),
             item.seen, item.released, item.seen - item.released,
             "; ".join(f"{reasons()[code].in_(spoken)} ({n})" for code, n in item.reasons.items()),
             " ".join(item.examples))
            for item in results
        ],
    )  # fmt: skip
    output.table(
        "\nFields of the records that go",
        ("kind", "purpose", "field", "go>", "masked>", "generalised>", "withheld>"),
        [
            (item.kind, item.purpose, field.path, field.goes, field.masked, field.generalised,
             field.withheld)
            for item in results
            for field in item.fields
        ],
    )  # fmt: skip


@agreement.command("schema")
@answers
def schema() -> None:
    """Print the JSON Schema of an agreement, for editors and other programs."""
    import msgspec

    from esclusa.sharing.agreement import schema as made

    click.echo(msgspec.json.format(msgspec.json.encode(made()), indent=2).decode())
