"""Esclusa: information analysis and sharing for secure trade and transportation.

Start reading at :mod:`esclusa.model` (the vocabulary), then follow one message down the flow:
:mod:`esclusa.formats`, :mod:`esclusa.intake`, :mod:`esclusa.ledger`, :mod:`esclusa.analysis`,
:mod:`esclusa.node`. ``docs/architecture.md`` draws the rooms.
"""

__version__ = "0.1.0"
