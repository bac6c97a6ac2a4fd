"""Copies of partners' records in this node's own tables: stored, analysed, hidden, erased.

A copy is a record like any other, under its originator's name and marking; its label also says
through whom it came. So every question that people ask finds it, and the gate hides all copies of
one supplier by their labels the moment their lease runs out. A copy holds its supplier's last word
alone: what it said before is erased when it says something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger import emptying, partner_lists, queue, records, redress, ties
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft, Outcome
from esclusa.model import Provenance, RedressGrant, decode_body
from esclusa.node.alerts import MissingLabel
from esclusa.node.partner_entries import EXCHANGED
from esclusa.node.pipeline import ANALYSED, Pipeline
from esclusa.node.screen_again import screen_again
from esclusa.sharing.exchange.messages import CLASSES
from esclusa.sharing.exchange.rows import Copy, CopyKey

FORMAT: Final = EXCHANGED

_LOOKED_AT: Final = frozenset({"seal", "equipment", "document", "pair", "bill", "ship", "paper"})
"""The ties by which rules look at other records."""
_SIGHTINGS: Final = 24
"""How many of the newest records are judged again per tie; a rule looks at no more. What a junk
seal ties together is not judged again for one that leaves."""


class Around(NamedTuple):
    """The versions of copies that go; what rests on them, by record; those alerts and whom they are
    about; other records whose judgement may have looked at them; and the labels of all that is
    judged anew."""

    versions: Sequence[emptying.Version]
    resting: Mapping[str, set[str]]
    alerts: Sequence[str]
    subjects: set[str]
    others: set[str]
    labels: set[int]


class Copies:
    """Brings the node's tables in step with what the exchange holds of others."""

    def __init__(self, labels: Labels, pipeline: Pipeline) -> None:
        self._labels = labels
        self._pipeline = pipeline

    def prepare(self, rows: Mapping[CopyKey, Copy | None]) -> None:
        """Make the labels that storing will need; opens transactions, so call it outside of one."""
        held = _held(rows)
        if not held:  # a recall, a receipt: nothing comes that could need a label
            self._pipeline.analyst.algebra.make_missing()
            return
        labels = {self._label(copy) for copy in held}
        numbers = {self._label(copy) for copy in held if copy.kind == redress.GRANT}
        self._pipeline.analyst.numbers.coming |= numbers
        with self._pipeline.store.read() as connection:
            labels |= self._labels_around(connection, {copy.record for copy in held})
            labels |= ties.labels_of(connection, self._stating(connection, held))
            labels |= ties.labels_of(connection, self._matched(connection, held))
        self.ready(labels)
        self._pipeline.ready_around([self._draft(copy) for copy in held])

    def store(
        self, connection: sa.Connection, rows: Mapping[CopyKey, Copy | None]
    ) -> list[tuple[Copy, int]]:
        """Store new and changed copies, analyse them, and erase what they said before.

        :return: the copies whose records hold the very bytes that came, each with the number of the
            version: these bytes need be kept nowhere else.
        """
        held = _held(rows)
        if not held:
            return []
        named = {copy.record for copy in held}
        known = {item.id for item, _label, _ in records.live(connection, self._labels, named)}
        others = self._sharing(connection, known)
        drafts = [self._draft(copy) for copy in held]
        made = self._pipeline.store_drafts(connection, drafts)
        keep = {answer.seq for answer in made}
        changed = [
            copy
            for copy, answer in zip(held, made, strict=True)
            if answer.outcome is not Outcome.UNCHANGED
        ]
        for labels, names in self._by_path((c.supplier, c.originator, c.record) for c in changed):
            emptying.erase(connection, names, labels=labels, keep=keep)
        if stating := self._stating(connection, changed):
            try:
                screen_again(self._pipeline, connection, stating)
            except MissingLabel:
                # A marking is met for the first time: the node's tick screens them again.
                self._pipeline.analyst.numbers.missed |= stating
        self._screen_matched(connection, (copy for copy in changed if copy.record in known))
        self._drop_overtaken(connection, known & {copy.record for copy in changed})
        self._judge_anew(connection, others)
        stored = records.kept_bytes(connection, keep)
        return [
            (copy, answer.seq) for copy, answer in zip(held, made, strict=True)
            if copy.content is not None and stored.get(answer.seq) == bytes(copy.content.body)
        ]  # fmt: skip

    def ready(self, labels: Collection[int]) -> None:
        """Make analysis ready for records under these labels, and the labels that a transaction
        lacked; opens transactions."""
        self._pipeline.analyst.algebra.make_missing()
        for label in labels:
            self._pipeline.analyst.refresh(label)

    def around(
        self, connection: sa.Connection, keys: Collection[CopyKey], leaving: Collection[str]
    ) -> Around:
        """Return what must be analysed anew once copies have gone.

        :param leaving: records that go next and need no judgement for that one step.
        """
        names = sorted({key[2] for key in keys})  # once: what is sorted is sorted again for nothing
        versions = emptying.holding(connection, names)
        resting = records.dependents(connection, names)
        alerts = sorted(set[str]().union(*resting.values()))
        subjects = set(queue.subjects(connection, alerts).values())
        labels = {version.label for version in versions if version.stands}
        standing = [version.seq for version in versions if version.stands]
        others = self._holding_too(connection, standing, labels).difference(names, leaving)
        labels |= ties.labels_of(connection, (subjects | others).difference(names))
        return Around(versions, resting, alerts, subjects, others, labels)

    def erase(
        self, connection: sa.Connection, keys: Mapping[CopyKey, Copy | None], around: Around
    ) -> dict[CopyKey, Mapping[str, int]]:
        """Erase copies and what rests on them; return how many places were emptied, by class.

        Alerts about a copy go with it. Alerts about other records that rest on it are made anew
        without it and open again for a person. Of a copy that is still held, under a stricter
        marking or with less in it, only what it said before goes.

        :param around: what :meth:`around` says, no record being newer; its labels are
            :meth:`ready`.
        :raises AlreadyEmpty: when something was erased since then.
        """
        held = {key for key, copy in keys.items() if copy is not None and copy.content is not None}
        keep = self._kept(connection, held)
        emptied: Counter[str] = Counter()
        # Of these something is still in force; what is gone whole cannot be judged again.
        left = {key[2] for key in held}
        for labels, some in self._by_path(keys):
            under, named = frozenset(labels), frozenset(some)
            those = [version for version in around.versions if version.name in named]
            emptied.update(emptying.empty(connection, [
                version for version in those if version.label in under and version.seq not in keep
            ]))  # fmt: skip
            left.update([
                version.name for version in those if version.stands and version.label not in under
            ])  # fmt: skip
        # Gone first, with every word said about them; what still has reasons is made as if new.
        emptied.update(emptying.erase(connection, around.alerts))
        queue.remove(connection, around.alerts)
        gone = {key[2] for key in keys} - left
        self._pipeline.look_again(connection, (around.subjects - gone) | left)
        self._judge_anew(connection, around.others)
        return dict(zip(keys, _places(keys, emptied, around.resting), strict=True))

    def _sharing(self, connection: sa.Connection, names: Collection[str]) -> set[str]:
        """Return other records whose judgement may have looked at these."""
        under = ties.labels_of(connection, names)
        found = self._holding_too(connection, ties.in_force(connection, names), under)
        return found.difference(names)

    def _holding_too(
        self, connection: sa.Connection, versions: Collection[int], under: Collection[int]
    ) -> set[str]:
        """Return the records that name the same seal, box, document, or pair of parties and day as
        one of these versions, and whose rules look at them; these may be among them.

        :param under: the labels of the versions, which are in force.
        """
        looks = self._pipeline.analyst.algebra.looks
        above = [
            item.id for item in self._labels.all()
            if any(looks(item.id, label) for label in under)
        ]  # fmt: skip
        # Those without an alert, too: what goes may have stood before something that says more.
        return ties.sharing(
            connection, above, versions, ties=_LOOKED_AT, kinds=ANALYSED, each=_SIGHTINGS
        )

    def _labels_around(self, connection: sa.Connection, names: Collection[str]) -> set[int]:
        return ties.labels_of(connection, self._sharing(connection, names))

    def _judge_anew(self, connection: sa.Connection, names: Collection[str]) -> None:
        """Judge records again; an alert that says something else now opens again for a person, and
        what it said before, and was said about it, is erased."""
        if not names:
            return
        before = self._pipeline.alerts_of(connection, names)
        self._pipeline.look_again(connection, names)
        after = self._pipeline.alerts_of(connection, names)
        # An alert that is new quotes nothing of what has gone.
        changed = {key[0] for key, seq in before.items() if after.get(key) != seq}
        subjects = queue.subjects(connection, changed)
        said = {name for each in records.dependents(connection, changed).values() for name in each}
        emptying.erase(connection, changed | said)
        queue.remove(connection, changed)
        self._pipeline.look_again(connection, set(subjects.values()))

    def _drop_overtaken(self, connection: sa.Connection, names: Collection[str]) -> None:
        """Erase what alerts quoted of what copies said before, and alerts that nothing is left of:
        those who may not see the copy any more could still read its name in them."""
        resting = records.dependents(connection, names)
        rows = queue.known(connection, {name for each in resting.values() for name in each})
        standing = [row.seq for row in rows.values()]
        emptying.erase(connection, {alert for alert, _label in rows}, keep=standing)
        for (alert, label), row in rows.items():
            if row.state == "withdrawn":
                said = records.dependents(connection, [alert]).get(alert, set())
                emptying.erase(connection, {alert, *said}, labels=[label])
                queue.remove(connection, [alert], label=label)

    def _kept(self, connection: sa.Connection, held: Collection[CopyKey]) -> set[int]:
        """Return the versions that hold the last word of copies that stay."""
        live = records.live(connection, self._labels, {key[2] for key in held})
        return {
            record.seq
            for record, label, _until in live
            if (self._labels.get(label).supplier, record.originator, record.id) in held
        }

    def _by_path(
        self, keys: Iterable[CopyKey]
    ) -> Iterator[tuple[Collection[int], Collection[str]]]:
        """Yield the labels of each path by which copies came, with the records that came by it."""
        paths: dict[tuple[str, str], list[str]] = {}
        for supplier, originator, record in keys:
            paths.setdefault((supplier, originator), []).append(record)
        for path, names in paths.items():
            yield (
                [
                    label.id
                    for label in self._labels.all()
                    if (label.supplier, label.originator) == path
                ],
                sorted(names),
            )

    def _stating(self, connection: sa.Connection, copies: Iterable[Copy]) -> set[str]:
        """Return the records that state redress numbers which these copies speak of."""
        bodies = (
            decode_body(bytes(copy.content.body)) for copy in copies
            if copy.kind == redress.GRANT and copy.content is not None
        )  # fmt: skip
        numbers = {body.redress for body in bodies if isinstance(body, RedressGrant)}
        return redress.stating(connection, numbers)

    def _matched(self, connection: sa.Connection, copies: Iterable[Copy]) -> set[str]:
        """Return the records whose alerts rest on these copies, of those that are list entries."""
        names = {copy.record for copy in copies if copy.kind == partner_lists.KIND}
        resting = records.dependents(connection, names)
        alerts = {name for each in resting.values() for name in each}
        return set(queue.subjects(connection, alerts).values())

    def _screen_matched(self, connection: sa.Connection, copies: Iterable[Copy]) -> None:
        """Take out of alerts what a partner's list entries said before they changed; what they say
        now is compared with everything kept once this is stored."""
        if names := self._matched(connection, copies):
            screen_again(self._pipeline, connection, names)

    def _label(self, copy: Copy) -> int:
        return self._labels.intern(copy.originator, copy.marking, copy.supplier)

    def _draft(self, copy: Copy) -> Draft:
        assert copy.content is not None
        last = copy.marking.retain_until
        return Draft(
            body=decode_body(bytes(copy.content.body)),
            originator=copy.originator,
            label_id=self._label(copy),
            provenance=Provenance(format=FORMAT, message=copy.supplier),
            retain_until=last.isoformat() if last else "",
            name=copy.record,
        )


def _held(rows: Mapping[CopyKey, Copy | None]) -> list[Copy]:
    return [copy for copy in rows.values() if copy is not None and copy.content is not None]


def _places(
    keys: Iterable[CopyKey], emptied: Mapping[str, int], resting: Mapping[str, Collection[str]]
) -> Iterator[Mapping[str, int]]:
    """Yield the places of each copy: its row in the exchange and each version, in the tables; the
    words and references of each version, in the indexes. Where they are as many, it is the very
    same mapping: thousands of receipts say it, and one account is kept and written once.

    There is no lake, and no export is kept. Caches, the files of entities, are emptied and not
    counted: their number would tell the originator under how many sets of labels people read here.
    """
    made: dict[int, Mapping[str, int]] = {}
    for key in keys:
        versions = emptied.get(key[2], 0)
        if alerts := resting.get(key[2]):
            versions += sum([emptied.get(name, 0) for name in alerts])
        if versions not in made:
            made[versions] = dict(zip(CLASSES, (versions + 1, versions, 0, 0, 0), strict=True))
        yield made[versions]
