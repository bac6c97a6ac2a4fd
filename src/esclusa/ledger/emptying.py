"""Versions are emptied: their bodies, references and words go, their salted digests stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from esclusa.ledger import bulk, records, tallies
from esclusa.ledger.schema import ERASED, record, reference


def erase(
    connection: sa.Connection, names: Collection[str], *,
    labels: Collection[int] | None = None, keep: Collection[int] = (),
) -> dict[str, int]:  # fmt: skip
    """Remove the bodies of records' versions and chains; the salted digests stay.

    :param labels: only the chains under these labels; all when None.
    :param keep: sequence numbers of versions that stay.
    :return: how many versions were emptied of each record that had any.
    """
    kept = frozenset(keep)
    under = None if labels is None else frozenset(labels)
    return empty(connection, [
        version for version in holding(connection, names)
        if version.seq not in kept and (under is None or version.label in under)
    ])  # fmt: skip


class AlreadyEmpty(Exception):
    """A version that was to be emptied holds nothing: what was looked at before holds no more."""


class Version(NamedTuple):
    """A version that holds content. ``stands``: it is the newest of its chain, and not withdrawn.
    ``moves``: it is a person's move on an alert."""

    name: str
    seq: int
    label: int
    stands: bool
    moves: bool


_HOLDING: Final = (
    record.c.id, record.c.seq, record.c.label_id,
    sa.and_(record.c.current, sa.not_(record.c.withdrawn)), record.c.kind == "alert_move",
)  # fmt: skip


def holding(connection: sa.Connection, names: Collection[str]) -> list[Version]:
    """Return the versions of these records that hold content, in the order of their ids."""
    found: list[Version] = []
    for some in bulk.lots(sorted(names)):
        query = sa.select(*_HOLDING).where(
            bulk.among(connection, record.c.id, some), record.c.body.is_not(None)
        )
        found += map(Version._make, connection.execute(query).all())
    return found


def blank_keys(connection: sa.Connection, names: Sequence[str]) -> None:
    """Blank the natural keys of records' versions that hold no body, also of those that never held
    one: a withdrawal names what it withdrew. Entries of lists keep theirs: list and number."""
    bare = record.update().where(
        bulk.among(connection, record.c.id, names),
        record.c.body.is_(None), record.c.key != "", record.c.kind != "list_entry",
    )  # fmt: skip
    connection.execute(bare.values(key=""))


def empty(connection: sa.Connection, versions: Sequence[Version]) -> dict[str, int]:
    """Remove the bodies of versions, and the keys of their records where no body is left beside
    them; the salted digests stay.

    :param versions: as :func:`holding` returns them.
    :return: how many were emptied of each record.
    :raises AlreadyEmpty: when one holds nothing any more: it was looked at in a transaction before.
    """
    seqs = [version.seq for version in versions]
    moved = tallies.moved_by(connection, [one.seq for one in versions if one.moves])
    for part in bulk.lots(seqs):
        those = bulk.among(connection, record.c.seq, part)
        emptied = record.update().where(those, record.c.body.is_not(None))
        gone = emptied.values(body=None, erased_time=records.now_text(), sender="", prepared="")
        done = connection.execute(gone).rowcount
        if done != len(part):
            raise AlreadyEmpty
        connection.execute(reference.delete().where(bulk.among(connection, reference.c.seq, part)))
        records.delete_texts(connection, part)
    for names in bulk.lots(sorted({version.name for version in versions})):
        blank_keys(connection, names)
    tallies.decide_anew(connection, moved)
    if seqs:
        connection.info.setdefault(ERASED, set()).update(seqs)
    return dict(Counter([version.name for version in versions]))
