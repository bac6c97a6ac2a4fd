"""The command about what our warnings led to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.warning_views import WarningRow


_MATCH = {"the_same": "confirmed", "not_the_same": "not the same"}


def _outcome(row: WarningRow) -> str:
    if not row.examined:
        return ""
    return "seizure" if row.seized else "found" if row.found else "nothing found"


@click.command("warnings")
@node_option
@language_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@answers
def warnings(folder: Path | None, language: str | None, limit: int) -> None:
    """What our warnings led to at partners: records that they got, referrals that we asked for."""
    spoken = output.language(language)
    with opened(folder) as node:
        page = node.feedback_desk.warnings(node.operator(), limit=limit)
    output.show(
        page.rows,
        f"{page.examined} openings that our warnings led to, {page.found} with a find, "
        f"{page.seized} with a seizure; of possible matches with our lists "
        f"{page.the_same} confirmed, {page.not_the_same} not the same",
        ("at (UTC)", "partner", "what", "", "came of it", "categories", "id"),
        lambda row: (
            row.at[:16], row.partner, row.kind, row.title,
            ", ".join(filter(None, (_MATCH.get(row.decided, ""), _outcome(row)))),
            ", ".join(one.es if spoken == "es" else one.en for one in row.categories), row.record,
        ),
    )  # fmt: skip
