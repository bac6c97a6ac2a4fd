"""How the node is: what an administrator has to look at before people notice.

Times, sizes and counts; nothing of a record. Each limit below is a place to begin, no more.
"""

from __future__ import annotations

import datetime as dt
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from esclusa import __version__
from esclusa.ledger import custody, exchange
from esclusa.ledger.store import Store
from esclusa.node.certificates import certificates
from esclusa.node.exchange_ledger import APART
from esclusa.node.jobs import Jobs
from esclusa.node.log_check import LogCheck
from esclusa.node.partner_desk import PartnerDesk
from esclusa.sharing.health_views import (
    FINDINGS,
    CertificateView,
    HealthView,
    JobView,
    LogView,
    PartnerHealth,
)
from esclusa.sharing.partner_views import PartnerView
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

DISK_SHARE: Final = 0.10
"""Below this share of the disk is free: an ingest writes its files twice, vault and ledger."""
WAITING: Final = dt.timedelta(minutes=30)
LATE: Final = dt.timedelta(minutes=15)
"""A job is done once a minute; the longest round seen took minutes."""
SILENT: Final = dt.timedelta(hours=24)
APART_S: Final = 120
"""Certificates and signatures forgive about this much."""
STEP: Final = 100_000_000
"""The database's size is told in steps of so many bytes: enough to plan a disk by, too coarse to
tell that one more record came that only others may know of."""
ENDS_DAYS: Final = 30
"""An agreement or a certificate takes weeks to renew."""


class HealthDesk:
    """Looks at one node. ``now`` is its clock."""

    def __init__(
        self, folder: Path, store: Store, gate: Gate, jobs: Sequence[Jobs], partners: PartnerDesk,
        log: LogCheck, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._gate = gate
        self._jobs = jobs
        self._partners = partners
        self._log = log
        self._now = now
        self._began = now()

    def look(self, reader: Reader, agency: str) -> HealthView:
        """Return how the node is.

        :param agency: the node's own name.
        """
        reader.require(Action.HEALTH_READ)
        self._gate.note(reader, Action.HEALTH_READ)
        now = self._now()
        disk = shutil.disk_usage(self._folder)
        with self._store.read() as connection:
            waiting, since = custody.backlog(connection)
            apart = dict(exchange.of_table(connection, APART))
        view = HealthView(
            at=_text(now), agency=agency, version=__version__, python=platform.python_version(),
            database=self._store.url.get_backend_name(), schema=self._store.revision(),
            database_bytes=-(-self._store.size() // STEP) * STEP, disk_free=disk.free,
            disk_total=disk.total, waiting=waiting, waiting_since=since, jobs=self.jobs(reader),
            partners=tuple(_partner(one, apart) for one in self._partners.partners(reader)),
            certificates=certificates(self._folder, now), log=self._log.last_for(reader),
            findings=(),
        )  # fmt: skip
        found = set(self._findings(view, now))
        return msgspec.structs.replace(
            view, findings=tuple(word for word in FINDINGS if word in found)
        )

    def jobs(self, reader: Reader) -> tuple[JobView, ...]:
        """Return how each job of this process went last."""
        reader.require(Action.HEALTH_READ)
        return tuple(
            JobView(
                name=state.name, began=_text(state.began) if state.began else "",
                seconds=round(state.seconds, 3), error=state.error, runs=state.runs,
                failures=state.failures,
            )
            for jobs in self._jobs
            for state in jobs.states()
        )  # fmt: skip

    def _findings(self, view: HealthView, now: dt.datetime) -> Iterator[str]:
        if view.disk_free < view.disk_total * DISK_SHARE:
            yield "disk"
        if view.waiting and _past(view.waiting_since, now, WAITING):
            yield "waiting"
        yield from _of_jobs(view.jobs, now, self._began)
        yield from _of_partners(view.partners, now)
        yield from _of_ends(view.partners, view.certificates, now)
        yield from _of_log(view.log, now, self._began)


def _of_jobs(jobs: Iterable[JobView], now: dt.datetime, began: dt.datetime) -> Iterator[str]:
    for job in jobs:
        if job.error:
            yield "job_failed"
        if _past(job.began or _text(began), now, LATE):
            yield "job_late"


def _of_partners(partners: Iterable[PartnerHealth], now: dt.datetime) -> Iterator[str]:
    for one in partners:
        if one.agreement == "in_force" and (not one.heard or _past(one.heard, now, SILENT)):
            yield "partner_silent"
        if one.apart is not None and abs(one.apart) > APART_S:
            yield "clock"


def _of_ends(
    partners: Iterable[PartnerHealth], held: Iterable[CertificateView], now: dt.datetime
) -> Iterator[str]:
    soon = (now + dt.timedelta(days=ENDS_DAYS)).date().isoformat()
    if any(one.ends and one.ends[:10] <= soon for one in partners):
        yield "agreement_ends"
    if any(one.days < ENDS_DAYS for one in held):
        yield "certificate_ends"


def _of_log(log: LogView, now: dt.datetime, began: dt.datetime) -> Iterator[str]:
    if log.broken:
        yield "log_broken"
    if _past(log.at or _text(began), now, dt.timedelta(hours=26)):
        yield "log_unverified"


def _partner(one: PartnerView, apart: dict[str, bytes]) -> PartnerHealth:
    ends = [item.ends for item in one.agreements if item.standing == "in_force"]
    found = apart.get(one.agency)
    return PartnerHealth(
        agency=one.agency, heard=one.heard, up_to_date=one.up_to_date,
        apart=round(msgspec.json.decode(found, type=float), 1) if found else None,
        agreement=one.state, ends=max(ends, default=""),
    )  # fmt: skip


def _past(moment: str, now: dt.datetime, wait: dt.timedelta) -> bool:
    return bool(moment) and dt.datetime.fromisoformat(moment) < now - wait


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
