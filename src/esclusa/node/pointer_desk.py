"""Pointer search for people: each method takes the reader and leaves an audit line without a key.

An analyst sees own searches, a supervisor all of the node's. Which records stand behind a hit in
our own is shown only as far as the reader may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from esclusa.errors import ExchangeError, InputError, NotFound
from esclusa.node.exchange import Exchange
from esclusa.node.pointer_rows import Case, Searched
from esclusa.node.pointer_service import PointerService
from esclusa.sharing import pointer_views as views
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.pointers import keys, names, near
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.near import Sought
from esclusa.sharing.pointers.rows import Row
from esclusa.sharing.pointers.terms import KEYS
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate

_SHOWN: Final = 1000
_LONGEST: Final = 400
_HITS: Final = ("hit", "possible_hit")
_BARE: Final = ("iso6346", "imo", "mmsi", "duns")


def pointers_of(key: str, value: str) -> frozenset[Pointer]:
    """Return the keys of what a person typed.

    :param key: a word of ``pointers.terms.KEYS``.
    :param value: a number; ``COUNTRY/NUMBER`` for numbers that a country gives; ``NAME/DATE`` for
        ``name_birth``, ``NAME/YEAR`` for ``name_year``; a name for the other approximate keys.
    :raises InputError: when it cannot be searched; the sentence tells why.
    """
    _known(key, value)
    if key in _NAMES:
        found = _NAMES[key](value)
        if not found:
            raise InputError(f"{key}: {_WANTED[key]} was expected")
        return found
    if key in _BARE:
        return frozenset({keys.require(key, value)})
    said = value.rpartition("/") if key == "name_birth" else value.partition("/")
    return frozenset({keys.require(key, said[0], said[2])})


def sought_of(value: str) -> Sought:
    """Return whom ``NAME/DATE`` or ``NAME/DATE/NATIONALITY`` looks for, for ``name_near``.

    :raises InputError: when it cannot be searched; the sentence tells why.
    """
    _known(near.COARSE, value)
    said = value.split("/")
    found = near.sought(*said) if len(said) in (2, 3) else None
    if found is None:
        raise InputError(
            f"{near.COARSE}: a name of two words, or of one and a nationality, with a date or year"
            " of birth, NAME/DATE/NATIONALITY, was expected"
        )
    return found


def _known(key: str, value: str) -> None:
    askable = [word for word in KEYS if word != near.FACTS]
    if key not in askable:
        raise InputError(f"{key[:40]!r} is not one of the keys {', '.join(askable)}")
    if len(value) > _LONGEST:
        raise InputError(f"{key}: at most {_LONGEST} characters were expected")


def _person(value: str) -> frozenset[Pointer]:
    name, _slash, year = value.rpartition("/")
    return names.person(name, [year.strip()])


_NAMES: Final[dict[str, Callable[[str], frozenset[Pointer]]]] = {
    "name_year": _person, "company_name": names.company, "vessel_name": names.vessel,
}  # fmt: skip
_WANTED: Final = {
    "name_year": "a name and a year of birth, NAME/YYYY,", "company_name": "a name",
    "vessel_name": "a name",
}  # fmt: skip


class PointerDesk:
    """Searches in partners' records, hits, requests about hits in ours, and the log."""

    def __init__(self, gate: Gate, exchange: Exchange, service: PointerService) -> None:
        self._gate = gate
        self._exchange = exchange
        self._service = service

    # --- searching ----------------------------------------------------------------------------

    def ask(
        self, reader: Reader, partner: str, key: str, values: Iterable[tuple[str, str]]
    ) -> views.EnteredView:
        """Search a partner's records for the reader's purpose.

        :param values: (where it stands, what was typed); what cannot be searched is named in the
            answer by where it stands, the others are asked.
        :raises NotFound: when there is no such partner.
        :raises PointerError: when no agreement gives the search, or a limit is reached.
        """
        reader.require(Action.POINTER_ASK)
        self._exchange.state()
        if partner not in self._exchange.partners.known:
            raise NotFound("no such partner")
        people: dict[Sought, str] = {}
        typed: dict[Pointer, str] = {}
        faults: list[str] = []
        for where, value in values:
            try:
                if key == near.COARSE:
                    people.setdefault(sought_of(value), value)
                else:
                    for pointer in sorted(pointers_of(key, value)):
                        typed.setdefault(pointer, value)
            except InputError as error:
                faults.append(f"{where}: {error.reason}" if where else error.reason)
        made: tuple[str, ...] = ()
        count, asker, by = len(typed), self._service.asker, reader.name
        if people:
            made, count = asker.ask_near(partner, reader.purpose, people, by=by)
        elif typed:
            made = asker.ask(partner, reader.purpose, key, typed, by=by)
        detail = f"partner={partner} key={key} keys={count}"
        self._gate.note(reader, Action.POINTER_ASK, detail=detail)
        if made:
            self._service.keep_up()
        return views.EnteredView(searches=made, keys=count, faults=tuple(faults))

    def found(self, reader: Reader, *, only_hits: bool = False) -> tuple[views.FoundView, ...]:
        """Return what was searched and found, the newest first, at most a thousand lines."""
        reader.require(Action.POINTER_READ)
        every = reader.role is Role.SUPERVISOR
        mine = [item for item in self._service.asker.searches() if every or item.by == reader.name]
        lines = [line for item in reversed(mine) for line in _lines(item)]
        shown = [line for line in lines if line.outcome in _HITS or not only_hits][:_SHOWN]
        self._gate.note(reader, Action.POINTER_READ, detail=f"rows={len(shown)}")
        return tuple(shown)

    def tell(self, reader: Reader, hit: str) -> None:
        """Tell the owner of a hit and ask to know more; the key is told with it.

        :raises NotFound: when there is no such hit for this reader.
        :raises StateError: when it was told before, or can no longer be followed up.
        """
        reader.require(Action.POINTER_ASK)
        known = {line.id: line for line in self.found(reader, only_hits=True)}
        if hit not in known:
            raise NotFound("no such hit")
        search, _dot, place = hit.partition(".")
        self._service.asker.tell(search, int(place), by=reader.name)
        detail = f"partner={known[hit].partner} told"
        self._gate.note(reader, Action.POINTER_ASK, subject=hit, detail=detail)

    # --- requests about hits in our records -----------------------------------------------------

    def cases(self, reader: Reader) -> tuple[views.CaseView, ...]:
        """Return partners' requests about hits that a person here must answer, oldest first."""
        reader.require(Action.CONSENT_ANSWER)
        found = tuple(self._case(reader, item) for item in self._service.owner.cases())
        self._gate.note(reader, Action.POINTER_READ, detail=f"requests={len(found)}")
        return found

    def answer(
        self, reader: Reader, asker: str, request: str, *, granted: bool, said: str = "",
        reason: str = "",
    ) -> None:  # fmt: skip
        """Answer a request about a hit. Nothing but this answer flows from it: what is said, and
        the names of records behind the hit that the partner has from us already.

        :param reason: of a refusal, from the agreement's list.
        :raises NotFound: when there is no such request.
        :raises ExchangeError: for a reason that the agreement does not name.
        """
        reader.require(Action.CONSENT_ANSWER)
        if granted and reason:
            raise InputError("a reason goes with a refusal", field="reason", problem="refused")
        if len(said) > 2000:
            raise InputError(
                "at most 2,000 characters were expected", field="said", problem="long",
                expected="≤ 2000",
            )  # fmt: skip
        cases = self._service.owner.cases()
        case = next((item for item in cases if (item.asker, item.id) == (asker, request)), None)
        if case is None:
            raise NotFound("no such request")
        held = self._case(reader, case).held if granted else ()
        try:
            self._service.owner.decide(
                asker, request, granted=granted, said=said, reason=reason, records=held,
                by=reader.name,
            )  # fmt: skip
        except ExchangeError as error:
            grounds = ", ".join(sorted(self._exchange.state().pacts[asker].refusals))
            raise ExchangeError(error.rule, f"one of {grounds} was expected", asker) from None
        word = "granted" if granted else "refused"
        self._gate.note(
            reader, Action.CONSENT_ANSWER, subject=request, detail=f"{word} to={asker} hit"
        )

    def _case(self, reader: Reader, item: Case) -> views.CaseView:
        visible = self._gate.visible(reader)
        behind = [
            record for record, label, _keys in self._service.owner.behind(item) if label in visible
        ]
        grants, me = self._exchange.state().grants, self._exchange.agency
        named = [self._exchange.name_of(record.id) for record in behind]
        given = {name: grants.get((item.asker, me, name)) for name in named}
        held = [name for name, grant in given.items() if grant and grant.state is Grade.OUT]
        return views.CaseView(
            asker=item.asker, id=item.id, purpose=item.scope.purpose, key=item.pointer.key,
            value=" ".join(item.pointer.parts), at=item.at.isoformat(timespec="seconds"),
            due=item.due.isoformat(timespec="seconds"),
            records=tuple(record.id for record in behind), held=tuple(held),
        )  # fmt: skip

    # --- the log ------------------------------------------------------------------------------

    def log(self, reader: Reader, *, limit: int = 200) -> tuple[views.LogView, ...]:
        """Return the newest lines of the log of searches, the oldest of them first."""
        reader.require(Action.POINTER_LOG)
        rows = self._service.log()[-max(0, limit) :] if limit > 0 else []
        self._gate.note(reader, Action.POINTER_LOG, detail=f"rows={len(rows)}")
        return tuple(_log_line(row) for row in rows)


