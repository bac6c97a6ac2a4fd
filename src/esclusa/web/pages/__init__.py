"""One module per page. A module lists its addresses in ``PAGES``; being here is enough.

How to add one: ``docs/pages.md``.
"""
