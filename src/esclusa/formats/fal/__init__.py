"""The forms of a ship's pre-arrival: FAL 1 to 7, health, security, waste, in two layouts.

Forms: IMO FAL Convention appendix 1 (General Declaration, Cargo Declaration, Ship's Stores, Crew's
Effects, Crew List, Passenger List, Dangerous Goods Manifest), Maritime Declaration of Health (IHR
2005 annex 8), ship pre-arrival security data (SOLAS XI-2/9, MSC/Circ.1305) and advance waste
notification (MEPC.1/Circ.834).

``json_layout`` and ``xlsx_layout`` read a file into a :class:`~.filing.Filing`, the forms of one
call as cells under IMO data numbers, and write one. ``reading`` turns a filing into statements,
``writing`` turns statements into filings: so both layouts say the same. ``tables`` loads what is
data: ``elements.tsv`` (numbers and names of the IMO Compendium, FAL.5/Circ., as the public listing
CIFConsulting/IMO on GitHub gives them), ``forms.toml``, ``headings.csv``, ``codes.csv``,
``waste.csv`` and ``words.toml``.
"""
