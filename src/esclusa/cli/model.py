"""Commands about the models that score: fitted, compared, read, activated, watched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.model import ScoreFigure
    from esclusa.sharing.score_views import ModelView

_clock = click.option(
    "--clock", type=click.Choice(["recorded", "stated"]), default="recorded", show_default=True,
    help="A consignment's moment: when it was recorded here, or the arrival it states.",
)  # fmt: skip
_reason = click.option("--reason", required=True, help="Why, in your own words.")


@click.group()
def model() -> None:
    """Models that score: list, fit, compare, card, activate, retire, drift."""


@model.command("list")
@node_option
@answers
def list_(folder: Path | None) -> None:
    """List the fitted models, newest first, and which one is active."""
    with opened(folder) as node:
        found = node.model_desk.models(node.operator())
    output.show(
        found.models, "Models",
        ("", "name", "checksum", "fitted (UTC)", "by", "known>", "finds>", "features>",
         "area under the curve (95 %)"),
        _row,
    )  # fmt: skip


@model.command("fit")
@node_option
@_clock
@click.option("--level", type=click.IntRange(0, 4), default=None,
              help="Learn only from what is marked so or lower, so that its readers see the model "
                   "[default: from everything].")  # fmt: skip
@click.argument("name")
@answers
def fit(folder: Path | None, clock: str, level: int | None, name: str) -> None:
    """Fit a model on known outcomes and keep it; it scores nothing until activated."""
    with opened(folder) as node:
        page = node.model_desk.fit(node.operator(), name, level=level, clock=clock)
    if not output.for_people():
        output.lines([page.model])
        return
    click.echo(page.card)
    _figures("Against boosted trees on the same rows", "LightGBM", name, page.model.challenger)
    click.echo(f"kept as {page.model.checksum[:12]}; it scores nothing until it is activated")


@model.command("compare")
@node_option
@click.option("--with", "old", default="", help="The other model [default: the active one].")
@click.argument("name")
@answers
def compare(folder: Path | None, old: str, name: str) -> None:
    """Compare a model with another on outcomes that neither learned from."""
    with opened(folder) as node:
        told = node.model_desk.compare(node.operator(), name, old)
    if not output.for_people():
        output.lines([told])
    elif not told.old:
        click.echo("no other model is active: there is nothing to compare with")
    else:
        twins = "" if told.twins is None else f", {told.twins:.1%} of later rows have a twin"
        title = f"{told.rows} outcomes with {told.finds} finds{twins}"
        _figures(title, told.old, told.new, told.figures)


@model.command("card")
@node_option
@language_option
@click.option("--file", "as_file", is_flag=True, help="The model's file instead of its card.")
@click.argument("name", default="")
@answers
def card(folder: Path | None, language: str | None, as_file: bool, name: str) -> None:
    """Print a model's card: data, figures, calibration, features, limits [the active one]."""
    with opened(folder) as node:
        if as_file:
            click.echo(node.model_desk.document(node.operator(), name), nl=False)
            return
        page = node.model_desk.show(node.operator(), name, language=output.language(language))
    click.echo(page.card, nl=False)


@model.command("activate")
@node_option
@_reason
@click.argument("name")
@answers
def activate(folder: Path | None, reason: str, name: str) -> None:
    """Let a model score from now on; the comparison with the one before is kept with the step."""
    with opened(folder) as node:
        step = node.model_desk.activate(node.operator(), name, reason=reason)
    if not output.for_people():
        output.lines([step])
        return
    click.echo(f"{step.name} ({step.checksum[:12]}) scores from now on")
    if step.compared:
        _figures("Against the model before", "before", step.name, step.compared)
    else:
        click.echo("not compared: none was active before, or too few outcomes are new to both")


@model.command("retire")
@node_option
@_reason
@answers
def retire(folder: Path | None, reason: str) -> None:
    """Leave no model active: nothing is scored then, and nothing is guessed."""
    with opened(folder) as node:
        step = node.model_desk.retire(node.operator(), reason=reason)
    click.echo(f"{step.name} scores no more; no model is active")


@model.command("drift")
@node_option
@language_option
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660))
@click.argument("name", default="")
@answers
def drift(folder: Path | None, language: str | None, days: int, name: str) -> None:
    """Show what moved since training, and whether the probability holds on the control sample."""
    from msgspec.structs import replace

    with opened(folder) as node:
        reader = replace(node.operator(), language=output.language(language))
        told = node.model_desk.drift(reader, name, days=days)
    if not output.for_people():
        output.lines([told])
        return
    alarms = [one for one in told.shifts if one.alarm]
    output.table(
        f"{told.model}: {len(alarms)} of {len(told.shifts)} moved over {told.rows} consignments",
        ("", "what", "stability index>", "times what chance gives>"),
        [("ALARM" if one.alarm else "", one.title or "score", f"{one.index:.3f}",
          f"{one.beyond:.2f}") for one in told.shifts[:max(len(alarms), 10)]],
    )  # fmt: skip
    if told.expected is None or told.found is None or told.errors is None:
        click.echo("no control sample was examined since: the probability cannot be checked")
        return
    verdict = "ALARM" if told.alarm else "no alarm"
    click.echo(
        f"control sample: {told.control_rows} outcomes, {told.control_finds} finds; expected "
        f"{told.expected:.1%}, found {told.found:.1%}, {told.errors:+.1f} standard errors: "
        f"{verdict}"
    )


def _row(one: ModelView) -> tuple[object, ...]:
    auc = "" if one.auc is None else f"{one.auc:.3f} ({one.auc_low:.3f} – {one.auc_high:.3f})"
    return ("active" if one.active else "", one.name, one.checksum[:12], one.fitted[:19], one.by,
            one.known, one.finds, one.features, auc)  # fmt: skip


def _figures(title: str, old: str, new: str, figures: Sequence[ScoreFigure]) -> None:
    output.table(
        title, ("figure", f"{old}>", f"{new}>", "difference (95 %)>"),
        [(one.name, f"{one.old:.3f}", f"{one.new:.3f}",
          f"{one.new - one.old:+.3f} ({one.low:+.3f} to {one.high:+.3f})") for one in figures],
    )  # fmt: skip
