"""Commands about cases shared with partners: share, unshare, joint, take-up, joint-done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from esclusa.cli import moves, output
from esclusa.cli.moves import word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option

if TYPE_CHECKING:
    from esclusa.sharing.joint_views import JointStepView, JointThingView, JointView


@click.command("share")
@node_option
@language_option
@as_option
@click.option("--reason", default="", help="Why it is shared; kept in the history of both.")
@click.option("--preview", is_flag=True, help="Show what the partner would see; share nothing.")
@click.option("--version", default="", help="Of the case as you saw it; else any.")
@click.argument("name")
@click.argument("partner")
@answers
def share(folder: Path | None, language: str | None, who: str, reason: str, preview: bool,
          version: str, name: str, partner: str) -> None:  # fmt: skip
    """Share a case with a partner service."""
    with acting(folder, who) as (node, reader):
        desk = node.joint_desk
        if preview:
            view = desk.preview(reader, name, partner, reason)
        else:
            view = desk.share(reader, name, partner, reason, version=version)
    _shown(view, output.language(language))


@click.command("unshare")
@node_option
@language_option
@as_option
@click.option("--reason", required=True, help="Why it is taken back.")
@click.argument("name")
@click.argument("partner")
@answers
def unshare(folder: Path | None, language: str | None, who: str, reason: str, name: str,
            partner: str) -> None:  # fmt: skip
    """Take back from a partner all that it was told of a case; it answers with receipts."""
    from esclusa.errors import NotFound

    with acting(folder, who) as (node, reader):
        shares = node.case_desk.show(reader, name).shares
        found = [s for s in shares if s.partner == partner and s.state.code == "shared"]
        if not found:
            raise NotFound(f"the case is not shared with {partner[:40]!r}")
        node.joint_desk.unshare(reader, name, found[0].name, reason)
        view = node.joint_desk.show(reader, found[0].joint)
    _shown(view, output.language(language))


@click.command("joint")
@node_option
@language_option
@as_option
@click.argument("joint", default="")
@answers
def joint(folder: Path | None, language: str | None, who: str, joint: str) -> None:
    """List the cases shared with partners or by them, or show one with the history of both."""
    spoken = output.language(language)
    with acting(folder, who) as (node, reader):
        if joint:
            _shown(node.joint_desk.show(reader, joint), spoken)
            return
        rows = node.joint_desk.joints(reader)
    output.show(
        rows, f"{len(rows)} joint cases",
        ("id", "title", "whose", "with", "state", "theirs", "our case", "last (UTC)"),
        lambda row: (row.id, row.title, row.owner, row.partner, word(row.state, spoken),
                     word(row.theirs, spoken), row.case, row.last[:16]),
    )  # fmt: skip


@click.command("take-up")
@node_option
@language_option
@as_option
@click.option("--title", required=True, help="What our own case is called.")
@click.option("--summary", default="", help="What it is about.")
@click.option("--level", type=click.IntRange(0, 4), default=None, help="At least so high.")
@click.argument("joint")
@answers
def take_up(folder: Path | None, language: str | None, who: str, title: str, summary: str,
            level: int | None, joint: str) -> None:  # fmt: skip
    """Open a case of our own for one that a partner shares; its steps are told to the partner."""
    with acting(folder, who) as (node, reader):
        given = {"title": title, "summary": summary}
        case = node.joint_desk.take_up(reader, joint, given, level=level).row.id
        view = node.joint_desk.show(reader, joint)
    _shown(view, output.language(language))
    click.echo(f"our case: {case}", err=True)


@click.command("joint-done")
@node_option
@language_option
@as_option
@click.option("--result", default="", help="What came of it.")
@click.option("--version", default="", help="Of the joint case as you saw it; else any.")
@click.argument("joint")
@click.argument("task")
@answers
def joint_done(folder: Path | None, language: str | None, who: str, result: str, version: str,
               joint: str, task: str) -> None:  # fmt: skip
    """Say that a task is done which the other side gave to our service."""
    with acting(folder, who) as (node, reader):
        view = node.joint_desk.done(reader, joint, task, result, version=version)
    _shown(view, output.language(language))


COMMANDS: Final = (share, unshare, joint, take_up, joint_done)


def _shown(view: JointView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    facts = [
        ("of", row.owner), ("shared with", row.guest), ("agreement", view.agreement),
        ("why", view.reason), ("about", view.summary), ("version", view.version),
        ("state", word(row.state, spoken)), ("theirs", word(row.theirs, spoken)),
        ("our case", row.case), ("stays here", word(view.stays, spoken) if view.stays else ""),
        ("steps that are not here", row.missing or ""),
        ("given, taken back, confirmed", f"{view.given}, {view.back}, {view.receipts}"),
    ]  # fmt: skip
    output.table(f"Joint case {row.id}: {row.title}", ("", ""), [one for one in facts if one[1]])
    _things("\nTasks", view.tasks, spoken)
    _things("\nEvidence", view.evidence, spoken)
    output.table("\nHistory of both", ("at (UTC)", "service", "who", "step", "about", "recorded"), [
        (s.at[:16], s.agency, s.by, word(s.move, spoken), _about(s, spoken), _said(s, spoken))
        for s in view.steps
    ])  # fmt: skip


def _things(title: str, things: Iterable[JointThingView], spoken: str) -> None:
    output.table(title, ("what", "service", "for", "state", "SHA-256", "name"), [
        (t.title, t.agency, t.person, word(t.state, spoken), t.sha256, t.name) for t in things
    ])  # fmt: skip


def _about(step: JointStepView, spoken: str) -> str:
    from esclusa.casework.case_words import words

    if step.elsewhere:
        return str(getattr(words("joint")["elsewhere"], f"text_{spoken}"))
    return step.item.title if step.item else step.about


def _said(step: JointStepView, spoken: str) -> str:
    lost = f"({word(step.lost, spoken)})" if step.lost else ""
    return "\n".join(filter(None, (moves.recorded(step.recorded, spoken), lost)))