def _lines(item: Searched) -> Iterator[views.FoundView]:
    until = item.until.isoformat(timespec="seconds") if item.until else ""
    if item.state != "settled":
        for value in dict.fromkeys(item.typed):
            yield _line(item, item.id, value, item.state)
        return
    if item.sought:
        yield from _near_lines(item, until)
        return
    typed = dict(zip(item.pointers, item.typed, strict=True))
    hit: set[str] = set()
    for place, found in enumerate(item.hits):
        value = typed[found.hit.pointer]
        hit.add(value)
        yield _hit(item, place, value, "hit", until)
    for value in dict.fromkeys(typed[pointer] for pointer in item.misses):
        if value not in hit:
            yield _line(item, item.id, value, "no_hit")


def _near_lines(item: Searched, until: str) -> Iterator[views.FoundView]:
    hit: set[int] = set()
    for place, found in enumerate(item.hits):
        hit.add(found.who)
        why = tuple(f"{word}:{times}" for word, times in found.why)
        line = _hit(item, place, item.typed[found.who], "possible_hit", until)
        yield msgspec.structs.replace(line, points=near.Verdict(found.why).points, why=why)
    for who, value in enumerate(item.typed):
        if who not in hit:
            yield _line(item, item.id, value, "unclear" if who in item.unclear else "no_hit")


