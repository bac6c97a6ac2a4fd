"""Transparency: a log that cannot be rewritten in silence.

Every batch, receipt and release is one entry: a salted hash, never the record itself. ``merkle`` is
the tree of RFC 6962 and its proofs. ``tiles`` names the files it is kept in (C2SP tlog-tiles);
``note`` and ``checkpoint`` sign its head (C2SP signed-note, tlog-checkpoint). ``witness`` keeps a
partner's last head and refuses one that does not follow from it (C2SP tlog-witness). ``log``
appends, ``tree`` proves, ``audit`` reads everything again, ``storage`` keeps the files. Only
``storage`` touches a disk, and nothing here reads a clock.
"""
