"""What a node's own people and jobs do: each transition checks, then notes, then returns effects.

All raise :class:`~esclusa.errors.ExchangeError` when a rule refuses; then nothing is changed.
``now`` is the node's own clock, an aware UTC datetime.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping

import msgspec

from esclusa.errors import ExchangeError
from esclusa.model.marking import Marking
from esclusa.sharing.exchange import (
    agreements,
    consents,
    derived,
    grants,
    holdings,
    labels,
    onward,
    outbox,
    requests,
    runs,
)
from esclusa.sharing.exchange.grants import Said
from esclusa.sharing.exchange.messages import (
    CLASSES,
    Answer,
    ConsentAnswer,
    ConsentAsk,
    Content,
    Receipt,
    Request,
)
from esclusa.sharing.exchange.rows import ConsentKey, CopyKey, Grade, Owed, Own, Pact
from esclusa.sharing.exchange.state import Draft, Effects, Rules, State, Tables


def state_record(
    state: State, rules: Rules, now: dt.datetime, *, record: str, kind: str, version: int,
    marking: Marking, content: Content, said: Said = "put", sources: tuple[CopyKey, ...] = (),
) -> Effects:  # fmt: skip
    """State a record of ours: new, newer, corrected, or under a stricter marking (``narrow``).

    ``sources`` are what it rests on: keys of copies, or ``("", me, record)`` for own records.
    Every partner whose agreement and marking allow it is told; others lose what they had.
    """
    draft = Draft.begin(state, rules, now)
    before = draft.own.get(record)
    _check_version(before, record, version)
    roots = derived.roots_of(draft, sources)
    derived.check_marking(draft, marking, sources)
    if said == "narrow" and before is not None and not labels.is_below(before.marking, marking):
        raise ExchangeError("wider", f"{record} would be handled less strictly than before")
    own = Own(draft.me, record, kind, version, marking, content, roots)
    draft.put(Tables.own, record, own)
    derived.link(draft, record, roots)
    draft.note("exchange:record:stated", draft.me, own)
    grants.spread(draft, own, said)
    return draft.effects()


def _check_version(before: Own | None, record: str, version: int) -> None:
    if before is not None and version <= before.version:
        raise ExchangeError(
            "version", f"{record} is at version {before.version}; {version} is not after it"
        )


def withdraw(state: State, rules: Rules, now: dt.datetime, *, record: str, version: int) -> Effects:
    """Withdraw a record of ours: it is recalled from everyone who has it."""
    return withdraw_all(state, rules, now, versions={record: version})


def withdraw_all(
    state: State, rules: Rules, now: dt.datetime, *, versions: Mapping[str, int]
) -> Effects:
    """Withdraw records of ours, each under its next version: they are recalled from everyone."""
    draft = Draft.begin(state, rules, now)
    many = len(versions) >= runs.LEAST
    stopped: list[Own] = []
    for record, version in versions.items():
        before = draft.own.get(record)
        if before is None:
            raise ExchangeError("held", f"there is no record {record} here")
        _check_version(before, record, version)
        own = msgspec.structs.replace(before, version=version, content=None)
        draft.put(Tables.own, record, own)
        if many:
            stopped.append(own)
        else:
            draft.note("exchange:record:withdrawn", draft.me, own)
            grants.spread(draft, own)
    if many:
        runs.withdraw(draft, stopped)
    return draft.effects()


def pass_on(
    state: State, rules: Rules, now: dt.datetime, *, copy: CopyKey, to: str,
    known: Container[ConsentKey] | None = None,
) -> Effects:  # fmt: skip
    """Pass a copy on to a third agency; later versions follow by themselves.

    ``known`` are the consents that whoever does it may know of, without it all: another is none.
    """
    draft = Draft.begin(state, rules, now)
    held = derived.check_held(draft, copy)
    unknown = known is not None and (copy[1], copy[2], draft.me, to, "pass") not in known
    if not onward.allowed(draft, held, to, "pass") or (unknown and not onward.is_free(held, to)):
        raise ExchangeError("consent", f"{copy[1]} has not consented to {to} having {copy[2]}", to)
    cut = grants.wanted(draft, to, held)
    if cut is None:
        raise ExchangeError("agreement", f"the agreement lets nothing of {copy[2]} go", to)
    key = (to, held.originator, held.record)
    grant = draft.grants.get(key)
    if grant is not None and grant.state is Grade.OUT:
        raise ExchangeError("version", f"{to} has {copy[2]} from us already", to)
    grants.send(draft, key, grant, held, cut, "put")
    said = Receipt(held.originator, held.record, held.version, 0, to, "passed")
    outbox.append(draft, held.supplier, said)
    return draft.effects()


def ask_consent(
    state: State, rules: Rules, now: dt.datetime, *, copy: CopyKey, question: ConsentAsk
) -> Effects:
    """Ask the originator of a copy for a use of it."""
    draft = Draft.begin(state, rules, now)
    held = derived.check_held(draft, copy)
    if question.asker != draft.me or (question.originator, question.record) != copy[1:]:
        raise ExchangeError("consent", "the question is not ours, or about another record")
    consents.ask(draft, held, question)
    return draft.effects()


def answer_consent(
    state: State, rules: Rules, now: dt.datetime, *, given: ConsentAnswer
) -> Effects:
    """Answer a question about a record of ours, or change an earlier answer."""
    draft = Draft.begin(state, rules, now)
    consents.answer(draft, given)
    return draft.effects()


def request(
    state: State, rules: Rules, now: dt.datetime, *, partner: str, asked: Request
) -> Effects:
    """Ask a partner for information."""
    draft = Draft.begin(state, rules, now)
    requests.send(draft, partner, asked)
    return draft.effects()


def respond(state: State, rules: Rules, now: dt.datetime, *, asker: str, answer: Answer) -> Effects:
    """Take a step in answering a partner's request."""
    draft = Draft.begin(state, rules, now)
    requests.respond(draft, asker, answer)
    return draft.effects()


