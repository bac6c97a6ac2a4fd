"""Intake: bytes in custody become drafts for the ledger, with defects and quarantine beside them.

``batches`` reads a file in pieces that fit one transaction each. Nothing here writes; the node's
pipeline stores a batch whole or not at all.
"""
