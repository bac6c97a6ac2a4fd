"""Analysis: pure functions from tables to tables, with no database, clock or network inside.

Screening compares names with watchlists, targeting runs rules over what the node knows. Time,
history, lists and rules are arguments. The same function serves one message, a night's batch and
a cluster.
"""
