"""Commands about partners: keys, agreements in force, synchronisation, bundles, recall, trail."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from esclusa.node.carrying import Outcome
    from esclusa.node.credentials import PublicKeys
    from esclusa.sharing.partner_views import PartnerView, PreviewView, RecallPlanView, TrailView

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_DIR = click.Path(path_type=Path, file_okay=False)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def partner() -> None:
    """Partners: keys, agreements, sync, bundles, recall, trail."""


# --- keys and certificates ------------------------------------------------------------------------


@partner.command("keys")
@node_option
@click.option("--create", is_flag=True, help="Make the node's keys; once.")
@answers
def keys(folder: Path | None, create: bool) -> None:
    """Print the node's public keys, to be handed to partners."""
    import msgspec

    from esclusa.node import credentials

    with opened(folder) as node:
        if create:
            made = credentials.create(node.folder, node.agency, dt.datetime.now(dt.UTC)).public
        else:
            made = credentials.read_public(node.folder)
    click.echo(msgspec.json.format(msgspec.json.encode(made), indent=2).decode())
    click.echo(_agreement_key(made), err=True)


def _agreement_key(public: PublicKeys) -> str:
    """Return the sentence with the id that an agreement's text names for its party."""
    from esclusa.sharing.keys import AGREEMENT

    ids = [key.id for key in public.keys if key.role == AGREEMENT]
    return f"{public.agency} signs agreements with the key {ids[-1]}" if ids else ""


@partner.command("authority")
@click.argument("directory", type=_DIR)
@click.option("--name", required=True, help="What the authority is called.")
@answers
def authority(directory: Path, name: str) -> None:
    """Make a small certificate authority for a pilot."""
    from esclusa.node.pilot import make_authority

    make_authority(directory, name, dt.datetime.now(dt.UTC))
    click.echo(f"{directory}: authority {name}; keep authority.key where nobody else reads it")


@partner.command("certify")
@node_option
@click.option("--authority", "directory", required=True, type=_DIR, help="The pilot's authority.")
@click.option("--host", "hosts", multiple=True, required=True, help="Name or IP address; repeat.")
@answers
def certify(folder: Path | None, directory: Path, hosts: tuple[str, ...]) -> None:
    """Give the node a certificate for its line, from the pilot's authority."""
    from esclusa.node.pilot import certify as issued

    with opened(folder) as node:
        issued(directory, node.folder, node.agency, hosts, dt.datetime.now(dt.UTC))
        click.echo(f"{node.folder / 'line'}: certificate of {node.agency} for {', '.join(hosts)}")


@partner.command("rotate")
@node_option
@click.argument("role")
@answers
def rotate(folder: Path | None, role: str) -> None:
    """Take a fresh key in ROLE, and print the statement for partners to accept."""
    from esclusa.sharing.agencies.register import write_sealed

    with opened(folder) as node:
        click.echo(write_sealed(node.partner_desk.rotate(node.administrator(), role)).decode())


@partner.command("seal")
@node_option
@click.argument("file", type=_FILE)
@answers
def seal(folder: Path | None, file: Path) -> None:
    """Put our authority's seal under a statement in FILE, and print it.

    A succession needs the seals of both agencies.
    """
    from esclusa.sharing.agencies.register import read_sealed, write_sealed

    with opened(folder) as node:
        done = node.partner_desk.seal(node.administrator(), read_sealed(file.read_bytes()))
    click.echo(write_sealed(done).decode())


@partner.command("accept")
@node_option
@click.argument("files", nargs=-1, required=True, type=_FILE)
@answers
def accept(folder: Path | None, files: tuple[Path, ...]) -> None:
    """Take in sealed statements: keys enrolled or withdrawn, agencies succeeded."""
    from esclusa.sharing.agencies.register import read_sealed

    with opened(folder) as node:
        for file in files:
            node.partner_desk.accept(node.administrator(), read_sealed(file.read_bytes()))
            click.echo(f"{file.name}: accepted")


# --- partners and agreements ----------------------------------------------------------------------


