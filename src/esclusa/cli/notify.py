"""Commands about notices: settings, confirm, send, outbox, test, secret, form, answer, use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esclusa.cli import output
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.notice_views import SettingsView, WayView

_STATES = "waiting, sending, sent, empty, refused, given_up"


@click.group()
def notify() -> None:
    """Notices: settings, confirm, send, outbox, test, secret, form, answer, use."""


@notify.command("settings")
@node_option
@language_option
@click.option("--mail", default=None, help='Mail address ["" ends mail].')
@click.option("--webhook", default=None, help='Name of a webhook ["" ends it].')
@click.option("--mail-kinds", default=None, help="What is told by mail: words with commas, or all.")
@click.option("--webhook-kinds", default=None, help="What is told by webhook.")
@click.option("--feed-kinds", default=None, help="What stands in the feed.")
@click.option(
    "--when",
    type=click.Choice(["at_once", "hourly", "daily"]),
    default=None,
    help="When mail and webhook go.",
)
@click.option("--at", default=None, metavar="HH:MM", help="Local time of a daily digest.")
@click.option("--zone", default=None, help="Time zone of the digest, such as America/Panama.")
@click.option("--speak", type=click.Choice(["en", "es"]), default=None, help="Language of notices.")
@click.option("--score", type=float, default=None, help="Points from which an alert is told.")
@click.option("--about", default=None, help="Kinds of records alerts are told of, with commas.")
@click.option("--clock", type=int, default=None, help="Minutes before a referral is due.")
@click.option("--forms/--no-forms", default=None, help="Mails carry the form for an answer.")
@click.option("--agency", default=None, help="Agency that the account's use is counted for.")
@click.argument("account")
@answers
def settings(folder: Path | None, language: str | None, account: str, **asked: Any) -> None:
    """Show what an account wants to be told of, or change what is given."""
    with opened(folder) as node:
        admin = node.administrator()
        view = node.notices.settings(admin, account)
        if asked["agency"] is not None:
            view = node.notices.count_for(admin, account, asked.pop("agency"))
        if any(value is not None for name, value in asked.items() if name != "agency"):
            view = node.notices.choose(admin, _changed(view, asked), account)
    _shown(view, output.language(language))


@notify.command("confirm")
@node_option
@click.option("--as", "who", required=True, metavar="ACCOUNT", help="Whose address it is.")
@click.option("--again", is_flag=True, help="Have another code sent; the one before is void.")
@click.argument("code", required=False, default="")
@answers
def confirm(folder: Path | None, who: str, again: bool, code: str) -> None:
    """Confirm your own mail address by the code that went there; your password is asked for."""
    if again == bool(code):
        raise click.UsageError("give the code, or --again")
    with acting(folder, who) as (node, reader):
        desk = node.notices.addresses
        view = desk.send_again(reader) if again else desk.confirm(reader, code)
    click.echo(f"{view.address}: {view.state}")


@notify.command("send")
@node_option
@answers
def send(folder: Path | None) -> None:
    """Gather what is new and send what is due: for a clock job, where no node is served."""
    with opened(folder) as node:
        node.notices.tick()
        counts = node.notices.messages(node.administrator()).counts
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()))


@notify.command("outbox")
@node_option
@click.option("--state", default="", help=f"all, or one of {_STATES} [default: what is not done].")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@click.option("--again", default="", metavar="ID", help="Try a refused or given up message again.")
@answers
def outbox(folder: Path | None, state: str, limit: int, again: str) -> None:
    """Show messages that wait or failed; no content stands there."""
    with opened(folder) as node:
        if again:
            node.notices.again(node.administrator(), again)
        view = node.notices.messages(node.administrator(), state=state, limit=limit)
    output.show(
        view.messages, ", ".join(f"{count} {name}" for name, count in view.counts.items()),
        ("at (UTC)", "account", "channel", "state", "tries>", "why", "next (UTC)", "id"),
        lambda one: (
            one.at[:16], one.account, one.channel, one.state, one.attempts, one.told,
            one.due[:16] if one.state == "waiting" else "", one.id,
        ),
    )  # fmt: skip


@notify.command("test")
@node_option
@click.argument("channel", type=click.Choice(["mail", "webhook"]))
@click.argument("to")
@answers
def test(folder: Path | None, channel: str, to: str) -> None:
    """Send a test to a mail address, or to a webhook by its name."""
    with opened(folder) as node:
        view = node.notices.test(node.administrator(), channel, to)
    click.echo(f"{view.state} {view.told}".strip())
    if view.state != "sent":
        raise SystemExit(output.EXIT_PARTLY)


@notify.command("secret")
@node_option
@click.argument("webhook")
@answers
def secret(folder: Path | None, webhook: str) -> None:
    """Make a webhook's secret and print it this once, for its receiver."""
    with opened(folder) as node:
        click.echo(node.notices.make_secret(node.administrator(), webhook))


