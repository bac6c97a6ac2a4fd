"""Who is reading, in what role, for what purpose."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from esclusa.errors import Forbidden
from esclusa.model import EVERYONE, Level


class Role(StrEnum):
    """What a person is here to do. One person, one role."""

    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """The closed list of things a face can ask for; also the words of the audit log."""

    QUEUE_READ = "queue:read"
    RECORD_READ = "record:read"
    SEARCH = "search:run"
    SCREEN = "screen:run"
    ALERT_CLAIM = "alert:claim"
    ALERT_RELEASE = "alert:release"
    ALERT_VERDICT = "alert:verdict"
    ALERT_SNOOZE = "alert:snooze"
    ALERT_WAKE = "alert:wake"
    ALERT_UNDO = "alert:undo"
    MATCH_READ = "match:read"
    MATCH_DECIDE = "match:decide"
    MATCH_UNDO = "match:undo"
    ENTITY_JUDGE = "entity:judge"
    ENTITY_UNDO = "entity:undo"
    INTAKE_READ = "intake:read"
    INTAKE_WRITE = "intake:write"
    MAPPING_READ = "mapping:read"
    MAPPING_WRITE = "mapping:write"
    LIST_READ = "list:read"
    LIST_WRITE = "list:write"
    RULE_READ = "rule:read"
    RULE_WRITE = "rule:write"
    RULE_APPROVE = "rule:approve"
    MODEL_READ = "model:read"
    MODEL_FIT = "model:fit"
    MODEL_ACTIVATE = "model:activate"
    SCORE_READ = "score:read"
    SCORE_WRITE = "score:write"
    SELECTION_READ = "selection:read"
    SELECTION_WRITE = "selection:write"
    REPORT_READ = "report:read"
    REPORT_KEEP = "report:keep"
    BOARD_READ = "board:read"
    EXAMINATION_WRITE = "examination:write"
    AUDIT_READ = "audit:read"
    USER_READ = "user:read"
    USER_WRITE = "user:write"
    HEALTH_READ = "health:read"
    LOG_VERIFY = "log:verify"
    RECORD_ERASE = "record:erase"
    PARTNER_READ = "partner:read"
    PARTNER_WRITE = "partner:write"
    RELEASE_PREVIEW = "release:preview"
    RELEASE_MARK = "release:mark"
    RELEASE_RECALL = "release:recall"
    TRAIL_READ = "trail:read"
    CONSENT_ASK = "consent:ask"
    CONSENT_ANSWER = "consent:answer"
    REDRESS_READ = "redress:read"
    REDRESS_MOVE = "redress:move"
    WARNING_READ = "warning:read"
    SEIZURE_READ = "seizure:read"
    SEIZURE_WRITE = "seizure:write"
    REFERRAL_READ = "referral:read"
    REFERRAL_MOVE = "referral:move"
    REQUEST_READ = "request:read"
    REQUEST_MOVE = "request:move"
    CASE_READ = "case:read"
    CASE_MOVE = "case:move"
    CASE_EVIDENCE = "case:evidence"
    CASE_EXPORT = "case:export"
    CASE_SHARE = "case:share"
    NOTICE_READ = "notice:read"
    NOTICE_CHOOSE = "notice:choose"
    NOTICE_FORM = "notice:form"
    NOTICE_RUN = "notice:run"
    NOTICE_USE = "notice:use"
    NOTICE_SEND = "notice:send"
    POINTER_ASK = "pointer:ask"
    POINTER_READ = "pointer:read"
    POINTER_LOG = "pointer:log"
    SESSION_OPEN = "session:open"
    SESSION_CLOSE = "session:close"
    SESSION_REFUSE = "session:refuse"
    SESSION_END = "session:end"
    PASSWORD_CHANGE = "password:change"
    PASSWORD_REFUSE = "password:refuse"


_WORK = {
    Action.QUEUE_READ, Action.RECORD_READ, Action.SEARCH, Action.SCREEN, Action.ALERT_CLAIM,
    Action.ALERT_RELEASE, Action.ALERT_VERDICT, Action.ALERT_SNOOZE, Action.ALERT_WAKE,
    Action.ALERT_UNDO, Action.INTAKE_READ,
    Action.INTAKE_WRITE, Action.MAPPING_READ, Action.LIST_READ, Action.RULE_READ,
    Action.PARTNER_READ, Action.RELEASE_PREVIEW, Action.TRAIL_READ, Action.POINTER_ASK,
    Action.POINTER_READ, Action.MATCH_READ, Action.MATCH_DECIDE, Action.MATCH_UNDO,
    Action.ENTITY_JUDGE, Action.ENTITY_UNDO, Action.RULE_WRITE,
    Action.REDRESS_READ, Action.REDRESS_MOVE,
    Action.SEIZURE_READ, Action.SEIZURE_WRITE, Action.WARNING_READ,
    Action.REFERRAL_READ, Action.REFERRAL_MOVE, Action.REQUEST_READ, Action.REQUEST_MOVE,
    Action.NOTICE_READ, Action.NOTICE_CHOOSE, Action.NOTICE_FORM,
    Action.CASE_READ, Action.CASE_MOVE, Action.CASE_EVIDENCE, Action.CASE_EXPORT,
    Action.CASE_SHARE,
    Action.MODEL_READ, Action.SCORE_READ, Action.SCORE_WRITE,
    Action.SELECTION_READ, Action.SELECTION_WRITE, Action.REPORT_READ,
    Action.EXAMINATION_WRITE,
}  # fmt: skip

PERMITTED: Final[dict[Role, frozenset[Action]]] = {
    Role.ANALYST: frozenset(_WORK),
    Role.SUPERVISOR: frozenset(
        _WORK
        | {
            Action.LIST_WRITE, Action.MAPPING_WRITE, Action.RELEASE_MARK, Action.RELEASE_RECALL,
            Action.CONSENT_ASK, Action.CONSENT_ANSWER, Action.POINTER_LOG, Action.RULE_APPROVE,
            Action.MODEL_FIT, Action.MODEL_ACTIVATE, Action.REPORT_KEEP, Action.BOARD_READ,
        }
    ),
    # An auditor sees the whole log and no content.
    Role.AUDITOR: frozenset(
        {
            Action.AUDIT_READ, Action.LOG_VERIFY, Action.RULE_READ, Action.LIST_READ,
            Action.PARTNER_READ,
            Action.TRAIL_READ, Action.POINTER_LOG, Action.NOTICE_READ,
            Action.NOTICE_CHOOSE, Action.NOTICE_USE,
        }
    ),
    # An administrator keeps the machine running and reads no case.
    Role.ADMINISTRATOR: frozenset(
        {
            Action.USER_READ, Action.USER_WRITE, Action.LIST_READ, Action.LIST_WRITE,
            Action.MAPPING_READ, Action.MAPPING_WRITE, Action.RULE_READ, Action.RECORD_ERASE,
            Action.PARTNER_READ, Action.PARTNER_WRITE, Action.NOTICE_READ, Action.NOTICE_CHOOSE,
            Action.NOTICE_RUN,
            Action.NOTICE_USE, Action.HEALTH_READ, Action.LOG_VERIFY,
        }
    ),
}  # fmt: skip

PURPOSES: Final = (
    "targeting", "border_control", "sanctions", "investigation", "supervision", "audit",
    "administration",
)  # fmt: skip
"""The closed list of purposes a read may have."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A person (or service account) at this node, with the purpose chosen for this session.

    ``caveats`` are the compartments the person is read into; ``{"*"}`` means all of them.
    ``chosen`` tells whether the person ever chose the language; until then a browser does.
    """

    name: str
    role: Role
    agency: str
    clearance: Level = Level.OFFICIAL
    caveats: frozenset[str] = frozenset()
    purpose: str = "targeting"
    language: str = "en"
    chosen: bool = True
    time_zone: str = "UTC"

    def may(self, action: Action) -> bool:
        """Tell whether the role includes the action."""
        return action in PERMITTED[self.role]

    def require(self, action: Action) -> None:
        """Raise ``Forbidden`` unless the role includes the action."""
        if not self.may(action):
            raise Forbidden(f"the role {self.role} does not include {action}")

    def holds(self, caveats: frozenset[str]) -> bool:
        """Tell whether the person is read into every caveat named."""
        return EVERYONE in self.caveats or caveats <= self.caveats
