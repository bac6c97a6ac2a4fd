"""The vocabulary: what people, messages and lists state, as small frozen structs.

Every other room speaks in these words. Nothing here reads a file, a clock or a database.
"""

from esclusa.model.cargo import Consignment, DangerousGoods, GoodsItem, TransportEquipment
from esclusa.model.case import CaseMove, CaseWords, EvidenceFile
from esclusa.model.common import Identifier, Party, Place, Seal, value_text
from esclusa.model.defect import Defect, Severity
from esclusa.model.entity import EntityJudgement, JudgedMention
from esclusa.model.events import DeclaredItem, DeclaredValue, ShipDeclaration, TransportEvent
from esclusa.model.examination import Examination, Finding
from esclusa.model.feedback import Feedback
from esclusa.model.information import InformationMove, InformationSubject
from esclusa.model.joint_case import JointCaseMove, JointItem
from esclusa.model.marking import EVERYONE, OPEN, Level, Marking, join_all, parse_marking
from esclusa.model.match import MatchDecision, PartyFacts, ReasonMatch, Said
from esclusa.model.message import Function, Message, Statement
from esclusa.model.movement import Conveyance, PortCall, Voyage
from esclusa.model.ownership import Ownership
from esclusa.model.people import Journey, TravelDocument, Traveller
from esclusa.model.record import (
    Body,
    Provenance,
    Record,
    decode_body,
    encode_body,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.model.redress import RedressEntry, RedressGrant, RedressMove, RedressPerson
from esclusa.model.referral import Recorded, ReferralMove, ReferralSubject
from esclusa.model.report import KeptFigure, KeptReport
from esclusa.model.rules import RehearsalFigures, RuleMove, RuleOverlap, RuleRate
from esclusa.model.scoring import Assessment, ModelMove, ScoreFigure, ScoreModel, ScoreReason
from esclusa.model.seizure import SeizedItem, Seizure
from esclusa.model.selection import SelectionMove
from esclusa.model.watch import Alert, AlertMove, Alias, Evidence, ListEntry, Reason, Relation
from esclusa.model.yard import PhotoStep, YardForm

__all__ = [
    "EVERYONE", "OPEN", "Alert", "AlertMove", "Alias", "Assessment", "Body", "CaseMove",
    "CaseWords", "Consignment",
    "Conveyance", "DangerousGoods", "DeclaredItem", "DeclaredValue", "Defect", "EntityJudgement",
    "Evidence", "EvidenceFile",
    "Examination", "Feedback", "Finding", "Function", "GoodsItem", "Identifier", "InformationMove",
    "InformationSubject", "JointCaseMove", "JointItem", "Journey", "JudgedMention",
    "KeptFigure", "KeptReport",
    "Level", "ListEntry",
    "Marking", "MatchDecision", "Message", "ModelMove", "Ownership",
    "Party", "PartyFacts", "PhotoStep", "Place", "PortCall",
    "Provenance",
    "Reason", "ReasonMatch", "Record", "Recorded", "RedressEntry", "RedressGrant", "RedressMove",
    "RedressPerson", "ReferralMove", "ReferralSubject",
    "RehearsalFigures", "Relation", "RuleMove", "RuleOverlap", "RuleRate",
    "Said", "ScoreFigure", "ScoreModel", "ScoreReason", "Seal", "SeizedItem", "Seizure",
    "SelectionMove", "Severity",
    "ShipDeclaration", "Statement",
    "TransportEquipment", "TransportEvent", "TravelDocument", "Traveller", "Voyage", "YardForm",
    "decode_body", "encode_body", "join_all", "kind_of", "natural_key", "parse_marking",
    "record_id", "value_text",
]  # fmt: skip
