"""Commands about hit or no-hit searches in partners' records, and partners' in ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.pointer_views import CaseView, FoundView, LogView

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_MOST_BYTES = 16 << 20


@click.group()
def pointer() -> None:
    """Hit or no hit in partners' records."""


@pointer.command("ask")
@node_option
@click.argument("agency")
@click.argument("values", nargs=-1)
@click.option("--kind", "key", required=True, help="Kind of key: iso6346, imo, passport, ….")
@click.option("--file", "file", type=_FILE, default=None, help="One value a line, UTF-8.")
@click.option("--purpose", default="targeting", show_default=True)
@answers
def ask(
    folder: Path | None, agency: str, values: tuple[str, ...], key: str, file: Path | None,
    purpose: str,
) -> None:  # fmt: skip
    """Search AGENCY's records for VALUES; the answer comes with its next news.

    A number that a country gives comes after it: PA/0123456. A person's name comes before the date
    of birth, NAME/1980-02-29, or the year, NAME/1980; for name_near the nationality may follow,
    NAME/1980-02-29/PA, and the node asks in two stages. A miss says only that the partner's set of
    that day holds no such key. Exit code 3 when a value cannot be searched; the others are asked.
    """
    import msgspec

    from esclusa.errors import InputError
    from esclusa.sharing.reader import PURPOSES

    if purpose not in PURPOSES:
        raise InputError(f"the purpose must be one of {', '.join(PURPOSES)}")
    typed = [("", value) for value in values] + list(_lines(file) if file else ())
    if not typed:
        raise InputError("give a value, or a file of values")
    with opened(folder) as node:
        reader = msgspec.structs.replace(node.operator(), purpose=purpose)
        made = node.pointer_desk.ask(reader, agency, key, typed)
    for fault in made.faults:
        click.echo(f"esclusa: {fault}", err=True)
    if made.searches:
        click.echo(f"{made.keys} keys in {len(made.searches)} questions to {agency}; "
                   "the answers come with its news")  # fmt: skip
    if made.faults:
        raise SystemExit(output.EXIT_PARTLY if made.searches else output.EXIT_ERROR)


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    from esclusa.errors import InputError

    if file.stat().st_size > _MOST_BYTES:
        raise InputError(f"at most {_MOST_BYTES:,} bytes were expected", file=file.name)
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            value = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise InputError(f"line {number} is not text in UTF-8", file=file.name) from None
        if value:
            yield f"{file.name}, line {number}", value


@pointer.command("hits")
@node_option
@click.option("--all", "every", is_flag=True, help="Also misses, and what is on its way.")
@answers
def hits(folder: Path | None, every: bool) -> None:
    """Show hits, and what came of those that were told."""
    with opened(folder) as node:
        found = node.pointer_desk.found(node.operator(), only_hits=not every)
    output.show(
        found, "Searches in partners' records",
        ("id", "partner", "purpose", "kind", "value", "outcome", "points>", "why", "until (UTC)",
         "told", "answer"),
        _cells,
    )  # fmt: skip


def _cells(view: FoundView) -> tuple[object, ...]:
    outcome = f"{view.outcome}: {view.rule}" if view.rule else view.outcome
    answer = " ".join(filter(None, (view.reason, view.said, *view.records)))
    points = "" if view.points is None else f"{view.points:g}"
    return (view.id, view.partner, view.purpose, view.key, view.value, outcome, points,
            " ".join(view.why), view.until[:19], view.step, answer)  # fmt: skip


@pointer.command("tell")
@node_option
@click.argument("hit")
@answers
def tell(folder: Path | None, hit: str) -> None:
    """Tell the owner of a HIT and ask to know more. With it the value is told openly.

    Before that, think whether the owner could just be fishing for the value.
    """
    with opened(folder) as node:
        node.pointer_desk.tell(node.operator(), hit)
    click.echo("told; a person of the owner decides what more is said")


@pointer.command("requests")
@node_option
@answers
def requests(folder: Path | None) -> None:
    """Show partners' requests about hits in our records, which a person here must answer."""
    with opened(folder) as node:
        found = node.pointer_desk.cases(node.operator())
    output.show(
        found, "Requests about hits",
        ("partner", "id", "purpose", "kind", "value", "due (UTC)", "records behind it"),
        _case,
    )  # fmt: skip


def _case(view: CaseView) -> tuple[object, ...]:
    return (view.asker, view.id, view.purpose, view.key, view.value, view.due[:19],
            " ".join(view.records))  # fmt: skip


@pointer.command("answer")
@node_option
@click.argument("agency")
@click.argument("request")
@click.option("--grant/--refuse", "granted", required=True, default=None)
@click.option("--say", "said", default="", help="What the partner is told, in your words.")
@click.option("--reason", default="", help="Of a refusal, from the agreement's list.")
@answers
def answer(
    folder: Path | None, agency: str, request: str, granted: bool, said: str, reason: str
) -> None:
    """Answer a partner's REQUEST about a hit. Nothing else flows from it."""
    with opened(folder) as node:
        node.pointer_desk.answer(
            node.operator(), agency, request, granted=granted, said=said, reason=reason
        )
    click.echo("granted" if granted else "refused")


@pointer.command("log")
@node_option
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 100_000))
@answers
def log(folder: Path | None, limit: int) -> None:
    """Show the log of searches, ours and partners'; no key stands in it."""
    with opened(folder) as node:
        found = node.pointer_desk.log(node.operator(), limit=limit)
    output.show(
        found, "Log of searches",
        ("when (UTC)", "event", "partner", "owner", "purpose", "of a", "epoch>", "elements>",
         "asked>", "hits>", "refused by", "message"),
        _row,
    )  # fmt: skip


def _row(view: LogView) -> tuple[object, ...]:
    return (view.at[:19], view.event, view.partner, view.owner, view.purpose, view.subject,
            view.number, view.elements, view.asked, view.hits, view.outcome,
            view.message[:16])  # fmt: skip
