"""The life of a rule of the node's own.

1. A move is allowed when ``rule_states.csv`` has a row for it from the present state. Moves of
   ``dates`` are nobody's: a day makes them, by the dates in the text and the review periods.
2. A version is written by its authors: whoever wrote or changed its text. ``author`` moves are
   theirs, or a supervisor's; a ``second`` is none of them, whatever the role.
3. What is approved is exactly what was rehearsed, and what the approver saw: text and the lists
   that it reads have one fingerprint. A changed text is a draft again.
4. A version that is approved runs within its dates, from the approval on. The newest that has begun
   takes the place of those before it, for good; until then the old one stays in force.
5. That a rehearsal is asked for changes no state: it waits until it is made, the text is changed or
   the version is closed.
6. A rule has one open version at most (draft or rehearsed). No two versions have one name.
7. Nothing is removed: who did what, when and why stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from esclusa.casework.reasons import check_reason
from esclusa.casework.tables import moves as moves_of
from esclusa.casework.tables import table
from esclusa.errors import InputError, StateError, Term
from esclusa.model import RehearsalFigures, RuleMove

_MOVES: Final = "rule_states.csv"
OPEN: Final = frozenset({"draft", "rehearsed"})
ASK: Final = "ask_rehearsal"
RUNNING: Final = frozenset({"active", "review_due"})
_RETIRED: Final = (*sorted(RUNNING), "approved")
"""What may be retired, in the order in which it is looked for."""


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """When a rule in force wants a look: so many days before its last one, or after so many days
    in force, whichever comes first."""

    before_end: int = 60
    in_force: int = 365


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule as its moves left it. ``stored`` is the state that people gave it;
    the days do the rest, see :func:`state_on`. Days are None until there are any. ``waiting`` is
    the step that asked for a rehearsal which has not been made."""

    name: str
    text: str
    digest: str
    valid_from: dt.date
    valid_to: dt.date
    authors: frozenset[str]
    stored: str
    rehearsed: str = ""
    figures: RehearsalFigures | None = None
    approved: dt.date | None = None
    ended: dt.date | None = None
    waiting: RuleMove | None = None

    @property
    def begins(self) -> dt.date | None:
        """Return its first day in force, None while nobody has approved it."""
        return max(self.approved, self.valid_from) if self.approved else None


def states() -> tuple[str, ...]:
    """Return every state that a version can be in, in the order of the table."""
    return tuple(dict.fromkeys(row["to"] for row in table(_MOVES)))


def moves_from(state: str) -> frozenset[str]:
    """Return the moves that people can make on a version in this state (``none``: no version)."""
    return frozenset(
        move
        for (move, source), row in moves_of(_MOVES).items()
        if source == state and row.actor != "dates"
    )


def versions(moves: Iterable[RuleMove]) -> tuple[Version, ...]:
    """Return the versions of a rule after these moves, oldest first."""
    found: dict[str, Version] = {}
    for step in moves:
        found[step.version] = _after(found.get(step.version), step)
    return tuple(found.values())


def _after(known: Version | None, step: RuleMove) -> Version:
    if known is None or step.text:
        return Version(
            name=step.version, text=step.text, digest=step.digest, stored=step.state,
            valid_from=dt.date.fromisoformat(step.valid_from),
            valid_to=dt.date.fromisoformat(step.valid_to),
            authors=(known.authors if known else frozenset()) | {step.by},
        )  # fmt: skip
    if step.move == ASK:
        return msgspec.structs.replace(known, waiting=step)
    change = msgspec.structs.replace(known, stored=step.state, waiting=None)
    day = dt.datetime.fromisoformat(step.at).astimezone(dt.UTC).date()
    if step.move == "rehearse":
        return msgspec.structs.replace(change, rehearsed=step.digest, figures=step.figures)
    if step.move == "approve":
        return msgspec.structs.replace(change, approved=day)
    return msgspec.structs.replace(change, ended=day)


def state_on(known: Sequence[Version], place: int, day: dt.date, periods: Periods) -> str:
    """Return the state of the version at ``place`` on a day, today or later."""
    version = known[place]
    if version.stored != "approved" or version.begins is None:
        return version.stored
    if any(_has_begun(later, day) for later in known[place + 1 :]):
        return "superseded"
    if day > version.valid_to:
        return "expired"
    if day < version.begins:
        return "approved"
    looked_at = min(
        version.valid_to - dt.timedelta(days=periods.before_end - 1),
        version.begins + dt.timedelta(days=periods.in_force),
    )
    return "review_due" if day >= looked_at else "active"


def _has_begun(version: Version, day: dt.date) -> bool:
    """Tell whether a version has been in force; one retired before its first day never was."""
    begins = version.begins
    if begins is None or begins > day:
        return False
    return version.ended is None or version.ended >= begins


