"""Commands about rules: the pack's and the node's own, their rehearsal and their life."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import acting, answers, as_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.node.rule_desk import RuleDesk
    from esclusa.sharing.reader import Reader
    from esclusa.sharing.rule_views import FiguresView, OwnRuleView, RateView, TriedView

reason_option = click.option("--reason", required=True, help="Why, in your own words.")
level_option = click.option(
    "--level", type=click.IntRange(0, 4), default=None,
    help="Marking of a new rule: 0 open to 4 secret [default: that of what comes in].",
)  # fmt: skip
_text = click.argument("file", type=click.Path(path_type=Path, exists=True, allow_dash=True))

APART = {
    "newest": "only the newest records were looked at",
    "copies": "partners' copies and records marked above the rule are not in it",
    "present": "each record counts in its present version",
    "around": "what other records say around it (seals, boxes, pairs of parties) is as of today",
    "active": "the active rules are those of today",
    "lists": "what lists say about a traveller is not looked up",
}


@click.group()
def rules() -> None:
    """Rules: list, check, show, new, amend, try, rehearse, approve, retire."""


@rules.command("list")
@node_option
@click.option("--yields", is_flag=True, help="Replay the rules in force over what is kept.")
@answers
def list_(folder: Path | None, yields: bool) -> None:
    """List the pack's rules and the node's own, with their state today."""
    with opened(folder) as node:
        found = node.rule_desk.rules(node.operator(), yields=yields, every=True)
    output.show(
        found, "Rules",
        ("id", "version", "about", "points>", "state", "open", "hits>", "found>", "yield (95 %)",
         "valid to", "title"),
        lambda row: (row.name or row.id, row.version, row.subject, row.points, row.state,
                     f"{row.open_version} {row.open_state}".strip(), *_rate(row.rate), row.valid_to,
                     row.title_en),
    )  # fmt: skip


@rules.command("check")
@click.argument("pack", required=False, type=click.Path(path_type=Path, exists=True))
@answers
def check(pack: Path | None) -> None:
    """Check a rule pack and run the tests that its rules carry."""
    from esclusa.node.rules import report_of

    report = report_of(pack)
    for failure in report.failures:
        click.echo(f"{failure.rule}: {failure.test}: expected {failure.expected}, "
                   f"found {failure.found}")  # fmt: skip
    click.echo(f"pack {report.pack}: {report.rules} rules, {report.tests} tests, "
               f"{len(report.failures)} failed")  # fmt: skip
    if report.failures:
        raise SystemExit(output.EXIT_PARTLY)


@rules.command("blank")
@node_option
@answers
def blank(folder: Path | None) -> None:
    """Write a text to begin a rule with."""
    with opened(folder) as node:
        click.echo(node.rule_desk.blank(node.operator()), nl=False)


@rules.command("try")
@node_option
@as_option
@level_option
@click.option("--rule", "name", default="", help="The own rule that it is a version of.")
@_text
@answers
def try_(folder: Path | None, who: str, level: int | None, name: str, file: Path) -> None:
    """Check a rule's text and rehearse it; nothing is kept. - reads standard input."""
    with acting(folder, who) as (node, reader):
        found = node.rule_desk.try_out(reader, _read(file), name=name, level=level, every=True)
    _tried(found)


@rules.command("new")
@node_option
@as_option
@level_option
@click.option("--reason", default="", help="Why, in your own words.")
@_text
@answers
def new(folder: Path | None, who: str, level: int | None, reason: str, file: Path) -> None:
    """Keep a new rule as a draft. - reads standard input."""
    text = _read(file)
    with _of(file):
        _did(folder, who, lambda desk, reader: desk.write(reader, text, reason=reason, level=level))


@rules.command("amend")
@node_option
@as_option
@click.option("--reason", default="", help="Why, in your own words.")
@click.argument("name")
@_text
@answers
def amend(folder: Path | None, who: str, reason: str, name: str, file: Path) -> None:
    """Change the text of a rule's draft, or begin its new version beside the one in force."""
    text = _read(file)
    with _of(file):
        _did(folder, who, lambda desk, reader: desk.write(reader, text, name=name, reason=reason))


@rules.command("rehearse")
@node_option
@as_option
@click.option("--later", is_flag=True, help="A served node makes it, for the account of --as.")
@click.argument("name")
@answers
def rehearse(folder: Path | None, who: str, later: bool, name: str) -> None:
    """Replay a rule's open version over what is kept, and keep the figures."""
    if later and not who:
        raise click.UsageError("--later needs --as: it is made in the name of an account")
    if later:
        _did(folder, who, lambda desk, reader: desk.ask_rehearsal(reader, name))
        return
    _did(folder, who, lambda desk, reader: desk.rehearse(reader, name), figures=True)


@rules.command("approve")
@node_option
@as_option
@reason_option
@click.option("--digest", default="", help="Fingerprint of the text that you saw.")
@click.argument("name")
@answers
def approve(folder: Path | None, who: str, reason: str, digest: str, name: str) -> None:
    """Approve what was rehearsed, as a second person; it judges what comes in from then on."""
    _did(folder, who, lambda desk, reader: desk.approve(reader, name, reason=reason, digest=digest))


@rules.command("reject")
@node_option
@as_option
@reason_option
@click.argument("name")
@answers
def reject(folder: Path | None, who: str, reason: str, name: str) -> None:
    """Turn a rule's open version down."""
    _did(folder, who, lambda desk, reader: desk.reject(reader, name, reason=reason))


