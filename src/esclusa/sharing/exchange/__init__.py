"""The exchange between nodes as a pure state machine: no network, no storage, no clock, no keys.

Each node tells each partner, through one gapless outbox, which records it may hold and when it must
let go of them. ``messages`` is what they say, ``core`` the rules and what happens when a batch
comes in or time passes, ``moves`` what a node's own people do. Every transition takes the state and
the time, and returns :class:`~esclusa.sharing.exchange.state.Effects`: the rows to store, whom to
send to, what to erase, what a person must see. The caller stores them in one transaction, or drops
them all. ``docs/exchange.md`` tells the protocol message by message.
"""
