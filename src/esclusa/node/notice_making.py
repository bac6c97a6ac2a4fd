"""How a node's notices are put together, and the list of all that it tells of.

A new source is one line in :func:`sources`; see :mod:`esclusa.node.notice_look` for what it is.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from esclusa.casework.rule_life import Periods
from esclusa.node import notice_settings
from esclusa.node.exchange import Exchange
from esclusa.node.notice_desk import NoticeDesk
from esclusa.node.notice_desks import Cases, Requests
from esclusa.node.notice_forms import Forms
from esclusa.node.notice_joint import JointCases
from esclusa.node.notice_look import Source
from esclusa.node.notice_outbox import Outbox
from esclusa.node.notice_partners import Partners, Referrals
from esclusa.node.notice_sources import Alerts, Lists, Matches, Rules
from esclusa.node.notice_telling import Telling
from esclusa.node.notice_use import Uses
from esclusa.node.people import People
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_desk import ReferralDesk
from esclusa.sharing.release import Gate


def sources(
    folder: Path, pipeline: Pipeline, exchange: Exchange, referrals: ReferralDesk
) -> tuple[Source, ...]:
    """Return all that has something to tell."""
    labels, settings = pipeline.labels, pipeline.settings
    periods = Periods(before_end=settings.rule_review_before, in_force=settings.rule_review_after)

    def silent() -> dt.timedelta:
        return dt.timedelta(hours=notice_settings.load(folder).silent_hours)

    return (
        Alerts(labels),
        Matches(labels),
        Lists(labels),
        Rules(labels, periods),
        Referrals(labels, settings.agency, referrals),
        Requests(labels, settings.agency),
        Cases(labels),
        JointCases(labels, settings.agency),
        Partners(pipeline.store, exchange, silent),
    )


def make(
    folder: Path, gate: Gate, pipeline: Pipeline, people: People, exchange: Exchange,
    referrals: ReferralDesk,
) -> NoticeDesk:  # fmt: skip
    """Return the notices of a node."""
    store, agency = pipeline.store, pipeline.settings.agency
    site = pipeline.settings.title or agency

    def now() -> dt.datetime:
        return exchange.now()  # its clock may be set later

    telling = Telling(gate, store, pipeline.labels, sources(folder, pipeline, exchange, referrals))
    forms = Forms(folder, store, gate, people, referrals, now)
    outbox = Outbox(folder, store, people, telling, forms, agency=agency, site=site, now=now)
    uses = Uses(store, people, exchange, agency, now)
    return NoticeDesk(
        folder, store, gate, people, outbox, telling, forms, uses, agency=agency, site=site
    )
