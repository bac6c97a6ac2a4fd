"""Commands about entities: who is one and the same, why, what is open, and who shares what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import charts, output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from esclusa.sharing.entity_views import (
        EntityRow,
        JudgementView,
        LinkView,
        MemberView,
        NearView,
        PairView,
        RestView,
    )

_RESTS = {
    "gone": "its record is not in force",
    "changed": "other facts stand there, ",
    "not_kept": "its facts were not kept",
}


@click.group()
def resolve() -> None:
    """Entities: find, show, facts, timeline, judge, undo."""


@resolve.command("find")
@node_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@click.argument("text")
@answers
def find(folder: Path | None, limit: int, text: str) -> None:
    """Find entities by name or number."""
    with opened(folder) as node:
        page = node.entities.find(node.operator(), text, limit=limit)
    more = " or more" if page.more else ""
    output.show(
        page.rows, f"{len(page.rows)}{more} entities",
        ("type", "names", "numbers", "members>", "id"),
        lambda row: (
            ", ".join(row.types), _names(row), "; ".join(row.identifiers), row.members, row.id,
        ),
    )  # fmt: skip


@resolve.command("show")
@node_option
@language_option
@click.argument("entity_id")
@answers
def show(folder: Path | None, language: str | None, entity_id: str) -> None:
    """Show what an entity is made of, why it is one, and what is open."""
    with opened(folder) as node:
        view = node.entities.show(node.operator(), entity_id)
    if not output.for_people():
        output.lines([view])
        return
    spoken = output.language(language)
    told = len(view.members)
    count = f", {told} of {view.entity.members} mentions" if "members" in view.cut else ""
    output.table(
        f"{_names(view.entity)} ({view.entity.id}){count}",
        ("role", "names", "numbers", "record", "path", "source"),
        [
            (m.role or m.type, "; ".join(m.names), "; ".join(m.identifiers), m.record_title,
             m.path, m.source)
            for m in view.members
        ],
    )  # fmt: skip
    more = dict.fromkeys(view.cut, ", there are more")
    weakest = f"\nWhy it is one, strongest first{more.get('bonds', '')}"
    _told(weakest, view.bonds, spoken)
    _told("\nKept apart", view.refused, spoken)
    _told(f"\nOpen questions{more.get('questions', '')}", view.questions, spoken)
    _judged("\nJudged by people", view.judgements)


@resolve.command("questions")
@node_option
@language_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def questions(folder: Path | None, language: str | None, limit: int) -> None:
    """List the likeliest pairs that may be one and that nothing decides."""
    with opened(folder) as node:
        found = node.entities.questions(node.operator(), limit=limit)
    if output.for_people():
        _told(f"{len(found)} open questions", found, output.language(language))
    else:
        output.lines(found)


@resolve.command("judge")
@node_option
@click.argument("one")
@click.argument("other")
@click.argument("verdict", type=click.Choice(["same", "different"]))
@click.option("--reason", required=True, help="Why, in your own words.")
@answers
def judge(folder: Path | None, one: str, other: str, verdict: str, reason: str) -> None:
    """Say that two mentions (or entities, by their earliest mention) are one, or are not."""
    with opened(folder) as node:
        found = node.entities.judge(node.operator(), one, other, verdict=verdict, reason=reason)
    _shown_judged(found)


@resolve.command("undo")
@node_option
@click.argument("judgement_id")
@click.option("--reason", default="", help="Why it is taken back.")
@answers
def undo(folder: Path | None, judgement_id: str, reason: str) -> None:
    """Take a judgement back; everything is then as if it had never been."""
    with opened(folder) as node:
        found = node.entities.undo(node.operator(), judgement_id, reason=reason)
    _shown_judged(found)


@resolve.command("judgements")
@node_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def judgements(folder: Path | None, limit: int) -> None:
    """List what people said about pairs, newest first; taken back ones too."""
    with opened(folder) as node:
        page = node.entities.judgements(node.operator(), limit=limit)
    if output.for_people():
        more = " or more" if page.more else ""
        _judged(f"{len(page.rows)}{more} judgements", page.rows)
    else:
        output.lines(page.rows)


@resolve.command("rebuild")
@node_option
@answers
def rebuild(folder: Path | None) -> None:
    """Make anew what is kept of entities; what is there serves until then."""
    with opened(folder) as node:
        count = node.entities.registers.remake()
    click.echo(f"{count} files made anew")


@click.group()
def links() -> None:
    """Links between entities: show, path, chart."""


@links.command("show")
@node_option
@click.option("--depth", default=1, show_default=True, type=click.IntRange(1, 3))
@click.argument("entity_id")
@answers
def near(folder: Path | None, depth: int, entity_id: str) -> None:
    """Show who shares what with an entity."""
    with opened(folder) as node:
        _ways(node.entities.links(node.operator(), entity_id, depth=depth))


@links.command("path")
@node_option
@click.argument("one")
@click.argument("other")
@answers
def path(folder: Path | None, one: str, other: str) -> None:
    """Show how two entities are connected, shortest way first."""
    with opened(folder) as node:
        _ways(node.entities.paths(node.operator(), one, other))


links.add_command(charts.chart)
resolve.add_command(charts.facts)
resolve.add_command(charts.timeline)
resolve.add_command(charts.places)


def _shown_judged(view: JudgementView) -> None:
    if output.for_people():
        _judged("1 judgement", (view,))
    else:
        output.lines([view])


def _judged(title: str, rows: Sequence[JudgementView]) -> None:
    output.table(
        title, ("verdict", "one", "other", "by", "at", "reason", "id"),
        [
            (_verdict(row), *(_side(side) if side else "" for side in (row.a, row.b)), row.by,
             row.at[:16], row.reason, row.id)
            for row in rows
        ],
    )  # fmt: skip


def _verdict(row: JudgementView) -> str:
    if not row.verdict:
        return "taken back"
    said = f"{row.verdict} (another judgement counts)" if row.contradicted else row.verdict
    return "\n".join((said, *map(_rest, row.rests)))


def _rest(rest: RestView) -> str:
    side = "one" if rest.side == "a" else "other"
    return f"rests, {side}: {_RESTS[rest.why]}{', '.join(rest.parts)}"


def _ways(view: NearView) -> None:
    if not output.for_people():
        output.lines([view])
        return
    cut = "; a limit ended the walk, there may be more" if view.cut else ""
    output.table(
        f"{len(view.ways)} found{cut}", ("way>", "one", "shared", "other", "records>"),
        [
            (number, _end(link, link.a, link.a_roles), f"{link.kind} {link.value}",
             _end(link, link.b, link.b_roles), len(link.records))
            for number, way in enumerate(view.ways, 1)
            for link in way
        ],
    )  # fmt: skip
    output.table("\nNot walked through", ("hub",), [(hub,) for hub in view.hubs])


def _end(link: LinkView, row: EntityRow, roles: tuple[str, ...]) -> str:
    """Return one end of a link; of an owner's, which end is the owner."""
    return f"{_names(row)} [{', '.join(roles)}]" if link.kind == "owner" else _names(row)


def _names(row: EntityRow) -> str:
    return "; ".join(row.names[:3] or row.identifiers[:3] or (row.id,))


def _side(member: MemberView) -> str:
    said = "; ".join(member.names or member.identifiers)
    return f"{said} ({member.record_title} {member.path})"


def _told(title: str, pairs: Sequence[PairView], spoken: str) -> None:
    output.table(
        title, ("points>", "one", "other", "why"),
        [
            (f"{pair.points:.1f}", _side(pair.a), _side(pair.b),
             "\n".join(pair.parts_es if spoken == "es" else pair.parts_en))
            for pair in pairs
        ],
    )  # fmt: skip
