"""Accounts and links of the node in memory."""

from __future__ import annotations

from typing import Any

from esclusa.errors import NotFound
from esclusa.sharing import audit_views, health_views, views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import LinkView, UserView

ACCOUNT = "leo"
CODE = "ABCD2345"


class SmallAccounts:
    """``title`` is the hostile text of the node in memory, "" for none."""

    def __init__(self, title: str = "") -> None:
        self.title = title
        self.done: list[tuple[str, str, dict[str, Any]]] = []

    def all(self, reader: Reader) -> tuple[UserView, ...]:
        reader.require(Action.USER_READ)
        return tuple(self._view(name) for name in (self.title or "analyst", ACCOUNT))

    def one(self, reader: Reader, name: str) -> UserView:
        reader.require(Action.USER_READ)
        if name not in (ACCOUNT, reader.name):
            raise NotFound("no such account")
        return self._view(name)

    def reopen(self, reader: Reader, name: str, **values: Any) -> None:
        reader.require(Action.USER_WRITE)
        self.done.append(("reopen", name, values))

    def _view(self, name: str) -> UserView:
        return UserView(
            name=name, role="analyst", clearance=1, caveats=("PAX",), active=name != ACCOUNT,
            created="2026-11-01T00:00:00Z", last_sign_in="2026-11-20T08:00:00Z", sessions=2,
            linked=int(name == ACCOUNT), seen="sign-of-it", must_change=name != ACCOUNT,
            number=self.title or "N-0412",
        )  # fmt: skip


class SmallShown:
    """Service numbers: the role's own, or the hostile text of the node in memory."""

    mode = "number_if_any"

    def __init__(self, title: str = "") -> None:
        self.title = title

    def of(self, name: str) -> str:
        return self.title or f"N-{len(name):04d}"


class SmallOidc:
    """One person who is tied, one who waits."""

    def __init__(self, title: str = "") -> None:
        self.title = title

    def links(self, reader: Reader) -> tuple[LinkView, ...]:
        reader.require(Action.USER_READ)
        return tuple(
            LinkView(
                code=code, issuer="https://id.example", subject=f"sub-{code}", account=account,
                called=self.title or "leo", seen="2026-11-20T08:00:00Z",
                approver="tom" if account else "", since="2026-11-20T09:00:00Z" if account else "",
            )
            for code, account in ((CODE, ACCOUNT), ("WXYZ6789", ""))
        )  # fmt: skip


class SmallHealth:
    """A node with everything to look at."""

    def __init__(self, title: str = "") -> None:
        self.title = title

    def look(self, reader: Reader, agency: str) -> health_views.HealthView:
        reader.require(Action.HEALTH_READ)
        return health_views.HealthView(
            at="2026-11-27T09:00:00Z", agency=agency, version="0.1.0", python="3.11.2",
            database="sqlite", schema="0012", database_bytes=5_000_000, disk_free=10**9,
            disk_total=10**11, waiting=2, waiting_since="2026-11-27T08:00:00Z",
            jobs=(
                health_views.JobView(name="exchange", began="2026-11-27T08:59:00Z", seconds=0.25,
                                     error="", runs=9, failures=0),
                health_views.JobView(name="scores", began="", seconds=0.0, error="LedgerError",
                                     runs=0, failures=1),
            ),
            partners=(
                health_views.PartnerHealth(agency="marisol", heard="2026-11-25T08:00:00Z",
                                           up_to_date=False, apart=-130.5, agreement="in_force",
                                           ends="2026-12-01"),
                health_views.PartnerHealth(agency="altamira", heard="", up_to_date=True,
                                           apart=None, agreement="none", ends=""),
            ),
            certificates=(
                health_views.CertificateView(file="node.pem", whose=self.title or "O=marisol",
                                             ends="2026-12-03T00:00:00Z", days=5),
                health_views.CertificateView(file="authorities.pem", whose="", ends="", days=-1),
            ),
            log=SmallLog().last(), findings=health_views.FINDINGS,
        )  # fmt: skip


class SmallLog:
    """A log that is unbroken."""

    def last(self) -> health_views.LogView:
        return health_views.LogView(at="2026-11-27T08:58:00Z", lines=1200, seal="ab" * 32)

    def verify(self, reader: Reader) -> health_views.LogView:
        reader.require(Action.LOG_VERIFY)
        return self.last()


class SmallAudit:
    """A log of two hundred lines that say the same."""

    def __init__(self, title: str = "") -> None:
        self.title = title

    def lines(self, reader: Reader, wanted: audit_views.AuditFilter) -> tuple[views.AuditRow, ...]:
        reader.require(Action.AUDIT_READ)
        return tuple(
            views.AuditRow(seq=seq, at="2026-11-19T12:00:00Z", who=self.title or "analyst",
                           role="analyst", purpose="targeting", action="queue:read",
                           subject=self.title, detail="rows=3")
            for seq in range(200, 200 - wanted.limit, -1)
        )  # fmt: skip

    def about(self, reader: Reader, subject: str) -> tuple[audit_views.LookedView, ...]:
        reader.require(Action.AUDIT_READ)
        return (
            audit_views.LookedView(
                who=self.title or "analyst", role="analyst", purpose="targeting", lines=3,
                first="2026-11-19T12:00:00Z", last="2026-11-20T12:00:00Z",
            ),
        )  # fmt: skip

    def use(self, reader: Reader, since: str, until: str, **asked: Any) -> audit_views.UseView:
        reader.require(Action.AUDIT_READ)
        who = self.title or "analyst"
        return audit_views.UseView(
            since=since, until=until, zone="America/Panama", lines=12, **asked,
            people=(audit_views.PersonUse(who=who, lines=12, records=7, searches=2, outside=3,
                                          own=1, refused=0),
                    audit_views.PersonUse(who="", lines=1, records=0, searches=0, outside=1,
                                          own=0, refused=1)),
            pairs=(audit_views.PairUse(who=who, subject=ACCOUNT, looks=6,
                                       first="2026-11-19T12:00:00Z",
                                       last="2026-11-20T12:00:00Z"),),
            subjects=(audit_views.SubjectUse(subject=who, people=5, looks=9),),
        )  # fmt: skip

    def pack(self, reader: Reader, since: str, until: str) -> str:
        reader.require(Action.AUDIT_READ)
        return "number,at\r\n"
