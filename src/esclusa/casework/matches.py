"""The rules of a decision on a possible match, and what a decision is worth later.

1. A step is allowed when ``match_states.csv`` has a row for it from the present state. ``person``
   steps need a named person; ``mover`` steps the one who decided last, or a supervisor; ``facts``
   steps are never made by anybody: they follow from what changed, each time anew.
2. A decision needs an outcome from ``match_outcomes.csv``, a written reason and a last day within
   bounds. Undo takes back the last decision that has not been taken back yet; it is itself a step.
3. A decision stands for the same facts of the party and of the list entry, until its last day. When
   either side is another, or the day has passed, the match is reopened: it counts as if nobody had
   decided, and the causes are named.
4. A party with other facts is still the one decided on when it states the redress number of that
   decision, and name and birth date are those decided on. The number alone is worth nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from esclusa.casework import tables
from esclusa.casework.alerts import kept
from esclusa.casework.match_facts import Parts, differing, party_parts, states_number
from esclusa.casework.reasons import check_reason, check_words
from esclusa.errors import InputError, StateError, Term
from esclusa.model import MatchDecision, PartyFacts, Said

_MOVES: Final = "match_states.csv"
UNDECIDED: Final = "undecided"
DECIDED: Final = "decided"
REOPENED: Final = "reopened"
NOT_THE_SAME: Final = "not_the_same"
"""The outcome that takes a match's points away."""

THE_SAME: Final = "the_same"
"""The outcome that no redress number overrides."""

