"""Sharing: who may see what. ``policy`` holds the rules, ``release`` is the gate that applies them.

Whatever a person reads passes :class:`esclusa.sharing.release.Gate`; nothing else reads the ledger
on a person's behalf.
"""
