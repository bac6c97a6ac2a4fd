"""The sample table of examinations: what Marisol's customs and police report of the voyage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

HEAD = (
    "Agency,Number,Result,Container,Carrier,Bills,Voyage,Vessel,Port,Started,Completed,Reported,"
    "Methods,Cause,Category,Found,Quantity,Unit,Lane,Probability,Selection,Event,New seal,Remarks"
)
COLUMNS = HEAD.split(",")
CUSTOMS, POLICE = "MARISOL_CUSTOMS", "MARISOL_POLICE"


def examinations(bills: Sequence[Any]) -> bytes:
    """Return the table as CSV. Times are local to Colon, five hours behind UTC.

    The third is one opening with two finds, told by two services under one event; the fourth a scan
    that settled nothing, and the opening that it led to; the last two were never made.
    """
    at = {item.position: item for item in bills}
    chosen = {"Selection": "SEL-0412", "Port": "PAONX"}
    by_value = {"Lane": "value", "Probability": "1"}
    by_chance = {"Lane": "control_random", "Probability": "0.025"}
    found = {"Result": "found", "Methods": "dogs;physical_full", "Event": "OP-0412-3"}
    drugs = {"Category": "drugs", "Found": "PACKAGES BEHIND THE DOORS", "Quantity": "46",
             "Unit": "KGM"}  # fmt: skip
    mandatory = {"Lane": "mandatory"}
    rows = [
        _row("1", at[3], {**chosen, **by_value, "Result": "nothing found", "Methods": "scan"}, 8),
        _row("2", at[12], {**chosen, **by_chance, "Result": "negative", "Methods": "full",
                           "New seal": "MC900412"}, 9),
        _row("3", at[21], {**chosen, **by_value, **found, **drugs}, 10),
        _row("3", at[21], {"Category": "security", "Found": "SPARE SEALS", "Quantity": "4",
                           "Unit": "C62"}, 10),
        _row("P-77", at[21], {**chosen, **found, **drugs}, 10, POLICE),
        _row("4", at[30], {**chosen, **mandatory, "Result": "anomaly", "Methods": "scan"}, 11),
        _row("5", at[30], {**chosen, **mandatory, "Result": "positive",
                           "Methods": "physical_part", "Category": "revenue",
                           "Found": "TELEPHONES NOT DECLARED", "Quantity": "1200", "Unit": "C62",
                           "New seal": "MC900415"}, 12),
        _row("6", at[45], {**chosen, "Lane": "control_lane", "Probability": "0.1",
                           "Result": "nothing found", "Methods": "scan;dogs"}, 13),
        _row("7", at[52], {**chosen, **by_value, "Result": "not performed", "Cause": "waived",
                           "Remarks": "Exception 4; approved by a second officer"}, 14),
        _row("8", at[61], {**chosen, **by_chance, "Result": "not performed",
                           "Cause": "scanner down"}, 15),
    ]  # fmt: skip
    return ("\n".join([HEAD, *rows]) + "\n").encode("utf-8")


def _row(number: str, item: Any, said: dict[str, str], hour: int, agency: str = CUSTOMS) -> str:
    made = "Cause" not in said
    told = {
        "Agency": agency, "Number": f"MC-2026-{number}" if number.isdigit() else number,
        "Container": item.box.number, "Carrier": item.number[:4], "Bills": item.number,
        "Reported": f"2026-04-20 {hour:02}:30",
    }  # fmt: skip
    if made:
        told |= {"Started": f"2026-04-19 {hour:02}:00", "Completed": f"2026-04-19 {hour:02}:40"}
    return ",".join({**told, **said}.get(column, "") for column in COLUMNS)
