"""Commands about referrals: open, move, list, show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import moves, output
from esclusa.cli.moves import fields_option, word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.referral_views import (
        ExceptionView,
        ReferralRow,
        ReferralView,
    )


@click.group()
def referral() -> None:
    """Referrals: open, move, list, show, rates."""


@referral.command("open")
@node_option
@language_option
@as_option
@click.option("--host", required=True, help="The partner that is asked.")
@click.option("--box", default="", help="The one of its boxes that is meant [default: all].")
@click.option("--draft", is_flag=True, help="Keep a draft and send nothing.")
@fields_option
@click.argument("record")
@answers
def open_(folder: Path | None, language: str | None, who: str, host: str, box: str, draft: bool,
          said: tuple[str, ...], record: str) -> None:  # fmt: skip
    """Ask a host to look into a box: about an alert, a consignment or a unit of equipment (id).

    A request records risk_reasons, legal_purpose and cut_off (with its zone, such as
    2026-11-28T10:00Z).
    """
    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        view = node.referral_desk.open(reader, record, host, given, box=box, send=not draft)
    _shown(view, output.language(language))


@referral.command("move")
@node_option
@language_option
@as_option
@click.option("--version", default="", help="Of the referral as you saw it; refused if changed.")
@fields_option
@click.argument("name")
@click.argument("step")
@answers
def move(folder: Path | None, language: str | None, who: str, version: str, said: tuple[str, ...],
         name: str, step: str) -> None:  # fmt: skip
    """Make a step on a referral; `show` names the steps that can be made now."""
    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        view = node.referral_desk.move(reader, name, step, given, version=version)
    _shown(view, output.language(language))


@referral.command("list")
@node_option
@language_option
@click.option(
    "--side",
    type=click.Choice(["requester", "host"]),
    default=None,
    help="Only those that we asked for, or that we are asked [default: both].",
)
@click.option("--state", default="open", show_default=True, help="open, all, or one state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@answers
def list_(folder: Path | None, language: str | None, side: str | None, state: str,
          limit: int) -> None:  # fmt: skip
    """List referrals: what waits for us first, by when it is due."""
    spoken = output.language(language)
    with opened(folder) as node:
        page = node.referral_desk.referrals(
            node.operator(), side=side or "", state=state, limit=limit
        )
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} referrals",
        ("ours", "state", "due (UTC)", "clock", "bill", "boxes", "asked by", "host", "flag", "id"),
        lambda row: (
            "*" if row.ours else "", word(row.state, spoken), row.clock.due[:16],
            moves.clock(row.clock), f"{row.subject.carrier} {row.subject.bill}".strip(),
            _boxes(row), row.requester, row.host, "DO NOT LOAD" if row.do_not_load else "", row.id,
        ),
    )  # fmt: skip


@referral.command("show")
@node_option
@language_option
@click.argument("name")
@answers
def show(folder: Path | None, language: str | None, name: str) -> None:
    """Show a referral: clock, history of both sides, and the steps that can be made now."""
    with opened(folder) as node:
        view = node.referral_desk.show(node.operator(), name)
    _shown(view, output.language(language))


@referral.command("rates")
@node_option
@language_option
@click.option("--since", default="", metavar="DAY", help="First day of asking [default: any].")
@click.option("--until", default="", metavar="DAY", help="Last day of asking [default: any].")
@answers
def rates(folder: Path | None, language: str | None, since: str, until: str) -> None:
    """Count how referrals ended, those we asked for and those we were asked."""
    spoken = output.language(language)
    with opened(folder) as node:
        found = node.referral_desk.rates(node.operator(), since=since, until=until)
    output.show(
        found, "How referrals ended; void ones are in no rate",
        ("side", "asked>", "waiting>", "answered of due>", "no answer>", "waived>", "declined",
         "waived by", "found>", "nothing found>", "void>"),
        lambda row: (
            row.side, row.asked, row.waiting, f"{row.answered} of {row.due}", row.silent,
            row.waived, ", ".join(f"{word(one.word, spoken)} {one.count}" for one in row.declined),
            ", ".join(_exception(one, spoken) for one in row.exceptions),
            row.found, row.nothing_found, row.void,
        ),
    )  # fmt: skip


def _exception(one: ExceptionView, spoken: str) -> str:
    """Return an exception in its words of that time, with how often it was asked for by."""
    meaning = one.meaning_es if spoken == "es" else one.meaning_en
    told = f" ({one.version}): {meaning}" if one.version else ""
    return f"{word(one.word, spoken)}{told} {one.count}"


def _shown(view: ReferralView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    bill = f"{row.subject.carrier} {row.subject.bill}".strip()
    output.table(
        f"Referral {row.id}: {bill} {_boxes(row)}".strip(), ("", ""),
        [
            ("state", word(row.state, spoken)),
            *([("", "DO NOT LOAD, until the host clears it")] if row.do_not_load else []),
            ("asked by", row.requester), ("host", row.host), ("ship", row.subject.ship),
            ("cut-off (UTC)", row.clock.cut_off), ("due (UTC)", row.clock.due),
            ("clock", moves.clock(row.clock)), ("version", view.version),
        ],
    )  # fmt: skip
    if view.stays:
        click.echo(f"Nothing of our steps reaches the other side: {word(view.stays, spoken)}")
    if view.waiting:
        click.echo("Incomplete: steps between those that have arrived are missing.")
    if view.news:
        output.table(
            "\nWhat messages tell of its boxes",
            ("came in (UTC)", "box", "event", "time as sent", "place", "level>", ""),
            [
                (one.recorded[:16], one.box, one.event if one.stage == "actual" else
                 f"{one.event}, {one.stage}", one.occurred[:16], one.place,
                 one.level, "AGAINST DO NOT LOAD" if one.against else "")
                for one in view.news
            ],
        )  # fmt: skip
    output.table(
        "\nHistory", ("at (UTC)", "agency", "by", "step", "then", "recorded", "does not count"),
        [
            (step.at[:16], step.agency, step.by, word(step.move, spoken),
             word(step.after, spoken), moves.recorded(step.recorded, spoken),
             word(step.lost, spoken) if step.lost else "")
            for step in (*view.drafts, *view.steps)
        ],
    )  # fmt: skip
    moves.next_steps(view.moves, spoken)


def _boxes(row: ReferralRow) -> str:
    return " ".join(row.subject.boxes)
