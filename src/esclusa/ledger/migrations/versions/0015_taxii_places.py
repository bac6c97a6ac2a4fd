"""Objects of the TAXII door are found by short keys in two levels, no longer by an index of ids,
which cost a post more the more there was."""

from __future__ import annotations

import hashlib
from itertools import islice

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 10_000


def upgrade() -> None:
    op.create_table(
        "taxii_place",
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("key", _BIG, nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("level", "key", "position", name="pk_taxii_place"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "taxii_recent",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("objects", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_taxii_recent"),
    )
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        _made_anew(unique=False)
    else:
        op.drop_constraint("uq_taxii_object_id", "taxii_object", type_="unique")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _made_anew(unique=True)
    else:
        op.create_unique_constraint(
            "uq_taxii_object_id", "taxii_object", ["shelf", "stix_id", "version"]
        )
    op.drop_table("taxii_recent")
    op.drop_table("taxii_place")


def _fill(connection: sa.Connection) -> None:
    """Note the places of what stands there already."""
    table = sa.table("taxii_place", *(sa.column(name) for name in ("level", "key", "position")))
    after = ("", 0)
    query = sa.text(
        "SELECT shelf, position, stix_id FROM taxii_object WHERE (shelf, position) > (:s, :p)"
        f" ORDER BY shelf, position LIMIT {_AT_ONCE}"
    )
    while some := connection.execute(query, {"s": after[0], "p": after[1]}).all():
        found = sorted((_key(row.shelf, row.stix_id), row.position) for row in some)
        rows = ({"level": 1, "key": key, "position": place} for key, place in found)
        while portion := list(islice(rows, 1000)):
            connection.execute(table.insert(), portion)
        after = (some[-1].shelf, some[-1].position)


def _key(shelf: str, stix_id: str) -> int:
    digest = hashlib.sha256(f"{shelf}\n{stix_id}".encode()).digest()
    return int.from_bytes(digest[:6], "big") >> 1


def _made_anew(*, unique: bool) -> None:
    """SQLite takes no constraint from a table: it is written anew."""
    names = ("shelf", "position", "stix_id", "version", "type", "current", "label", "name", "seq",
             "digest", "body")  # fmt: skip
    more = [sa.UniqueConstraint("shelf", "stix_id", "version", name="uq_taxii_object_id")]
    op.create_table(
        "taxii_object_new",
        sa.Column("shelf", sa.Text, nullable=False),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("stix_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("label", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", _BIG, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("shelf", "position", name="pk_taxii_object"),
        *(more if unique else ()),
    )
    columns = ", ".join(names)
    op.execute(f"INSERT INTO taxii_object_new ({columns}) SELECT {columns} FROM taxii_object")
    op.drop_table("taxii_object")
    op.rename_table("taxii_object_new", "taxii_object")
    op.create_index(
        "ix_taxii_object_current", "taxii_object", ["shelf", "position"],
        sqlite_where=sa.text("current"), postgresql_where=sa.text("current"),
    )  # fmt: skip
    op.create_index(
        "ix_taxii_object_name", "taxii_object", ["name"],
        sqlite_where=sa.text("name <> ''"), postgresql_where=sa.text("name <> ''"),
    )  # fmt: skip