def _hit(item: Searched, place: int, value: str, outcome: str, until: str) -> views.FoundView:
    found = item.hits[place]
    return _line(
        item, f"{item.id}.{place}", value, outcome, until=until,
        step=found.step or ("told" if found.told else ""), said=found.said, reason=found.reason,
        records=found.records,
    )  # fmt: skip


def _line(
    item: Searched, name: str, value: str, outcome: str, *, until: str = "", step: str = "",
    said: str = "", reason: str = "", records: Sequence[str] = (),
) -> views.FoundView:  # fmt: skip
    return views.FoundView(
        id=name, at=item.at.isoformat(timespec="seconds"), by=item.by, partner=item.partner,
        purpose=item.purpose, key=item.key, value=value, outcome=outcome, rule=item.rule,
        until=until, step=step, said=said, reason=reason, records=tuple(records),
    )  # fmt: skip


def _log_line(row: Row) -> views.LogView:
    return views.LogView(
        at=row.at.isoformat(timespec="seconds"), event=row.event, partner=row.partner,
        owner=row.scope.owner, purpose=row.scope.purpose, subject=row.scope.subject,
        number=row.number, elements=row.elements, asked=row.asked, hits=row.hits,
        outcome=row.outcome, message=row.message,
    )  # fmt: skip
