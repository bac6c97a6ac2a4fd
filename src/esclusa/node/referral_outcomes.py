"""What an examination that a referral led to is, as a record of the host's own.

One opening is one event: the record carries the referral's name as the number that services share,
so that whoever counts finds counts it once.
"""

from __future__ import annotations

from typing import Final

from esclusa.casework.referrals import Referral, counted
from esclusa.model import (
    Examination,
    Finding,
    Place,
    ReferralMove,
    SeizedItem,
    Seizure,
    Voyage,
)
from esclusa.model.movement import Conveyance

_SCANS: Final = frozenset({"scan_clear", "scan_anomaly"})
_KILOGRAM: Final = "KGM"


def examination(now: Referral, last: ReferralMove) -> Examination | None:
    """Return the examination that ended with a move, None where the move ends none.

    :param now: the referral before that move.
    :param last: ``seize`` or ``clear``, of the host.
    """
    if last.move not in ("seize", "clear"):
        return None
    done = [step.move for step in counted(now)]
    methods = tuple(
        name for name, moves in (("scan", _SCANS), ("physical_part", {"examine"}))
        if any(move.move in moves for move in done)
    )  # fmt: skip
    begun = next((move.at for move in done if move.move in ("scan", "examine")), last.at)
    said = {item.name: item.value for item in last.recorded}
    subject = now.subject
    return Examination(
        agency=now.host, number=now.id, event=now.id,
        result="found" if last.move == "seize" else "nothing_found",
        equipment=subject.boxes[0] if len(subject.boxes) == 1 else "",
        carrier=subject.carrier, bills=(subject.bill,) if subject.bill else (),
        voyage=Voyage(
            reference=subject.voyage, conveyance=Conveyance(name=subject.ship, imo=subject.imo)
        ),
        port=Place(code=subject.port, scheme="unlocode") if subject.port else Place(),
        started=begun, completed=last.at, reported=last.at, methods=methods,
        findings=_findings(said) if last.move == "seize" else (),
        lane="other", new_seal=said.get("new_seal", ""),
    )  # fmt: skip


def seizure(now: Referral, last: ReferralMove) -> Seizure | None:
    """Return the report of the seizure that a referral ended with, None where it ended otherwise.

    :param now: the referral before that move.
    :param last: the host's last move.
    """
    if last.move != "seize":
        return None
    said = {item.name: item.value for item in last.recorded}
    subject = now.subject
    return Seizure(
        agency=now.host, number=now.id, event=now.id, seized=last.at, part="found",
        items=tuple(
            SeizedItem(category=one.category, what=one.what, quantity=one.quantity, unit=one.unit)
            for one in _findings(said)
        ),
        place=Place(code=subject.port, scheme="unlocode") if subject.port else Place(),
        equipment=subject.boxes[0] if len(subject.boxes) == 1 else "",
        carrier=subject.carrier, bill=subject.bill, concealment=said.get("concealment", ""),
        examination=now.id, referral=now.id, by=last.by, at=last.at,
    )  # fmt: skip


def _findings(said: dict[str, str]) -> tuple[Finding, ...]:
    mass = float(said["mass_kg"])
    return (
        Finding(category=said["category"], what=said["what"], quantity=mass, unit=_KILOGRAM),
    )  # fmt: skip
