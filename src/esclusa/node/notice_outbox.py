"""The outbox of notices: what is new is gathered, bound into messages, and sent.

1. **Gather.** Each class of readers looks at what was stored since the last look, under its own
   labels as far as a channel may carry them. What an account asked for becomes an item, once.
   Items and the mark of how far was looked are written in one transaction, so nothing is passed
   over by a crash.
2. **Bind.** What is due for an account by a channel becomes one message with an identifier.
3. **Send.** A message is taken (written down first), composed for its reader as the labels are now,
   handed over, and settled. A process that dies between handing over and settling leaves the
   message taken: it comes back after some minutes and goes again **under the same identifier**. So
   each message arrives at least once; one that the other side accepted and we did not note arrives
   twice, and the identifier tells.
4. One that fails rests longer after each try and is given up after four days; one that is refused
   for good is not tried again. Both stand in the outbox until somebody has looked.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from esclusa.casework.notices import (
    CHANNELS,
    GIVEN_UP_AFTER,
    MAIL,
    PAGES,
    WEBHOOK,
    Choice,
    Way,
    goes_at,
    wait,
    word,
    zone,
)
from esclusa.errors import ConfigError, InputError
from esclusa.ledger import audit, mail_addresses
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.node import notice_mail, notice_settings, notice_webhook
from esclusa.node.notice_forms import Forms
from esclusa.node.notice_look import Found, text_of
from esclusa.node.notice_mail import LATER, REFUSED, SENT, Attached, Letter, Outcome
from esclusa.node.notice_telling import Said, Telling, hook_body, letter_text
from esclusa.node.people import People
from esclusa.sharing.notice_policy import Limit, Sight
from esclusa.sharing.policy import ReaderClass, class_of
from esclusa.sharing.reader import Action, Reader

MARK: Final = "records"
_MOST: Final = 200
"""Items that one look enters for an account by a channel: nobody reads more, and the queue has all.
The highest scores come first."""
_AT_ONCE: Final = 2_000
"""Versions looked at in one go."""
_TAKEN: Final = dt.timedelta(minutes=5)
"""How long a message is one process's own: longer than a mail server may take for it, which is
asked some ten times and has twenty seconds for each answer."""
_ROUND_S: Final = 45.0
"""Seconds after which a round of sending takes no further message."""
_KEPT: Final = dt.timedelta(days=30)
_DONE_KEPT: Final = dt.timedelta(days=90)
_REMEMBERED: Final = 100_000
_WHO: Final = "(node)"
_SENT_BY: Final = frozenset({MAIL, WEBHOOK})


class Outbox:
    """What waits to be told to the accounts of one node.

    :param now: the node's clock.
    :param name: gives identifiers of items and messages, which say nothing; tests hand in theirs.
    """

    def __init__(
        self, folder: Path, store: Store, people: People, telling: Telling, forms: Forms, *,
        agency: str, site: str, now: Callable[[], dt.datetime],
        name: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._people = people
        self._telling = telling
        self._forms = forms
        self._agency = agency
        self._site = site
        self.now = now
        self.name = name
        self._entered: set[tuple[str, ...]] = set()

    def tick(self) -> None:
        """Gather, bind and send what is due; safe at any time, and by several processes at once."""
        self.gather()
        self.bind()
        self.send()

    # --- gathering -----------------------------------------------------------------------------

    def gather(self) -> None:
        """Enter what accounts can be told of since the last look."""
        while not self._gather_some():
            pass

    def _gather_some(self) -> bool:
        """Look at the next versions; return whether there are no more."""
        now = self.now()
        kinds = {kind for source in self._telling.sources for kind in source.records}
        with self._store.read() as connection:
            mark = rows.mark(connection, MARK)
            limit = _AT_ONCE if mark is not None else 1
            # A node that begins to tell begins with what comes from now on.
            after = int(mark) if mark is not None else 2**62
            upto, fresh = rows.recorded(connection, after, kinds, limit=limit)
            chosen = rows.choices(connection)
            holders = mail_addresses.confirmed(connection)
        made = [
            row
            for row in self._items(chosen, fresh, now, holders)
            if _key(row) not in self._entered
        ]
        last = len(fresh) < limit
        if not made and mark is not None and int(mark) == upto:
            return last
        with self._store.write() as connection:
            held = rows.mark(connection, MARK)
            if held != mark:  # another process looked meanwhile; what is new is found once more
                return False
            rows.add(connection, made)
            rows.set_mark(connection, MARK, str(upto))
        # What lasts, such as a clock that runs, is found with each look: the ledger need not be
        # asked each time whether it was entered.
        if len(self._entered) > _REMEMBERED:
            self._entered.clear()
        self._entered.update(map(_key, made))
        return last

    def _items(
        self, chosen: Iterable[Any], fresh: list[Any], now: dt.datetime, holders: Mapping[str, str]
    ) -> Iterator[dict[str, str]]:
        channels = notice_settings.load(self._folder)
        seen: dict[tuple[ReaderClass, Limit | None], tuple[list[Found], list[Found]]] = {}
        for row in chosen:
            reader = self._people.account(row.account)
            choice = choice_of(row)
            if reader is None or not choice.kinds():
                continue
            for channel in (*CHANNELS, PAGES):
                way = choice.way(channel) if channel != PAGES else Way(kinds=tuple(choice.kinds()))
                limit = channels.limit(channel, way.to) if channel != PAGES else None
                if not way.kinds or (limit is None and channel != PAGES):
                    continue
                if channel == MAIL and holders.get(row.account) != way.to:
                    continue  # nobody has shown yet that the address is theirs
                place = (class_of(reader), limit)
                if place not in seen:
                    with self._telling.looking(reader, limit, now, fresh) as looks:
                        seen[place] = self._telling.found(looks)
                told: set[str] = set()
                for kind, found in zip((Sight.CONTENT, Sight.WAITS), seen[place], strict=True):
                    asked = (
                        item for item in found
                        if item.key not in told and self._wanted(item, way, row, reader, choice)
                    )  # fmt: skip
                    for item in islice(asked, _MOST):
                        told.add(item.key)
                        yield self._item(row.account, reader, choice, channel, kind, item, now)

    def _wanted(self, item: Found, way: Way, row: Any, reader: Reader, choice: Choice) -> bool:
        late = bool(item.at) and item.at < row.since
        asked = item.kind in way.kinds and self._telling.may(reader, item.kind)
        meant = item.person in ("", row.account)
        return asked and meant and not late and wants(choice, item)

    def _item(
        self, account: str, reader: Reader, choice: Choice, channel: str, kind: Sight, item: Found,
        now: dt.datetime,
    ) -> dict[str, str]:  # fmt: skip
        due = now
        if channel in _SENT_BY:
            place = zone(choice.time_zone or reader.time_zone)
            due = goes_at(choice.way(channel), place, now)
        return {
            "id": self.name(), "account": account, "channel": channel, "sight": kind.value,
            "key": item.key, "kind": item.kind, "subject": item.subject, "at": text_of(now),
            "due": text_of(due),
        }  # fmt: skip

    # --- binding and sending -------------------------------------------------------------------

    def bind(self) -> None:
        """Make a message of what is due, for each account and channel one."""
        now = text_of(self.now())
        with self._store.read() as connection:
            due = rows.unbound(connection, now, _SENT_BY)
        if due:
            with self._store.write() as connection:
                for account, channel in rows.unbound(connection, now, _SENT_BY):
                    rows.bind(connection, self.name(), account, channel, now)

    def send(self) -> int:
        """Send what is due; return how many messages were handed over."""
        channels = notice_settings.load(self._folder)
        deaf: set[str] = set()
        count, began = 0, time.monotonic()
        while time.monotonic() - began < _ROUND_S and (row := self._take(deaf)) is not None:
            outcome, agency = self._tried(row, channels)
            if outcome.deaf:
                deaf.add(row.channel)
            self._settle(row, outcome, agency)
            count += outcome.state == SENT
        self._sweep()
        return count

    def _take(self, deaf: set[str]) -> Any:
        now = self.now()
        with self._store.read() as connection:  # most rounds find nothing, and need no writer
            if rows.next_waiting(connection, text_of(now), deaf) is None:
                return None
        with self._store.write() as connection:
            row = rows.next_waiting(connection, text_of(now), deaf)
            if row is not None:
                rows.take(connection, row, text_of(now + _TAKEN))
            return row

    def _tried(self, row: Any, channels: notice_settings.Channels) -> tuple[Outcome, str]:
        """Try one message; one that nobody expected to fail harms no other."""
        try:
            return self._try(row, channels)
        except Exception as error:
            # Its words may quote what it was about: the kind is all that is kept of it.
            return Outcome(LATER, f"error {type(error).__name__}"), self._agency

    def _try(self, row: Any, channels: notice_settings.Channels) -> tuple[Outcome, str]:
        """Compose a message as things are now and hand it over."""
        with self._store.read() as connection:
            chosen = rows.choice(connection, row.account)
            items = rows.items_of(connection, row.id)
            holder = mail_addresses.confirmed(connection).get(row.account)
        reader = self._people.account(row.account)
        if reader is None or chosen is None:
            return Outcome(rows.EMPTY, "no account"), self._agency
        choice, agency = choice_of(chosen), chosen.agency or self._agency
        way = choice.way(row.channel)
        items = [item for item in items if item.kind in way.kinds]
        if not items:
            return Outcome(rows.EMPTY, "not wanted"), agency
        limit = channels.limit(row.channel, way.to)
        if limit is None:
            return Outcome(REFUSED, "not allowed"), agency
        if row.channel == MAIL and holder != way.to:
            return Outcome(LATER, "address not confirmed"), agency
        language = choice.language or reader.language
        with self._telling.looking(reader, limit, self.now()) as looks:
            said = self._telling.say(looks, reader, items, language)
        if not said:
            return Outcome(rows.EMPTY), agency
        try:
            if row.channel == MAIL:
                assert channels.mail is not None  # it has a limit
                return self._mail(row, said, reader, choice, channels), agency
            return self._hook(row, said, way, channels), agency
        except ConfigError:  # a secret that is missing is put there some time
            return Outcome(LATER, "secret missing"), agency

    def _mail(
        self, row: Any, said: Said, reader: Reader, choice: Choice,
        channels: notice_settings.Channels,
    ) -> Outcome:  # fmt: skip
        mail = channels.mail
        assert mail is not None
        language = choice.language or reader.language
        files = tuple(self._attached(reader, choice, said, language))
        text = letter_text(
            said, site=self._site, account=row.account, address=channels.address,
            language=language, zone=zone(choice.time_zone or reader.time_zone), form=bool(files),
        )  # fmt: skip
        letter = Letter(
            id=row.id, to=choice.mail.to, site=self._site, text=text, files=files,
            subject=word("subject", language, site=self._site),
            at=dt.datetime.fromisoformat(row.at),
        )  # fmt: skip
        data = notice_mail.write(letter, mail)
        return notice_mail.deliver(
            data, choice.mail.to, mail, self._folder, lambda: notice_settings.password(self._folder)
        )

    def _attached(
        self, reader: Reader, choice: Choice, said: Said, language: str
    ) -> Iterator[Attached]:
        wanted = dict.fromkeys(line.referral for line in said.lines if line.referral)
        for name in wanted if choice.forms and reader.may(Action.REFERRAL_MOVE) else ():
            made = self._forms.make(reader, name, language)
            if made is not None:
                yield made

    def _hook(self, row: Any, said: Said, way: Way, channels: notice_settings.Channels) -> Outcome:
        hook = channels.named(way.to)
        assert hook is not None  # it has a limit
        body = hook_body(
            said, agency=self._agency, account=row.account, address=channels.address,
            at=dt.datetime.fromisoformat(row.at),
        )  # fmt: skip
        key = notice_settings.hook_key(self._folder, hook.name)
        at = int(self.now().timestamp())
        made = notice_webhook.deliver(row.id, body, at, hook, self._folder, key)
        return msgspec.structs.replace(made, deaf=False)  # another webhook may well answer

    def _settle(self, row: Any, outcome: Outcome, agency: str) -> None:
        now = self.now()
        values = {"state": outcome.state, "told": outcome.why, "done": text_of(now)}
        if outcome.state == LATER:
            first = dt.datetime.fromisoformat(row.at)
            if now - first >= GIVEN_UP_AFTER:
                values["state"] = rows.GIVEN_UP
            else:
                due = now + wait(row.attempts + 1)
                values |= {"state": rows.WAITING, "due": text_of(due), "done": ""}
        with self._store.write() as connection:
            rows.settle(connection, row.id, **values)
            if outcome.state in (SENT, REFUSED):
                rows.count(connection, [(agency, row.channel, outcome.state, text_of(now)[:10])])
                audit.write_line(
                    connection, who=_WHO, role="node", purpose="notices",
                    action=Action.NOTICE_SEND, subject=row.id,
                    detail=f"{row.channel} to {row.account}: {outcome.state}",
                )  # fmt: skip

    def _sweep(self) -> None:
        now = self.now()
        day = text_of(now)[:10]
        with self._store.read() as connection:
            if rows.mark(connection, "swept") == day:
                return
        with self._store.write() as connection:
            rows.sweep(
                connection, items=text_of(now - _KEPT), messages=text_of(now - _DONE_KEPT),
                forms=text_of(now - _KEPT),
            )  # fmt: skip
            rows.set_mark(connection, "swept", day)


def choice_of(row: Any) -> Choice:
    """Return what an account chose; what a newer version wrote and this one cannot read is as if
    nothing had been chosen."""
    try:
        return msgspec.json.decode(row.body, type=Choice)
    except (msgspec.ValidationError, msgspec.DecodeError, InputError):
        return Choice()


def wants(choice: Choice, item: Found) -> bool:
    """Tell whether something is of the size that an account asked for."""
    if item.score is not None and item.score < choice.minimum_score:
        return False
    if item.about and choice.subject_kinds and item.about not in choice.subject_kinds:
        return False
    return item.minutes is None or item.minutes <= choice.clock_minutes


def _key(row: dict[str, str]) -> tuple[str, ...]:
    return row["account"], row["channel"], row["sight"], row["key"]
