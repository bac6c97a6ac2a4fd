"""Commands about redress: list, show, apply, move, number, paper, counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import moves, output
from esclusa.cli.moves import fields_option, word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.model import RedressPerson
    from esclusa.sharing.redress_views import CaseView, EntryView, UseView

_document = click.option(
    "--document", "documents", multiple=True, metavar="TYPE:NUMBER",
    help="A document that is vouched for, such as passport:PA1234567; once for each.",
)  # fmt: skip


@click.group()
def redress() -> None:
    """Redress: list, show, apply, move, number, paper, counts."""


@redress.command("list")
@node_option
@language_option
@click.option("--state", default="all", show_default=True, help="open, all, or one state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@answers
def list_(folder: Path | None, language: str | None, state: str, limit: int) -> None:
    """List redress cases: open ones first, then the newest."""
    spoken = output.language(language)
    with opened(folder) as node:
        page = node.redress_desk.cases(node.operator(), state=state, limit=limit)
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} cases",
        ("state", "name", "number", "until", "last step (UTC)", "case"),
        lambda row: (word(row.state, spoken), row.name, row.number, row.until, row.last[:16],
                     row.case),
    )  # fmt: skip


@redress.command("show")
@node_option
@language_option
@click.argument("case")
@answers
def show(folder: Path | None, language: str | None, case: str) -> None:
    """Show a case: whom it is about, its history, and the steps that can be made now."""
    with opened(folder) as node:
        view = node.redress_desk.show(node.operator(), case)
    _shown(view, output.language(language))


@redress.command("apply")
@node_option
@language_option
@as_option
@click.option("--match", default="", help="The match in which the person was mistaken.")
@click.option("--entry", "entries", multiple=True,
              help="A further list entry that the person is not (its record's id).")  # fmt: skip
@click.option("--name", default="", help="The person's name [default: the match's].")
@click.option("--born", default="", help="Date of birth, YYYY-MM-DD [default: the match's].")
@click.option("--nationality", default="", help="ICAO code [default: the match's].")
@_document
@fields_option
@answers
def apply(folder: Path | None, language: str | None, who: str, match: str,
          entries: tuple[str, ...], name: str, born: str, nationality: str,
          documents: tuple[str, ...], said: tuple[str, ...]) -> None:  # fmt: skip
    """Take a person's application. It records `statement`: what happened."""
    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        known = node.redress_desk.start(reader, match).person
        person = _changed(known, name, born, nationality, documents)
        view = node.redress_desk.apply(reader, person, given, match=match, entries=entries)
    _shown(view, output.language(language))


@redress.command("move")
@node_option
@language_option
@as_option
@click.option("--version", default="", help="Of the case as you saw it; refused if changed.")
@click.option("--partner", "partners", multiple=True,
              help="A partner that is told of the number (grant, renew).")  # fmt: skip
@click.option("--name", default="", help="The name as on the papers (papers).")
@click.option("--born", default="", help="The date of birth as on the papers, YYYY-MM-DD.")
@click.option("--nationality", default="", help="ICAO code, as on the papers.")
@_document
@fields_option
@click.argument("case")
@click.argument("step")
@answers
def move(folder: Path | None, language: str | None, who: str, version: str,
         partners: tuple[str, ...], name: str, born: str, nationality: str,
         documents: tuple[str, ...], said: tuple[str, ...], case: str, step: str,
         ) -> None:  # fmt: skip
    """Make a step on a case; `show` names the steps that can be made now."""
    given = moves.given(said)
    with acting(folder, who) as (node, reader):
        desk, person = node.redress_desk, None
        if name or born or nationality or documents:
            known = desk.show(reader, case).person
            person = _changed(known, name, born, nationality, documents)
        view = desk.move(reader, case, step, given, person=person, partners=partners,
                         version=version)  # fmt: skip
    _shown(view, output.language(language))


@redress.command("number")
@node_option
@language_option
@click.argument("number")
@answers
def number(folder: Path | None, language: str | None, number: str) -> None:
    """Show what a number stands for: ours, or a partner's."""
    spoken = output.language(language)
    with opened(folder) as node:
        found = node.redress_desk.number(node.operator(), number)
    if not output.for_people():
        output.lines(found)
        return
    for view in found:
        output.table(
            f"Redress number {view.number}", ("", ""),
            [
                ("state", view.state), ("given by", view.agency), ("on (UTC)", view.at[:16]),
                ("until", view.until), *_person(view.person), ("case", view.case),
                ("record", view.record),
            ],
        )  # fmt: skip
        _entries(view.entries)
        _uses(view.uses, spoken)