@partner.command("add")
@node_option
@click.argument("file", type=_FILE)
@click.option("--address", default="", help="host:port of its line [default: by hand only].")
@answers
def add(folder: Path | None, file: Path, address: str) -> None:
    """Enter a partner with the public keys in FILE. Compare them over the telephone first."""
    from esclusa.node.credentials import parse_public

    public = parse_public(file.read_bytes(), file=file.name)
    with opened(folder) as node:
        node.partner_desk.add(node.administrator(), public, address=address)
    click.echo(f"{public.agency}: {len(public.keys)} keys")
    click.echo(_agreement_key(public), err=True)


@partner.command("agree")
@node_option
@click.argument("file", type=_FILE)
@answers
def agree(folder: Path | None, file: Path) -> None:
    """Put an agreement in force that both sides have signed."""
    with opened(folder) as node:
        signed = node.partner_desk.adopt(node.administrator(), file.read_bytes(), file=file.name)
        other = signed.agreement.other(node.agency)
    click.echo(f"{signed.agreement.id}, version {signed.agreement.version}: in force with {other}")


@partner.command("end")
@node_option
@click.argument("agency")
@click.confirmation_option(prompt="All that was given is recalled, all that was got is erased. End")
@answers
def end(folder: Path | None, agency: str) -> None:
    """End the agreement with a partner."""
    with opened(folder) as node:
        node.partner_desk.end(node.administrator(), agency)
    click.echo(f"the agreement with {agency} has ended; the next contact tells it")


@partner.command("list")
@node_option
@answers
def list_(folder: Path | None) -> None:
    """Show partners: agreement, what went, what came, when last heard."""
    with opened(folder) as node:
        found = node.partner_desk.partners(node.operator())
    output.show(
        found,
        "Partners",
        ("partner", "agreement", "up to date", "given>", "recalled>", "held>", "heard (UTC)",
         "readable until", "lent until"),
        _cells,
    )  # fmt: skip


def _cells(view: PartnerView) -> tuple[object, ...]:
    current = "yes" if view.up_to_date else "no"
    return (view.agency, view.state, current, view.given, view.recalled, view.held,
            view.heard[:19] or "never", view.readable_until[:19], view.lent_until[:19])  # fmt: skip


# --- carrying -------------------------------------------------------------------------------------


@partner.command("sync")
@node_option
@click.argument("agencies", nargs=-1)
@answers
def sync(folder: Path | None, agencies: tuple[str, ...]) -> None:
    """Exchange news with partners over their lines, side by side; without a name with all that have
    an address.

    Exit code 3 when a partner could not be reached or refused; the others are served.
    """
    from esclusa.errors import NotFound
    from esclusa.node.calling import lines
    from esclusa.node.carrying import carrying

    with opened(folder) as node:
        node.exchange.state()
        known = node.exchange.partners.known
        if unknown := [name for name in agencies if name not in known]:
            raise NotFound(f"no partner {unknown[0]!r} here")
        with carrying(node.exchange, lines(node.exchange, node.folder, agencies)) as outcome:
            pass
    _show_outcome(outcome)


def _show_outcome(outcome: Mapping[str, Outcome]) -> None:
    """Tell what was carried; exit code 3 when a partner could not be reached or refused."""
    from esclusa.node.line import Synced

    done = [one for one in outcome.values() if isinstance(one, Synced)]
    for error in outcome.values():
        if not isinstance(error, Synced):
            click.echo(f"esclusa: {error}", err=True)
    output.show(
        done, "Exchanged", ("partner", "batches>", "up to date", "log witnessed at>"),
        lambda item: (item.partner, item.batches, "yes" if item.up_to_date else "no",
                      item.witnessed),
    )  # fmt: skip
    if len(done) < len(outcome):
        raise SystemExit(output.EXIT_PARTLY)


@partner.command("serve")
@node_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8443, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--every",
    default=60,
    show_default=True,
    type=click.IntRange(1, 3600),
    help="Seconds between two rounds: time passes, partners are called.",
)
@click.option("--listen-only", is_flag=True, help="Call nobody; a clock job runs `partner sync`.")
@answers
def serve(folder: Path | None, host: str, port: int, every: int, listen_only: bool) -> None:
    """Listen for partners, call those that have an address, and let time pass: leases, expiry, new
    records, each time after so many seconds."""
    import threading
    from contextlib import ExitStack

    from esclusa.node.calling import Calls
    from esclusa.node.jobs import Jobs
    from esclusa.node.line import Line, contexts
    from esclusa.node.ticking import ticking

    with opened(folder) as node, ExitStack() as stack:
        server, _client = contexts(node.folder)
        node.exchange.tick()
        line = stack.enter_context(Line(node.exchange, server, host, port))
        stack.enter_context(ticking(node.jobs, seconds=every))
        if not listen_only:
            # Beside the jobs: a partner that does not answer holds up no lease and no expiry.
            calls = Jobs()
            calls.add("calls", Calls(node.exchange, node.folder).round)
            stack.enter_context(ticking(calls, seconds=every))
        line.start()
        click.echo(f"{node.agency} listens for partners at {line.address}", err=True)
        threading.Event().wait()


