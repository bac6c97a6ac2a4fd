"""Runs the pure analysis with what the node knows: lists in force, rules in force, history."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis import targeting
from esclusa.analysis.targeting import Pack, TravellerContext
from esclusa.analysis.targeting.tree import names
from esclusa.errors import StateError
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import (
    Body,
    Consignment,
    Evidence,
    PortCall,
    Reason,
    ShipDeclaration,
    TransportEvent,
    Traveller,
)
from esclusa.model.cargo import TransportEquipment
from esclusa.node.alerts import Finding, LabelAlgebra
from esclusa.node.context import FirstSeen, Subject, features_of
from esclusa.node.match_memory import Memory, Weighed, silenced, told
from esclusa.node.own_rules import OwnRules
from esclusa.node.partners_numbers import PartnersNumbers, Quieted
from esclusa.node.queries import Query, queries_of
from esclusa.node.screens import Match, Screens
from esclusa.sharing.views import ScreenHit

POINTS_PER_SCORE: Final = 0.5
"""Points of a list match per point of its score: a perfect match (100) weighs 50, more than any
single rule, and two weak signs never outweigh it."""

_PACK: Final = 0
"""Stands for the label of a rule of the pack, which everybody may know."""

Told = tuple[tuple[int, Reason], ...]
"""Reasons, each with the label of its rule."""

_MATCHES_SHOWN: Final = 5
"""List matches that become reasons per party; a common name may match hundreds."""


class Analyst:
    """Analysis for one node. :meth:`refresh` before a transaction, :meth:`findings` inside it."""

    def __init__(
        self, store: Store, labels: Labels, algebra: LabelAlgebra, *, agency: str, pack: Pack
    ) -> None:
        self._labels = labels
        self._agency = agency
        self._pack = pack
        self._on_lists = rules_on_lists(pack)
        self.own = OwnRules(store, pack)
        """The node's own rules; with the pack's they judge what comes in."""
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
        """The moment that decisions on matches must last to; tests hand in their own."""
        self.algebra = algebra
        self.screens = Screens(store, labels, agency=agency)
        self._first_seen = FirstSeen()
        self._hidden: frozenset[int] = frozenset()
        self._views: dict[int, dict[int, frozenset[int]]] = {}
        self.numbers = PartnersNumbers(store, labels, algebra)
        """Redress numbers of partners."""

    def refresh(self, label: int | None) -> None:
        """Load lists that changed, and make ready the labels that reasons about records under
        ``label`` may need; writes, so not to be called inside a transaction."""
        self.screens.refresh()
        self.own.refresh(self.now().astimezone(dt.UTC).date())
        self._hidden = self.algebra.hidden()
        self.algebra.make_missing()
        if label is not None:
            joined = label
            for other in self.screens.labels():
                self.algebra.join(label, other)
                joined = self.algebra.join(joined, other)
            self._views[label] = self._viewed(label)
            self._join_rules(label, joined)
            self.numbers.ready(label, self._hidden, self.screens.labels(), self.own.packs())

    def _join_rules(self, label: int, lists: int) -> None:
        """Make the labels of what own rules say about records under ``label``: alone, with copies,
        with lists.

        :param lists: the label of the record with all lists.
        """
        if not self.own.packs():
            return
        needed = {label, lists, *self._views[label]}
        needed |= {self.algebra.join(label, other) for other in self.screens.labels()}
        for rule in sorted(self.own.packs()):
            needed |= {self.algebra.join(other, rule) for other in needed}
        top = label
        for other in sorted(needed):
            top = self.algebra.join(top, other)

    @property
    def rules_on_lists(self) -> frozenset[str]:
        """The ids of the rules that ask what lists say."""
        own = (rules_on_lists(pack) for pack in self.own.packs().values())
        return self._on_lists.union(*own)

    def _follow(self, labels: Collection[int]) -> None:
        """Take in the lists that came into force since :meth:`refresh`, in another process: what is
        stored after them must have been compared with them. They made the labels they need.

        :raises StateError: when they came together with a new label of ours; the batch is not
            stored then, and read again later.
        """
        lists = self.screens.refresh()
        if not self.own.refresh(self.now().astimezone(dt.UTC).date()) and not lists:
            return
        self._labels.all()
        for label in labels:
            for rule in self.own.packs():
                if any(self.algebra.known(view, rule) is None for view in self._known_views(label)):
                    raise StateError("a rule came into force meanwhile; take this in again")
            joined: int | None = label
            for other in self.screens.labels():
                if None in (self.algebra.known(label, other), joined):
                    raise StateError("a list came into force meanwhile; take this in again")
                joined = self.algebra.known(joined, other) if joined else None

    def _viewed(self, label: int) -> dict[int, frozenset[int]]:
        """Return the labels that rules may look at for a record under ``label``, by the label of
        the reasons that rest on them: ``label`` itself for what needs no copy, one label for each
        path and marking of copies, one for all of them. So a reason is hidden with the copy it
        rests on, and is seen by those alone who may see record and copy."""
        looked, covers = self.algebra.looked_at(label), self.algebra.covers
        plain = frozenset(item for item in looked if covers(item, label))
        views, top = {label: plain}, label
        joined = {item: self.algebra.join(label, item) for item in sorted(looked - plain)}
        for item in sorted(joined):
            top = self.algebra.join(top, item)
        for number in {*joined.values()}:
            views[number] = plain | {item for item in joined if covers(item, number)}
        views[top] = looked
        return views

    def screen(
        self, visible: frozenset[int], *, name: str, type: str, birth_date: str,
        nationality: str, identifiers: tuple[str, ...], birth_place: str = "",
        address: str = "", limit: int,
    ) -> tuple[ScreenHit, ...]:  # fmt: skip
        """Return matches of one typed name in the lists that are visible, best first."""
        query = Query(
            path="", name=name, type=type, birth_date=birth_date, nationality=nationality,
            identifiers=identifiers, birth_place=birth_place, address=address,
        )  # fmt: skip
        found = [
            match
            for label in self.screens.labels()
            if label in visible
            for match in self.screens.asked(label, query)
        ]
        found.sort(key=lambda match: (-match.score, match.list_id, match.uid))
        return tuple(
            ScreenHit(
                record_id=match.record_id, list_id=match.list_id, uid=match.uid,
                entry_name=match.entry_name, matched_name=match.matched_name, score=match.score,
                detail=match.detail, detail_es=match.detail_es,
            )
            for match in found[:limit]
        )  # fmt: skip

    def findings(
        self, connection: sa.Connection, subjects: Sequence[Subject], *, complete: bool = False,
        kept: Mapping[tuple[str, int], Sequence[tuple[int, Reason]]] | None = None,
    ) -> tuple[Finding, ...]:  # fmt: skip
        """Return what analysis says about each subject; also of those it says nothing about.

        :param complete: the subjects are whole messages, so counts among them are facts (who
            travels alone). They are not when a resend left some of a message unchanged.
        :param kept: what rules said before, by subject and its label, when only lists and decisions
            are looked at anew: it stands, but for the rules that ask what lists say.
        """
        live = [subject for subject in subjects if not subject.withdrawn]
        said: dict[tuple[str, int], tuple[tuple[int, Reason], ...]] = {}
        self._follow({subject.label_id for subject in live})
        for label in sorted({subject.label_id for subject in live}):
            some = [subject for subject in live if subject.label_id == label]
            # One label at a time: what is known of a record under one is no reason under another.
            reasons: dict[str, list[tuple[int, Reason]]] = defaultdict(list)
            self._screen(connection, label, some, reasons)
            if kept is None:
                self._judge(connection, label, some, reasons, complete=complete)
            else:
                self._keep(connection, label, some, reasons, kept)
            self._quiet_rules(connection, label, some, reasons)
            said |= {(name, label): tuple(found) for name, found in reasons.items()}
        return tuple(
            _finding(subject, said.get((subject.id, subject.label_id), ())) for subject in subjects
        )

    # --- lists -------------------------------------------------------------------------------

    def _screen(
        self, connection: sa.Connection, label: int, subjects: Sequence[Subject],
        reasons: dict[str, list[tuple[int, Reason]]],
    ) -> None:  # fmt: skip
        asked = [(subject, query) for subject in subjects for query in queries_of(subject.body)]
        self._watched: dict[str, TravellerContext] = {}
        # Without a list that every reader may see, "not listed" is not known.
        looked = any(self.algebra.covers(other, label) for other in self.screens.labels())
        self._unlisted = _LOOKED_NONE_FOUND if looked else TravellerContext()
        memory = Memory(
            connection, self._labels, self.algebra, agency=self._agency, moment=self.now()
        )
        memory.look_numbers(query for _subject, query in asked)
        self._quieted: dict[tuple[int, str], Quieted] = {}
        for list_label in self.screens.labels():
            if list_label in self._hidden:
                continue  # a partner's list whose lease has run out
            needed = self.algebra.join(label, list_label)
            found = self.screens.standing(
                connection, self.screens.matches(list_label, [query for _subject, query in asked])
            )
            memory.look({f"{match.list_id}:{match.uid}" for each in found for match in each})
            for (subject, query), matches in zip(asked, found, strict=True):
                weighed = list(memory.weigh(query, matches, list_label=list_label, needed=needed))
                self._note(subject, query, weighed, needed, label, reasons)
                for granting in sorted(memory.granting(query)):
                    joined = self.numbers.joined(needed, granting)
                    if joined is None or self.algebra.covers(granting, needed):
                        continue  # it counts already, or may not be looked at
                    again = list(memory.weigh(query, matches, list_label=list_label,
                                              needed=needed, granting=granting))  # fmt: skip
                    self._note_anew(subject, query, weighed, again, joined, granting, reasons)
                    if needed == label:
                        self._note_quiet(subject, again, granting)

    def _note_anew(
        self, subject: Subject, query: Query, weighed: Sequence[Weighed],
        again: Sequence[Weighed], joined: int, granting: int,
        reasons: dict[str, list[tuple[int, Reason]]],
    ) -> None:  # fmt: skip
        """Note what a partner's redress number makes of matches, under the label that names it."""
        grant = next((item.found.grant for item in again if item.found.grant), "")
        for before, item in zip(weighed, again, strict=True):
            match, code = item.match, f"{item.match.list_id}:{item.match.uid}"
            told_before = (before.place, before.found.state, before.number)
            if item.place >= _MATCHES_SHOWN or told_before == (
                item.place, item.found.state, item.number
            ):  # fmt: skip
                continue
            found = msgspec.structs.replace(item.found, grant=item.found.grant or grant)
            named = msgspec.structs.replace(item, found=found)
            reason = told(_list_reason(query, match, code, item.place), named)
            reasons[subject.id].append((joined, reason))

    def _note_quiet(self, subject: Subject, again: Sequence[Weighed], granting: int) -> None:
        """Note what is left for rules on travellers once a partner's redress number counts."""
        if not isinstance(subject.body, Traveller) or not again:
            return
        key = (granting, subject.id)
        known = self._quieted.get(key, Quieted(watched=self._unlisted))
        left = [item.match for item in again if not item.cleared]
        quiet = next((item for item in again if item.number and item.number.quiet), None)
        self._quieted[key] = Quieted(
            watched=_watched(known.watched, left) if left else known.watched,
            by=quiet or known.by,
        )

    def _quiet_rules(
        self, connection: sa.Connection, label: int, subjects: Sequence[Subject],
        reasons: dict[str, list[tuple[int, Reason]]],
    ) -> None:  # fmt: skip
        """Say of rules that ask what lists say whether they still speak with a partner's number."""
        view = self._known_views(label)[label] - self._hidden
        for (granting, name), quieted in sorted(self._quieted.items()):
            asked = self.rules_on_lists
            said = [(own, r) for own, r in reasons[name] if r.source == "rule" and r.code in asked]
            if quieted.by is None or not said:
                continue
            (subject,) = (one for one in subjects if one.id == name)
            before = self._watched.get(name)
            self._watched[name] = quieted.watched
            (given,) = self._reasons(connection, view, FirstSeen(), [subject], complete=False)
            if before is None:
                del self._watched[name]
            else:
                self._watched[name] = before
            left = {reason.code for _rule, reason in given}
            for own, reason in said:
                joined = self.numbers.joined(own, granting)
                if reason.code not in left and joined is not None:
                    reasons[name].append((joined, silenced(reason, quieted.by)))

    def _note(
        self, subject: Subject, query: Query, weighed: Sequence[Weighed], needed: int, label: int,
        reasons: dict[str, list[tuple[int, Reason]]],
    ) -> None:  # fmt: skip
        # An entry under a label above does not count as seen: whoever may not know it would miss
        # the reason that he may know.
        seen = {
            reason.code
            for other, reason in reasons[subject.id]
            if self.algebra.covers(other, needed)
        }
        # What every reader of a traveller may see is left to the rules on documents and names.
        by_rule = needed == label and isinstance(subject.body, Traveller)
        for item in weighed:
            match, code = item.match, f"{item.match.list_id}:{item.match.uid}"
            if item.place >= _MATCHES_SHOWN:
                break
            if code not in seen and not (by_rule and match.entry_type == "document"):
                reason = told(_list_reason(query, match, code, item.place), item)
                reasons[subject.id].append((needed, reason))
                seen.add(code)
        if by_rule and (left := [item.match for item in weighed if not item.cleared]):
            self._watched[subject.id] = _watched(
                self._watched.get(subject.id, TravellerContext()), left
            )

    # --- rules -------------------------------------------------------------------------------

    def _judge(
        self, connection: sa.Connection, label: int, subjects: Sequence[Subject],
        reasons: dict[str, list[tuple[int, Reason]]], *, complete: bool,
    ) -> None:  # fmt: skip
        for kind in ("consignment", "equipment", "port_call", "traveller"):
            some = [subject for subject in subjects if subject.kind == kind]
            if not some:
                continue
            for needed, given in self._by_label(connection, label, some, complete):
                for subject, found in zip(some, given, strict=True):
                    reasons[subject.id] += [
                        (self._above(needed, rule), reason) for rule, reason in found
                    ]

    def _above(self, needed: int, rule: int) -> int:
        """Return the label of what a rule says that looked at things under ``needed``."""
        joined = needed if rule == _PACK else self.algebra.known(needed, rule)
        if joined is None:
            raise StateError("a rule came into force meanwhile; take this in again")
        return joined

    def _keep(
        self, connection: sa.Connection, label: int, subjects: Sequence[Subject],
        reasons: dict[str, list[tuple[int, Reason]]],
        kept: Mapping[tuple[str, int], Sequence[tuple[int, Reason]]],
    ) -> None:  # fmt: skip
        """Put back what rules said, and ask those anew that rest on lists: of travellers alone."""
        asked = self.rules_on_lists
        for subject in subjects:
            said = kept.get((subject.id, label), ())
            reasons[subject.id] += [pair for pair in said if pair[1].code not in asked]
        anew: dict[str, list[tuple[int, Reason]]] = defaultdict(list)
        travellers = [subject for subject in subjects if subject.kind == "traveller"]
        self._judge(connection, label, travellers, anew, complete=False)
        for name, found in anew.items():
            reasons[name] += [pair for pair in found if pair[1].code in asked]

    def _by_label(
        self, connection: sa.Connection, label: int, subjects: Sequence[Subject], complete: bool
    ) -> Iterator[tuple[int, list[Told]]]:
        """Yield the reasons of each subject under ``label``, then those that rest on copies under
        labels that name the copies' paths."""
        views = {number: view - self._hidden for number, view in self._known_views(label).items()}
        plain = self._reasons(connection, views.pop(label), self._first_seen, subjects, complete)
        yield label, plain
        told = [set(given) for given in plain]
        whole = max(views.values(), key=len, default=frozenset())
        if not views or not self._more(connection, whole, subjects, complete, told):
            return
        for number, view in sorted(views.items(), key=lambda item: len(item[1])):
            more = self._more(connection, view, subjects, complete, told)
            yield number, more or [() for _ in subjects]
            for known, given in zip(told, more, strict=False):
                known.update(given)

    def _known_views(self, label: int) -> dict[int, frozenset[int]]:
        """Return what :meth:`refresh` found; for a label that it did not see, no copy counts."""
        found = self._views.get(label)
        if found is None:
            below = self.algebra.all_below(label)
            return {label: frozenset(item for item in below if self.algebra.covers(item, label))}
        return found

    def _more(
        self, connection: sa.Connection, view: frozenset[int], subjects: Sequence[Subject],
        complete: bool, told: Sequence[set[tuple[int, Reason]]],
    ) -> list[Told]:  # fmt: skip
        """Return the reasons of each subject that are not yet told, [] when there are none. First
        sightings are not remembered: copies go."""
        found = self._reasons(connection, view, FirstSeen(), subjects, complete)
        more = [
            tuple(reason for reason in given if reason not in known)
            for given, known in zip(found, told, strict=True)
        ]
        return more if any(more) else []

    def _reasons(
        self, connection: sa.Connection, visible: frozenset[int], first_seen: FirstSeen,
        subjects: Sequence[Subject], complete: bool,
    ) -> list[Told]:  # fmt: skip
        bodies = [subject.body for subject in subjects]
        table = features_of(
            connection, visible, first_seen, subjects, complete=complete, watched=self._watched_of
        )
        moment = dt.datetime.now(dt.UTC)
        found: list[list[tuple[int, Reason]]] = [[] for _ in subjects]
        for rule, pack in ((_PACK, self._pack), *sorted(self.own.packs().items())):
            given = targeting.told(bodies, table, pack, moment)
            for place, reasons in enumerate(given):
                found[place] += [(rule, reason) for reason in reasons]
        return [tuple(given) for given in found]

    def _watched_of(self, name: str) -> TravellerContext:
        return self._watched.get(name, self._unlisted)


