"""Faults to plant in the core, one function each, copied in kind from public reports.

::

    from bugs import ALL, planted
    with planted(ALL["a_recall_is_not_heeded"]):
        run(seed=1)            # the simulator must object within a bounded number of seeds

Each names the report it is modelled on; ``reports`` says what was reported. A simulator that lets
one of them live for long proves little.
"""

from bugs import agreements, backups, consent, deletion, leaks, leases, narrowing, ordering
from bugs.planting import ALL, Bug, planted

__all__ = [
    "ALL", "Bug", "agreements", "backups", "consent", "deletion", "leaks", "leases", "narrowing",
    "ordering", "planted",
]  # fmt: skip