@redress.command("paper")
@node_option
@click.option("--pdf", "target", type=click.Path(path_type=Path, dir_okay=False),
              help="Write a PDF there [default: text to standard output].")  # fmt: skip
@click.argument("case")
@answers
def paper(folder: Path | None, target: Path | None, case: str) -> None:
    """Write what the person receives: his own data, in both languages."""
    with opened(folder) as node:
        made = node.redress_desk.paper(node.operator(), case, pdf=target is not None)
    if target is None:
        click.echo(made.decode(), nl=False)
        return
    with output.whole_file(target) as sink:
        sink.write(made)


@redress.command("counts")
@node_option
@click.option("--since", default="", help="First day, YYYY-MM-DD [default: the beginning].")
@click.option("--until", default="", help="Last day, YYYY-MM-DD [default: today].")
@answers
def counts(folder: Path | None, since: str, until: str) -> None:
    """Count how often people were taken for somebody else."""
    with opened(folder) as node:
        view = node.redress_desk.counts(node.operator(), since=since, until=until)
    if not output.for_people():
        output.lines([view])
        return
    output.table(
        f"Misidentified ({view.definition}), {view.since or 'from the beginning'} to {view.until}",
        ("", ""),
        [
            ("matches cleared by a person", view.cleared),
            ("records kept quiet by a number", view.quiet),
            ("numbers stated that did not count", view.unfit),
            ("numbers of ours in force", view.numbers),
            ("numbers of partners in force", view.partners_numbers),
        ],
    )  # fmt: skip
    output.table("\nBy list", ("list", "cleared>", "quiet>"),
                 [(one.list_id, one.cleared, one.quiet) for one in view.lists])  # fmt: skip


def _shown(view: CaseView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    output.table(
        f"Redress case {row.case}", ("", ""),
        [
            ("state", word(row.state, spoken)), ("number", row.number), ("until", row.until),
            *_person(view.person), ("told to", ", ".join(view.partners)),
            ("version", view.version),
        ],
    )  # fmt: skip
    for partner, why in view.stays:
        click.echo(f"The number does not reach {partner}: {word(why, spoken)}")
    _entries(view.entries)
    output.table(
        "\nHistory", ("at (UTC)", "by", "step", "then", "recorded"),
        [
            (step.at[:16], step.by, word(step.move, spoken), word(step.after, spoken),
             moves.recorded(step.recorded, spoken))
            for step in view.steps
        ],
    )  # fmt: skip
    _uses(view.uses, spoken)
    output.table(
        "\nSteps that you can make now", ("step", "", "records"),
        [
            (one.move.code, word(one.move, spoken),
             " ".join(field.word.code for field in one.fields))
            for one in view.moves
        ],
    )  # fmt: skip


def _changed(
    known: RedressPerson, name: str, born: str, nationality: str, documents: tuple[str, ...]
) -> RedressPerson:
    """Return a person with what was given; what was not given stays as it is known."""
    from esclusa.model import RedressPerson

    return RedressPerson(
        name=name or known.name, birth_date=born or known.birth_date,
        nationality=nationality or known.nationality, documents=documents or known.documents,
    )  # fmt: skip


def _person(person: object) -> list[tuple[str, str]]:
    names = ("name", "birth_date", "nationality")
    rows = [(name.replace("_", " "), getattr(person, name)) for name in names]
    return [*rows, ("documents", ", ".join(getattr(person, "documents", ())))]


def _entries(entries: Iterable[EntryView]) -> None:
    output.table(
        "\nList entries that the person is not", ("list", "id", "name", "record"),
        [
            (one.list_id, one.uid, f"{one.name} (changed since)" if one.changed else one.name,
             one.record)
            for one in entries
        ],
    )  # fmt: skip


def _uses(uses: Iterable[UseView], spoken: str) -> None:
    rows = [(one.title, one.text_es if spoken == "es" else one.text_en, one.record)
            for one in uses]  # fmt: skip
    if rows:
        output.table("\nWhere it was stated", ("traveller", "what it did", "record"), rows)
