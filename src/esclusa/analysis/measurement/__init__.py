"""Measurement: what selection finds, what it misses, and on whom it falls, each with its interval.

Unchecked is never clean: what nobody opened is estimated from the control sample, whose chances
were recorded when it was drawn, or it stays unknown. Pure: tables go in, numbers come out.
docs/measurement.md has the definitions and formulas.
"""

from esclusa.analysis.measurement.auditors import CONTROL, FOR_CAUSE, Estimate, TwoByTwo, two_by_two
from esclusa.analysis.measurement.groups import ALARM, Group, groups
from esclusa.analysis.measurement.missed import Missed, missed
from esclusa.analysis.measurement.rates import Rate, rate, rates
from esclusa.analysis.measurement.report import COLUMNS, LANES, VERSION, Report, missed_by, report

__all__ = [
    "ALARM",
    "COLUMNS",
    "CONTROL",
    "FOR_CAUSE",
    "LANES",
    "VERSION",
    "Estimate",
    "Group",
    "Missed",
    "Rate",
    "Report",
    "TwoByTwo",
    "groups",
    "missed",
    "missed_by",
    "rate",
    "rates",
    "report",
    "two_by_two",
]
