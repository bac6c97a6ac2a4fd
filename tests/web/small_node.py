"""A node in memory with the services of :class:`esclusa.node.node.Node`, for what a real one cannot
be asked to show on purpose: hostile names, 200 rows, a crash, an unreachable ledger.

>>> node = SmallNode(rows=2)
>>> reader = node.reader(node.sign_in("analyst", PASSWORD))
>>> [row.title for row in node.queue(reader, QueueFilter()).rows]
['NRTH 0000', 'NRTH 0001']
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from small_accounts import SmallAccounts, SmallAudit, SmallHealth, SmallLog, SmallOidc, SmallShown
from small_cases import SmallCases
from small_casework import SmallBoard, SmallCaseworkReports
from small_charts import SmallCharts, SmallMaps, SmallStories
from small_desk import SmallDesk
from small_entities import SmallEntities
from small_joint import SmallJoint
from small_lists import SmallLists, SmallListUses
from small_matches import SmallMatches
from small_notices import SmallNotices
from small_redress import SmallRedress
from small_referrals import SmallReferrals
from small_requests import SmallRequests
from small_rules import SmallRules
from small_scores import SmallModels, SmallScores
from small_seizures import SmallSeizures
from small_selection import SmallReports, SmallSelections
from small_triage import SmallBulk, SmallViews
from small_warnings import SmallWarnings
from small_yard import SmallYard

from esclusa.casework.alerts import next_move, standing, verdicts
from esclusa.errors import MovedOn, NotFound, SignInError
from esclusa.model import (
    Alert,
    AlertMove,
    Defect,
    Evidence,
    Marking,
    Provenance,
    Reason,
    Severity,
)
from esclusa.node.entity_sheet import EntitySheets
from esclusa.node.people import Session
from esclusa.node.record_desk import Beside, RecordDesk
from esclusa.sharing import views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.views import QueueFilter

PASSWORD = "correct horse battery"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
SOURCE = "ab" * 32
_SPACE = uuid.UUID(int=7)


def alert_name(number: int) -> str:
    """Return the id of the alert with a number."""
    return str(uuid.uuid5(_SPACE, f"alert {number}"))


def record_name(number: int) -> str:
    """Return the id of the record with a number."""
    return str(uuid.uuid5(_SPACE, f"record {number}"))


def reasons(number: int) -> tuple[Reason, ...]:
    """Return two reasons, of a rule and of a list."""
    return (
        Reason(
            source="rule", code="C05", version="3", points=30.5,
            text_en=f"The description of goods is too general for HS chapter {number % 97:02d}.",
            text_es=f"La descripción es demasiado general para el capítulo {number % 97:02d} SA.",
            evidence=(Evidence(path="goods.0.description", value="GENERAL CARGO"),),
        ),
        Reason(
            source="list", code="marisol:77", version="2026-11-01", points=20.0,
            text_en="The consignee's name resembles an entry of the list Marisol.",
            text_es="El nombre del consignatario se parece a una entrada de la lista Marisol.",
            evidence=(Evidence(path="parties.0.name", value="ORILLA SUR TRADING"),),
            detail=("ORILLA is spelled the same",), detail_es=("ORILLA se escribe igual",),
            record_id=record_name(9_000),
        ),
    )  # fmt: skip


class SmallNode:
    """Keeps everything in dictionaries. ``title`` names every record; ``broken`` is raised by the
    queue instead of an answer."""

    agency = "NORTHREACH"
    title = "Northreach Customs"

    def __init__(self, *, rows: int = 3, title: str = "", broken: Exception | None = None) -> None:
        self.rows = rows
        self.name = title
        self.broken = broken
        self.moves: dict[str, list[AlertMove]] = {}
        self.sessions: dict[str, Reader] = {}
        self.faster: set[str] = set()
        self.last: tuple[str, ...] = ()
        self.bulk_desk = SmallBulk(self)
        self.saved_views = SmallViews()
        self.account_desk = SmallAccounts(title)
        self.shown_names = SmallShown(title)
        self.oidc_desk = SmallOidc(title)
        self.health_desk = SmallHealth(title)
        self.log_check = SmallLog()
        self.audit_desk = SmallAudit(title)

    def sign_in(self, name: str, password: str, *, purpose: str = "") -> str:
        if name not in set(Role) or password != PASSWORD:
            raise SignInError("the name or the password is not right")
        token = f"token-{name}-{len(self.sessions)}"
        self.sessions[token] = Reader(
            name=name, role=Role(name), agency=self.agency,
            purpose=purpose or self.purposes(Role(name))[0], time_zone="America/Panama",
        )  # fmt: skip
        return token

    def sign_in_ways(self) -> views.SignInWays:
        return views.SignInWays()

    def purposes(self, role: Role) -> tuple[str, ...]:
        return {
            Role.AUDITOR: ("audit",),
            Role.ADMINISTRATOR: ("administration",),
        }.get(role, ("targeting", "sanctions"))

    def reader(self, token: str) -> Reader:
        if token not in self.sessions:
            raise SignInError("the session has ended; sign in again")
        return self.sessions[token]

    def may_change_password(self, token: str) -> bool:
        return token in self.sessions

    def csrf(self, token: str) -> str:
        return "form-" + token

    def session(self, token: str) -> Session:
        return Session(self.reader(token), self.csrf(token), False)

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    def set_preferences(self, token: str, **values: str | None) -> Reader:
        kept = {name: value for name, value in values.items() if value}
        self.sessions[token] = msgspec.structs.replace(self.sessions[token], **kept)
        return self.sessions[token]

    def verdicts(self) -> Any:
        return verdicts()

    def queue(self, reader: Reader, wanted: QueueFilter) -> views.QueuePage:
        reader.require(Action.QUEUE_READ)
        if self.broken:
            raise self.broken
        found = [self._row(number) for number in range(self.rows)]
        shown = [row for row in found if wanted.state in ("all", row.state) or
                 (wanted.state == "open" and row.state != "closed")][: wanted.limit]  # fmt: skip
        return views.QueuePage(
            rows=tuple(shown), next_cursor="b3RoZXI=" if self.rows > wanted.limit else "",
            count=len(found), more_than_count=False,
        )  # fmt: skip

    def _row(self, number: int) -> views.QueueRow:
        now = standing(self.moves.get(alert_name(number), []))
        return views.QueueRow(
            alert_id=alert_name(number), subject_id=record_name(number),
            subject_kind="consignment", title=self.name or f"NRTH {number:04d}",
            score=50.5 - number / 100, reasons=reasons(number), state=now.state,
            claimed_by=now.claimed_by, verdict=now.verdict, port="PAONX",
            arrival=f"2026-11-{1 + number % 28:02d}T14:05:00Z", created="2026-11-01T00:00:00Z",
            level=1, until=now.until, seen=self._seen(number),
        )  # fmt: skip

    def neighbours(self, reader: Reader, alert_id: str, wanted: QueueFilter) -> tuple[str, str]:
        names = [row.alert_id for row in self.queue(reader, wanted).rows]
        if alert_id not in names:
            return "", ""
        at = names.index(alert_id)
        return (names[at - 1] if at else ""), (names[at + 1] if at + 1 < len(names) else "")

    def alert(self, reader: Reader, alert_id: str) -> views.AlertView:
        reader.require(Action.RECORD_READ)
        number = self._number(alert_id, alert_name)
        now = standing(self.moves.get(alert_id, []))
        return views.AlertView(
            alert_id=alert_id,
            alert=Alert(
                subject_id=record_name(number), subject_kind="consignment", score=50.5,
                title=self.name or f"NRTH {number:04d}", reasons=reasons(number),
            ),
            state=now.state, claimed_by=now.claimed_by, verdict=now.verdict,
            moves=tuple(self.moves.get(alert_id, [])), until=now.until, seen=self._seen(number),
        )  # fmt: skip

    def _seen(self, number: int) -> str:
        """A sign of six characters, other after each move, as hard to pack as a true one."""
        said = f"{number}/{len(self.moves.get(alert_name(number), []))}"
        return base64.urlsafe_b64encode(hashlib.sha256(said.encode()).digest())[:6].decode()

    def place(self, reader: Reader, alert_id: str, wanted: QueueFilter) -> str:
        return ""

    def _number(self, name: str, namer: Any) -> int:
        for number in range(self.rows):
            if namer(number) == name:
                return number
        raise NotFound("no such alert")

    def _move(
        self, reader: Reader, alert_id: str, move: str, *, seen: str = "", **more: str
    ) -> views.AlertView:
        now = self.alert(reader, alert_id)
        if seen and seen != now.seen:
            last = now.moves[-1]
            raise MovedOn(last.by, last.at, last.move)
        history = self.moves.setdefault(alert_id, [])
        history.append(
            next_move(
                history,
                alert_id=alert_id,
                move=move,
                by=reader.name,
                at="2026-11-20T10:00:00Z",
                supervisor=reader.role is Role.SUPERVISOR,
                **more,
            )
        )
        return self.alert(reader, alert_id)

    def claim(self, reader: Reader, alert_id: str) -> views.AlertView:
        return self._move(reader, alert_id, "claim")

    def release(self, reader: Reader, alert_id: str) -> views.AlertView:
        return self._move(reader, alert_id, "release")

    def undo(self, reader: Reader, alert_id: str) -> views.AlertView:
        return self._move(reader, alert_id, "undo")

    def verdict(self, reader: Reader, alert_id: str, **more: str) -> views.AlertView:
        return self._move(reader, alert_id, "verdict", **more)

    def snooze(self, reader: Reader, alert_id: str, **more: str) -> views.AlertView:
        return self._move(reader, alert_id, "snooze", **more)

    def wake(self, reader: Reader, alert_id: str) -> views.AlertView:
        return self._move(reader, alert_id, "wake")

    def record(self, reader: Reader, name: str, *, version: int | None = None) -> views.RecordView:
        reader.require(Action.RECORD_READ)
        number = self._number(name, record_name)
        text = self.name or "ORILLA SUR TRADING"
        facts = {
            "carrier": "NRTH", "bill": f"{number:04d}", "load_port.code": "XMARI",
            "goods.0.description": self.name or "GENERAL CARGO", "goods.0.hs_code": "847989",
            "goods.0.undg.0": "1263", "parties.0.role": "consignee", "parties.0.name": text,
            "equipment.0.number": "NRTU1234565", "equipment.0.number_valid": "yes",
            "documents.0": "INV-77",
        }  # fmt: skip
        return views.RecordView(
            id=name, kind="consignment", version=version or 2, key=f"NRTH/{number:04d}",
            title=self.name or f"NRTH {number:04d}", originator=self.agency,
            marking=Marking(
                level=2, caveats=frozenset({"PAX"}), purposes=frozenset({"targeting"})
            ),
            provenance=Provenance(
                source=SOURCE, format="edifact.cuscar", message="M1", offset=214, length=900
            ),
            source_name=self.name or "manifest.edi", recorded="2026-11-19T12:00:00Z",
            valid_time="2026-11-24T06:00", withdrawn=False, erased=False,
            facts=tuple(views.Fact(path=path, value=value) for path, value in facts.items()),
            body={"kind": "consignment", "bill": f"{number:04d}"},
            versions=(
                views.VersionRow(
                    version=1, recorded="2026-11-18T12:00:00Z", withdrawn=False, erased=False,
                    source="first.edi",
                ),
                views.VersionRow(
                    version=2, recorded="2026-11-19T12:00:00Z", withdrawn=False, erased=False,
                    source="manifest.edi", changes=("goods.0.description",),
                ),
            ),
            links=(
                views.Link(record_id=record_name(1), kind="equipment", title=text,
                           relation="same_equipment"),
            ),
            alert=self.alert(reader, alert_name(number)),
        )  # fmt: skip

    def search(
        self, reader: Reader, text: str, *, kind: str = "", limit: int = 50
    ) -> views.SearchPage:
        reader.require(Action.SEARCH)
        row = views.SearchRow(
            record_id=record_name(0), kind="consignment", title=self.name or "NRTH 0000",
            originator=self.agency, level=1, recorded="2026-11-19T12:00:00Z",
        )  # fmt: skip
        return views.SearchPage(query=text, rows=(row,), more=False)

    def screen(self, reader: Reader, *, name: str, **asked: Any) -> tuple[views.ScreenHit, ...]:
        reader.require(Action.SCREEN)
        hit = views.ScreenHit(
            record_id=record_name(0), list_id="marisol", uid="77", entry_name=self.name or name,
            matched_name=self.name or name, score=0.93, detail=(self.name or "ORILLA = ORILLA",),
        )  # fmt: skip
        return (hit,)

    def _source(self) -> views.SourceView:
        return views.SourceView(
            id=SOURCE, name=self.name or "manifest.edi", size=2_413_000,
            format="edifact.cuscar", state="done", received="2026-11-19T12:00:00Z",
            received_by="analyst",
            counts={"messages": 12, "new": 11, "defects": 1, "quarantined": 1},
            defects=(
                Defect(code="edifact.unt.count", severity=Severity.WARNING, offset=812,
                       reason=self.name or "UNT says 21 segments, 20 were found.",
                       message=self.name or "M4", segment="UNT", segment_no=20, element="1"),
            ),
            quarantine=(
                views.QuarantineRow(id="5", source_id=SOURCE, source_name="manifest.edi",
                                    offset=901, length=77, message=self.name or "M5",
                                    reason=self.name or "BGM is missing.", state="held",
                                    retries=0),
            ),
        )  # fmt: skip

    @property
    def list_desk(self) -> SmallLists:
        return SmallLists(self.name)

    @property
    def list_uses(self) -> SmallListUses:
        return SmallListUses(self.name)

    @property
    def match_desk(self) -> SmallMatches:
        return SmallMatches(self.name)

    @property
    def entities(self) -> SmallEntities:
        return SmallEntities(self.name)

    @property
    def charts(self) -> SmallCharts:
        return SmallCharts(self.name)

    @property
    def stories(self) -> SmallStories:
        return SmallStories(self.name)

    @property
    def entity_sheets(self) -> EntitySheets:
        """The real one, over the small desks."""
        desks: Any = (self.entities, self.stories, self.case_desk)
        return EntitySheets(*desks)

    @property
    def maps(self) -> SmallMaps:
        return SmallMaps(self.name)

    @property
    def partner_desk(self) -> SmallDesk:
        return SmallDesk(self.name)

    def partner_names(self, reader: Reader) -> tuple[str, ...]:
        return ("altamira", "northreach") if reader.may(Action.RELEASE_MARK) else ()

    def marking_for(self, reader: Reader, agencies: Sequence[str]) -> Marking:
        reader.require(Action.RELEASE_MARK)
        return Marking(releasable_to=frozenset(agencies))

    def receive(
        self, reader: Reader, name: str, stream: Any, *, marking: Marking | None = None,
        mapping: str = "",
    ) -> views.SourceView:  # fmt: skip
        reader.require(Action.INTAKE_WRITE)
        size = len(stream.read())
        return msgspec.structs.replace(self._source(), name=name, size=size, mapping=mapping)

    def process(self, source_id: str) -> None:
        if source_id != SOURCE:
            raise NotFound("no such file in custody")

    def sources(self, reader: Reader, *, limit: int = 50) -> tuple[views.SourceView, ...]:
        reader.require(Action.INTAKE_READ)
        return (self._source(),)

    def source(self, reader: Reader, source_id: str) -> views.SourceView:
        reader.require(Action.INTAKE_READ)
        if source_id != SOURCE:
            raise NotFound("no such file in custody")
        return self._source()

    def retry(self, reader: Reader, quarantine_id: str) -> views.SourceView:
        reader.require(Action.INTAKE_WRITE)
        if quarantine_id != "5":
            raise NotFound("no such message in quarantine")
        return self._source()

    def mappings(self, reader: Reader) -> tuple[views.MappingView, ...]:
        reader.require(Action.MAPPING_READ)
        said = {"digest": "cd" * 32, "added": "2026-11-02T08:00:00Z", "added_by": "supervisor"}
        return tuple(
            views.MappingView(id=f"marisol-{target}", title=self.name or "Marisol", target=target,
                              columns=3, version=1, **said)
            for target in ("consignment", "list_entry", "")
        )  # fmt: skip

    def mapping(self, reader: Reader, mapping_id: str, *, digest: str = "") -> views.MappingView:
        found = {mapping.id: mapping for mapping in self.mappings(reader)}
        if mapping_id not in found:
            raise NotFound("no such mapping")
        text = f'id = "{mapping_id}"\ntitle = "{self.name}"\n'
        return msgspec.structs.replace(found[mapping_id], text=text)

    def add_mapping(self, reader: Reader, name: str, stream: Any) -> views.MappingView:
        reader.require(Action.MAPPING_WRITE)
        return self.mappings(reader)[0]

    def proposal(self, reader: Reader, source_id: str) -> views.ProposalView:
        self.source(reader, source_id)
        name = self.name or "manifest.csv"
        return views.ProposalView(source_id=source_id, source_name=name, text=f"# {name}\n")

    def lists(self, reader: Reader) -> tuple[views.ListView, ...]:
        return self.list_desk.lists(reader)

    @property
    def rule_desk(self) -> SmallRules:
        return SmallRules(self.name, record_name(1))

    @property
    def feedback_desk(self) -> SmallWarnings:
        return SmallWarnings(self.name, record_name(1))

    @property
    def seizure_desk(self) -> SmallSeizures:
        return SmallSeizures(self.name, record_name(1))

    @property
    def redress_desk(self) -> SmallRedress:
        return SmallRedress(self.name, record_name(1))

    @property
    def referral_desk(self) -> SmallReferrals:
        return SmallReferrals(self.name, record_name(1))

    @property
    def notices(self) -> SmallNotices:
        return SmallNotices(self.name)

    @property
    def information_desk(self) -> SmallRequests:
        return SmallRequests(self.name, record_name(1))

    @property
    def case_desk(self) -> SmallCases:
        return SmallCases(self.name, alert_name(1))

    @property
    def joint_desk(self) -> SmallJoint:
        return SmallJoint(self.name, alert_name(1))

    @property
    def model_desk(self) -> SmallModels:
        return SmallModels(self.name)

    @property
    def score_desk(self) -> SmallScores:
        return SmallScores(self.name)

    @property
    def selection_desk(self) -> SmallSelections:
        return SmallSelections(self.name, record_name(1))

    @contextmanager
    def together(self, reader: Reader) -> Iterator[None]:
        yield

    @property
    def record_desk(self) -> RecordDesk:
        """The real one, over the small desks."""
        desks: Any = {
            "scores": self.score_desk, "referrals": self.referral_desk,
            "requests": self.information_desk, "cases": self.case_desk,
            "warnings": self.feedback_desk, "yard": self.yard_desk,
        }  # fmt: skip
        gate: Any = self
        return RecordDesk(gate, Beside(**desks))

    @property
    def yard_desk(self) -> SmallYard:
        return SmallYard(self.name, record_name(1))

    @property
    def report_desk(self) -> SmallReports:
        return SmallReports(self.name)

    @property
    def casework_reports(self) -> SmallCaseworkReports:
        return SmallCaseworkReports(self.name, record_name(1))

    @property
    def board(self) -> SmallBoard:
        return SmallBoard(self.name, record_name(1))

    def audit(self, reader: Reader, **asked: Any) -> tuple[views.AuditRow, ...]:
        reader.require(Action.AUDIT_READ)
        return tuple(
            views.AuditRow(seq=seq, at="2026-11-19T12:00:00Z", who=self.name or "analyst",
                           role="analyst", purpose="targeting", action="queue:read", subject="",
                           detail="rows=3")
            for seq in range(200, 200 - asked["limit"], -1)
        )  # fmt: skip

    def users(self, reader: Reader) -> tuple[views.UserView, ...]:
        return self.account_desk.all(reader)

    def add_user(self, reader: Reader, **values: Any) -> None:
        reader.require(Action.USER_WRITE)

    def health(self) -> dict[str, str]:
        return {"ledger": "reachable"}