@partner.command("bundle")
@node_option
@click.argument("agency")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@answers
def bundle(folder: Path | None, agency: str, file: Path) -> None:
    """Write the news for a partner into a sealed FILE, to be carried by hand."""
    from esclusa.errors import InputError
    from esclusa.sharing.bundle import write_bundle

    if file.exists():
        raise InputError("exists already; a bundle is never written over a file", file=file.name)
    with opened(folder) as node:
        node.exchange.tick()
        data = node.exchange.bundle(agency)
    write_bundle(file, data)
    click.echo(f"{file}: {len(data):,} bytes for {agency}")


@partner.command("receive")
@node_option
@click.argument("files", nargs=-1, required=True, type=_FILE)
@answers
def receive(folder: Path | None, files: tuple[Path, ...]) -> None:
    """Take in sealed bundles that a partner sent by hand."""
    from esclusa.sharing.wire import Limits

    with opened(folder) as node:
        for file in files:
            with file.open("rb") as stream:
                data = stream.read(Limits().bundle + 1)
            done = node.exchange.receive_bundle(data, file=file.name)
            news = "taken in" if done.fresh else "nothing new"
            click.echo(f"{file.name}: {done.messages} messages of {done.sender}, {news}")


# --- records --------------------------------------------------------------------------------------


@partner.command("preview")
@node_option
@click.argument("record")
@click.argument("agency")
@language_option
@answers
def preview(folder: Path | None, record: str, agency: str, language: str | None) -> None:
    """Show what a partner gets of a record, field by field, before it goes."""
    with opened(folder) as node:
        view = node.partner_desk.preview(node.operator(), record, agency)
    if not output.for_people():
        output.lines([view])
        return
    _show_preview(view, output.language(language))


def _show_preview(view: PreviewView, spoken: str) -> None:
    if view.reason is not None:
        click.echo(f"nothing goes: {view.reason.in_(spoken)}")
        return
    output.table(
        f"{view.partner} gets, for {view.purpose}, until {view.keep_until}, onward {view.onward}",
        ("field", "becomes", "value", "rule", "why"),
        [
            (item.path, item.outcome, item.value, item.rule,
             item.reason.in_(spoken) if item.reason else "")
            for item in view.fields
        ],
    )  # fmt: skip


@partner.command("recall")
@node_option
@click.argument("record", required=False, default="")
@click.option("--source", default="", help="All records of one file in custody, by its id.")
@click.option(
    "--why",
    default="",
    help="Why they are taken back; the audit log keeps it, so say nothing of the records.",
)
@click.option("--look", is_flag=True, help="Only show what of the file would be taken back.")
@click.option(
    "--sync",
    "at_once",
    is_flag=True,
    help="Carry it to all partners with an address at once, from the first lot on.",
)
@answers
def recall(
    folder: Path | None, record: str, source: str, why: str, look: bool, at_once: bool
) -> None:
    """Take a record of ours, or all of one file, back from every partner who has them.

    The records themselves stay here. With --sync the exit code is 3 when a partner could not be
    reached or refused: it hears of the recall with the next news.
    """
    from contextlib import ExitStack

    from esclusa.node.calling import lines
    from esclusa.node.carrying import carrying

    if bool(record) == bool(source):
        raise click.UsageError("name a record, or a file with --source")
    if look and (record or at_once):
        raise click.UsageError("--look goes with --source, and alone")
    if not why and not look:
        raise click.UsageError("a recall needs --why; of a whole file, --look shows it before")
    with opened(folder) as node:
        if look:
            _show_plan(node.partner_desk.recall_plan(node.operator(), source))
            return
        with ExitStack() as stack:
            outcome: Mapping[str, Outcome] = {}
            if at_once:
                outcome = stack.enter_context(
                    carrying(node.exchange, lines(node.exchange, node.folder))
                )
            if source:
                view = node.partner_desk.recall_source(node.operator(), source, why)
                what, holders = f"{view.records} records recalled", view.holders
            else:
                holders = node.partner_desk.recall(node.operator(), record, why)
                what = "recalled"
            click.echo(f"{what} from {', '.join(holders)}; receipts come with the next news")
    if at_once:
        _show_outcome(outcome)


