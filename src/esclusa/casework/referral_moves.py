"""A move on a referral: who may make it now, what it must record, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from esclusa.casework import forms, waiver_exceptions
from esclusa.casework.referral_words import LEAD, SYSTEM, Row, codes, fields, rows, words
from esclusa.casework.referrals import DRAFTS, NONE, Referral, refusal
from esclusa.errors import StateError, Term
from esclusa.model import Recorded, ReferralMove

DRAFTING: Final = frozenset({"open", "amend", "discard"})
"""Moves that stay at home."""
_ASIDE: Final = frozenset({"cut_off"})
"""Fields that a move has a place of its own for."""


def allowed(now: Referral, agency: str, by: str, *, supervisor: bool, at: str) -> tuple[Row, ...]:
    """Return the moves that a person of an agency can make now, in the order of the table.

    :param at: ISO 8601 UTC.
    """
    found = []
    for row in rows().values():
        if row.source == now.state and not (row.actor == LEAD and not supervisor):
            far = now.cut_off.isoformat() if now.cut_off else ""
            asked = _bare(now, row.move, agency=agency, by=by, at=at, cut_off=far)
            if row.move == "request" or not refusal(now, asked):
                found.append(row)
    return tuple(row for row in found if row.may(now.side(agency), system=False))


def next_move(
    now: Referral, asked: ReferralMove, given: Mapping[str, str], *, supervisor: bool,
    version: str = "",
) -> ReferralMove:  # fmt: skip
    """Return the move that follows from the history, or refuse it.

    :param now: the referral as its agency knows it; of a new one, with its two sides alone.
    :param asked: agency, person, moment and subject of the move asked for; numbers are filled in.
    :param given: what is recorded, by field; what a move does not record is refused.
    :param version: of the referral as the person saw it; "" to make the move on any.
    :raises StateError: when state, side, person or time does not allow it, or somebody was faster.
    :raises MoveMistakes: when a field is missing or wrong; each is named.
    """
    if version and version != now.version:
        raise StateError("somebody was faster: the referral has changed since you opened it")
    row = rows().get((asked.move, now.state))
    if row is None:
        raise _no_such(now.state, asked.move)
    if row.actor == LEAD and not supervisor:
        raise StateError("a waiver is approved by somebody who leads the team: a supervisor")
    system = asked.by == SYSTEM
    if not row.may(now.side(asked.agency), system=system):
        raise _whose(row)
    recorded = filled(row, given, asked.at)
    drafting = row.move in DRAFTING
    made = msgspec.structs.replace(
        asked, referral=now.id, requester=now.requester, host=now.host,
        number=DRAFTS if drafting else now.known(asked.agency) + 1,
        seen=0 if drafting else now.known(_other(now, asked.agency)),
        cut_off=recorded.get("cut_off", ""),
        recorded=(
            *(Recorded(name=name, value=value)
              for name, value in recorded.items() if name not in _ASIDE),
            *_version(recorded, asked.at),
        ),
    )  # fmt: skip
    if not drafting and (lost := refusal(now, made)):
        raise _refused(lost, now)
    return made


def _version(recorded: Mapping[str, str], at: str) -> tuple[Recorded, ...]:
    """Return which version of its exception a waiver is asked for by, if by any."""
    found = waiver_exceptions.in_force(at).get(recorded.get(waiver_exceptions.FIELD, ""))
    return (Recorded(name=waiver_exceptions.VERSION, value=str(found.version)),) if found else ()


def _other(now: Referral, agency: str) -> str:
    return now.host if agency == now.requester else now.requester


def _bare(now: Referral, move: str, *, agency: str, by: str, at: str, cut_off: str) -> ReferralMove:
    return ReferralMove(
        referral=now.id, requester=now.requester, host=now.host, agency=agency, number=1, seen=0,
        move=move, by=by, at=at, cut_off=cut_off,
    )  # fmt: skip


def _no_such(state: str, name: str) -> StateError:
    known = words("move").get(name)
    move = Term(name[:40], es=known.text_es if known else name[:40])
    if state == NONE:
        return StateError(
            "a referral that is not there yet does not allow the move {move!r}", move=move
        )
    told = Term(state.replace("_", " "), es=words("state")[state].text_es)
    return StateError(
        "a referral that is {state} does not allow the move {move!r}", state=told, move=move
    )


def _whose(row: Row) -> StateError:
    if row.actor == "host":
        return StateError("this belongs to the host, and to nobody else")
    if row.actor == "system":
        return StateError("this follows from time alone; nobody can make it by hand")
    if row.actor == "system_or_host":
        return StateError("a referral is void when its bill is deleted, or when the host says so")
    return StateError("this belongs to the requesting side")


def _refused(lost: str, now: Referral) -> StateError:
    if lost == "late" and now.due is not None:
        due = now.due.isoformat(timespec="minutes")
        return StateError(
            "the cut-off passed at {due}; the referral counts as not answered", due=due
        )
    if lost == "late":
        return StateError("the cut-off has passed already")
    if lost == "early":
        return StateError("the cut-off has not passed yet")
    if lost == "one_person":
        return StateError("you asked for this waiver yourself; a second person approves it")
    if lost == "overtaken":
        return StateError("nobody has asked for a waiver; ask for one first")
    return StateError("the move is not allowed")


def filled(row: Row, given: Mapping[str, str], at: str) -> dict[str, str]:
    """Return what a move records, cleaned, in the order of the table.

    :param at: the moment of the move, ISO 8601 UTC.
    :raises MoveMistakes: naming each field that is missing or wrong.
    """
    day = at[:10]
    lists = {field.list: codes(field.list, day) for field in fields().values() if field.list}
    return forms.filled(row.move, row.needs, fields(), lists, given, at)
