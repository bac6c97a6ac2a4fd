"""The programming face: JSON over HTTP under ``/api/v1``.

Each address calls one service of the node for one reader and encodes what comes back; no rule is
decided here. The web face borrows the parts that are about HTTP and not about JSON: limits, the
status of each error, and the brake on failed sign-ins.
"""