_OF_LISTS: Final = frozenset({
    "document_listed", "watch_document", "watch_name", "watch_birth_date", "watch_other",
})  # fmt: skip
"""Features of a traveller that lists give."""


def rules_on_lists(pack: Pack) -> frozenset[str]:
    """Return the ids of the rules that ask what lists say."""
    return frozenset(found.rule.id for found in pack.rules if _OF_LISTS & names(found.tree).keys())


_LOOKED_NONE_FOUND: Final = TravellerContext(
    document_listed=False,
    watch_document=False,
    watch_name=False,
    watch_birth_date=False,
    watch_other=False,
)


def _list_reason(query: Query, match: Match, code: str, place: int) -> Reason:
    """The best match of a party counts; the same party on further entries is told, not added."""
    return Reason(
        source="list",
        code=code,
        version=match.edition,
        points=0.0 if place else round(match.score * POINTS_PER_SCORE, 1),
        text_en=f"“{query.name}” may be “{match.entry_name}” on the list {match.list_id}",
        text_es=f"«{query.name}» puede ser «{match.entry_name}» de la lista {match.list_id}",
        evidence=(Evidence(path=query.path, value=query.name),),
        detail=match.detail,
        detail_es=match.detail_es,
        record_id=match.record_id,
    )


def _watched(known: TravellerContext, matches: Sequence[Match]) -> TravellerContext:
    agreed: set[str] = {part for match in matches for part in match.agrees}
    listed = any(match.entry_type == "document" for match in matches)
    return TravellerContext(
        document_listed=listed or bool(known.document_listed),
        watch_document="document" in agreed or bool(known.watch_document),
        watch_name="name" in agreed or bool(known.watch_name),
        watch_birth_date="birth_date" in agreed or bool(known.watch_birth_date),
        watch_other="other" in agreed or bool(known.watch_other),
    )


def _finding(subject: Subject, reasons: tuple[tuple[int, Reason], ...]) -> Finding:
    port, arrival = _port_and_arrival(subject.body)
    return Finding(
        subject_id=subject.id,
        subject_kind=subject.kind,
        subject_label=subject.label_id,
        title=title_of(subject.body),
        source_id=subject.source_id,
        port=port,
        arrival=arrival,
        retain_until=subject.retain_until,
        reasons=reasons,
    )


def _port_and_arrival(body: Body) -> tuple[str, str]:
    match body:
        case Consignment():
            return body.discharge_port.code, body.arrival
        case TransportEquipment():
            return body.discharge_port.code, ""
        case PortCall() | ShipDeclaration():
            return body.port.code, body.arrival
        case TransportEvent():
            return body.place.code, body.occurred
        case Traveller():
            return body.journey.arrival_place.code, body.journey.arrival
        case _:
            return "", ""
