"""Commands about cases: open, add, note, task, evidence, move, list, show, verify, export.

Those about cases shared with partners stand in :mod:`esclusa.cli.joint_cases`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from esclusa.cli import joint_cases, moves, output
from esclusa.cli.moves import fields_option, word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.case_views import CaseRow, CaseView
    from esclusa.sharing.referral_views import MoveView

_of = click.option("--of", default="", help="Name of the thing in the case that it is about.")
_under = click.option(
    "--under", type=click.Choice(["all", "case", "home"]), default="all", show_default=True,
    help="Who may read it: who may read all that you see of the case, or who may read the case; "
    "home: as all, and no partner is told.",
)  # fmt: skip
_level = click.option("--level", type=click.IntRange(0, 4), default=None, help="At least so high.")
_version = click.option("--version", default="", help="Of the case as you saw it; else any.")


def _writing(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (_version, _level, _under, _of, as_option, language_option, node_option):
        function = option(function)
    return function


@click.group()
def case() -> None:
    """Cases: open, add, note, task, evidence, move, list, show, verify, export, share."""


for _one in joint_cases.COMMANDS:
    case.add_command(_one)


@case.command("open")
@node_option
@language_option
@as_option
@click.option("--title", required=True, help="What the case is called.")
@click.option("--summary", default="", help="What it is about.")
@click.option("--put", "put", default="", metavar="KIND:ID",
              help="Put in an alert, record, entity, referral or request, by its id.")  # fmt: skip
@click.option("--why", default="", help="Why it is put in.")
@click.option("--caveat", "caveats", multiple=True, help="A compartment its readers must hold.")
@_level
@answers
def open_(folder: Path | None, language: str | None, who: str, title: str, summary: str, put: str,
          why: str, caveats: tuple[str, ...], level: int | None) -> None:  # fmt: skip
    """Open a case; whoever opens it leads it."""
    kind, item = _thing(put) if put else ("", "")
    with acting(folder, who) as (node, reader):
        view = node.case_desk.open(
            reader, {"title": title, "summary": summary}, kind=kind, item=item, why=why,
            level=level, caveats=caveats,
        )  # fmt: skip
    _shown(view, output.language(language))


@case.command("add")
@node_option
@language_option
@as_option
@_under
@_version
@click.option("--why", default="", help="Why it is put in.")
@click.argument("name")
@click.argument("thing", metavar="KIND:ID")
@answers
def add(folder: Path | None, language: str | None, who: str, under: str, version: str, why: str,
        name: str, thing: str) -> None:  # fmt: skip
    """Put an alert, a record, an entity, a referral or a request into a case."""
    kind, item = _thing(thing)
    with acting(folder, who) as (node, reader):
        view = node.case_desk.put(reader, name, kind, item, why=why, under=under, version=version)
    _shown(view, output.language(language))


@case.command("note")
@_writing
@click.argument("name")
@click.argument("text")
@answers
def note(name: str, text: str, **more: Any) -> None:
    """Write a note."""
    _step(name, "note", {"text": text}, **more)


@case.command("task")
@_writing
@click.option("--for", "person", required=True, help="The member who has it.")
@click.option("--due", required=True, help="Deadline with its zone, such as 2026-11-28T10:00Z.")
@click.argument("name")
@click.argument("task")
@answers
def task(name: str, task: str, person: str, due: str, **more: Any) -> None:
    """Set a task with a person and a deadline."""
    _step(name, "task", {"task": task, "member": person, "due": due}, **more)


@case.command("evidence")
@_writing
@click.option("--what", default="", help="What it is; with a file to take in.")
@click.option("--source", default="", help="Where it comes from; with a file to take in.")
@click.option("--read", "read", default="", metavar="EVIDENCE", help="Read this file instead.")
@click.option("--why", default="", help="Why it is read.")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@answers
def evidence(folder: Path | None, language: str | None, who: str, of: str, under: str,
             level: int | None, version: str, what: str, source: str, read: str, why: str,
             name: str, file: Path) -> None:  # fmt: skip
    """Take a file of evidence in, or with --read write one out to FILE. Both are lines of its chain
    of custody."""
    from esclusa.errors import InputError
    from esclusa.node.case_writing import Wanted

    if read:
        with acting(folder, who) as (node, reader), output.whole_file(file) as sink:
            found, stream = node.case_desk.read(reader, name, read, why=why)
            with stream:
                shutil.copyfileobj(stream, sink)
        click.echo(f"{found.size} bytes, SHA-256 {found.sha256}")
        return
    wanted = Wanted(
        move="take_in", given={"what": what, "source": source}, of=of, under=under, level=level,
        version=version,
    )  # fmt: skip
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file.name) from None
    with stream, acting(folder, who) as (node, reader):
        view = node.case_desk.take_in(reader, name, file.name, stream, wanted)
    _shown(view, output.language(language))


@case.command("move")
@_writing
@fields_option
@click.argument("name")
@click.argument("step")
@answers
def move(said: tuple[str, ...], name: str, step: str, **more: Any) -> None:
    """Make a step on a case; `show` names the steps that can be made now."""
    _step(name, step, moves.given(said), **more)


@case.command("list")
@node_option
@language_option
@click.option("--state", default="open", show_default=True, help="open, all, or one state.")
@click.option("--mine", is_flag=True, help="Only those that you are a member of.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@as_option
@answers
def list_(folder: Path | None, language: str | None, state: str, mine: bool, limit: int,
          who: str) -> None:  # fmt: skip
    """List cases: those with overdue tasks first."""
    spoken = output.language(language)
    with acting(folder, who) as (node, reader):
        page = node.case_desk.cases(reader, state=state, mine=mine, limit=limit)
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} cases",
        ("id", "title", "state", "lead", "waiting>", "overdue>", "next deadline (UTC)", "last"),
        lambda row: (
            row.id, row.title, _state(row, spoken), row.lead, row.waiting, row.overdue,
            row.due[:16], row.last[:16],
        ),
    )  # fmt: skip


@case.command("show")
@node_option
@language_option
@as_option
@click.argument("name")
@answers
def show(folder: Path | None, language: str | None, who: str, name: str) -> None:
    """Show a case: what is in it, tasks, evidence, history, and the steps that can be made now."""
    with acting(folder, who) as (node, reader):
        view = node.case_desk.show(reader, name)
    _shown(view, output.language(language))


@case.command("verify")
@node_option
@language_option
@click.option("--package", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Compare this package of the case instead of its evidence.")  # fmt: skip
@click.option(
    "--key",
    default="",
    metavar="FILE|HEX",
    help="NAME is a package: check its signature with these public keys; needs no node.",
)
@click.argument("name")
@answers
def verify(folder: Path | None, language: str | None, package: Path | None, key: str,
           name: str) -> None:  # fmt: skip
    """Compute the hashes of a case's evidence anew; say what is missing or altered. With --key,
    check a package alone: who signed it, and that no byte was changed.

    Ends with 3 when something is.
    """
    from esclusa.errors import InputError

    if key:
        _verified(Path(name), key, output.language(language))
        return
    spoken, sealed = output.language(language), True
    with opened(folder) as node:
        if package is None:
            found = node.case_desk.verify(node.operator(), name)
        else:
            try:
                with package.open("rb") as file:
                    sealed, found = node.case_desk.verify_package(
                        node.operator(), name, file, package.name
                    )
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", file=package.name) from None
    output.show(
        found, f"{len(found)} files", ("file", "result", "SHA-256"),
        lambda one: (one.file or one.name, word(one.result, spoken), one.sha256),
    )  # fmt: skip
    if not sealed:
        click.echo("The case's history knows no package with this seal.", err=True)
    if not sealed or any(one.result.code in ("altered", "missing", "added") for one in found):
        raise SystemExit(output.EXIT_PARTLY)


@case.command("export")
@node_option
@language_option
@as_option
@click.option("--to", default="", help="To whom the package goes.")
@click.option("--why", default="", help="Why it is exported.")
@click.argument("name")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@answers
def export(folder: Path | None, language: str | None, who: str, to: str, why: str, name: str,
           target: Path) -> None:  # fmt: skip
    """Write a case to TARGET as one sealed package, of what you may see."""
    with acting(folder, who) as (node, reader), output.whole_file(target) as sink:
        made = node.case_desk.export(
            reader, name, {"to": to, "why": why}, language=output.language(language)
        )
        with made.file:
            shutil.copyfileobj(made.file, sink)
    click.echo(f"{made.size} bytes, {len(made.files)} files of evidence, seal {made.seal}")
    click.echo(f"signed with key {made.key}" if made.key else "not signed: this node has no keys")


def _verified(package: Path, key: str, spoken: str) -> None:
    """Check a package without a node; exit with 3 when something is wrong with it."""
    from esclusa.casework.case_words import words
    from esclusa.errors import InputError
    from esclusa.node.case_verifying import verify as checked

    try:
        with package.open("rb") as file:
            found = checked(file, package.name, key)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=package.name) from None
    texts = words("check")
    rows = [{"file": path, "result": result, "sha256": expected}
            for path, expected, result in found.found.members]  # fmt: skip
    output.show(
        rows, f"{len(rows)} files", ("file", "result", "SHA-256"),
        lambda one: (one["file"], getattr(texts[one["result"]], f"text_{spoken}"), one["sha256"]),
    )  # fmt: skip
    said = found.signed
    click.echo(f"signed by {said.agency} on {said.made} with key {said.key}", err=True)
    if found.wrong:
        click.echo(f"esclusa: {found.wrong}", err=True)
        raise SystemExit(output.EXIT_PARTLY)


def _step(
    name: str, step: str, given: dict[str, str], *, folder: Path | None, language: str | None,
    who: str, of: str, under: str, level: int | None, version: str,
) -> None:  # fmt: skip
    from esclusa.node.case_writing import Wanted

    wanted = Wanted(move=step, given=given, of=of, under=under, level=level, version=version)
    with acting(folder, who) as (node, reader):
        view = node.case_desk.move(reader, name, wanted)
    _shown(view, output.language(language))


def _thing(text: str) -> tuple[str, str]:
    kind, sign, item = text.partition(":")
    if not sign or not kind or not item:
        raise click.BadParameter(f"{text[:40]!r}: write KIND:ID, such as alert:94576ec4-…")
    return kind, item


def _shown(view: CaseView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    facts = [
        ("state", _state(row, spoken)), ("lead", row.lead), ("members", ", ".join(view.members)),
        ("about", view.summary), ("version", view.version),
        ("outcome", word(view.outcome, spoken) if view.outcome else ""),
    ]  # fmt: skip
    output.table(f"Case {row.id}: {row.title}", ("", ""), [fact for fact in facts if fact[1]])
    output.table("\nIn the case", ("kind", "what", "state", "also in", "name", "steps"), [
        (word(i.kind, spoken), i.title or ("(erased)" if i.erased else i.id),
         word(i.state, spoken), ", ".join(o.id for o in i.also_in), i.name, _steps(i.moves))
        for i in view.items
    ])  # fmt: skip
    output.table("\nTasks", ("task", "who", "due (UTC)", "state", "name", "steps"), [
        (t.task or "(erased)", t.person, t.due[:16] + (" OVERDUE" if t.overdue else ""),
         word(t.state, spoken), t.name, _steps(t.moves))
        for t in view.tasks
    ])  # fmt: skip
    output.table("\nEvidence", ("file", "what", "state", "bytes>", "SHA-256", "name", "steps"), [
        (e.file or "(erased)", e.what, word(e.state, spoken), e.size, e.sha256, e.name,
         _steps(e.moves))
        for e in view.evidence
    ])  # fmt: skip
    output.table("\nHistory", ("at (UTC)", "who", "step", "about", "recorded", "then"), [
        (s.at[:16], s.by, word(s.move, spoken), s.about,
         "(erased)" if s.erased else moves.recorded(s.recorded, spoken), word(s.after, spoken))
        for s in view.steps
    ])  # fmt: skip
    moves.next_steps(view.moves, spoken)


def _state(row: CaseRow, spoken: str) -> str:
    until = f" until {row.until[:16]}{', which is over' if row.over else ''}" if row.until else ""
    return word(row.state, spoken) + until


def _steps(found: Iterable[MoveView]) -> str:
    return ", ".join(f"{one.move.code}({moves.needs(one)})" for one in found)
