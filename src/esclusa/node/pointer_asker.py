"""The asker's side of a pointer search on the ledger: wishes, sets, questions, findings, hits told.

A person's search waits until a set of its scope is here, then goes as a question. When the owner
has ended that epoch meanwhile, a new set is wished and the question is made again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from esclusa.errors import AgreementError, NotFound, PointerError, StateError
from esclusa.ledger import exchange as table
from esclusa.ledger.store import Store
from esclusa.node import pointer_near as near
from esclusa.node import pointer_rows as kept
from esclusa.node.exchange_ledger import ExchangeLedger
from esclusa.node.pointer_rows import (
    Answered,
    Asked,
    Details,
    Followed,
    Held,
    Part,
    Refusal,
    Rows,
    Searched,
    Wish,
)
from esclusa.node.pointer_terms import Ground, due, ground
from esclusa.sharing.exchange import requests
from esclusa.sharing.exchange.messages import Request
from esclusa.sharing.exchange.rows import Question as Sent
from esclusa.sharing.exchange.rows import QuestionKey
from esclusa.sharing.exchange.state import Draft, Tables
from esclusa.sharing.pointers import asking, catalogue, followup, meter, stages
from esclusa.sharing.pointers.asking import Asker
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import (
    TAG,
    Catalogue,
    Question,
    Reply,
    Scope,
    catalogue_limit,
    decode,
    digest,
    encode,
)
from esclusa.sharing.pointers.near import COARSE, Sought
from esclusa.sharing.pointers.padding import QUESTIONS, question_size
from esclusa.sharing.pointers.rows import Row
from esclusa.sharing.pointers.terms import Subject

KEPT: Final = dt.timedelta(days=30)
"""How long a search and its findings are kept; then they are erased."""
_TRIES: Final = 6
"""Sets wished and questions made for one search: two nodes may talk past each other."""
_ABOUT: Final = "pointer search"
_NONE: Final = msgspec.Raw(b"null")
_AGAIN: Final = ("epoch", "catalogue")


class AskerSide:
    """Searches in partners' records."""

    def __init__(self, exchange: ExchangeLedger, store: Store) -> None:
        self._exchange = exchange
        self._store = store

    # --- people -------------------------------------------------------------------------------

    def ask(
        self, partner: str, purpose: str, key: str, typed: Mapping[Pointer, str], *, by: str
    ) -> tuple[str, ...]:
        """Enter searches for keys of one kind; return their ids, one for each question.

        :param typed: at least one key, each with what a person typed.
        :raises PointerError: ``agreement`` or ``limit``, before anything is asked.
        """
        wanted = sorted(typed)
        given = self._may_ask(partner, purpose, wanted[0].subject, key)
        most = _most(given)
        parts = [wanted[at : at + most] for at in range(0, len(wanted), most)] if most else []
        found = [
            Searched(id=secrets.token_hex(6), at=self._exchange.now(), by=by, partner=partner,
                     purpose=purpose, key=key, pointers=tuple(part),
                     typed=tuple(typed[item] for item in part))
            for part in parts
        ]  # fmt: skip
        total = sum(question_size(len(part)) for part in parts)
        return self._enter(given, purpose, found, total, len(wanted), by)

    def ask_near(
        self, partner: str, purpose: str, typed: Mapping[Sought, str], *, by: str
    ) -> tuple[tuple[str, ...], int]:
        """Enter approximate searches for persons; return their ids and the keys first asked about.

        Both stages of all of them must fit into the limits before anything is asked.

        :param typed: at least one person, each with what was typed.
        :raises PointerError: as :meth:`ask`.
        """
        given = self._may_ask(partner, purpose, "person", COARSE)
        most, now = _most(given), self._exchange.now()
        fits = most >= min(stages.SECOND.values())
        found = list(
            near.entered(typed, most, partner=partner, purpose=purpose, by=by, now=now)
        ) if fits else []  # fmt: skip
        total = sum(stages.total(item.sought) for item in found)
        keys = sum(len(item.pointers) for item in found)
        return self._enter(given, purpose, found, total, keys, by), keys

    def _may_ask(self, partner: str, purpose: str, subject: Subject, key: str) -> Ground:
        given = ground(self._exchange, partner, partner, purpose, subject, self._exchange.now())
        if key not in given.search.keys:
            allowed = ", ".join(given.search.keys)
            raise PointerError("agreement", f"only the keys {allowed} may be asked", partner)
        return given

    def _enter(
        self, given: Ground, purpose: str, found: list[Searched], total: int, keys: int, by: str
    ) -> tuple[str, ...]:
        """Keep searches whose questions take ``total`` elements, if so many may be asked now."""
        partner, now = given.clause.giver, self._exchange.now()
        me, subject = self._exchange.agency, given.search.subject
        scope = Scope(partner, me, given.agreement.digest, purpose, subject)
        held = self._held(scope)
        number = held.number if held is not None and now < held.ends else 0
        rest = _left(self._asker(partner).meter, given, scope, number, now)
        if not found or total > rest:
            error = PointerError(
                "limit", f"{total:,} elements would be asked and {rest:,} may be asked now", partner
            )
            self._log_refused(scope, total, keys, error.rule)
            raise error

        def act(_draft: Draft, rows: Rows) -> None:
            for item in found:
                self._keep(rows, item)

        self._exchange.change(act, who=by)
        return tuple(item.id for item in found)

    def tell(self, search: str, place: int, *, by: str) -> None:
        """Tell the owner of a hit, and ask to know more; with it the key is told openly.

        :raises NotFound: when there is no such hit.
        :raises StateError: when it was told before, or can no longer be followed up.
        """

        def act(draft: Draft, rows: Rows) -> None:
            item = self._search(search)
            if item is None or not 0 <= place < len(item.hits):
                raise NotFound("no such hit")
            followed = item.hits[place]
            if followed.told:
                raise StateError("the owner was told of this hit before")
            if item.until is None or draft.now >= item.until:
                raise StateError("the hit's epoch is over; search again")
            scope = followed.hit.scope
            given = ground(self._exchange, item.partner, item.partner, scope.purpose,
                           scope.subject, draft.now)  # fmt: skip
            request, row = followup.request_for(
                followed.hit, secrets.token_hex(16), due(given.agreement, draft.now), draft.now
            )
            requests.send(draft, item.partner, request)
            self._keep(rows, _with(item, place, told=request.id))
            kept.note(draft, rows, row)

        self._exchange.change(act, who=by)

    def searches(self) -> list[Searched]:
        """Return every search that is kept, the oldest first."""
        self._exchange.state()
        keys = self._exchange.credentials
        rows = self._exchange.kept[kept.SEARCH].values()
        return sorted((kept.unlocked(keys, row, Searched) for row in rows), key=lambda i: i.at)

    # --- upkeep -------------------------------------------------------------------------------

    def keep_up(self) -> None:
        """Take in what partners answered, ask what waits, erase what is old."""
        exchange = self._exchange
        me = exchange.agency
        for key, row in list(exchange.state().questions.items()):
            if key[0] == me and row.request.kind == kept.KIND and _came(row):
                self._take(key[1], key[2])
        for item in self.searches():
            if exchange.now() - item.at > KEPT:
                self._erase(item)
            elif item.state == "asked":
                self._check(item)
            elif item.state == "settled":
                self._follow(item)
        waiting = [item for item in self.searches() if item.state == "waiting"]
        for item in waiting:
            if not self._is_idle(item):
                self._advance(item.id)

    def _take(self, partner: str, name: str) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            key = (draft.me, partner, name)
            row = draft.questions.get(key)
            if row is None or not _came(row):
                return
            # What it said is used now; it need not lie here any longer.
            draft.put(Tables.questions, key, msgspec.structs.replace(row, body=_NONE))
            asked = kept.read_body(row.request.body, Asked, partner)
            try:
                answer = kept.read_body(row.body, Answered, partner)
                self._use(draft, rows, partner, asked, answer)
            except (PointerError, AgreementError) as error:
                rule = error.rule if isinstance(error, PointerError) else "agreement"
                if rule not in _AGAIN:
                    draft.alarm("request", partner, f"an answer to a search was refused: {error}")
                self._give_up(draft, rows, partner, asked, rule)

        self._exchange.change(act)

    def _use(
        self, draft: Draft, rows: Rows, partner: str, asked: Wish | Question,
        answer: Part | Reply | Refusal,
    ) -> None:  # fmt: skip
        if isinstance(answer, Refusal):
            self._give_up(draft, rows, partner, asked, answer.rule)
        elif isinstance(asked, Wish) and isinstance(answer, Part):
            self._collect(draft, rows, partner, asked, answer)
        elif isinstance(asked, Question) and isinstance(answer, Reply):
            self._settle(draft, rows, partner, asked, answer)
        else:
            raise PointerError("shape", "an answer to another question was sent", partner)

    # --- sets ---------------------------------------------------------------------------------

    def _collect(self, draft: Draft, rows: Rows, partner: str, asked: Wish, part: Part) -> None:
        if part.scope != asked.scope or part.part != asked.part or part.part > part.parts:
            raise PointerError("shape", "a part of another set was sent", partner)
        given = self._ground(part.scope, draft.now)
        if part.parts * kept.PART_SIZE > catalogue_limit(given.clause.catalogue) + kept.PART_SIZE:
            raise PointerError("size", "the set is larger than agreed", partner)
        names = [f"{part.catalogue} {n}" for n in range(1, part.parts + 1)]
        texts = [self._row(kept.PART, name) for name in names]
        texts[part.part - 1] = part.text.encode()
        if all(text is not None for text in texts):
            self._accept(draft, rows, given, part, b"".join(filter(None, texts)))
            rows.update({(kept.PART, name): None for name in names if len(names) > 1})
            return
        rows[kept.PART, names[part.part - 1]] = part.text.encode()
        if part.part == 1:
            for number in range(2, part.parts + 1):
                self._wish(draft, given, part.scope, Wish(part.scope, number, part.catalogue))

    def _accept(self, draft: Draft, rows: Rows, given: Ground, part: Part, data: bytes) -> None:
        owner, most = part.scope.owner, given.clause.catalogue
        made = decode(data, Catalogue, owner, catalogue_limit(most))
        if digest(made) != part.catalogue or made.scope != part.scope:
            raise PointerError("catalogue", "the set is not the one that was announced", owner)
        held = self._held(part.scope)
        before = self._catalogue(held.scope, held.number) if held is not None else None
        moment = _moment(made.begins, draft.now, given)
        row = catalogue.accept(made, owner, draft.me, most, moment, before)
        grace = dt.timedelta(hours=given.clause.grace_hours)
        new = Held(
            scope=made.scope, number=made.number, catalogue=part.catalogue, begins=made.begins,
            ends=made.ends, until=min(made.ends + grace, given.terms.ends),
        )  # fmt: skip
        rows[kept.HELD, made.scope.name] = msgspec.json.encode(new)
        rows[kept.TAKEN, kept.place(made.scope, made.number)] = encode(made)
        if held is not None and held.number != made.number and not self._needed(held):
            rows[kept.TAKEN, kept.place(held.scope, held.number)] = None
        kept.note(draft, rows, row)

    def _needed(self, held: Held) -> bool:
        """Tell whether a question that was made with a set is still on its way."""
        pending = self._asker(held.scope.owner).pending.values()
        return any(
            (item.question.scope, item.question.number) == (held.scope, held.number)
            for item in pending
        )

    def _wish(self, draft: Draft, given: Ground, scope: Scope, wish: Wish) -> None:
        until = due(given.agreement, draft.now, last=True)
        name = secrets.token_hex(16)
        requests.send(draft, scope.owner, Request(name, kept.KIND, until, _ABOUT, kept.raw(wish)))

    # --- questions ----------------------------------------------------------------------------

    def _is_idle(self, item: Searched) -> bool:
        """Tell whether a search waits for a set that is wished already."""
        now, subject = self._exchange.now(), item.pointers[0].subject
        try:
            given = ground(self._exchange, item.partner, item.partner, item.purpose, subject, now)
        except PointerError:
            return False
        us, text = self._exchange.agency, given.agreement.digest
        scope = Scope(item.partner, us, text, item.purpose, subject)
        held = self._held(scope)
        if held is not None and not held.stale and now < held.ends:
            return False
        return _is_wished(self._exchange.state().questions, scope)

    def _advance(self, name: str) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            item = self._search(name)
            if item is None or item.state != "waiting":
                return
            try:
                self._try(draft, rows, item)
            except PointerError as error:
                self._keep(rows, _refused(item, error.rule))

        self._exchange.change(act)

    def _try(self, draft: Draft, rows: Rows, item: Searched) -> None:
        subject = item.pointers[0].subject
        given = ground(self._exchange, item.partner, item.partner, item.purpose, subject, draft.now)
        scope = Scope(item.partner, draft.me, given.agreement.digest, item.purpose, subject)
        if item.tries >= _TRIES:
            raise PointerError("epoch", "the owner ends its epochs too fast", item.partner)
        held = self._held(scope)
        made = self._catalogue(scope, held.number) if held is not None and not held.stale else None
        moment = _moment(made.begins, draft.now, given) if made is not None else draft.now
        if made is None or not made.begins <= moment < made.ends:
            if not _is_wished(dict(draft.questions.items()), scope):
                self._wish(draft, given, scope, Wish(scope))
                self._keep(rows, msgspec.structs.replace(item, tries=item.tries + 1))
            return
        pointers, size = item.pointers, 0
        if item.sought:
            item, pointers, size = near.question(item, made.number)
        asker, question, row = asking.ask(
            self._asker(item.partner), made, given.terms, pointers, moment, secrets.token_bytes,
            size,
        )  # fmt: skip
        until = due(given.agreement, draft.now, last=True)
        requests.send(
            draft, item.partner,
            Request(question.id, kept.KIND, until, _ABOUT, msgspec.Raw(encode(question))),
        )  # fmt: skip
        self._keep_asker(rows, asker)
        self._keep(rows, msgspec.structs.replace(
            item, state="asked", question=question.id, tries=item.tries + 1
        ))  # fmt: skip
        kept.note(draft, rows, row)

    def _settle(
        self, draft: Draft, rows: Rows, partner: str, question: Question, reply: Reply
    ) -> None:
        item = self._by_question(question.id)
        made = self._catalogue(question.scope, question.number)
        if item is None or made is None:
            raise PointerError("replay", "nobody waits for this reply", partner)
        asker, found, row = asking.settle(self._asker(partner), made, reply, draft.now)
        self._keep_asker(rows, asker)
        held = self._held(question.scope)
        until = held.until if held is not None and held.number == made.number else made.ends
        if item.sought and item.coarse is None:
            done = near.first_settled(item, found.hits, made.number)
        elif item.sought:
            done = near.settled(item, found.hits, until, len(made.tags) // TAG)
        else:
            hits = tuple(Followed(hit=hit) for hit in found.hits)
            done = msgspec.structs.replace(
                item, state="settled", hits=hits, misses=found.misses, until=until
            )
        self._keep(rows, done)
        kept.note(draft, rows, row)
        others = (item.question for item in asker.pending.values())
        if until == made.ends and all(item.catalogue != question.catalogue for item in others):
            rows[kept.TAKEN, kept.place(question.scope, question.number)] = None

    def _give_up(
        self, draft: Draft, rows: Rows, partner: str, asked: Wish | Question, rule: str
    ) -> None:
        """The owner refused, or its answer is refused here: let go, or ask anew in a new epoch."""
        if isinstance(asked, Wish):
            for item in self.searches():
                mine = item.state == "waiting" and item.partner == partner
                same = (item.purpose, item.pointers[0].subject) == (
                    asked.scope.purpose, asked.scope.subject,
                )  # fmt: skip
                if mine and same and rule not in _AGAIN:
                    self._keep(rows, _refused(item, rule))
            return
        row = Row(
            at=draft.now, event="pointers:question:refused", partner=partner, scope=asked.scope,
            number=asked.number, elements=len(asked.elements) // 32, message=digest(asked),
            outcome=rule,
        )  # fmt: skip
        kept.note(draft, rows, row)
        self._keep_asker(rows, asking.give_up(self._asker(partner), asked.id))
        found = self._by_question(asked.id)
        if found is None:
            return
        if rule in _AGAIN:
            held = self._held(asked.scope)
            if held is not None and held.number == asked.number:
                stale = msgspec.structs.replace(held, stale=True)
                rows[kept.HELD, asked.scope.name] = msgspec.json.encode(stale)
            self._keep(rows, msgspec.structs.replace(found, state="waiting", question=""))
        else:
            self._keep(rows, _refused(found, rule))

    def _check(self, item: Searched) -> None:
        """Let go of a question that was ended without an answer of any form."""
        key = (self._exchange.agency, item.partner, item.question)
        row = self._exchange.state().questions.get(key)
        if row is not None and row.step not in ("answered", "refused"):
            return

        def act(draft: Draft, rows: Rows) -> None:
            again = self._search(item.id)
            if again is None or again.state != "asked" or again.question != item.question:
                return
            self._keep_asker(rows, asking.give_up(self._asker(item.partner), item.question))
            self._keep(rows, _refused(again, "shape"))

        self._exchange.change(act)

    # --- hits that were told ------------------------------------------------------------------

    def _follow(self, item: Searched) -> None:
        questions = self._exchange.state().questions
        for place, hit in enumerate(item.hits):
            row = questions.get((self._exchange.agency, item.partner, hit.told))
            if row is not None and (row.step or "") != hit.step:
                self._heard(item.id, place)

    def _heard(self, name: str, place: int) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            item = self._search(name)
            row = None
            if item is not None and item.hits[place].told:
                row = draft.questions.get((draft.me, item.partner, item.hits[place].told))
            if item is None or row is None:
                return
            said = Details()
            reason = row.reason
            if bytes(row.body) != bytes(_NONE):
                try:
                    body = kept.read_body(row.body, Details | Refusal, item.partner)
                except PointerError:
                    body = Refusal("shape")
                if isinstance(body, Refusal):
                    reason = body.rule
                else:
                    said = body
            step = "refused" if reason else row.step or ""
            changed = _with(item, place, step=step, said=said.said, reason=reason,
                            records=said.records)  # fmt: skip
            if changed != item:
                self._keep(rows, changed)

        self._exchange.change(act)

    # --- rows ---------------------------------------------------------------------------------

    def _erase(self, item: Searched) -> None:
        def act(_draft: Draft, rows: Rows) -> None:
            rows[kept.SEARCH, item.id] = None
            if item.question:
                self._keep_asker(rows, asking.give_up(self._asker(item.partner), item.question))

        self._exchange.change(act)

    def _log_refused(self, scope: Scope, elements: int, asked: int, rule: str) -> None:
        def act(draft: Draft, rows: Rows) -> None:
            row = Row(at=draft.now, event="pointers:question:refused", partner=scope.owner,
                      scope=scope, number=0, elements=elements, asked=asked,
                      outcome=rule)  # fmt: skip
            kept.note(draft, rows, row)

        self._exchange.change(act)

    def _ground(self, scope: Scope, now: dt.datetime) -> Ground:
        given = ground(self._exchange, scope.owner, scope.owner, scope.purpose, scope.subject, now)
        if given.agreement.digest != scope.agreement:
            raise PointerError("agreement", "the set is of another agreement", scope.owner)
        return given

    def _asker(self, owner: str) -> Asker:
        row = self._exchange.kept[kept.ASKER].get(owner)
        if row is None:
            return Asker(me=self._exchange.agency, owner=owner)
        return kept.unlocked(self._exchange.credentials, row, Asker)

    def _keep_asker(self, rows: Rows, asker: Asker) -> None:
        rows[kept.ASKER, asker.owner] = kept.locked(self._exchange.credentials, asker)

    def _search(self, name: str) -> Searched | None:
        row = self._exchange.kept[kept.SEARCH].get(name)
        return None if row is None else kept.unlocked(self._exchange.credentials, row, Searched)

    def _by_question(self, question: str) -> Searched | None:
        return next((item for item in self._all() if item.question == question), None)

    def _all(self) -> Iterator[Searched]:
        keys = self._exchange.credentials
        for row in self._exchange.kept[kept.SEARCH].values():
            yield kept.unlocked(keys, row, Searched)

    def _keep(self, rows: Rows, item: Searched) -> None:
        rows[kept.SEARCH, item.id] = kept.locked(self._exchange.credentials, item)

    def _held(self, scope: Scope) -> Held | None:
        row = self._exchange.kept[kept.HELD].get(scope.name)
        return msgspec.json.decode(row, type=Held) if row is not None else None

    def _catalogue(self, scope: Scope, number: int) -> Catalogue | None:
        row = self._row(kept.TAKEN, kept.place(scope, number))
        return msgspec.json.decode(row, type=Catalogue) if row is not None else None

    def _row(self, name: str, key: str) -> bytes | None:
        with self._store.read() as connection:
            return table.get(connection, name, key)


def _came(row: Sent) -> bool:
    """Tell whether an answer came that was not used yet."""
    return row.step in ("answered", "refused") and bytes(row.body) != bytes(_NONE)


def _moment(begins: dt.datetime, now: dt.datetime, given: Ground) -> dt.datetime:
    """Return the moment to look at a set: a clock may be behind its owner's as far as agreed."""
    skew = dt.timedelta(minutes=given.agreement.agreement.exchange.skew_minutes)
    return begins if now < begins <= now + skew else now


def _is_wished(questions: Mapping[QuestionKey, Sent], scope: Scope) -> bool:
    for key, row in list(questions.items()):
        mine = key[:2] == (scope.asker, scope.owner)
        if mine and row.request.kind == kept.KIND and not row.step:
            asked = kept.read_body(row.request.body, Asked, scope.owner)
            if isinstance(asked, Wish) and asked.scope == scope:
                return True
    return False


def _most(given: Ground) -> int:
    """Return the elements of the largest question that may be asked, 0 for none."""
    return max((size for size in QUESTIONS if size <= given.search.limits.question), default=0)


def _left(spent: meter.Meter, given: Ground, scope: Scope, number: int, now: dt.datetime) -> int:
    """Return how many elements may be asked now in questions of the largest size."""
    limits = msgspec.structs.replace(given.search.limits, question=given.search.limits.day)
    return meter.left(spent, limits, scope, number, now)


def _refused(item: Searched, rule: str) -> Searched:
    return msgspec.structs.replace(item, state="refused", rule=rule, question="")


def _with(item: Searched, place: int, **changes: object) -> Searched:
    hits = list(item.hits)
    hits[place] = msgspec.structs.replace(hits[place], **changes)
    return msgspec.structs.replace(item, hits=tuple(hits))
