"""The feature tables: one row per record, one column per catalogue field.

The columns are listed in ``fields.csv``; ``subject`` comes first and names the record kind.
"""

from __future__ import annotations

from esclusa.analysis.targeting.calls import port_call_table
from esclusa.analysis.targeting.consignments import consignment_table
from esclusa.analysis.targeting.equipment import equipment_table
from esclusa.analysis.targeting.travellers import traveller_table

__all__ = ["consignment_table", "equipment_table", "port_call_table", "traveller_table"]
