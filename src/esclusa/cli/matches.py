"""Commands about possible matches: what waits, both sides, a decision, its undoing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.match_views import MatchView


@click.group()
def matches() -> None:
    """Possible matches: list, show, decide, undo."""


@matches.command("list")
@node_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def list_(folder: Path | None, limit: int) -> None:
    """List the matches that nobody has decided, or that were reopened."""
    with opened(folder) as node:
        page = node.match_desk.matches(node.operator(), limit=limit)
    more = " or more" if page.more else ""
    output.show(
        page.rows,
        f"{len(page.rows)}{more} matches wait, highest score first",
        ("score>", "party", "listed as", "entry", "record", "alerts>", "state", "id"),
        lambda row: (
            f"{row.score:.1f}", row.party, row.entry, f"{row.list_id}:{row.uid}", row.title,
            row.alerts, row.state or "undecided", row.match_id,
        ),
    )  # fmt: skip


@matches.command("show")
@node_option
@language_option
@click.argument("match_id")
@answers
def show(folder: Path | None, language: str | None, match_id: str) -> None:
    """Show both sides of a match, why, why not, and what people said."""
    with opened(folder) as node:
        view = node.match_desk.match(node.operator(), match_id)
    _shown(view, output.language(language))


@matches.command("decide")
@node_option
@language_option
@click.argument("match_id")
@click.argument("outcome", type=click.Choice(["not_the_same", "the_same", "cannot_tell"]))
@click.option("--reason", required=True, help="Why, in your own words.")
@click.option("--until", default="", help="Last day, YYYY-MM-DD [default: the node's setting].")
@click.option("--redress", default="", help="Number under which the party may state it later.")
@answers
def decide(folder: Path | None, language: str | None, match_id: str, outcome: str, reason: str,
           until: str, redress: str) -> None:  # fmt: skip
    """Decide a match; it is remembered for the same facts of both sides."""
    with opened(folder) as node:
        view = node.match_desk.decide(
            node.operator(), match_id, outcome=outcome, reason=reason, until=until, redress=redress
        )
    _shown(view, output.language(language))


@matches.command("undo")
@node_option
@language_option
@click.argument("match_id")
@answers
def undo(folder: Path | None, language: str | None, match_id: str) -> None:
    """Take the last decision on a match back."""
    with opened(folder) as node:
        view = node.match_desk.undo(node.operator(), match_id)
    _shown(view, output.language(language))


def _shown(view: MatchView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    spanish = spoken == "es"
    told = (view.told_es if spanish else view.told_en) or "nobody has decided this match"
    rows = [
        (side.part, "; ".join(side.asked), "; ".join(side.listed), side.verdict)
        for side in view.sides
    ]
    output.table(
        f"{view.party.name} / {view.entry} ({view.list_id}:{view.uid}), score {view.score:.1f}",
        ("part", "record", "list", "verdict"), rows,
    )  # fmt: skip
    lines = (
        ("for", view.speaks_for_es if spanish else view.speaks_for),
        ("against", view.speaks_against_es if spanish else view.speaks_against),
        ("cannot tell", view.cannot_tell_es if spanish else view.cannot_tell),
    )
    output.table("\nWhy", ("", "line"), [(name, line) for name, said in lines for line in said])
    steps = [(s.at[:19], s.by, s.move, s.outcome, s.until, s.reason) for s in view.steps]
    output.table(f"\n{told}", ("at (UTC)", "by", "step", "stands", "until", "reason"), steps)
