"""Resolution: which mentions name one and the same person, firm, ship, container or address.

::

    mentions = mentions_of(body, record=record.id, label=7, seq=record.seq)
    entities = Entities.build(mentions)              # all at once, or
    changes = entities.add(mentions)                 # as they come: the same entities
    changes = entities.judge(Judgement(...))         # a person's word stands above every score
    changes = entities.withdraw("judgement-1")       # and everything is as before
    changes = entities.remove(["record id"])         # erasure takes out all that rested on it
    entity = entities.entity_of(mention.id)
    entities.explain(entity.id)                      # the pairs that hold it together
    entities.questions()                             # pairs for a person to judge
    seen = view(entities, visible={3, 7})            # the part of a reader who sees these labels

No storage and no clock: time, order, labels, weights and word counts are arguments. What a reader
sees must come from :func:`view`, never from the whole. See ``docs/resolution.md``.
"""

from esclusa.analysis.resolution.blocks import Loss
from esclusa.analysis.resolution.changes import Change, changes_between
from esclusa.analysis.resolution.entities import Bond, Entities, Entity, Explanation, view
from esclusa.analysis.resolution.extract import mentions_of
from esclusa.analysis.resolution.judgement import DIFFERENT, SAME, Judgement, Notice
from esclusa.analysis.resolution.mention import TYPES, Mention, Tie, mention_id
from esclusa.analysis.resolution.rarity import Rarity, listed_rarity
from esclusa.analysis.resolution.settings import Settings, default_settings, read_settings
from esclusa.analysis.resolution.stated import Stated, stated
from esclusa.analysis.resolution.weigh import PairScore, Part, sentence

__all__ = [
    "DIFFERENT", "SAME", "TYPES", "Bond", "Change", "Entities", "Entity", "Explanation",
    "Judgement", "Loss", "Mention", "Notice", "PairScore", "Part", "Rarity", "Settings", "Stated",
    "Tie",
    "changes_between", "default_settings", "listed_rarity", "mention_id", "mentions_of",
    "read_settings", "sentence", "stated", "view",
]  # fmt: skip
