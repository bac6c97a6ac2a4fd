"""The ledger: append-only records and what keeps them in order, on SQLite or PostgreSQL.

``store`` connects and migrates, ``schema`` draws the tables, ``records`` appends and reads,
``custody`` keeps the bytes that came in, ``queue`` is the work queue, ``audit`` the log of reads,
``backup`` saves, restores and checks. Functions that read for a person take the label numbers that
the release gate found visible.
"""