def _show_plan(view: RecallPlanView) -> None:
    if not output.for_people():
        output.lines([view])
        return
    held = ", ".join(f"{one.holder} {one.records}" for one in view.holders) or "nobody"
    more = f", the first {len(view.rows)} of them here" if view.more else ""
    output.table(
        f"{view.file}: {view.records} records out ({held}), {view.stays} not{more}",
        ("record", "kind", "title", "with"),
        [(row.record_id, row.kind, row.title, ", ".join(row.holders)) for row in view.rows],
    )


@partner.command("trail")
@node_option
@click.argument("record")
@answers
def trail(folder: Path | None, record: str) -> None:
    """Show where a record went and what became of it there."""
    with opened(folder) as node:
        view = node.partner_desk.trail(node.operator(), record)
    if not output.for_people():
        output.lines([view])
        return
    _show_trail(view)


def _show_trail(view: TrailView) -> None:
    output.table(
        f"{view.originator}'s record {view.record}",
        ("holder", "through", "version>", "state", "receipt", "erased"),
        [
            (item.holder, item.through, item.version, item.state,
             item.receipt.reason if item.receipt else "",
             " ".join(f"{k}={v}" for k, v in item.receipt.erased.items()) if item.receipt else "")
            for item in view.holders
        ],
    )  # fmt: skip
    output.table(
        "\nSteps", ("when (UTC)", "who", "event", "detail"),
        [(step.at[:19], step.who, step.event, step.detail) for step in view.steps],
    )  # fmt: skip


# --- consent --------------------------------------------------------------------------------------


@partner.command("questions")
@node_option
@answers
def questions(folder: Path | None) -> None:
    """Show questions for consent, ours and partners'."""
    with opened(folder) as node:
        found = node.partner_desk.questions(node.operator())
    output.show(
        found, "Questions for consent",
        ("originator", "record", "asker", "to", "use", "state", "until"),
        lambda q: (q.originator, q.record, q.asker, q.to, q.use, q.state, q.until),
    )  # fmt: skip


_USE = click.option("--use", type=click.Choice(["pass", "derive"]), default="pass",
                    show_default=True)  # fmt: skip


@partner.command("ask")
@node_option
@click.argument("record")
@click.argument("to")
@_USE
@click.option("--why", default="", help="The reason, for the originator to read.")
@answers
def ask(folder: Path | None, record: str, to: str, use: str, why: str) -> None:
    """Ask the originator whether a copy may go to, or be built upon for, an agency."""
    with opened(folder) as node:
        node.partner_desk.ask(node.operator(), record, to, use=use, why=why)
    click.echo("asked; the question goes with the next news")


@partner.command("answer")
@node_option
@click.argument("record")
@click.argument("asker")
@click.argument("to")
@_USE
@click.option("--grant/--refuse", "granted", required=True, default=None)
@click.option("--until", type=_DAY, default=None, help="Last day of the consent, UTC.")
@answers
def answer(
    folder: Path | None, record: str, asker: str, to: str, use: str, granted: bool,
    until: dt.datetime | None,
) -> None:  # fmt: skip
    """Answer a question about a record of ours, named as partners know it."""
    last = output.end_of(until) if until else None
    with opened(folder) as node:
        node.partner_desk.answer(
            node.operator(), record, asker, to, use, granted=granted, until=last
        )
    click.echo("granted" if granted else "refused")


@partner.command("pass")
@node_option
@click.argument("record")
@click.argument("to")
@answers
def pass_(folder: Path | None, record: str, to: str) -> None:
    """Pass a copy on to a third agency, where its originator allows it."""
    with opened(folder) as node:
        node.partner_desk.pass_on(node.operator(), record, to)
    click.echo(f"goes to {to} with the next news")
