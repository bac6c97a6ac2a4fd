"""A world of exchange nodes on a bad network, driven by a seed and watched by invariants.

::

    from simulator.run import run
    report = run(seed=7)          # one schedule: the same seed always does the same
    assert report.violation is None, report.violation

``truth`` keeps what people really decided, ``network`` what a network does to batches, ``world`` the
nodes and the clock, ``operations`` and ``hostile`` what happens, ``invariants`` what must never be,
``settling`` the time after all faults have ended, ``bugs`` faults to plant in the core: a simulator
that finds no planted fault proves nothing.
"""
