"""Commands about seizures: list, show, report, correct, withdraw, counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import moves, output
from esclusa.cli.moves import word
from esclusa.cli.output import acting, answers, as_option, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.model import SeizedItem, Seizure
    from esclusa.sharing.seizure_views import AmountView, EventView

_fields = click.option(
    "--set", "said", multiple=True, metavar="FIELD=TEXT",
    help="A field of the report: event, seized, part, place, equipment, carrier, bill, "
    "concealment, examination, agency, number; once for each.",
)  # fmt: skip
_items = click.option(
    "--item", "items", multiple=True, metavar="CATEGORY:WHAT:QUANTITY:UNIT",
    help="Goods seized, such as drugs:packages:112:KGM; once for each kind.",
)  # fmt: skip


@click.group()
def seizures() -> None:
    """Seizures: list, show, report, correct, withdraw, counts."""


@seizures.command("list")
@node_option
@language_option
@click.option("--category", default="", help="Only seizures of this category.")
@click.option("--since", default="", help="First day, YYYY-MM-DD.")
@click.option("--until", default="", help="Last day, YYYY-MM-DD.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@answers
def list_(folder: Path | None, language: str | None, category: str, since: str, until: str,
          limit: int) -> None:  # fmt: skip
    """List seizures, the newest first; each is one event, however many services report it."""
    spoken = output.language(language)
    with opened(folder) as node:
        page = node.seizure_desk.seizures(
            node.operator(), category=category, since=since, until=until, limit=limit
        )
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} seizures",
        ("day", "categories", "seized", "services", "place", "event"),
        lambda row: (
            row.day, ", ".join(word(one, spoken) for one in row.categories),
            _amounts(row.amounts), ", ".join(row.services), row.place, row.event,
        ),
    )  # fmt: skip
    if output.for_people():
        for one, other in page.maybe_one:
            click.echo(f"{one} and {other} may be one seizure; they count as two.")


@seizures.command("show")
@node_option
@language_option
@click.argument("event")
@answers
def show(folder: Path | None, language: str | None, event: str) -> None:
    """Show a seizure with each service's report."""
    with opened(folder) as node:
        view = node.seizure_desk.show(node.operator(), event)
    _shown(view, output.language(language))


@seizures.command("report")
@node_option
@language_option
@as_option
@click.option("--about", default="", help="The examination it rests on (its record's id).")
@click.option("--partner", "partners", multiple=True, help="A partner that gets the report.")
@_fields
@_items
@answers
def report(folder: Path | None, language: str | None, who: str, about: str,
           partners: tuple[str, ...], said: tuple[str, ...],
           items: tuple[str, ...]) -> None:  # fmt: skip
    """Report a seizure. Without `event` it is an event of its own."""
    given, goods = moves.given(said), _goods(items)
    with acting(folder, who) as (node, reader):
        desk = node.seizure_desk
        view = desk.report(reader, _filled(desk.start(reader, about).body, given, goods),
                           partners=partners, about=about)  # fmt: skip
    _shown(view, output.language(language))


@seizures.command("correct")
@node_option
@language_option
@as_option
@click.option("--version", default="", help="Of the report as you saw it; refused if changed.")
@click.option("--why", default="", help="Why it is corrected.")
@_fields
@_items
@click.argument("event")
@click.argument("record")
@answers
def correct(folder: Path | None, language: str | None, who: str, version: str, why: str,
            said: tuple[str, ...], items: tuple[str, ...], event: str,
            record: str) -> None:  # fmt: skip
    """Correct a report of this node: what is not named stays as it is."""
    import msgspec

    from esclusa.errors import NotFound

    given, goods = moves.given(said), _goods(items)
    with acting(folder, who) as (node, reader):
        desk = node.seizure_desk
        reports = desk.show(reader, event).reports
        body = next((one.body for one in reports if one.record == record), None)
        if body is None:
            raise NotFound("no such report of this seizure")
        made = msgspec.structs.replace(_filled(body, given, goods), why=why)
        view = desk.correct(reader, record, made, version=version)
    _shown(view, output.language(language))


