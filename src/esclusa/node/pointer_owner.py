"""The owner's side of a pointer search on the ledger: sets, answers, requests about hits.

A question is answered only in an epoch whose set still stands: before each answer the records that
made it are looked at again, and one that was recalled, narrowed or erased ends the epoch.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

import msgspec

from esclusa.errors import AgreementError, NotFound, PointerError
from esclusa.ledger import exchange as table
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.node import pointer_rows as kept
from esclusa.node.exchange_ledger import ExchangeLedger
from esclusa.node.pointer_rows import Asked, Case, Details, Open, Part, Refusal, Rows, Wish
from esclusa.node.pointer_sets import Made, make
from esclusa.node.pointer_terms import Found, Ground, findable, ground, still_findable
from esclusa.sharing.exchange import requests
from esclusa.sharing.exchange.messages import Answer, Request
from esclusa.sharing.exchange.state import Draft
from esclusa.sharing.pointers import answering, followup
from esclusa.sharing.pointers.answering import Owner
from esclusa.sharing.pointers.epochs import Epoch
from esclusa.sharing.pointers.messages import Catalogue, Question, Reply, Scope, encode
from esclusa.sharing.pointers.rows import Row

_MOST_GIVEN = 3
"""How often one part of a set is handed out: once, and again to a node that was restored."""
_QUIET = ("limit", "epoch", "catalogue", "agreement")
"""Refusals that come in honest work; any other is told to a person."""


class _Named(msgspec.Struct, frozen=True):
    """What a request about a hit names; the rest of it is checked by ``followup.taken``."""

    scope: Scope
    number: int


class OwnerSide:
    """Answers partners' searches in our records."""

    def __init__(
        self, exchange: ExchangeLedger, store: Store, labels: Labels, workers: int = 1
    ) -> None:
        """:param workers: processes that compute a large set."""
        self._workers = workers
        self._exchange = exchange
        self._store = store
        self._labels = labels

    # --- upkeep -------------------------------------------------------------------------------

    def keep_up(self) -> None:
        """Destroy keys whose time is over, close epochs that must not go on, answer what waits."""
        exchange = self._exchange
        self._tidy_all()
        for key, row in list(exchange.state().questions.items()):
            if key[1] == exchange.agency and row.step is None:
                if row.request.kind == kept.KIND:
                    self._answer(key[0], row.request)
                elif row.request.kind == followup.KIND:
                    self._take(key[0], row.request)

    def _tidy_all(self) -> None:
        self._exchange.state()
        for asker in list(self._exchange.kept[kept.OWNER]):
            self._tidy(asker)

    def _tidy(self, asker: str) -> None:
        now = self._exchange.now()
        state = self._owner(asker)
        ended = [item for item in state.epochs if now >= item.until or not self._agreed(item, now)]
        running = [item for item in state.epochs if item not in ended and item.answers(now)]
        faulty = [item for item in running if not self._stands(item, now)]
        if not ended and not faulty:
            return

        def act(draft: Draft, rows: Rows) -> None:
            owner = answering.lapse(self._owner(asker), draft.now)
            for epoch in faulty:
                owner, made = answering.close_epoch(owner, epoch.scope, draft.now)
                kept.note(draft, rows, *made)
            left = tuple(item for item in owner.epochs if not _same(item, ended))
            for epoch in ended:
                place = kept.place(epoch.scope, epoch.number)
                rows[kept.OPEN, place] = rows[kept.SET, place] = None
            self._keep(rows, msgspec.structs.replace(owner, epochs=left))

        self._exchange.change(act)
        if ended:
            self._store.scrub()  # nothing of a destroyed key stays in the database's files

    def _agreed(self, epoch: Epoch, now: dt.datetime) -> bool:
        """Tell whether the agreement of an epoch is still the one in force."""
        try:
            found = self._ground(epoch.scope, now)
        except PointerError:
            return False
        return found.agreement.digest == epoch.scope.agreement

    def _stands(self, epoch: Epoch, now: dt.datetime) -> bool:
        opened = self._open(epoch.scope, epoch.number)
        return opened is not None and self._holds(epoch, opened.members, now)

    def _holds(self, epoch: Epoch, members: dict[int, str], now: dt.datetime) -> bool:
        given = self._ground(epoch.scope, now)
        with self._store.read() as connection:
            return still_findable(
                self._exchange, connection, self._labels, given, epoch.scope, members, now
            )

    # --- answers ------------------------------------------------------------------------------

    def _answer(self, asker: str, request: Request) -> None:
        try:
            body = kept.read_body(request.body, Asked, asker)
        except PointerError as error:
            self._refuse(asker, request, error)
            return
        try:
            if (body.scope.owner, body.scope.asker) != (self._exchange.agency, asker):
                raise PointerError("stranger", "the scope names other agencies", asker)
            now = self._exchange.now()
            given = self._ground(body.scope, now)
            if body.scope.agreement != given.agreement.digest:
                raise PointerError("agreement", "the scope names another agreement", asker)
        except PointerError as error:
            self._refuse(asker, request, error, body)
            return
        if isinstance(body, Wish):
            self._hand_out(asker, request, body, given)
        else:
            self._evaluate(asker, request, body, given)

    def _hand_out(self, asker: str, request: Request, wish: Wish, given: Ground) -> None:
        if wish.part > 1 or _open_in(self._owner(asker), wish.scope, self._exchange.now()):
            self._give(asker, request, wish, given, None)
            return
        with self._store.sole("sets") as ours:
            if ours:  # else somebody is at a set, maybe this one: the wish waits for the next time
                self._make(asker, request, wish, given)

    def _make(self, asker: str, request: Request, wish: Wish, given: Ground) -> None:
        """Make a set and give its first part. That may have taken minutes: what was recalled or
        ended meanwhile counts, for this set and for whatever is answered next."""
        self._exchange.state()  # another process may have opened it just now
        now, owner = self._exchange.now(), self._owner(asker)
        fresh: Made | None = None
        if _open_in(owner, wish.scope, now) is None:
            found = self._findable(wish.scope, given, now)
            try:
                fresh = make(owner, wish.scope, given.terms, found, now, self._workers)
            except PointerError as error:
                self._refuse(asker, request, error)
                return
            self._tidy_all()
            now = self._exchange.now()
            if not (
                self._agreed(fresh.epoch, now) and self._holds(fresh.epoch, fresh.members, now)
            ):
                return  # the next time finds what may be found then, or refuses
        self._give(asker, request, wish, given, fresh)

    def _give(
        self, asker: str, request: Request, wish: Wish, given: Ground, fresh: Made | None
    ) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            if not _waits(draft, asker, request):
                return
            try:
                body: msgspec.Struct = self._part(draft, rows, asker, wish, given, fresh)
            except PointerError as error:
                body = self._refused(draft, asker, error)
            _respond(draft, asker, request, body)

        self._exchange.change(act)

    def _part(
        self, draft: Draft, rows: Rows, asker: str, wish: Wish, given: Ground,
        fresh: Made | None,
    ) -> Part:  # fmt: skip
        owner = self._owner(asker)
        epoch = _open_in(owner, wish.scope, draft.now)
        if epoch is None:
            if fresh is None:
                raise PointerError("epoch", "no epoch is open", asker)
            owner, log = answering.adopt(owner, fresh.epoch, fresh.catalogue, draft.now)
            opened = Open(scope=wish.scope, number=fresh.epoch.number, members=fresh.members)
            data = encode(fresh.catalogue)
            text, digest = data.decode(), fresh.epoch.catalogue
            rows[kept.SET, kept.place(wish.scope, opened.number)] = data
            self._keep(rows, owner)
            kept.note(draft, rows, *log)
        else:
            found = self._open(wish.scope, epoch.number)
            stored = self._set(wish.scope, epoch.number)
            if found is None or stored is None or wish.catalogue not in ("", epoch.catalogue):
                raise PointerError("catalogue", "the set is another one by now", asker)
            opened, text, digest = found, stored.decode(), epoch.catalogue
        return self._cut(rows, asker, wish, opened, text, digest)

    def _cut(
        self, rows: Rows, asker: str, wish: Wish, opened: Open, text: str, digest: str
    ) -> Part:
        parts = -(-len(text) // kept.PART_SIZE)
        times = opened.given.get(wish.part, 0)
        if wish.part > parts or times >= _MOST_GIVEN:
            raise PointerError("replay", "that part of the set was handed out before", asker)
        again = msgspec.structs.replace(opened, given={**opened.given, wish.part: times + 1})
        rows[kept.OPEN, kept.place(wish.scope, opened.number)] = msgspec.json.encode(again)
        start = (wish.part - 1) * kept.PART_SIZE
        return Part(wish.scope, opened.number, digest, wish.part, parts,
                    text[start : start + kept.PART_SIZE])  # fmt: skip

    def _evaluate(self, asker: str, request: Request, asked: Question, given: Ground) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            if not _waits(draft, asker, request):
                return
            owner = self._owner(asker)
            body: Reply | Refusal
            try:
                owner, body, row = answering.answer(
                    owner, asked, given.terms, draft.now, secrets.token_bytes
                )
                self._keep(rows, owner)
            except PointerError as error:
                row = answering.refused(owner, asked, error, draft.now)
                body = self._refused(draft, asker, error)
            kept.note(draft, rows, row)
            _respond(draft, asker, request, body)

        self._exchange.change(act)

    def _refuse(
        self, asker: str, request: Request, error: PointerError, body: Wish | Question | None = None
    ) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            if not _waits(draft, asker, request):
                return
            if isinstance(body, Question):
                owner = self._owner(asker)
                kept.note(draft, rows, answering.refused(owner, body, error, draft.now))
            _respond(draft, asker, request, self._refused(draft, asker, error))

        self._exchange.change(act)

    def _refused(self, draft: Draft, asker: str, error: PointerError) -> Refusal:
        if error.rule not in _QUIET:
            draft.alarm("request", asker, f"a pointer search was refused: {error.reason}")
        return Refusal(error.rule)

    # --- requests about hits ------------------------------------------------------------------

    def _take(self, asker: str, request: Request) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            if not _waits(draft, asker, request):
                return
            try:
                case, row = self._case(asker, request, draft.now)
            except PointerError as error:
                # One answer for every request that is refused: nothing was looked up.
                _respond(draft, asker, request, self._refused(draft, asker, error))
                return
            rows[kept.CASE, f"{asker} {request.id}"] = kept.locked(self._exchange.credentials, case)
            kept.note(draft, rows, row)
            requests.respond(draft, asker, Answer(request.id, "acknowledged"))

        self._exchange.change(act)

    def _case(self, asker: str, request: Request, now: dt.datetime) -> tuple[Case, Row]:
        named = kept.read_body(request.body, _Named, asker)
        data = self._set(named.scope, named.number)
        if data is None:
            raise PointerError("epoch", "the hit's epoch is over; search again", asker)
        made = msgspec.json.decode(data, type=Catalogue)
        pointer, row = followup.taken(self._owner(asker), made, request, now)
        case = Case(asker=asker, id=request.id, pointer=pointer, scope=row.scope,
                    number=row.number, at=now, due=request.due)  # fmt: skip
        return case, row

    def cases(self) -> list[Case]:
        """Return the requests about hits that wait for a person here, the oldest first."""
        self._exchange.state()
        found = [kept.unlocked(self._exchange.credentials, row, Case)
                 for row in self._exchange.kept[kept.CASE].values()]  # fmt: skip
        return sorted(found, key=lambda item: item.at)

    def behind(self, case: Case) -> list[Found]:
        """Return the records that a hit stands for now; none when they may no longer be found."""
        now = self._exchange.now()
        try:
            given = self._ground(case.scope, now)
            found = self._findable(case.scope, given, now)
            return [item for item in found if case.pointer in item[2]]
        except (PointerError, AgreementError):
            return []

    def decide(
        self, asker: str, request: str, *, granted: bool, said: str, reason: str,
        records: Iterable[str], by: str,
    ) -> None:  # fmt: skip
        """Answer a request about a hit.

        :raises NotFound: when there is no such request.
        :raises ExchangeError: for a ground of refusal that the agreement does not name.
        """
        name = f"{asker} {request}"

        def act(draft: Draft, rows: Rows) -> None:
            if name not in self._exchange.kept[kept.CASE]:
                raise NotFound("no such request")
            body = kept.raw(Details(said, tuple(records))) if granted else msgspec.Raw(b"null")
            step = "answered" if granted else "refused"
            requests.respond(draft, asker, Answer(request, step, reason=reason, body=body))  # type: ignore[arg-type]
            rows[kept.CASE, name] = None

        self._exchange.change(act, who=by)

    # --- rows ---------------------------------------------------------------------------------

    def _ground(self, scope: Scope, now: dt.datetime) -> Ground:
        return ground(self._exchange, scope.asker, scope.owner, scope.purpose, scope.subject, now)

    def _findable(self, scope: Scope, given: Ground, now: dt.datetime) -> list[Found]:
        with self._store.read() as connection:
            return list(findable(self._exchange, connection, self._labels, given, scope, now))

    def _owner(self, asker: str) -> Owner:
        row = self._exchange.kept[kept.OWNER].get(asker)
        if row is None:
            return Owner(me=self._exchange.agency, asker=asker)
        return kept.unlocked(self._exchange.credentials, row, Owner)

    def _keep(self, rows: Rows, owner: Owner) -> None:
        rows[kept.OWNER, owner.asker] = kept.locked(self._exchange.credentials, owner)

    def _open(self, scope: Scope, number: int) -> Open | None:
        row = self._exchange.kept[kept.OPEN].get(kept.place(scope, number))
        return msgspec.json.decode(row, type=Open) if row is not None else None

    def _set(self, scope: Scope, number: int) -> bytes | None:
        with self._store.read() as connection:
            return table.get(connection, kept.SET, kept.place(scope, number))


def _open_in(owner: Owner, scope: Scope, now: dt.datetime) -> Epoch | None:
    return next((item for item in owner.epochs if item.scope == scope and item.answers(now)), None)


def _same(epoch: Epoch, others: list[Epoch]) -> bool:
    return any((epoch.scope, epoch.number) == (item.scope, item.number) for item in others)


def _waits(draft: Draft, asker: str, request: Request) -> bool:
    """Tell whether nobody has answered meanwhile."""
    row = draft.questions.get((asker, draft.me, request.id))
    return row is not None and row.step is None


def _respond(draft: Draft, asker: str, request: Request, body: msgspec.Struct) -> None:
    requests.respond(draft, asker, Answer(request.id, "answered", body=kept.raw(body)))
