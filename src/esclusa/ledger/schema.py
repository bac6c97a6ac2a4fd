"""The tables, once, for SQLite and PostgreSQL.

All times are ISO 8601 text in UTC so that both databases hold and order them alike. Records are
appended and never changed; the exceptions are the ``current`` flag, which only says where the
newest version is, who told it last and when (``sender``, ``prepared``), and erasure, which empties
the body. Mappings are appended as well: a new text under an id is a new version. Triggers in the
migrations hold to that.

A record's versions form one chain per (id, label). Two senders of one natural key under different
markings make two chains, so that neither a version number nor a count tells a reader of one chain
that the other exists.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ERASED = "erased"
"""Under this name a connection notes which versions its transaction has emptied."""

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

label = sa.Table(
    "label",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("originator", sa.Text, nullable=False),
    sa.Column("marking", sa.Text, nullable=False),
    sa.Column("supplier", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("originator", "marking", "supplier"),
)

source = sa.Table(
    "source",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", _BIG, nullable=False),
    sa.Column("label_id", sa.Integer, nullable=False),
    sa.Column("format", sa.Text, nullable=False, server_default=""),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("received", sa.Text, nullable=False, index=True),
    sa.Column("received_by", sa.Text, nullable=False),
    sa.Column("counts", sa.Text, nullable=False, server_default="{}"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("redacted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("mapping", sa.Text, nullable=False, server_default=""),
)

mapping = sa.Table(
    "mapping",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("added", sa.Text, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
)

record = sa.Table(
    "record",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("label_id", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("format", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("offset", _BIG, nullable=False, server_default="-1"),
    sa.Column("length", _BIG, nullable=False, server_default="0"),
    sa.Column("derived_from", sa.Text, nullable=False, server_default="[]"),
    sa.Column("valid_time", sa.Text, nullable=False, server_default=""),
    sa.Column("recorded_time", sa.Text, nullable=False),
    sa.Column("supersedes", sa.Integer, nullable=True),
    sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("current", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("retain_until", sa.Text, nullable=True, index=True),
    sa.Column("erased_time", sa.Text, nullable=True),
    sa.Column("sender", sa.Text, nullable=False, server_default=""),
    sa.Column("prepared", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("id", "label_id", "version"),
)
sa.Index(
    "ix_record_list_entry",
    record.c.kind,
    record.c.seq,
    sqlite_where=sa.text("kind = 'list_entry'"),
    postgresql_where=sa.text("kind = 'list_entry'"),
)
sa.Index(
    "ix_record_match_decision",
    record.c.recorded_time,
    sqlite_where=sa.text("kind = 'match_decision'"),
    postgresql_where=sa.text("kind = 'match_decision'"),
)
sa.Index(
    "ix_record_erased",
    record.c.erased_time,
    sqlite_where=sa.text("erased_time IS NOT NULL"),
    postgresql_where=sa.text("erased_time IS NOT NULL"),
)

reference = sa.Table(
    "reference",
    metadata,
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("seq", _BIG, primary_key=True),
    sqlite_with_rowid=False,
)
sa.Index("ix_reference_seq", reference.c.seq)

queue = sa.Table(
    "queue",
    metadata,
    sa.Column("alert_id", sa.Text, primary_key=True),
    sa.Column("label_id", sa.Integer, primary_key=True),
    sa.Column("seq", _BIG, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False, index=True),
    sa.Column("subject_kind", sa.Text, nullable=False),
    sa.Column("source_id", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("breadth", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("claimed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("verdict", sa.Text, nullable=False, server_default=""),
    sa.Column("port", sa.Text, nullable=False, server_default=""),
    sa.Column("arrival", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_queue_score", queue.c.open, queue.c.score.desc(), queue.c.arrival, queue.c.alert_id)
sa.Index(
    "ix_queue_port",
    queue.c.open,
    queue.c.port,
    queue.c.score.desc(),
    queue.c.arrival,
    queue.c.alert_id,
)
sa.Index(
    "ix_queue_kind",
    queue.c.open,
    queue.c.subject_kind,
    queue.c.score.desc(),
    queue.c.arrival,
    queue.c.alert_id,
)
sa.Index(
    "ix_queue_claimed",
    queue.c.claimed_by,
    queue.c.open,
    queue.c.score.desc(),
    queue.c.arrival,
    queue.c.alert_id,
    sqlite_where=sa.text("claimed_by <> ''"),
    postgresql_where=sa.text("claimed_by <> ''"),
)
RARE_STATES = ("claimed", "withdrawn", "snoozed")
"""States that a few of a million alerts are in; an index of its own finds each."""
for _state in RARE_STATES:
    sa.Index(
        f"ix_queue_{_state}_state",
        queue.c.score.desc(),
        queue.c.arrival,
        queue.c.alert_id,
        sqlite_where=sa.text(f"state = '{_state}'"),
        postgresql_where=sa.text(f"state = '{_state}'"),
    )
sa.Index("ix_queue_recent", queue.c.open, queue.c.created.desc(), queue.c.alert_id)
sa.Index("ix_queue_arrival", queue.c.open, queue.c.arrival, queue.c.alert_id)

alert_count = sa.Table(
    "alert_count",
    metadata,
    sa.Column("span", sa.Text, primary_key=True),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("above", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

alert_decision = sa.Table(
    "alert_decision",
    metadata,
    sa.Column("made", sa.Text, primary_key=True),
    sa.Column("alert_id", sa.Text, primary_key=True, index=True),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.Text, primary_key=True),
    sa.Column("until", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("above", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("waited", _BIG, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("label_id", sa.Integer, nullable=False),
    sa.Column("offset", _BIG, nullable=False),
    sa.Column("length", _BIG, nullable=False),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("retries", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_quarantine_source_id", "source_id", "offset"),
)

defect = sa.Table(
    "defect",
    metadata,
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)

watchlist = sa.Table(
    "watchlist",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("edition", sa.Text, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("loaded", sa.Text, nullable=False),
    sa.Column("loaded_by", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    sa.Column("prepared", sa.Text, nullable=False, server_default=""),
)

watchlist_edition = sa.Table(
    "watchlist_edition",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("edition", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    sa.Column("prepared", sa.Text, nullable=False, server_default=""),
    sa.Column("files", sa.Text, nullable=False, server_default="[]"),
    sa.Column("mapping", sa.Text, nullable=False, server_default=""),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("added", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("removed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("loaded", sa.Text, nullable=False),
    sa.Column("loaded_by", sa.Text, nullable=False),
    sa.Column("decided", sa.Text, nullable=False, server_default=""),
    sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("retro", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("position", _BIG, nullable=False, server_default="0"),
    sa.Column("until", _BIG, nullable=False, server_default="0"),
    sa.Column("retro_started", sa.Text, nullable=False, server_default=""),
    sa.Column("retro_finished", sa.Text, nullable=False, server_default=""),
)

watchlist_change = sa.Table(
    "watchlist_change",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, nullable=False),
    sa.Column("before", _BIG, nullable=False, server_default="0"),
    sa.Column("after", _BIG, nullable=False, server_default="0"),
    sa.Column("fields", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
)

watchlist_retro = sa.Table(
    "watchlist_retro",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("list_label", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("label_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("compared", sa.Integer, nullable=False, server_default="0"),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ended", sa.Integer, nullable=False, server_default="0"),
)

exchange_row = sa.Table(
    "exchange_row",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("row", sa.LargeBinary, nullable=True),
    sa.Column("seq", _BIG, nullable=False, index=True),
)

taxii_object = sa.Table(
    "taxii_object",
    metadata,
    sa.Column("shelf", sa.Text, primary_key=True),
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sa.Column("stix_id", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("seq", _BIG, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=True),
    # (shelf, stix_id, version) is unique too: `ledger.shelf` holds that under the writer's lock.
)
sa.Index(
    "ix_taxii_object_current",
    taxii_object.c.shelf,
    taxii_object.c.position,
    sqlite_where=sa.text("current"),
    postgresql_where=sa.text("current"),
)
sa.Index(
    "ix_taxii_object_name",
    taxii_object.c.name,
    sqlite_where=sa.text("name <> ''"),
    postgresql_where=sa.text("name <> ''"),
)

# Finds an object by its id, see `ledger.places`. Level 0 holds what came last.
taxii_place = sa.Table(
    "taxii_place",
    metadata,
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("key", _BIG, primary_key=True, autoincrement=False),
    sa.Column("position", _BIG, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
# One row: how many keys stand at level 0.
taxii_recent = sa.Table(
    "taxii_recent",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("objects", sa.Integer, nullable=False),
)

taxii_client = sa.Table(
    "taxii_client",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("agency", sa.Text, nullable=False),
    sa.Column("writes", sa.Boolean, nullable=False),
    sa.Column("deletes", sa.Boolean, nullable=False),
    sa.Column("until", sa.Text, nullable=False),
    sa.Column("added", sa.Text, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
)

taxii_status = sa.Table(
    "taxii_status",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
sa.Index(
    "ix_audit_exchange",
    audit.c.at,
    sqlite_where=sa.text("role = 'exchange'"),
    postgresql_where=sa.text("role = 'exchange'"),
)
for _column in (audit.c.subject, audit.c.who, audit.c.at):
    sa.Index(f"ix_audit_{_column.name}", _column, audit.c.seq)

audit_part = sa.Table(
    "audit_part",
    metadata,
    sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", _BIG, primary_key=True, autoincrement=False),
    sa.Column("members", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("clearance", sa.Integer, nullable=False),
    sa.Column("caveats", sa.Text, nullable=False, server_default="[]"),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("language", sa.Text, nullable=False, server_default="en"),
    sa.Column("time_zone", sa.Text, nullable=False, server_default="UTC"),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
)

service_number = sa.Table(
    "service_number",
    metadata,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
)

session = sa.Table(
    "session",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("expires", sa.Text, nullable=False),
    sa.Column("way", sa.Text, nullable=False, server_default=""),
    sa.Column("issuer", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("provider_session", sa.Text, nullable=False, server_default=""),
)

sign_in_attempt = sa.Table(
    "sign_in_attempt",
    metadata,
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Column("nonce", sa.Text, nullable=False),
    sa.Column("verifier", sa.Text, nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("expires", sa.Text, nullable=False, index=True),
)

sign_in_link = sa.Table(
    "sign_in_link",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, index=True),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
)

logout_seen = sa.Table(
    "logout_seen",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("jti", sa.Text, primary_key=True),
    sa.Column("until", sa.Text, nullable=False, index=True),
)

saved_view = sa.Table(
    "saved_view",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("saved", sa.Text, nullable=False),
)

notice_choice = sa.Table(
    "notice_choice",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("agency", sa.Text, nullable=False, server_default=""),
    sa.Column("feed", sa.Text, nullable=False, server_default="", index=True),
)

mail_address = sa.Table(
    "mail_address",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("confirmed", sa.Text, nullable=False, server_default=""),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("until", sa.Text, nullable=False, server_default=""),
    sa.Column("asked", sa.Text, nullable=False, server_default=""),
    sa.Column("since", sa.Text, nullable=False, server_default=""),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("sent", sa.Integer, nullable=False, server_default="0"),
)

notice_item = sa.Table(
    "notice_item",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("sight", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("due", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False, server_default="", index=True),
    sa.UniqueConstraint("account", "channel", "sight", "key"),
)

notice_message = sa.Table(
    "notice_message",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("told", sa.Text, nullable=False, server_default=""),
    sa.Column("done", sa.Text, nullable=False, server_default=""),
)
sa.Index("ix_notice_message_state", notice_message.c.state, notice_message.c.due)

notice_use = sa.Table(
    "notice_use",
    metadata,
    sa.Column("agency", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

notice_form = sa.Table(
    "notice_form",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("referral", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("until", sa.Text, nullable=False, index=True),
    sa.Column("used", sa.Text, nullable=False, server_default=""),
)

notice_mark = sa.Table(
    "notice_mark",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