@rules.command("withdraw")
@node_option
@as_option
@click.option("--reason", default="", help="Why, in your own words.")
@click.argument("name")
@answers
def withdraw(folder: Path | None, who: str, reason: str, name: str) -> None:
    """Take a rule's open version back."""
    _did(folder, who, lambda desk, reader: desk.withdraw(reader, name, reason=reason))


@rules.command("retire")
@node_option
@as_option
@reason_option
@click.option("--version", default="", help="The version to stop [default: the one in force].")
@click.argument("name")
@answers
def retire(folder: Path | None, who: str, reason: str, version: str, name: str) -> None:
    """Stop a rule; what it said stays said."""
    _did(
        folder, who,
        lambda desk, reader: desk.retire(reader, name, reason=reason, version=version),
    )  # fmt: skip


@rules.command("show")
@node_option
@click.option("--text", is_flag=True, help="Write the text of the newest version and no more.")
@click.argument("name")
@answers
def show(folder: Path | None, text: bool, name: str) -> None:
    """Show a rule of the node's own: versions, figures, steps."""
    with opened(folder) as node:
        view = node.rule_desk.show(node.operator(), name)
    if text:
        click.echo(view.versions[-1].text, nl=False)
    else:
        _shown(view, figures=True)


@rules.command("history")
@node_option
@click.argument("name")
@answers
def history(folder: Path | None, name: str) -> None:
    """Show who did what with a rule of the node's own, when and why."""
    with opened(folder) as node:
        view = node.rule_desk.show(node.operator(), name)
    output.show(
        view.steps, f"{view.name} {view.title_en}",
        ("at (UTC)", "by", "step", "version", "became", "reason"),
        lambda step: (step.at[:19], step.by, step.move, step.version, step.state, step.reason),
    )  # fmt: skip


def _did(
    folder: Path | None, who: str, step: Callable[[RuleDesk, Reader], OwnRuleView], *,
    figures: bool = False,
) -> None:  # fmt: skip
    with acting(folder, who) as (node, reader):
        view = step(node.rule_desk, reader)
    _shown(view, figures=figures)


@contextmanager
def _of(file: Path) -> Iterator[None]:
    """Have what is wrong with a rule's text name its file, as other refusals of a file do."""
    from esclusa.errors import FormatError, RuleError

    try:
        yield
    except RuleError as error:
        name = "standard input" if str(file) == "-" else file.name
        raise FormatError(error.reason, file=name) from None


def _read(file: Path) -> str:
    from esclusa.errors import InputError

    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file.name) from None
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=file.name, offset=error.start) from None


def _tried(found: TriedView) -> None:
    if not output.for_people():
        output.lines([found])
    else:
        for one in found.mistakes:
            at = f"line {one.line}, character {one.column}: " if one.line else ""
            click.echo(f"{at}{one.reason}")
        for failed in found.failures:
            click.echo(f"test {failed.test}: expected {failed.expected}, found {failed.found}")
        if found.figures:
            _figures(f"{found.id}, version {found.version}, rehearsed", found.figures)
    if found.mistakes or found.failures:
        raise SystemExit(output.EXIT_PARTLY)


def _shown(view: OwnRuleView, *, figures: bool) -> None:
    if not output.for_people():
        output.lines([view])
        return
    output.table(
        f"{view.name} {view.title_en}",
        ("version", "state", "valid from", "valid to", "written by", "fingerprint", "note"),
        [
            (one.version, one.state, one.valid_from, one.valid_to, ", ".join(one.authors),
             one.digest, one.why)
            for one in view.versions
        ],
    )  # fmt: skip
    newest = view.versions[-1]
    for failed in newest.failures:
        click.echo(f"test {failed.test}: expected {failed.expected}, found {failed.found}")
    if newest.state == "active" and view.steps[-1].move == "approve":
        click.echo("It judges what comes in from now on; records taken in before are not changed.")
    if figures and newest.figures:
        _figures(f"\nRehearsal of version {newest.version}", newest.figures)


def _figures(title: str, figures: FiguresView) -> None:
    rows: list[tuple[object, ...]] = [
        ("all hits", *_rate(figures.all)),
        (f"hits that none of {figures.active} other active rules has", *_rate(figures.alone)),
    ]
    if figures.before:
        rows.append(("hits of the version in force", *_rate(figures.before)))
    span = f", recorded {figures.since} to {figures.until}" if figures.since else ""
    output.table(
        f"{title}: {figures.rows} records{span}; {figures.unjudged} could not be judged",
        ("", "hits>", "found of examined>", "yield (95 %)"), rows,
    )  # fmt: skip
    shared = [(one.rule, one.hits) for one in figures.overlap]
    output.table("\nShared with", ("rule", "hits>"), shared)
    examples = [(one.title, one.record_id) for one in figures.examples]
    output.table("\nExamples: finds first", ("record", "id"), examples)
    for code in figures.apart:
        click.echo(f"Note: {APART[code]}.")
    click.echo("What nobody examined counts in no yield; it was not found harmless.")


def _rate(rate: RateView | None) -> tuple[object, object, object]:
    if rate is None:
        return "", "", ""
    share = "not known"
    if rate.share is not None and rate.low is not None and rate.high is not None:
        share = f"{rate.share:.1%} ({rate.low:.1%} to {rate.high:.1%})"
    return rate.hits, f"{rate.found} of {rate.examined}", share
