"""Watchlists: OFAC's SDN list, the UN Security Council list, OpenSanctions and a service's own.

Each entry becomes one message with one :class:`~esclusa.model.ListEntry`. A list states what its
publisher holds about a name; that a name is on no list says nothing about its bearer.
"""
