"""How a node is, for who keeps it running: times, sizes and counts, and no content of a record."""

from __future__ import annotations

import msgspec


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job of this process: when it began last (ISO 8601 UTC, "" before the first time), how many
    seconds that took, the kind of error that ended it ("" for none), how often it ran and failed.
    """

    name: str
    began: str
    seconds: float
    error: str
    runs: int
    failures: int


class PartnerHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange with a partner. ``apart``: by how many seconds its clock was ahead of ours when
    its last batch came, None when none came; a batch that was carried by hand was on its way.
    """

    agency: str
    heard: str
    up_to_date: bool
    apart: float | None
    agreement: str
    ends: str
    """The last day of the agreements in force (ISO 8601), "" for none."""


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate or a list of revoked ones in the node's folder, and when it ends."""

    file: str
    whose: str
    ends: str
    days: int


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """What the last verification of the audit log found. ``at`` is "" before the first one of this
    process. ``broken`` is the first line that does not follow from those before it, 0 for none.
    ``seal`` is the hash of the last line, which stands for all lines up to it.
    """

    at: str = ""
    lines: int = 0
    broken: int = 0
    seal: str = ""


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """A node at a moment. ``findings`` are words of a closed list, each something to look at."""

    at: str
    agency: str
    version: str
    python: str
    database: str
    schema: str
    database_bytes: int
    disk_free: int
    disk_total: int
    waiting: int
    waiting_since: str
    jobs: tuple[JobView, ...]
    partners: tuple[PartnerHealth, ...]
    certificates: tuple[CertificateView, ...]
    log: LogView
    findings: tuple[str, ...]


FINDINGS = (
    "disk", "waiting", "job_failed", "job_late", "partner_silent", "clock", "agreement_ends",
    "certificate_ends", "log_broken", "log_unverified",
)  # fmt: skip
"""What a finding can be, in the order in which they are told."""
