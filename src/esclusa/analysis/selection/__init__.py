"""Selection under capacity: which few candidates of a port, day and shift are worth opening.

What has to be opened comes first, then the highest expected worth, then a control sample with
recorded chances that says what is missed. The draw cannot be foreseen and can be checked by anyone
(commit and reveal). Pure: candidates, policy and seed go in, a sheet comes out. docs/selection.md
explains it. People decide; a sheet is a proposal.
"""

from esclusa.analysis.selection.candidate import Candidate, Past, Place, Trail, digest
from esclusa.analysis.selection.chances import ONE
from esclusa.analysis.selection.policy import Follow, Look, Policy, default_policy, read_policy
from esclusa.analysis.selection.seeds import commitment, sheet_seed
from esclusa.analysis.selection.sheet import CHOSEN, Lane, Line, Sheet, select
from esclusa.analysis.selection.verify import verify
from esclusa.analysis.selection.worth import Point, pareto

__all__ = [
    "CHOSEN",
    "ONE",
    "Candidate",
    "Follow",
    "Lane",
    "Line",
    "Look",
    "Past",
    "Place",
    "Point",
    "Policy",
    "Sheet",
    "Trail",
    "commitment",
    "default_policy",
    "digest",
    "pareto",
    "read_policy",
    "select",
    "sheet_seed",
    "verify",
]
