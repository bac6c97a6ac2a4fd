"""What a redress number that a party states does to a match of that party with a list entry.

A number keeps a match quiet only when everything fits, and says what does not fit otherwise:

1. it stands: granted, and its last day has not passed;
2. it speaks of this very list entry, and the entry's facts are those of that time;
3. name and whole birth date are those vouched for, and the nationality if both state one;
4. the party states a document that is vouched for, and no other that proves identity;
5. no number that the party states stands on the list entry.

So it never quiets the person who is listed, nor anybody who borrows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from esclusa.analysis.screening import normalise
from esclusa.analysis.screening.query import country_code
from esclusa.casework.match_facts import digest, entry_digests
from esclusa.casework.redress import words
from esclusa.codes import redress as numbers
from esclusa.codes.text import compact
from esclusa.model import ListEntry, PartyFacts, RedressEntry, RedressGrant

QUIET: Final = "quiet"
_NO_PROOF: Final = frozenset({"visa", "other"})
"""Documents that do not prove identity: further ones of them change nothing."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a number does: ``why`` is ``quiet`` or what does not fit (a code of the words)."""

    why: str
    grant: RedressGrant

    @property
    def quiet(self) -> bool:
        """Tell whether the match has no points now."""
        return self.why == QUIET


def entry_of(list_id: str, uid: str, entry: ListEntry) -> RedressEntry:
    """Return the entry as a grant names it."""
    return RedressEntry(list_id=list_id, uid=uid, digest=entry_digest(entry))


def entry_digest(entry: ListEntry) -> str:
    """Return one digest of all facts of a list entry that a match may rest on."""
    return digest(sorted(entry_digests(entry).items()))


def entry_numbers(entry: ListEntry) -> frozenset[str]:
    """Return the numbers that a list entry states, compact."""
    return frozenset(compact(item.value) for item in entry.identifiers) - {""}


def stated(party: PartyFacts) -> tuple[str, ...]:
    """Return the redress numbers that a party states, normalised, under whatever scheme."""
    texts = (*party.redress, *(text.rpartition(":")[2] for text in party.identifiers))
    found = (numbers.normalise(text) for text in texts if numbers.is_valid(text))
    return tuple(dict.fromkeys(found))


def effect(
    grants: Iterable[RedressGrant], party: PartyFacts, *, list_id: str, uid: str, entry_now: str,
    listed: Collection[str], today: str,
) -> Effect | None:  # fmt: skip
    """Return what the numbers that a party states do to one match, None when it states none known.

    One that quiets counts before one that does not.

    :param grants: of numbers that the party states.
    :param entry_now: the entry's present digest, from :func:`entry_digest`.
    :param listed: the numbers on the entry, from :func:`entry_numbers`.
    :param today: ``YYYY-MM-DD`` (UTC).
    """
    asked = set(stated(party))
    found = [
        Effect(why=_why(grant, party, (list_id, uid), entry_now, listed, today), grant=grant)
        for grant in grants if numbers.normalise(grant.redress) in asked
    ]  # fmt: skip
    found.sort(key=lambda item: (not item.quiet, item.grant.agency, item.grant.redress))
    return found[0] if found else None


def _why(
    grant: RedressGrant, party: PartyFacts, code: tuple[str, str], entry_now: str,
    listed: Collection[str], today: str,
) -> str:  # fmt: skip
    if grant.state != "granted":
        return "ended"
    if grant.until < today:
        return "expired"
    named = [item for item in grant.entries if (item.list_id, item.uid) == code]
    if not named:
        return "entry"
    if not entry_now or all(item.digest != entry_now for item in named):
        return "entry_changed"
    return _of_the_person(grant, party, listed)


def _of_the_person(grant: RedressGrant, party: PartyFacts, listed: Collection[str]) -> str:
    who = grant.person
    if not who.name or _name(who.name) != _name(party.name):
        return "name"
    if not who.birth_date or party.birth_date != who.birth_date:
        return "birth_date"
    countries = [country_code(text) for text in (who.nationality, party.nationality)]
    if all(countries) and countries[0] != countries[1]:
        return "nationality"
    papers = [(text.partition(":")[0], _number(text)) for text in party.identifiers]
    papers = [(kind, number) for kind, number in papers if not numbers.is_valid(number)]
    if any(number in listed for _kind, number in papers):
        return "listed_number"
    vouched = {_number(text) for text in who.documents}
    proofs = {number for kind, number in papers if kind not in _NO_PROOF}
    if not proofs or not proofs <= vouched:
        return "documents"
    return QUIET


def _name(text: str) -> list[str]:
    return sorted(normalise(text, "person").tokens)


def _number(text: str) -> str:
    return compact(text.rpartition(":")[2])


def sentence(found: Effect, language: str) -> str:
    """Return what a number did and why, in ``en`` or ``es``."""
    grant = found.grant
    text = words("quiet")[found.why]
    return (text.en if language == "en" else text.es).format(
        number=numbers.shown(grant.redress), agency=grant.agency, day=grant.at[:10],
        until=grant.until,
    )  # fmt: skip
