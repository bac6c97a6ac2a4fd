"""What a person reads of entities: who is one, why, what is open, and who is near."""

from __future__ import annotations

import msgspec


class EntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity in a list of results. ``names`` are the different ones, in order."""

    id: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    members: int


class EntityPage(msgspec.Struct, frozen=True, kw_only=True):
    """Entities found, by id. ``more`` says that there are others."""

    query: str
    rows: tuple[EntityRow, ...]
    more: bool


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """One mention: the record and the place in it that name the entity, and what it says.
    ``source`` is the file's name."""

    id: str
    record_id: str
    record_title: str
    path: str
    type: str
    role: str
    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    source: str
    birth_dates: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class PairView(msgspec.Struct, frozen=True, kw_only=True):
    """Two mentions compared, with points and one sentence for each part of them."""

    a: MemberView
    b: MemberView
    points: float
    verdict: str
    parts_en: tuple[str, ...]
    parts_es: tuple[str, ...]


class RestView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a judgement rests, on one side (``a`` or ``b``). ``why``: ``gone`` (its record is no
    longer in force under that marking), ``changed`` (other facts stand there now, in these
    ``parts``), ``not_kept`` (the judgement says not of what facts it was made)."""

    side: str
    why: str
    parts: tuple[str, ...] = ()


class JudgementView(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about two mentions. ``verdict`` is "" once it was taken back; then ``by``,
    ``at`` and ``reason`` are those of the taking back. A mention whose record is no longer in force
    is None, else it is as it stands now. ``contradicted`` tells that another judgement says
    otherwise and counts. While there are ``rests`` it decides nothing. ``may_undo`` tells that the
    reader may take it back."""

    id: str
    a: MemberView | None
    b: MemberView | None
    verdict: str
    by: str
    at: str
    reason: str
    contradicted: bool = False
    rests: tuple[RestView, ...] = ()
    may_undo: bool = False


class JudgementPage(msgspec.Struct, frozen=True, kw_only=True):
    """Judgements, newest first. ``more`` says that there are others."""

    rows: tuple[JudgementView, ...]
    more: bool


class PairPage(msgspec.Struct, frozen=True, kw_only=True):
    """A pair for a person to judge: ``one`` and ``other`` are the ids of the entities that its
    mentions belong to now, ``judgement`` what stands about it. ``before`` and ``after`` are the
    open questions beside it, each as two mention ids, empty at the ends. ``seen`` is a digest of
    what both sides state: who judges gives it back, so that nobody judges what he did not see."""

    pair: PairView
    one: str
    other: str
    judgement: JudgementView | None
    may_undo: bool
    before: tuple[str, str] | tuple[()]
    after: tuple[str, str] | tuple[()]
    seen: str = ""


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """How far the lists of an entity were turned: how many mentions, pairs and links are left out
    before those that are told."""

    mentions: int = 0
    pairs: int = 0
    links: int = 0


class EntityView(msgspec.Struct, frozen=True, kw_only=True):
    """An entity: its members, the pairs that hold it together (the last is the weakest), the pairs
    that match and were kept apart, and the open questions and the judgements that concern it.

    ``equal`` counts members that say what another says; ``version`` is that of the weights;
    ``cut`` names what there is more of than is given: ``members`` (the earliest are given),
    ``bonds`` (the weakest), ``questions`` (the likeliest).
    """

    entity: EntityRow
    members: tuple[MemberView, ...]
    bonds: tuple[PairView, ...]
    refused: tuple[PairView, ...]
    questions: tuple[PairView, ...]
    judgements: tuple[JudgementView, ...]
    equal: int
    version: str
    cut: tuple[str, ...] = ()


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """Two entities share a thing (a consignment, a voyage, a telephone …); ``records`` are the
    records that state it, ``a_roles`` and ``b_roles`` the parts that either plays in it. Of kind
    ``owner`` these tell the direction: who is ``owned`` or ``run``, and who is its owner, operator
    … ; ``value`` says of what, in which capacity, with which share and dates."""

    a: EntityRow
    b: EntityRow
    kind: str
    value: str
    records: tuple[str, ...]
    a_roles: tuple[str, ...] = ()
    b_roles: tuple[str, ...] = ()


class NearView(msgspec.Struct, frozen=True, kw_only=True):
    """Links around an entity, or on the ways between two. ``count`` is how many ways there are,
    told or not; ``hubs`` have too many ties to be walked through; ``cut`` says that a limit ended
    the walk."""

    ways: tuple[tuple[LinkView, ...], ...]
    count: int
    hubs: tuple[str, ...]
    cut: bool
