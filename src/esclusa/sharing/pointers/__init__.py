"""Hit / no-hit search between two nodes: who asks learns of its own keys whether the other side
holds them, and nothing of the rest; who is asked learns how many were asked.

Pure functions and frozen states: no network, no storage, no clock, and randomness is handed in.
``terms`` is what two services agree on, ``keys`` and ``names`` what is compared, ``near`` and
``stages`` the search for near names in two questions, ``admission`` which records take part,
``answering`` the owner's side, ``asking`` the asker's, ``followup`` what a hit may lead to.
``voprf`` is RFC 9497 on the group of libsodium (``group``). What each side can
learn, also by cheating, is told in ``docs/pointer-search.md``.
"""