def adopt(state: State, rules: Rules, now: dt.datetime, *, partner: str, pact: Pact) -> Effects:
    """Put an agreement in force that both sides have signed."""
    draft = Draft.begin(state, rules, now)
    agreements.adopt(draft, partner, pact)
    return draft.effects()


def end(state: State, rules: Rules, now: dt.datetime, *, partner: str) -> Effects:
    """End the agreement with a partner."""
    draft = Draft.begin(state, rules, now)
    agreements.end(draft, partner)
    return draft.effects()


def erased(
    state: State, rules: Rules, now: dt.datetime, *, copy: CopyKey, owed: Owed,
    erased: Mapping[str, int],
) -> Effects:  # fmt: skip
    """Storage reports that what was owed for a copy is gone: how many places of each class.

    A report on work that was overtaken meanwhile changes nothing: the newer work is still to do.
    """
    return erased_all(state, rules, now, reports={copy: (owed, erased)})


def erased_all(
    state: State, rules: Rules, now: dt.datetime, *,
    reports: Mapping[CopyKey, tuple[Owed, Mapping[str, int]]],
) -> Effects:  # fmt: skip
    """Storage reports on several copies, each as in :func:`erased`."""
    draft = Draft.begin(state, rules, now)
    accounts: dict[int, dict[str, int]] = {}  # of thousands of reports most say the very same
    due: dict[CopyKey, tuple[Owed, dict[str, int]]] = {}
    for copy, (owed, erased) in reports.items():
        account = accounts.get(id(erased))
        if account is None:
            if set(CLASSES) ^ set(erased):
                raise ExchangeError("receipt", f"must account for all of {', '.join(CLASSES)}")
            account = accounts[id(erased)] = dict(erased)
        if draft.owed.get(copy) == owed:
            due[copy] = (owed, account)
    if len(due) >= runs.LEAST:
        runs.settle(draft, due)
    else:
        for copy, (owed, account) in due.items():
            holdings.settle_debt(draft, copy, owed, account)
    return draft.effects()
