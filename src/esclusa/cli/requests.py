"""Commands about requests for information: ask, move, list, show, rates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import moves, output
from esclusa.cli.moves import fields_option, word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.information_views import (
        InformationStepView,
        RequestView,
    )

_LEVELS = ("open", "official", "restricted", "confidential", "secret")


@click.group()
def requests() -> None:
    """Requests for information: ask, move, list, show, rates."""


@requests.command("ask")
@node_option
@language_option
@as_option
@click.option("--about", "record", default="", metavar="ID",
              help="A record or alert that the question is about [default: none].")  # fmt: skip
@click.option("--level", type=click.Choice(_LEVELS), default="official", show_default=True,
              help="Of a question about no record, and of its answer.")  # fmt: skip
@fields_option
@click.argument("partner")
@answers
def ask(folder: Path | None, language: str | None, who: str, record: str, level: str,
        said: tuple[str, ...], partner: str) -> None:  # fmt: skip
    """Ask a partner for information.

    A question records subject_kind (person, company, vessel, container, document, record),
    subject_name or subject_number, question, purpose, legal_basis, and clock: the urgency, one that
    the agreement lists (8h, 12h, 7d, 14d).
    """
    from esclusa.model import Level

    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        view = node.information_desk.ask(
            reader, partner, given, record=record, level=Level[level.upper()]
        )
    _shown(view, output.language(language))


@requests.command("move")
@node_option
@language_option
@as_option
@click.option("--version", default="", help="Of the request as you saw it; refused if changed.")
@click.option("--record", "records", multiple=True, metavar="ID",
              help="A record of ours that an answer points to; may be given again.")  # fmt: skip
@fields_option
@click.argument("name")
@click.argument("step")
@answers
def move(folder: Path | None, language: str | None, who: str, version: str,
         records: tuple[str, ...], said: tuple[str, ...], name: str,
         step: str) -> None:  # fmt: skip
    """Make a step on a request; `show` names the steps that can be made now."""
    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        view = node.information_desk.move(
            reader, name, step, given, version=version, record_ids=records
        )
    _shown(view, output.language(language))


@requests.command("list")
@node_option
@language_option
@click.option("--side", type=click.Choice(["requester", "answerer"]), default=None,
              help="Only those that we asked, or that we are asked [default: both].")  # fmt: skip
@click.option("--state", default="open", show_default=True, help="open, all, or one state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 5000))
@click.option("--csv", "target", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Write the list into this file as CSV.")  # fmt: skip
@answers
def list_(folder: Path | None, language: str | None, side: str | None, state: str, limit: int,
          target: Path | None) -> None:  # fmt: skip
    """List requests for information: what waits for us first, by when it is due."""
    from esclusa.node.information_table import requests_csv

    spoken = output.language(language)
    with opened(folder) as node:
        page = node.information_desk.requests(
            node.operator(), side=side or "", state=state, limit=limit
        )
    if target is not None:
        with output.whole_file(target) as sink:
            sink.write(requests_csv(page, spoken).encode())
        click.echo(f"{len(page.rows)} requests written to {target.name}", err=True)
        return
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} requests for information",
        ("ours", "state", "due (UTC)", "clock", "about", "asked by", "asked", "id"),
        lambda row: (
            "*" if row.ours else "", word(row.state, spoken), row.clock.due[:16],
            moves.clock(row.clock),
            f"{word(row.kind, spoken)}: {row.subject.name} {row.subject.number}".strip(),
            row.requester, row.answerer, row.id,
        ),
    )  # fmt: skip


@requests.command("show")
@node_option
@language_option
@click.argument("name")
@answers
def show(folder: Path | None, language: str | None, name: str) -> None:
    """Show a request: clock, history of both sides, and the steps that can be made now."""
    with opened(folder) as node:
        view = node.information_desk.show(node.operator(), name)
    _shown(view, output.language(language))


@requests.command("rates")
@node_option
@language_option
@answers
def rates(folder: Path | None, language: str | None) -> None:
    """Count how requests ended, those we asked and those we were asked."""
    spoken = output.language(language)
    with opened(folder) as node:
        found = node.information_desk.rates(node.operator())
    output.show(
        found, "How requests for information ended; no answer says nothing about the subject",
        ("side", "asked>", "waiting>", "in time of due>", "late>", "no answer>", "in full>",
         "in part>", "nothing known>", "refused", "withdrawn>", "extended>", "escalated>"),
        lambda row: (
            row.side, row.asked, row.waiting, f"{row.in_time} of {row.due}", row.late, row.silent,
            row.full, row.part, row.nothing_known,
            ", ".join(f"{word(one.word, spoken)} {one.count}" for one in row.refused),
            row.withdrawn, row.extended, row.escalated,
        ),
    )  # fmt: skip


def _shown(view: RequestView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    output.table(
        f"Request {row.id}: {row.subject.name} {row.subject.number}".strip(), ("", ""),
        [
            ("state", word(row.state, spoken)), ("asked by", row.requester),
            ("asked", row.answerer), ("about", word(row.kind, spoken)),
            ("urgency", word(row.clock.profile, spoken)),
            ("asked at (UTC)", row.clock.asked), ("due (UTC)", row.clock.due),
            ("clock", moves.clock(row.clock)), ("version", view.version),
        ],
    )  # fmt: skip
    if view.stays:
        click.echo(f"Nothing of our steps reaches the other side: {word(view.stays, spoken)}")
    for one in view.unagreed:
        click.echo(f"The agreement in force does not list: {word(one, spoken)}")
    if view.waiting:
        click.echo("Incomplete: steps between those that have arrived are missing.")
    output.table(
        "\nHistory", ("at (UTC)", "agency", "by", "step", "then", "recorded", "does not count"),
        [
            (step.at[:16], step.agency, step.by, word(step.move, spoken),
             word(step.after, spoken) + (" (late)" if step.late else ""),
             _recorded(step, spoken), word(step.lost, spoken) if step.lost else "")
            for step in view.steps
        ],
    )  # fmt: skip
    moves.next_steps(view.moves, spoken)


def _recorded(step: InformationStepView, spoken: str) -> str:
    said = [f"record: {one.title} {one.id}" if one.id else "record: not here for you"
            for one in step.records]  # fmt: skip
    return "\n".join(filter(None, (moves.recorded(step.recorded, spoken), *said)))
