"""What of entities is shown: rows, members, pairs and links, made from a register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from esclusa.analysis.links import Link
from esclusa.analysis.resolution import Bond, sentence
from esclusa.ledger.indexing import title_of
from esclusa.ledger.register import KeptEntity
from esclusa.model import EntityJudgement, Record
from esclusa.node.entity_known import Known
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Action, Reader, Role


def beside(
    questions: Sequence[tuple[str, str]], pair: tuple[str, str], step: int
) -> tuple[str, str] | tuple[()]:
    """Return the question before or after a pair; behind a pair that is none comes the first."""
    at = next((n for n, other in enumerate(questions) if set(other) == set(pair)), None)
    if at is None:
        return questions[0] if step > 0 and questions else ()
    return questions[at + step] if 0 <= at + step < len(questions) else ()


def entity_row(entity: KeptEntity) -> views.EntityRow:
    """Return an entity as a row of a list."""
    stated = entity.contents
    return views.EntityRow(
        id=entity.id, types=entity.types, members=entity.count,
        names=tuple(dict.fromkeys(name for one in stated for name in one.names)),
        identifiers=tuple(dict.fromkeys(item for one in stated for item in one.identifiers)),
    )  # fmt: skip


def member_view(
    known: Known, name: str, record: Record, named: Mapping[str, str]
) -> views.MemberView:
    """Return a mention as it is shown; ``named`` are file names by the id of the file."""
    mention = known.entities.mention(name)
    assert mention is not None and record.body is not None
    return views.MemberView(
        id=name, record_id=mention.record, record_title=title_of(record.body), path=mention.path,
        type=mention.type, role=mention.role, names=mention.names,
        identifiers=mention.identifiers, source=named.get(record.provenance.source, ""),
        birth_dates=mention.birth_dates, nationalities=mention.nationalities,
        addresses=mention.addresses, phones=mention.phones,
    )  # fmt: skip


def pair_view(bond: Bond, told: Mapping[str, views.MemberView]) -> views.PairView:
    """Return two mentions compared; ``told`` are both by id."""
    score = bond.score
    parts = score.parts if score else ()
    return views.PairView(
        a=told[bond.a], b=told[bond.b], points=score.points if score else 0.0,
        verdict=score.verdict if score else "",
        parts_en=tuple(sentence(part, "en") for part in parts),
        parts_es=tuple(sentence(part, "es") for part in parts),
    )  # fmt: skip


def rows_of(known: Known) -> Callable[[str], views.EntityRow]:
    """Return what makes entities' rows, each once: a ship with 10,000 records stands in a thousand
    links."""

    @cache
    def row(name: str) -> views.EntityRow:
        entity = known.entities.entity(name)
        assert entity is not None  # the graph is of these entities
        return entity_row(entity)

    return row


def link_view(row: Callable[[str], views.EntityRow], link: Link) -> views.LinkView:
    """Return a link with both entities as rows; ``row`` is of :func:`rows_of`."""
    stated = dict.fromkeys(one.record for one in (*link.ours, *link.theirs))
    ours, theirs = (tuple(dict.fromkeys(one.role for one in side if one.role))
                    for side in (link.ours, link.theirs))  # fmt: skip
    return views.LinkView(
        a=row(link.a), b=row(link.b), kind=link.kind, value=link.value, records=tuple(stated),
        a_roles=ours, b_roles=theirs,
    )  # fmt: skip


def rests_of(known: Known, seq: int) -> tuple[views.RestView, ...]:
    """Return why a step decides nothing now."""
    said = known.judged.get(seq)
    rests = known.rests(said) if said is not None else ()
    return tuple(views.RestView(side=one.side, why=one.why, parts=one.parts) for one in rests)


def judgement_view(
    name: str, step: EntityJudgement, told: Mapping[str, views.MemberView],
    rests: tuple[views.RestView, ...], reader: Reader, *, contradicted: bool,
) -> views.JudgementView:  # fmt: skip
    """Return a step for a reader; ``told`` are the mentions that are here, by id."""
    own = step.by == reader.name or reader.role is Role.SUPERVISOR
    return views.JudgementView(
        id=name, a=told.get(step.a.id), b=told.get(step.b.id), verdict=step.verdict, by=step.by,
        at=step.at, reason=step.reason, contradicted=contradicted, rests=rests,
        may_undo=own and bool(step.verdict) and reader.may(Action.ENTITY_UNDO),
    )  # fmt: skip
