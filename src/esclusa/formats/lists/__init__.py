"""Watchlists: those of OFAC, the UN, the EU, the UK, the US agencies, OpenSanctions, Interpol's
notices, lost and stolen documents, and a service's own.

Each entry becomes one message with one :class:`~esclusa.model.ListEntry`. A list states what its
publisher holds about a name; that a name is on no list says nothing about its bearer.
"""
