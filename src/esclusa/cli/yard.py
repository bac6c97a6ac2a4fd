"""Commands about the yard: list, show, record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from esclusa.cli import output
from esclusa.cli.output import acting, answers, as_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.yard_views import ToldView


@click.group()
def yard() -> None:
    """Sheets for the yard: list, show, record an examination once."""


@yard.command("list")
@node_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@answers
def list_(folder: Path | None, limit: int) -> None:
    """List drawn sheets, the newest day first."""
    with opened(folder) as node:
        rows = node.yard_desk.sheets(node.operator(), limit=limit)
    output.show(
        rows, f"{len(rows)} sheets", ("sheet", "state", "proposed>"),
        lambda row: (row.name, row.state, row.proposed),
    )  # fmt: skip


@yard.command("show")
@node_option
@click.argument("sheet")
@answers
def show(folder: Path | None, sheet: str) -> None:
    """Show the boxes of a sheet, with what is known of each by now and its code."""
    with opened(folder) as node:
        view = node.yard_desk.sheet(node.operator(), sheet)
    output.show(
        view.boxes, f"{view.name} · {view.marking}", ("box", "bill", "drawn as", "known so far"),
        lambda box: (box.box, box.title, box.lane, "; ".join(map(_told, box.told))),
    )  # fmt: skip


@yard.command("record")
@node_option
@as_option
@click.argument("sheet")
@click.argument("form", type=click.File("rb"))
@click.option("--told", "told", multiple=True, metavar="CODE",
              help="Code of what was read about the box; once for each.")  # fmt: skip
@click.option("--photo", "photos", multiple=True, type=click.File("rb"), metavar="FILE",
              help="A photograph that comes with it, JPEG or PNG; once for each.")  # fmt: skip
@answers
def record(
    folder: Path | None, who: str, sheet: str, form: BinaryIO, told: tuple[str, ...],
    photos: tuple[BinaryIO, ...],
) -> None:  # fmt: skip
    """Record an examination of a box from a form in JSON (`-` for standard input), once.

    The same form again gives the same receipt. FORM has the members of the API's form; its id is a
    UUID that the device made.
    """
    import msgspec

    from esclusa.errors import InputError
    from esclusa.sharing.yard_views import Filled

    try:
        filled = msgspec.json.decode(form.read(), type=Filled)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"not a form: {error}", file=form.name) from None
    with acting(folder, who) as (node, reader):
        given = [(Path(one.name).name, one) for one in photos]
        output.lines([node.yard_desk.record(reader, sheet, filled, told=told, photos=given)])


def _told(one: ToldView) -> str:
    return " ".join(part for part in (one.code, one.by, one.at, one.what) if part)
