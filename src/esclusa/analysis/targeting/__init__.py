"""Targeting: dated, owned and tested rules over tables of features, and a score that is their sum.

One pass: :func:`consignment_table` (or its siblings) makes a feature table from record bodies and
from what the node knows around them; :func:`load_pack` reads and checks the rules;
:func:`run_rules` finds the hits; :func:`reasons_for` turns them into reasons with evidence in both
languages; :func:`score` adds them up. No database, clock or network: time is an argument, history
comes in as context. A rule that does not fire says nothing about its subject. See
``docs/rules.md``.
"""

from esclusa.analysis.targeting.context import (
    ConsignmentContext,
    EquipmentContext,
    PortCallContext,
    TravellerContext,
)
from esclusa.analysis.targeting.features import (
    consignment_table,
    equipment_table,
    port_call_table,
    traveller_table,
)
from esclusa.analysis.targeting.pack import Pack, Standing, load_pack, standing
from esclusa.analysis.targeting.problems import PackError
from esclusa.analysis.targeting.rule import Rule, fingerprint
from esclusa.analysis.targeting.run import (
    explain,
    queue_key,
    reasons_for,
    run_rules,
    score,
    told,
    unjudged,
)
from esclusa.analysis.targeting.selftest import Failure, PackReport, check_pack

__all__ = [
    "ConsignmentContext", "EquipmentContext", "Failure", "Pack", "PackError", "PackReport",
    "PortCallContext", "Rule", "Standing", "TravellerContext", "check_pack", "consignment_table",
    "equipment_table", "explain", "fingerprint", "load_pack", "port_call_table", "queue_key",
    "reasons_for", "run_rules", "score", "standing", "told", "traveller_table",
    "unjudged",
]  # fmt: skip
