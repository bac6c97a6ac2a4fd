"""Agencies through time: services merge, split, take a new name; a presidency goes round.

``posts`` says who acts for whom and since when: signed edges from an old post to a new one, each
naming the agreements that go with it. Nothing is inherited by default. ``register`` is what a node
knows of all this, built only from keys that a person entered and statements that the agencies
signed. Old signatures, receipts and custody stay as they were; see :mod:`esclusa.sharing.keys`.
"""