REDRESS_LIMIT: Final = 40
"""Characters of a redress number."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome from the closed list. ``counts``: ``yes`` when the match keeps its points."""

    code: str
    counts: str
    text_en: str
    text_es: str


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What decisions are worth for a match now.

    ``state``: ``undecided``, ``decided``, ``reopened``. ``decision`` is the record of the one that
    counts or counted, ``said`` its words. ``causes`` are why it counts no more: ``expire``,
    ``entry``, ``party``, each with the parts that changed. ``redress`` tells that the party stated
    the decision's redress number.
    """

    state: str = UNDECIDED
    decision: str = ""
    said: Said | None = None
    causes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    redress: bool = False

    @property
    def cleared(self) -> bool:
        """Tell whether the match has no points now."""
        return self.state == DECIDED and self.said is not None and not counts(self.said.outcome)


@cache
def outcomes() -> tuple[Outcome, ...]:
    """Return the closed list of outcomes."""
    return tuple(Outcome(**row) for row in tables.table("match_outcomes.csv"))


def counts(outcome: str) -> bool:
    """Tell whether a match with this outcome keeps its points."""
    return all(item.counts == "yes" for item in outcomes() if item.code == outcome)


# --- steps that people make --------------------------------------------------------------------


def next_step(
    steps: Sequence[MatchDecision], *, match: MatchDecision, state: str, supervisor: bool,
    said: Said | None, bounds: tuple[dt.date, dt.date],
) -> MatchDecision:  # fmt: skip
    """Return the step that follows from the history, or refuse it.

    :param steps: the decisions so far on this match, oldest first.
    :param match: the step asked for, with its match, maker and moment; number and ``said`` are
        filled in here.
    :param state: the state of the match now, from :func:`worth`.
    :param said: what a ``decide`` says; ``undo`` takes None.
    :param bounds: first and last day that a decision may end on.
    :raises StateError: when the state or the person does not allow it.
    :raises InputError: when outcome, reason, last day or redress number is missing or wrong.
    """
    row = tables.moves(_MOVES).get((match.move, state))
    if row is None or row.actor == "facts":
        raise StateError(
            "a match that is {state} does not allow the step {move!r}",
            state=Term(state, group="match_state"),
            move=Term(match.move, group="match_move"),
        )
    standing = kept(steps)
    if row.actor == "mover":
        _require_mover(standing, match.by, supervisor=supervisor)
    if row.needs:
        _require_content(said, bounds)
    after = (standing[-2].said if len(standing) > 1 else None) if match.move == "undo" else said
    return msgspec.structs.replace(match, number=len(steps) + 1, said=after)


def _require_mover(standing: Sequence[MatchDecision], by: str, *, supervisor: bool) -> None:
    if not standing:
        raise StateError("there is no decision of this match to take back")
    if standing[-1].by != by and not supervisor:
        raise StateError("only {by} or a supervisor may change this decision", by=standing[-1].by)


def _require_content(said: Said | None, bounds: tuple[dt.date, dt.date]) -> None:
    if said is None or said.outcome not in {item.code for item in outcomes()}:
        named = said.outcome[:40] if said else ""
        problem = "code" if named else "missing"
        raise InputError(
            f"the outcome {named!r} is not on the list of outcomes", field="outcome",
            problem=problem,
        )  # fmt: skip
    if not said.reason.strip():
        raise InputError("a decision needs a written reason", field="reason", problem="missing")
    check_reason(said.reason)
    check_words("the redress number", said.redress, limit=REDRESS_LIMIT, field="redress")
    first, last = bounds
    if not first <= _day(said.until) <= last:
        raise InputError(
            f"a decision ends between {first} and {last}, not on {said.until}", field="until",
            problem="bounds", expected=f"{first} – {last}",
        )  # fmt: skip


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        reason = f"{text[:20]!r} is no date of the form YYYY-MM-DD"
        raise InputError(reason, field="until", problem="day") from None


# --- what a decision is worth later ------------------------------------------------------------


def worth(
    known: Iterable[tuple[str, MatchDecision]], party: PartyFacts, entry: Mapping[str, str],
    today: str,
) -> Worth:  # fmt: skip
    """Return what decisions about one list entry are worth for a party.

    :param known: (record id, newest step) of each decision about the entry that may be known where
        the answer is used.
    :param entry: the entry's present digests, from :func:`~.match_facts.entry_digests`.
    :param today: ``YYYY-MM-DD`` (UTC).
    """
    facts = party_parts(party)
    found = [
        _of(name, step, party, facts, entry, today) for name, step in known if step.said is not None
    ]
    about = [(exact, item) for exact, item in found if item.state != UNDECIDED]
    # What stands before what stood; the very facts before a redress number; the latest of these.
    about.sort(key=lambda pair: (pair[1].state == DECIDED, pair[0], pair[1].said.at))  # type: ignore[union-attr]
    return about[-1][1] if about else Worth()


def _of(
    name: str, step: MatchDecision, party: PartyFacts, facts: Parts, entry: Mapping[str, str],
    today: str,
) -> tuple[bool, Worth]:  # fmt: skip
    said = step.said
    assert said is not None
    decided = party_parts(step.party)
    others = differing(decided, facts)
    stated = bool(said.redress) and states_number(party, said.redress)
    if others and not stated and not _same_party(decided, facts):
        return False, Worth()
    redress = bool(others) and stated and not {"name", "birth_date"} & set(others)
    causes: list[tuple[str, tuple[str, ...]]] = []
    known = {part: value for part, value in entry.items() if part in said.entry}
    if changed := differing(said.entry, known):
        causes.append(("entry", changed))
    if others and not redress:
        causes.append(("party", others))
    if said.until < today:
        causes.append(("expire", ()))
    state = tables.moves(_MOVES)[causes[0][0], DECIDED].target if causes else DECIDED
    return not others, Worth(
        state=state, decision=name, said=said, causes=tuple(causes), redress=redress
    )


def _same_party(decided: Parts, facts: Parts) -> bool:
    """Tell whether somebody would take both for one party: the same name, or a number of both."""
    numbers = [{tuple(pair) for pair in side["identifiers"]} for side in (decided, facts)]  # type: ignore[attr-defined]
    return decided["name"] == facts["name"] or bool(numbers[0] & numbers[1])


# --- in words ----------------------------------------------------------------------------------


@cache
def _texts() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in tables.table("match_texts.csv")}


def sentence(found: Worth, language: str) -> str:
    """Return what was decided, and why it counts no more, in ``en`` or ``es``; "" if nothing."""
    said = found.said
    if said is None:
        return ""
    words = {"day": said.at[:10], "by": said.by, "until": said.until, "reason": said.reason}
    if found.state == DECIDED:
        text = _text(said.outcome, language, words)
        number = _text("redress", language, {"redress": said.redress})
        return f"{text}; {number}" if found.redress else text
    causes = (_cause(code, parts, language, said) for code, parts in found.causes)
    joined = " / ".join(causes)
    return _text(f"{REOPENED}.{said.outcome}", language, words | {"causes": joined})


def _cause(code: str, parts: Sequence[str], language: str, said: Said) -> str:
    named = ", ".join(_text(f"part.{part}", language, {}) for part in parts)
    return _text(code, language, {"parts": named, "until": said.until})


def _text(code: str, language: str, words: dict[str, str]) -> str:
    return _texts()[code][language].format_map(words)