@seizures.command("withdraw")
@node_option
@as_option
@click.option("--version", default="", help="Of the report as you saw it; refused if changed.")
@click.option("--why", default="", help="Why it is taken back.")
@click.argument("record")
@answers
def withdraw(folder: Path | None, who: str, version: str, why: str, record: str) -> None:
    """Take a report back: it counts no more, here and at partners."""
    with acting(folder, who) as (node, reader):
        node.seizure_desk.withdraw(reader, record, why, version=version)
    click.echo("Taken back.")


@seizures.command("counts")
@node_option
@language_option
@click.option("--by", default="month", show_default=True,
              type=click.Choice(["month", "quarter", "year"]), help="Period.")  # fmt: skip
@click.option("--since", default="", help="First day, YYYY-MM-DD.")
@click.option("--until", default="", help="Last day, YYYY-MM-DD.")
@answers
def counts(folder: Path | None, language: str | None, by: str, since: str, until: str) -> None:
    """Count seizures by period and category: one event, one count."""
    spoken = output.language(language)
    with opened(folder) as node:
        view = node.seizure_desk.counts(node.operator(), by=by, since=since, until=until)
    output.show(
        view.rows, f"Seizures by {view.by} ({view.definition})",
        ("period", "category", "seizures>", "seized", "reports>"),
        lambda row: (row.period, word(row.category, spoken) or "all", row.events,
                     _amounts(row.amounts), row.reports),
    )  # fmt: skip


def _goods(items: Iterable[str]) -> tuple[SeizedItem, ...]:
    from esclusa.model import SeizedItem

    found = []
    for item in items:
        category, what, quantity, unit = (*item.split(":"), "", "", "", "")[:4]
        try:
            amount = float(quantity) if quantity else None
        except ValueError:
            raise click.BadParameter(f"{quantity[:20]!r} is no number") from None
        found.append(SeizedItem(category=category, what=what, quantity=amount, unit=unit))
    return tuple(found)


def _filled(body: Seizure, given: dict[str, str], goods: tuple[SeizedItem, ...]) -> Seizure:
    import msgspec

    from esclusa.model import Place

    fields = {name: value for name, value in given.items() if name != "place"}
    if unknown := sorted(set(fields) - _FIELDS):
        raise click.BadParameter(f"{unknown[0][:40]!r} is no field of a report")
    place = Place(code=given["place"], scheme="unlocode") if "place" in given else body.place
    return msgspec.structs.replace(body, place=place, items=goods or body.items, **fields)


_FIELDS = frozenset({"event", "seized", "part", "equipment", "carrier", "bill", "concealment",
                     "examination", "agency", "number"})  # fmt: skip


def _shown(view: EventView, spoken: str) -> None:
    if not output.for_people():
        output.lines([view])
        return
    row = view.row
    output.table(
        f"Seizure {row.event}", ("", ""),
        [
            ("day", row.day), ("seized", _amounts(row.amounts)),
            ("categories", ", ".join(word(one, spoken) for one in row.categories)),
            ("place", row.place), ("referral", view.referral),
            ("examinations", ", ".join(view.examinations)),
            ("records", ", ".join(f"{title} ({name})" for name, title in view.records)),
        ],
    )  # fmt: skip
    output.table(
        "\nReports: one event, one count",
        ("service", "number", "part", "seized (UTC)", "goods", "box", "bill", "version", "record"),
        [
            (one.body.agency, one.body.number, word(one.part, spoken), one.body.seized,
             "\n".join(_item(item) for item in one.body.items), one.body.equipment,
             f"{one.body.carrier} {one.body.bill}".strip(), one.version if one.own else "–",
             one.record)
            for one in view.reports
        ],
    )  # fmt: skip


def _item(item: SeizedItem) -> str:
    amount = f"{item.quantity:g} {item.unit}" if item.quantity is not None else ""
    return " ".join(filter(None, (item.category, item.what, amount)))


def _amounts(amounts: Iterable[AmountView]) -> str:
    return ", ".join(f"{one.amount:g} {one.unit}" for one in amounts)