@notify.command("form")
@node_option
@language_option
@as_option
@click.option("--for", "account", required=True, help="The account whose answer it will be.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="File to write [default: standard output].",
)
@click.argument("referral")
@answers
def form(folder: Path | None, language: str | None, who: str, account: str, out: Path | None,
         referral: str) -> None:  # fmt: skip
    """Write the form by which somebody without the portal answers a referral."""
    with acting(folder, who) as (node, reader):
        made = node.notices.form(reader, referral, account, output.language(language))
    if out is None:
        sys.stdout.buffer.write(made.text.encode())
        return
    with out.open("xb") as file:  # never over another
        file.write(made.text.encode())
    click.echo(f"{out}: written")


@notify.command("answer")
@node_option
@language_option
@as_option
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False, exists=True)
)
@answers
def answer(folder: Path | None, language: str | None, who: str, files: tuple[Path, ...]) -> None:
    """Take in filled forms; each is a step of the account that it was made for."""
    from esclusa.errors import EsclusaError

    spoken, refused = output.language(language), 0
    with acting(folder, who) as (node, reader):
        for path in files:
            try:
                done = node.notices.take_in(reader, path.read_bytes(), file=path.name)
            except EsclusaError as error:
                refused += 1
                said = str(error)
                click.echo(said if path.name in said else f"{path.name}: {said}", err=True)
                continue
            state = done.state_es if spoken == "es" else done.state_en
            click.echo(f"{path.name}: {done.move} by {done.account}, {done.referral}: {state}")
    if refused:
        raise SystemExit(output.EXIT_PARTLY)


@notify.command("use")
@node_option
@click.option("--days", default=92, show_default=True, type=click.IntRange(1, 1830))
@click.option("--csv", "as_csv", is_flag=True, help="A table to keep.")
@answers
def use(folder: Path | None, days: int, as_csv: bool) -> None:
    """Count the use that each agency made of the node, by channel."""
    with opened(folder) as node:
        if as_csv:
            click.echo(node.notices.use_csv(node.administrator(), days=days), nl=False)
            return
        page = node.notices.use(node.administrator(), days=days)
    output.show(
        page.rows,
        f"{page.active} of {page.agencies} agencies used anything, {page.since} to {page.until}",
        ("agency", "accounts>", "last use", "days without>", "sent>", "opened>", "answered>"),
        lambda row: (
            row.agency, row.accounts, row.last or "never",
            "" if row.idle_days is None else row.idle_days,
            sum(one.sent for one in row.channels), sum(one.opened for one in row.channels),
            sum(one.answered for one in row.channels),
        ),
    )  # fmt: skip


def _changed(view: SettingsView, asked: dict[str, Any]) -> Any:
    """Return what the account chose, with what was asked for in its place."""
    from esclusa.casework.notices import Choice, Way

    every = [kind.code for kind in view.kinds]

    def way(held: WayView, name: str, to: str | None) -> Way:
        timed = {key: value for key in ("when", "at") if (value := asked[key]) is not None}
        kinds = asked[f"{name}_kinds"]
        chosen = held.kinds if kinds is None else _words(kinds, every)
        if to == "" or (name == "feed" and kinds == ""):
            return Way()
        if kinds is None and to and not held.kinds:
            chosen = tuple(every)
        given = {"when": held.when, "at": held.at} | (timed if name != "feed" else {})
        return Way(kinds=chosen, to=held.to if to is None else to, **given)

    plain = {
        "language": "speak", "time_zone": "zone", "minimum_score": "score",
        "clock_minutes": "clock", "forms": "forms",
    }  # fmt: skip
    about = view.subject_kinds if asked["about"] is None else _words(asked["about"], ())
    return Choice(
        mail=way(view.mail, "mail", asked["mail"]),
        webhook=way(view.webhook, "webhook", asked["webhook"]),
        feed=way(view.feed, "feed", None),
        subject_kinds=about,
        **{
            name: getattr(view, name) if asked[option] is None else asked[option]
            for name, option in plain.items()
        },
    )


def _words(text: str, every: Any) -> tuple[str, ...]:
    if text == "all" and every:
        return tuple(every)
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _shown(view: SettingsView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    names = {kind.code: kind.es if spoken == "es" else kind.en for kind in view.kinds}
    rows = [("account", view.account), ("use counts for", view.agency)]
    for channel in ("mail", "webhook", "feed"):
        way: WayView = getattr(view, channel)
        told = "\n".join(names.get(kind, kind) for kind in way.kinds) or "nothing"
        when = f"{way.when} {way.at}" if way.when == "daily" else way.when
        rows.append((channel, f"{way.to} {when}\n{told}".strip() if way.kinds else told))
    rows += [
        ("address", f"{view.address.address} {view.address.state}".strip()),
        ("language", view.language or "the account's"),
        ("time zone", view.time_zone or "the account's"),
        ("alerts from", f"{view.minimum_score:g} points"),
        ("alerts about", ", ".join(view.subject_kinds) or "all"),
        ("clock", f"{view.clock_minutes} minutes before"),
        ("forms with mails", "yes" if view.forms else "no"),
        ("feed's address", "there is one" if view.has_feed else "none"),
    ]
    output.table("Notices", ("", ""), rows)
    output.table("\nWhat can be told", ("word", ""), list(names.items()))
