"""Use of what a node offers, counted for each agency and channel, by the day; never for a person.

Port partners of one service had a portal, and four of five did not sign in for three months; then
the counting stopped (GAO-12-202, on interagency operations centers). So the node counts by itself:
what it sent, what was opened, and for how long nobody there used anything.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from esclusa.casework.notices import PAGES
from esclusa.ledger import audit, exchange, shelf
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.node.exchange import Exchange
from esclusa.node.exchange_ledger import HEARD
from esclusa.node.notice_look import text_of
from esclusa.node.people import People
from esclusa.sharing import notice_views as views
from esclusa.sharing.reader import Action

FORM, TAXII, EXCHANGE = "form", "taxii", "exchange"
OPENED, ANSWERED, SENT, REFUSED = "opened", "answered", "sent", "refused"
_USED: Final = frozenset({OPENED, ANSWERED})
_MARK: Final = "audit"
_HEARD: Final = "heard/"
_AT_ONCE: Final = 5_000
_DOOR: Final = "taxii"
_DAYS: Final = range(1, 1_831)
_BATCH: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Uses:
    """Counts of one node."""

    def __init__(
        self, store: Store, people: People, exchange_: Exchange, agency: str,
        now: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._people = people
        self._exchange = exchange_
        self._agency = agency
        self._now = now

    def agency_of(self, account: str) -> str:
        """Return the agency that an account's use is counted for."""
        with self._store.read() as connection:
            row = rows.choice(connection, account)
        return (row.agency if row is not None else "") or self._agency

    def note(self, account: str, channel: str, what: str) -> None:
        """Count one use by an account's agency today."""
        agency = self.agency_of(account)
        with self._store.write() as connection:
            rows.count(connection, [(agency, channel, what, self._today())])

    def _today(self) -> str:
        return text_of(self._now())[:10]

    # --- counting what the node knows already --------------------------------------------------

    def keep_up(self) -> None:
        """Count sign-ins, requests at the TAXII door and days with a batch, since the last time."""
        while self._some_lines():
            pass
        self._batches()

    def _some_lines(self) -> bool:
        with self._store.read() as connection:
            mark = int(rows.mark(connection, _MARK) or 0)
            found = audit.since(connection, mark, limit=_AT_ONCE)
            chosen = {row.account: row.agency for row in rows.choices(connection)}
            clients = {row.name: row.agency for row in shelf.clients(connection)}
        if not found:
            return False
        uses = [use for row in found if (use := self._use_of(row, chosen, clients))]
        with self._store.write() as connection:
            if int(rows.mark(connection, _MARK) or 0) != mark:
                return True  # another process counted meanwhile
            rows.count(connection, uses)
            rows.set_mark(connection, _MARK, str(found[-1].seq))
        return len(found) == _AT_ONCE

    def _use_of(
        self, row: Any, chosen: Mapping[str, str], clients: Mapping[str, str]
    ) -> tuple[str, str, str, str] | None:
        day = row.at[:10]
        if row.action == Action.SESSION_OPEN and row.detail == "":
            return chosen.get(row.who, "") or self._agency, PAGES, OPENED, day
        if row.role == _DOOR and row.who in clients:
            return clients[row.who], TAXII, OPENED, day
        return None

    def _batches(self) -> None:
        """Count each day on which a partner's node was heard, once."""
        with self._store.read() as connection:
            heard = {
                agency: found[0]
                for agency, data in exchange.of_table(connection, HEARD)
                if (found := _BATCH.findall(data.decode("utf-8", "replace")))
            }
            fresh = {agency: day for agency, day in heard.items()
                     if (rows.mark(connection, _HEARD + agency) or "") < day}  # fmt: skip
        if fresh:
            with self._store.write() as connection:
                for agency, day in fresh.items():
                    if (rows.mark(connection, _HEARD + agency) or "") < day:
                        rows.count(connection, [(agency, EXCHANGE, OPENED, day)])
                        rows.set_mark(connection, _HEARD + agency, day)

    # --- the page ------------------------------------------------------------------------------

    def page(self, days: int) -> views.UsePage:
        """Return the use of the last days, today included; agencies without any stand there too.

        :param days: from 1 to 1,830.
        """
        assert days in _DAYS  # the desk has looked
        today = self._now().astimezone(dt.UTC).date()
        since = today - dt.timedelta(days=days - 1)
        with self._store.read() as connection:
            sums = rows.counts(connection, since.isoformat())
            last = rows.last_days(connection, _USED)
            agencies = {row.account: row.agency for row in rows.choices(connection)}
        self._exchange.state()
        partners = set(self._exchange.partners.known)
        people: dict[str, int] = dict.fromkeys(partners | {self._agency}, 0)
        for view in self._people.all():
            if view.active:
                name = agencies.get(view.name, "") or self._agency
                people[name] = people.get(name, 0) + 1
        found = tuple(
            _agency(name, name in partners, people.get(name, 0), last.get(name, ""),
                    [row for row in sums if row.agency == name], today)
            for name in sorted(people.keys() | {row.agency for row in sums})
        )  # fmt: skip
        active = sum(row.last >= since.isoformat() for row in found if row.last)
        return views.UsePage(
            since=since.isoformat(), until=today.isoformat(), agencies=len(found), active=active,
            rows=found,
        )  # fmt: skip


def fits(days: int) -> bool:
    """Tell whether a period can be asked for."""
    return days in _DAYS


def _agency(
    name: str, partner: bool, accounts: int, last: str, sums: Iterable[Any], today: dt.date
) -> views.AgencyUseView:
    by: dict[str, dict[str, int]] = {}
    for row in sums:
        by.setdefault(row.channel, {})[row.what] = int(row.count)
    return views.AgencyUseView(
        agency=name, partner=partner, accounts=accounts, last=last,
        idle_days=(today - dt.date.fromisoformat(last)).days if last else None,
        channels=tuple(
            views.UseView(
                agency=name, channel=channel, sent=counts.get(SENT, 0),
                opened=counts.get(OPENED, 0), answered=counts.get(ANSWERED, 0),
                refused=counts.get(REFUSED, 0),
            )
            for channel, counts in sorted(by.items())
        ),
    )  # fmt: skip


def use_csv(page: views.UsePage) -> str:
    """Return the page as a table: one line for each agency and channel, one for an agency without
    any."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(("since", "until", "agency", "partner", "accounts", "last_use", "idle_days",
                    "channel", "sent", "opened", "answered", "refused"))  # fmt: skip
    for row in page.rows:
        head = (page.since, page.until, row.agency, int(row.partner), row.accounts, row.last,
                "" if row.idle_days is None else row.idle_days)  # fmt: skip
        for use in row.channels:
            table.writerow((*head, use.channel, use.sent, use.opened, use.answered, use.refused))
        if not row.channels:
            table.writerow((*head, "", 0, 0, 0, 0))
    return out.getvalue()