def in_force(known: Sequence[Version], day: dt.date, periods: Periods) -> Version | None:
    """Return the version that runs on a day, None when none does."""
    for place in reversed(range(len(known))):
        if state_on(known, place, day, periods) in RUNNING:
            return known[place]
    return None


def next_move(
    moves: Sequence[RuleMove], asked: RuleMove, *, day: dt.date, periods: Periods,
    supervisor: bool = False, now: str = "",
) -> RuleMove:  # fmt: skip
    """Return the move that follows from the history, or refuse it.

    :param asked: the move asked for; ``number`` and ``state`` are filled in here. Its ``version``
        is that of the text for moves that write one; for others "" means the open version, and
        with ``retire`` the one in force. ``digest`` is of the text that its maker saw.
    :param day: today, UTC.
    :param now: with ``rehearse`` and ``approve``, the fingerprint of the text with the lists that
        it reads as they are today.
    :raises StateError: when the present state, the person or the rehearsal does not allow it.
    :raises InputError: when the reason is missing or wrong.
    """
    check_reason(asked.reason)
    known = versions(moves)
    place = _place(known, asked, day, periods)
    state = state_on(known, place, day, periods) if known else "none"
    row = moves_of(_MOVES).get((asked.move, state))
    if row is None or row.actor == "dates":
        raise _refusal(asked.move, known[place].name if known else "", state)
    version = known[place] if known else None
    _require_person(row.actor, version, asked.by, supervisor)
    if "reason" in row.needs and not asked.reason.strip():
        raise InputError("say why, in your own words", field="reason", problem="missing")
    if "text" in row.needs:
        _require_name(known, asked, state)
    elif version is not None:
        _require_seen(version, asked)
        if "rehearsal" in row.needs:
            _require_rehearsal(version, now, day)
        digest = now if {"rehearsal", "figures"} & row.needs else version.digest
        asked = msgspec.structs.replace(asked, version=version.name, digest=digest)
    return msgspec.structs.replace(
        asked, number=len(moves) + 1, state=row.target, reason=asked.reason.strip()
    )


def _place(known: Sequence[Version], asked: RuleMove, day: dt.date, periods: Periods) -> int:
    """Return the place of the version that a move is about: the newest, but for ``retire``."""
    if asked.move != "retire":
        if asked.move not in ("new", "amend", "edit") and asked.version:
            return _named(known, asked.version)
        return len(known) - 1
    if asked.version:
        return _named(known, asked.version)
    standing = {state_on(known, at, day, periods): at for at in range(len(known))}
    return next((standing[state] for state in _RETIRED if state in standing), len(known) - 1)


def _named(known: Sequence[Version], name: str) -> int:
    for place, version in enumerate(known):
        if version.name == name:
            return place
    raise StateError("this rule has no version {version!r}", version=name[:40])


def _refusal(name: str, version: str, state: str) -> StateError:
    move = Term(name, group="rule_move")
    if state == "none":
        return StateError(
            "there is no such rule yet, so it does not allow the move {move!r}", move=move
        )
    return StateError(
        "version {version} of this rule is {state}, which does not allow the move {move!r}",
        version=version,
        state=Term(state.replace("_", " "), group="rule_state"),
        move=move,
    )


def _require_person(actor: str, version: Version | None, by: str, supervisor: bool) -> None:
    authors = version.authors if version else frozenset()
    if actor == "author" and by not in authors and not supervisor:
        raise StateError(
            "only {authors} or a supervisor may do this", authors=_either(sorted(authors))
        )
    if actor == "second" and by in authors:
        raise StateError("{by} wrote this version; a second person approves it", by=by)


def _either(names: Sequence[str]) -> Term:
    return Term(" or ".join(names), es=" o ".join(names))


def _require_name(known: Sequence[Version], asked: RuleMove, state: str) -> None:
    """Refuse a version's name that another version has."""
    others = known[:-1] if state in OPEN else known
    if asked.move == "edit" and known and asked.version != known[-1].name:
        raise StateError(
            "the open version is {version}; its text must keep that version",
            version=known[-1].name,
        )
    if asked.version in {version.name for version in others}:
        raise StateError(
            "there is a version {version} already; give the text another one",
            version=asked.version,
        )


def _require_seen(version: Version, asked: RuleMove) -> None:
    if asked.digest and asked.digest != version.digest:
        raise StateError("the text has been changed since you saw it; look at it again")


def _require_rehearsal(version: Version, now: str, day: dt.date) -> None:
    if version.rehearsed != now:
        raise StateError("a list that it reads has changed since the rehearsal; rehearse it again")
    if day > version.valid_to:
        raise StateError("its last day was {day}", day=version.valid_to.isoformat())
