"""Commands about scores: give them, explain them, list the highest, combine them to a box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.score_views import AssessmentView


@click.command()
@node_option
@click.option("--again", is_flag=True, help="Also those that the active model has scored already.")
@click.argument("records", nargs=-1)
@answers
def score(folder: Path | None, again: bool, records: tuple[str, ...]) -> None:
    """Score consignments by the active model and keep the scores.

    RECORDS are ids; without any, every consignment in force is scored.
    """
    with opened(folder) as node:
        done = node.score_desk.score(node.operator(), records or None, again=again)
    if not output.for_people():
        output.lines([done])
        return
    click.echo(f"{done.scored} scored by {done.model} ({done.checksum[:12]}), "
               f"{done.already} had its score already")  # fmt: skip


@click.command()
@node_option
@language_option
@click.option("--version", type=click.IntRange(1), default=None,
              help="An earlier score [default: the newest].")  # fmt: skip
@click.argument("record_id")
@answers
def explain(folder: Path | None, language: str | None, version: int | None, record_id: str) -> None:
    """Show a consignment's score, reason by reason, with its sum."""
    with opened(folder) as node:
        view = node.score_desk.explain(node.operator(), record_id, version=version)
    if output.for_people():
        _explained(view, output.language(language))
    else:
        output.lines([view])


@click.command()
@node_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def highest(folder: Path | None, limit: int) -> None:
    """List the consignments with the highest scores."""
    from esclusa.analysis.scoring import points

    with opened(folder) as node:
        found = node.score_desk.highest(node.operator(), limit=limit)
    output.show(
        found, "Scores order; people decide. What has no score is unknown.",
        ("score>", "probability>", "consignment", "scored at (UTC)", "record"),
        lambda row: (
            points(row.score), f"{row.probability:.2%}", row.title, row.at[:19], row.subject_id
        ),
    )  # fmt: skip


@click.command()
@node_option
@click.argument("number")
@answers
def box(folder: Path | None, number: str) -> None:
    """Show a container as the combination of its bills."""
    with opened(folder) as node:
        view = node.score_desk.box(node.operator(), number)
    if not output.for_people():
        output.lines([view])
        return
    click.echo(f"{view.number}: {view.probability:.2%}, between {view.low:.2%} (all bills for one "
               f"cause) and {view.high:.2%}")  # fmt: skip
    click.echo(f"1 - product of (1 - p) over {view.scored} bills; {view.unscored} without a score "
               "count for nothing")  # fmt: skip


def _explained(view: AssessmentView, language: str) -> None:
    from esclusa.analysis.scoring import points
    from esclusa.analysis.scoring.reasons import odds
    from esclusa.analysis.scoring.words import Language, say

    spoken: Language = "es" if language == "es" else "en"
    rows: list[tuple[object, ...]] = [
        (say("reason", "start", spoken), "", points(view.start), odds(view.start))
    ]
    for one in view.reasons:
        title, value = (
            (one.title_es, one.value_es) if spoken == "es" else (one.title_en, one.value_en)
        )
        rows.append((title, value, points(one.contribution), odds(one.contribution)))
    rows.append((say("reason", "rest", spoken), "", points(view.rest), odds(view.rest)))
    rows.append((say("reason", "sum", spoken), "", points(view.score), odds(view.score)))
    output.table(
        f"probability {view.probability:.2%}, "
        f"{view.model} ({view.checksum[:12]}), {view.at[:19]} UTC",
        ("reason", "value", "log odds>", "odds times>"), rows,
    )  # fmt: skip
    click.echo(f"version {view.version} of {view.of}, of the record's version "
               f"{view.subject_version}; rules {', '.join(view.rules)}; "
               f"lists {', '.join(view.lists) or 'none'}")  # fmt: skip
    if view.later:
        click.echo("the record has changed since: score it again for a later version")
