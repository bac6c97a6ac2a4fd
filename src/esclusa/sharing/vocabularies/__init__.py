"""Vocabularies: other people's marking words, in and out.

``expressions`` are access expressions over attributes, ``taxonomies`` the tags of sharing
communities, ``stix`` the marking definitions of STIX 2.1 (TLP and ACS), ``handling`` the codes that
a marking's caveats may be. What a word means for a :class:`~esclusa.model.Marking` stands in data
files. A word that is in none of them is refused (``MarkingError``); nothing is guessed, nothing
becomes weaker on the way in or out.
"""
