"""The node: one folder, one ledger, and the services that every face offers.

Faces hold a :class:`Node` and nothing below it. Each method that reads for a person takes the
reader, passes the release gate and leaves an audit line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from esclusa.casework.alerts import Verdict, verdicts
from esclusa.casework.bulk import BulkDesk
from esclusa.casework.desk import Desk
from esclusa.casework.reasons import check_reason
from esclusa.errors import ConfigError, InputError, NotFound, StateError
from esclusa.ledger import backup, custody, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Level, Marking
from esclusa.node import credentials, erasure, examinations, kept_mappings, settings
from esclusa.node.account_desk import AccountDesk
from esclusa.node.alerts import LabelAlgebra
from esclusa.node.analyst import Analyst
from esclusa.node.audit_desk import AuditDesk
from esclusa.node.case_desk import CaseDesk
from esclusa.node.copies import Copies
from esclusa.node.entity_chart import ChartDesk
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_map import MapDesk
from esclusa.node.entity_sheet import EntitySheets
from esclusa.node.entity_story import StoryDesk
from esclusa.node.exchange import Exchange
from esclusa.node.feedback import FeedbackDesk
from esclusa.node.health import HealthDesk
from esclusa.node.information_desk import InformationDesk
from esclusa.node.jobs import Jobs
from esclusa.node.joint_desk import JointDesk
from esclusa.node.keeping import Keeper, file_name
from esclusa.node.kept_mappings import TAKEN_IN
from esclusa.node.list_desk import ListDesk
from esclusa.node.list_loading import Loaded
from esclusa.node.list_use import ListUses
from esclusa.node.log_check import LogCheck
from esclusa.node.match_desk import MatchDesk
from esclusa.node.model_desk import ModelDesk
from esclusa.node.model_store import Scorers
from esclusa.node.notice_making import make as notices_of
from esclusa.node.oidc_desk import OidcDesk, provider_of
from esclusa.node.partner_desk import PartnerDesk
from esclusa.node.partner_lists import PartnerLists
from esclusa.node.people import People
from esclusa.node.people_services import PeopleServices
from esclusa.node.pipeline import Pipeline
from esclusa.node.pointer_desk import PointerDesk
from esclusa.node.pointer_service import PointerService
from esclusa.node.reading import retry
from esclusa.node.record_desk import Beside, RecordDesk
from esclusa.node.redress_desk import RedressDesk
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.rehearsal_queue import RehearsalQueue
from esclusa.node.reporting.board import Desks
from esclusa.node.reporting.made import reporting
from esclusa.node.rule_desk import RuleDesk
from esclusa.node.rules import pack_in_force
from esclusa.node.saved_views import SavedViews
from esclusa.node.score_desk import ScoreDesk
from esclusa.node.screening_asked import check_asked
from esclusa.node.seizure_desk import SeizureDesk
from esclusa.node.selecting import SelectionDesk
from esclusa.node.selection_report import ReportDesk
from esclusa.node.shown_names import ShownNames
from esclusa.node.taxii import TaxiiDesk
from esclusa.node.taxii_post import PostBox
from esclusa.node.taxii_publish import Publisher
from esclusa.node.yard import YardDesk
from esclusa.sharing import views
from esclusa.sharing.keys import EXCHANGE, KeyRing, Signer
from esclusa.sharing.own_name import OWN, own_name
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate


class Node(PeopleServices):
    """A service's or government's node; open one with :meth:`create` or :meth:`open`."""

    def __init__(self, folder: Path, chosen: settings.Settings) -> None:
        self.folder = folder
        self.settings = chosen
        self.store = Store(chosen.database_url(folder))
        self.vault = custody.Vault(folder / "vault")
        self.labels = Labels(self.store)
        self.gate = Gate(self.store, self.labels)
        self.desk = Desk(self.store, self.labels, self.gate)
        self.bulk_desk = BulkDesk(self.store, self.labels, self.gate)
        self.saved_views = SavedViews(self.store)
        self.people = People(
            self.store, chosen.agency, session_hours=chosen.session_hours,
            by_password=chosen.by_password,
        )  # fmt: skip
        self.shown_names = ShownNames(self.store, chosen.shown_to_partners)
        self.account_desk = AccountDesk(self.store, self.people)
        self.oidc_desk = OidcDesk(self.store, self.people, provider_of(chosen, folder))
        self.pack = pack_in_force()
        self.algebra = LabelAlgebra(self.labels, chosen.agency)
        self.analyst = Analyst(
            self.store, self.labels, self.algebra, agency=chosen.agency, pack=self.pack
        )
        self.pipeline = Pipeline(
            store=self.store, labels=self.labels, vault=self.vault, gate=self.gate,
            analyst=self.analyst, settings=chosen,
        )  # fmt: skip
        self._keeper = Keeper(self.store, self.vault, self.labels, chosen)
        self.match_desk = MatchDesk(self.gate, self.pipeline)
        self.entities = EntityDesk(self.gate, self.pipeline, folder)
        self.store.after_erasure.append(self.entities.registers.forget)
        self.charts = ChartDesk(self.gate, self.pipeline, self.entities)
        self.stories = StoryDesk(self.gate, self.pipeline, self.entities)
        self.store.after_erasure.append(self.stories.kept.forget)
        self.maps = MapDesk(self.gate, self.pipeline, self.entities)
        self.rule_desk = RuleDesk(self.gate, self.pipeline, self.pack)
        scorers = Scorers()
        self.model_desk = ModelDesk(self.gate, self.pipeline, scorers)
        self.score_desk = ScoreDesk(self.gate, self.pipeline, scorers, self.pack)
        self.selection_desk = SelectionDesk(self.gate, self.pipeline, folder)
        self.report_desk = ReportDesk(self.gate, self.pipeline, self.selection_desk)
        self.list_desk = ListDesk(self.gate, self.vault, self.pipeline, self._keeper.keep)
        self.exchange = Exchange(
            folder, self.store, self.labels, Copies(self.labels, self.pipeline), chosen.agency
        )
        self.partner_lists = PartnerLists(self.pipeline, self.list_desk.retro)
        self.exchange.taken.append(self.partner_lists.keep_up)
        self.exchange.upkeep.append(self.partner_lists.keep_up)
        self.exchange.upkeep.append(self.match_desk.settle)
        self.referral_desk = ReferralDesk(self.gate, self.pipeline, self.exchange)
        self.exchange.upkeep.append(self.referral_desk.keep_up)
        self.information_desk = InformationDesk(self.gate, self.pipeline, self.exchange)
        self.exchange.upkeep.append(self.information_desk.keep_up)
        self.case_desk = CaseDesk(self.gate, self.pipeline, self.entities, self.people)
        self.entity_sheets = EntitySheets(self.entities, self.stories, self.case_desk)
        self.case_desk.signer = self._package_signer
        self.case_desk.own_keys = self._own_keys
        self.joint_desk = JointDesk(self.gate, self.pipeline, self.exchange, self.case_desk)
        self.exchange.upkeep.append(self.joint_desk.keep_up)
        self.redress_desk = RedressDesk(self.gate, self.pipeline, self.exchange, self.match_desk)
        self.exchange.upkeep.append(self.redress_desk.settle)
        self.seizure_desk = SeizureDesk(self.gate, self.pipeline, self.exchange)
        self.feedback_desk = FeedbackDesk(
            self.gate, self.pipeline, self.exchange, self.referral_desk
        )
        self.exchange.upkeep.append(self.feedback_desk.keep_up)
        self.list_uses = ListUses(self.gate, self.pipeline, self.exchange, self.list_desk)
        self.yard_desk = YardDesk(self.gate, self.pipeline, self.selection_desk, self.referral_desk)
        self.record_desk = RecordDesk(
            self.gate,
            Beside(scores=self.score_desk, referrals=self.referral_desk,
                   requests=self.information_desk, cases=self.case_desk,
                   warnings=self.feedback_desk, yard=self.yard_desk),
        )  # fmt: skip
        self.gate.shows_copies = self.algebra.shows_copies = self.exchange.is_readable
        self.casework_reports, self.board = reporting(
            self.gate, self.pipeline, self.exchange, self.report_desk,
            Desks(referrals=self.referral_desk, requests=self.information_desk,
                  cases=self.case_desk, rules=self.rule_desk, lists=self.list_desk),
        )  # fmt: skip
        self.partner_desk = PartnerDesk(self.store, self.labels, self.gate, self.exchange)
        self.taxii = TaxiiDesk(folder, self.store, self.labels, self.exchange)
        self.taxii_publisher = Publisher(self.store, self.labels, self.exchange, self.taxii)
        self.taxii_posts = PostBox(self.store, self.labels, self.vault, self.exchange, self.taxii)
        self.pointers = PointerService(self.exchange, self.store, self.labels, chosen.list_workers)
        self.pointer_desk = PointerDesk(self.gate, self.exchange, self.pointers)
        self.notices = notices_of(
            folder, self.gate, self.pipeline, self.people, self.exchange, self.referral_desk
        )
        self.post = Jobs()
        """What may wait for others' servers: beside the jobs, so that it holds none of them up."""
        self.post.add("notices", self.notices.tick)
        self.work = Jobs()
        """What takes long and people wait for: beside the jobs too."""
        rehearsals = RehearsalQueue(self.store, self.rule_desk, self.people.account)
        self.work.add("rehearsals", rehearsals.run)
        self.jobs = Jobs()
        self.jobs.add("exchange", self.exchange.tick)
        self.jobs.add("scores", lambda: self.score_desk.keep_up(self.operator()))
        self.log_check = LogCheck(self.store)
        self.audit_desk = AuditDesk(self.store, chosen.time_zone)
        self.jobs.add("log", self.log_check.keep_up)
        self.jobs.add("cases", self.case_desk.settle)
        self.jobs.add("entities", self.entities.registers.keep_up)
        self.health_desk = HealthDesk(
            folder, self.store, self.gate, (self.jobs, self.post, self.work), self.partner_desk,
            self.log_check,
        )  # fmt: skip

    @classmethod
    def create(
        cls, folder: Path, *, agency: str, title: str = "", database: str = "",
        time_zone: str = "UTC",
    ) -> Node:  # fmt: skip
        """Make a new node in a folder that holds none.

        :param agency: the originator of the node's records: one word.
        :param database: an SQLAlchemy URL of an empty database; "" for SQLite in the folder.
        :raises ConfigError: when the folder holds a node already or a setting is wrong.
        """
        chosen = settings.Settings(
            agency=agency, title=title, database=database, time_zone=time_zone
        )
        if (folder / settings.FILE).exists():
            raise ConfigError(f"{folder} holds a node already")
        folder.mkdir(parents=True, exist_ok=True)
        Store(chosen.database_url(folder)).upgrade()
        settings.save(folder, chosen)
        return cls(folder, chosen)

    @classmethod
    def open(cls, folder: Path) -> Node:
        """Open the node in a folder and finish what an interruption left undone.

        :raises ConfigError: when the folder holds no node.
        :raises LedgerError: when the ledger's schema is of another version.
        """
        node = cls(folder, settings.load(folder))
        node.store.require_current()
        node.shown_names.fill()
        erasure.blank_redacted(node.store, node.vault)
        erasure.blank_left_alone(node.store, node.vault)
        node.entities.registers.forget()
        if credentials.exist(folder):
            node.exchange.log.catch_up()
            node.exchange.settle(wait=False)
        return node

    @property
    def agency(self) -> str:
        """The node's short name, originator of its records."""
        return self.settings.agency

    @property
    def title(self) -> str:
        """The node's name for people."""
        return self.settings.title or self.settings.agency

    def close(self) -> None:
        """Give all connections back."""
        self.entities.registers.close()
        self.store.close()

    def operator(self) -> Reader:
        """Return the person at this machine's command line as a reader.

        Who can read the node's folder can read its files, so the command line asks no password; it
        is cleared for everything that is released to this agency, and every read is audited.
        """
        return Reader(
            name="operator", role=Role.SUPERVISOR, agency=self.agency, clearance=Level.SECRET,
            caveats=frozenset({"*"}), time_zone=self.settings.time_zone,
        )  # fmt: skip

    def administrator(self) -> Reader:
        """Return the person at this machine's command line as an administrator: no content."""
        return Reader(
            name="operator", role=Role.ADMINISTRATOR, agency=self.agency, clearance=Level.OPEN,
            purpose="administration",
        )  # fmt: skip

    # --- queue and records -----------------------------------------------------------------

    def queue(self, reader: Reader, wanted: views.QueueFilter) -> views.QueuePage:
        """Return a page of the work queue."""
        return self.gate.queue(reader, wanted)

    def neighbours(
        self, reader: Reader, alert_id: str, wanted: views.QueueFilter
    ) -> tuple[str, str]:
        """Return the alerts before and after one in a filtered queue, "" at its ends."""
        return self.gate.neighbours(reader, alert_id, wanted)

    def place(self, reader: Reader, alert_id: str, wanted: views.QueueFilter) -> str:
        """Return the cursor of the page of a filtered queue in which an alert stands."""
        return self.gate.place(reader, alert_id, wanted)

    def record(self, reader: Reader, name: str, *, version: int | None = None) -> views.RecordView:
        """Return a record; raises ``NotFound``."""
        return self.gate.record(reader, name, version=version)

    def alert(self, reader: Reader, alert_id: str) -> views.AlertView:
        """Return an alert with its moves; raises ``NotFound``."""
        return self.gate.alert(reader, alert_id)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the closed list of verdicts."""
        return verdicts()

    def claim(self, reader: Reader, alert_id: str) -> views.AlertView:
        """Take an alert; raises ``StateError`` when somebody else holds it."""
        return self.desk.move(reader, alert_id, "claim")

    def release(self, reader: Reader, alert_id: str) -> views.AlertView:
        """Put an alert back."""
        return self.desk.move(reader, alert_id, "release")

    def verdict(
        self, reader: Reader, alert_id: str, *, verdict: str, reason: str, seen: str = ""
    ) -> views.AlertView:
        """Decide an alert with a code from :meth:`verdicts` and a written reason; raises
        ``MovedOn`` when it says something else than what the reader saw (``AlertView.seen``)."""
        return self.desk.move(
            reader, alert_id, "verdict", verdict=verdict, reason=reason, seen=seen
        )

    def snooze(
        self, reader: Reader, alert_id: str, *, until: str, reason: str, seen: str = ""
    ) -> views.AlertView:
        """Put an alert off until a moment, with a reason; see :meth:`Desk.move`."""
        return self.desk.move(reader, alert_id, "snooze", reason=reason, until=until, seen=seen)

    def wake(self, reader: Reader, alert_id: str) -> views.AlertView:
        """End a snooze before its moment."""
        return self.desk.move(reader, alert_id, "wake")

    def undo(self, reader: Reader, alert_id: str) -> views.AlertView:
        """Take back the last move."""
        return self.desk.move(reader, alert_id, "undo")

    def search(
        self, reader: Reader, text: str, *, kind: str = "", limit: int = 50
    ) -> views.SearchPage:
        """Return records that hold every word, newest first."""
        return self.gate.search(reader, text, kind=kind, limit=limit)

    def screen(
        self, reader: Reader, *, name: str, type: str = "any", birth_date: str = "",
        nationality: str = "", identifiers: Sequence[str] = (), birth_place: str = "",
        address: str = "", limit: int = 20,
    ) -> tuple[views.ScreenHit, ...]:  # fmt: skip
        """Return entries of the lists in force that may be the party named, best first.

        No hit does not mean that the party is harmless.

        :raises InputError: when what is asked cannot be read, see :func:`check_asked`.
        """
        reader.require(Action.SCREEN)
        check_asked(name=name, type=type, birth_date=birth_date, nationality=nationality)
        self.analyst.refresh(None)
        hits = self.analyst.screen(
            self.gate.visible(reader), name=name, type=type, birth_date=birth_date,
            nationality=nationality, identifiers=tuple(identifiers), birth_place=birth_place,
            address=address, limit=limit,
        )  # fmt: skip
        own = f" {OWN}" if own_name(reader.name, (name,)) else ""
        self.gate.note(reader, Action.SCREEN, detail=f"hits={len(hits)}{own}")
        return hits

    def outcomes(
        self, reader: Reader, *, kinds: Collection[str] = examinations.SUBJECTS,
        known_by: dt.datetime | None = None, version: int | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """Return what is known of consignments and boxes because somebody looked into them; see
        :func:`~esclusa.node.examinations.outcomes`."""
        return examinations.outcomes(
            self.gate, self.labels, reader, kinds=kinds, known_by=known_by, version=version
        )

    def partner_names(self, reader: Reader) -> tuple[str, ...]:
        """Return the partners that a reader may mark records for."""
        if not reader.may(Action.RELEASE_MARK):
            return ()
        self.exchange.state()
        return tuple(sorted(self.exchange.partners.known))

    def marking_for(self, reader: Reader, agencies: Sequence[str]) -> Marking:
        """Return the marking of what is taken in for partners, who get it as agreements say.

        :raises InputError: when one of them is no partner.
        """
        reader.require(Action.RELEASE_MARK)
        if unknown := sorted(set(agencies) - set(self.partner_names(reader))):
            reason = f"{unknown[0][:40]!r} is no partner of this node"
            raise InputError(reason, field="for", problem="partner")
        return self.settings.marking_for(agencies)

    # --- intake ----------------------------------------------------------------------------

    def receive(
        self, reader: Reader, name: str, stream: BinaryIO, *, marking: Marking | None = None,
        mapping: str = "",
    ) -> views.SourceView:  # fmt: skip
        """Take bytes into custody; they are safe on disk when this returns, and not read yet.

        :param marking: what to mark the records with; None for the node's setting.
        :param mapping: id of the kept mapping to read a table with. Without one the only kept
            mapping whose headings all stand in the table is taken; else the columns are guessed.
        :raises InputError: when there is no such mapping; nothing is kept then.
        :raises LimitError: when there are more bytes than the node takes.
        """
        reader.require(Action.INTAKE_WRITE)
        named = kept_mappings.by_name(self.store, mapping, TAKEN_IN)
        chosen = marking or self.settings.intake_marking()
        kept, choice, fresh = self._keeper.keep(reader, name, stream, chosen, named, TAKEN_IN)
        known = "" if fresh else "known already"
        by = f"mapping={choice.kept.mapping.id}" if choice.kept else ""
        self.gate.note(
            reader, Action.INTAKE_WRITE, subject=kept.source_id, detail=f"{known} {by}".strip()
        )
        return self.gate.source(reader, kept.source_id)

    def process(self, source_id: str) -> None:
        """Read a source, store what it says, analyse it; safe to repeat and to interrupt."""
        self.pipeline.process(source_id)

    def process_waiting(self) -> tuple[str, ...]:
        """Process every source that was received and not finished; return their ids.

        Kept records that were not yet compared with a list in force are compared first.
        """
        self.list_desk.compare_waiting()
        self.match_desk.settle()
        self.redress_desk.settle()
        waiting = custody.waiting(self.store)
        for source_id in waiting:
            self.process(source_id)
        return waiting

    def ingest(
        self, reader: Reader, name: str, stream: BinaryIO, *, marking: Marking | None = None,
        mapping: str = "",
    ) -> views.SourceView:  # fmt: skip
        """Receive and process a file; return how it ended. All else as for :meth:`receive`."""
        source = self.receive(reader, name, stream, marking=marking, mapping=mapping)
        self.process(source.id)
        return self.gate.source(reader, source.id)

    def sources(self, reader: Reader, *, limit: int = 50) -> tuple[views.SourceView, ...]:
        """Return the newest files in custody."""
        return self.gate.sources(reader, limit=limit)

    def source(self, reader: Reader, source_id: str) -> views.SourceView:
        """Return a file's story with defects and quarantine; raises ``NotFound``."""
        return self.gate.source(reader, source_id)

    def quarantine(self, reader: Reader, *, limit: int = 200) -> tuple[views.QuarantineRow, ...]:
        """Return the messages that wait in quarantine: file, byte position, reason."""
        return self.gate.quarantine(reader, limit=limit)

    def retry(self, reader: Reader, quarantine_id: str) -> views.SourceView:
        """Read a quarantined message again, after readers have learned; raises ``NotFound``."""
        reader.require(Action.INTAKE_WRITE)
        with self.gate.reading(reader) as (connection, visible):
            row = custody.held_one(connection, quarantine_id, visible)
        if row is None:
            raise NotFound("no such message in quarantine")
        self.analyst.refresh(row.label_id)
        retry(self.pipeline, row)
        self.gate.note(reader, Action.INTAKE_WRITE, subject=row.source_id, detail="retry")
        return self.gate.source(reader, row.source_id)

    # --- mappings --------------------------------------------------------------------------

    def add_mapping(self, reader: Reader, name: str, stream: BinaryIO) -> views.MappingView:
        """Keep a mapping file; a new text under a known id is its new version.

        :raises FormatError: naming the unknown key or field, or what else is wrong.
        :raises LimitError: when it is larger than a mapping can be.
        """
        return kept_mappings.add(self.store, reader, file_name(name), stream)

    def mappings(self, reader: Reader) -> tuple[views.MappingView, ...]:
        """Return the newest version of every kept mapping, by id, without its text."""
        reader.require(Action.MAPPING_READ)
        found = kept_mappings.show_all(self.store)
        self.gate.note(reader, Action.MAPPING_READ, detail=f"rows={len(found)}")
        return found

    def mapping(self, reader: Reader, mapping_id: str, *, digest: str = "") -> views.MappingView:
        """Return a kept mapping with its text and versions: the newest one, or the one whose digest
        begins so; raises ``NotFound``."""
        reader.require(Action.MAPPING_READ)
        found = kept_mappings.show(self.store, mapping_id, digest)
        self.gate.note(reader, Action.MAPPING_READ, subject=found.id)
        return found

    def proposal(self, reader: Reader, source_id: str) -> views.ProposalView:
        """Return the mapping that is guessed for a table in custody, to correct and keep.

        :raises NotFound: when there is no such file.
        :raises InputError: when it is no table, nothing could be guessed, or its bytes were erased.
        """
        reader.require(Action.INTAKE_READ)
        with self.gate.reading(reader) as (connection, visible):
            row = custody.find(connection, source_id, visible)
        if row is None:
            raise NotFound("no such file in custody")
        text = kept_mappings.proposed(self.vault, row)
        self.gate.note(reader, Action.INTAKE_READ, subject=row.id, detail="proposal")
        return views.ProposalView(source_id=row.id, source_name=row.name, text=text)

    # --- lists, rules, audit, upkeep ---------------------------------------------------------

    def lists(self, reader: Reader) -> tuple[views.ListView, ...]:
        """Return the watchlists in force."""
        return self.list_desk.lists(reader)

    def add_list(
        self, reader: Reader, list_id: str, title: str, files: Sequence[tuple[str, BinaryIO]],
        *, marking: Marking | None = None, mapping: str = "",
    ) -> Loaded:  # fmt: skip
        """Bring a new edition of a list into force; all else as for :meth:`ListDesk.add`."""
        return self.list_desk.add(reader, list_id, title, files, marking=marking, mapping=mapping)

    def rules(self, reader: Reader) -> tuple[views.RuleView, ...]:
        """Return the rules of the pack and the node's own with their state today."""
        return self.rule_desk.rules(reader)

    def audit(
        self, reader: Reader, *, limit: int = 100, before: int = 0, who: str = "", action: str = ""
    ) -> tuple[views.AuditRow, ...]:
        """Return lines of the audit log, newest first."""
        return self.gate.audit(reader, limit=limit, before=before, who=who, action=action)

    def erase(self, reader: Reader, record_id: str, *, reason: str) -> int:
        """Erase a record's content and what rests on it; return how many versions were emptied.

        Partners who have it from us are told to erase theirs.

        :raises StateError: when it is a partner's record: it goes when its originator takes it back
            or its time has run out, and the partner gets a receipt.
        :raises InputError: when the reason is too long or no text.
        """
        reader.require(Action.RECORD_ERASE)
        check_reason(reason)
        if self.exchange.holds(record_id):
            raise StateError("this is a copy of a partner's record; its originator recalls it")
        # The recall first: interrupted in between, the record is still here, and asked for again.
        self._recall([record_id], by=reader.name)
        quiet = self.redress_desk.erased(record_id)
        emptied = erasure.erase(self.store, self.vault, record_id, by=reader, reason=reason)
        self.redress_desk.screen(quiet)
        self.store.scrub()
        return emptied

    def purge(self, reader: Reader, today: str) -> int:
        """Erase every record whose retention clock has run out by ``today`` (``YYYY-MM-DD``)."""
        reader.require(Action.RECORD_ERASE)
        over = sorted({*self.match_desk.due(today), *self.case_desk.due(today)})
        self._recall(over, by=reader.name)  # what partners were told of a case ends with it
        ended = erasure.erase_all(self.store, self.vault, over, by=reader, reason="retention")
        ended += erasure.purge(
            self.store, self.vault, by=reader, today=today,
            before=lambda names: self._recall(names, by=reader.name),
        )  # fmt: skip
        if ended:
            self.store.scrub()
        return ended

    def _package_signer(self) -> Signer | None:
        """Return what signs packages of cases, None where the node has no keys."""
        made = credentials.exist(self.folder)
        return self.exchange.credentials.signer(EXCHANGE) if made else None

    def _own_keys(self) -> KeyRing:
        if not credentials.exist(self.folder):
            return KeyRing()
        return KeyRing(credentials.read_public(self.folder).keys)

    def _recall(self, record_ids: Collection[str], *, by: str) -> None:
        """Take back from partners what is about to be erased here, with what rests on it."""
        with self.store.read() as connection:
            resting = records.dependents(connection, record_ids)
        names = {*record_ids, *chain.from_iterable(resting.values())}
        self.exchange.erased(names, by=by)
        self.taxii.withdraw(names)

    def backup(self, target: Path) -> dict[str, int]:
        """Write a backup; return the rows of each table.

        The node's keys go along locked; the machine's identity, which opens them, does not.
        """
        beside = chain(credentials.files(self.folder), self.exchange.log.files())
        return backup.backup(self.store, self.vault, target, beside=beside, agency=self.agency)

    def restore(self, archive: Path) -> dict[str, int]:
        """Fill this empty node from a backup; return the rows of each table."""
        self.entities.registers.clear()
        into, agency = self.folder, self.agency
        return backup.restore(self.store, self.vault, archive, beside=into, agency=agency)

    def check(self) -> list[str]:
        """Verify the ledger, the vault and what is kept of entities; one sentence per finding."""
        return [*backup.check(self.store, self.vault), *self.entities.registers.check()]

    def health(self) -> dict[str, Any]:
        """Return what a monitor needs; no record content and no counts of records."""
        self.store.require_current()
        return {"agency": self.agency, "ledger": "reachable"}
