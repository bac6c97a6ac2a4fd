"""The face for people: pages drawn on the server, complete without script.

A page asks the node's services for one reader and draws what the gate released; it decides nothing.
Start at :mod:`esclusa.web.app`; every page is one small module in :mod:`esclusa.web.pages`.
"""
