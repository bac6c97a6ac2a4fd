"""Requests for information: asked, acknowledged, perhaps extended, answered or refused.

A request is named by (asker, answerer, id); the asker gives ids that it never uses twice. Steps go
forward only. A refusal gives a reason from the agreement's list. When the clock ends without an
answer, both sides are told once.
"""

from __future__ import annotations

import msgspec

from esclusa.errors import ExchangeError
from esclusa.sharing.exchange import outbox, pacts
from esclusa.sharing.exchange.messages import Answer, Request, Step
from esclusa.sharing.exchange.rows import Question
from esclusa.sharing.exchange.state import Draft, Tables

_RANK: dict[Step | None, int] = {
    None: 0, "acknowledged": 1, "extended": 2, "answered": 3, "refused": 3,
}  # fmt: skip


def send(draft: Draft, partner: str, request: Request) -> None:
    """Ask a partner.

    :raises ExchangeError: without an agreement in force, or when the id was used before.
    """
    key = (draft.me, partner, request.id)
    if pacts.in_force(draft, partner) is None:
        raise ExchangeError("agreement", "there is no agreement in force", partner)
    if draft.questions.get(key) is not None:
        raise ExchangeError("request", f"the id {request.id} was used before", partner)
    draft.put(Tables.questions, key, Question(request, due=request.due))
    outbox.append(draft, partner, request)
    draft.note("exchange:request:sent", partner)


def asked(draft: Draft, sender: str, message: Request) -> None:
    """Take in a request; the same id again changes nothing."""
    key = (sender, draft.me, message.id)
    if draft.questions.get(key) is None:
        draft.put(Tables.questions, key, Question(message, due=message.due))
        draft.note("exchange:request:taken", sender)


def is_forward(question: Question, step: Step) -> bool:
    """Tell whether a step may follow: forward only, and nothing after the end."""
    return _RANK[step] > _RANK[question.step]


def respond(draft: Draft, asker: str, message: Answer) -> None:
    """Take a step in answering.

    :raises ExchangeError: for an unknown request, a step backward, or a refusal without a reason
        from the agreement's list.
    """
    key = (asker, draft.me, message.id)
    question = draft.questions.get(key)
    if question is None or not is_forward(question, message.step):
        raise ExchangeError("request", f"{message.step} cannot be said of {message.id} now", asker)
    pact = draft.pacts.get(asker)
    if message.step == "refused" and (pact is None or message.reason not in pact.refusals):
        raise ExchangeError("request", f"{message.reason!r} is no ground for refusing", asker)
    draft.put(Tables.questions, key, moved(question, message))
    outbox.append(draft, asker, message)
    draft.note("exchange:request:answered", asker)


def moved(question: Question, message: Answer) -> Question:
    """Return a request after a step."""
    return msgspec.structs.replace(
        question, step=message.step, due=message.due or question.due, late=False,
        reason=message.reason, body=message.body,
    )  # fmt: skip


def answered(draft: Draft, sender: str, message: Answer) -> None:
    """Take in a step; one that was overtaken, or that nobody waits for, changes nothing."""
    key = (draft.me, sender, message.id)
    question = draft.questions.get(key)
    if question is not None and is_forward(question, message.step):
        draft.put(Tables.questions, key, moved(question, message))
        draft.note("exchange:request:answered", sender)


def escalate(draft: Draft) -> None:
    """Tell people, once, of every request whose clock has ended without an answer."""
    for key, question in draft.questions.items():
        if question.late or _RANK[question.step] == 3 or question.due is None:
            continue
        if draft.now >= question.due:
            draft.put(Tables.questions, key, msgspec.structs.replace(question, late=True))
            other = key[1] if key[0] == draft.me else key[0]
            draft.alarm("request", other, f"request {key[2]} has not been answered in time")
