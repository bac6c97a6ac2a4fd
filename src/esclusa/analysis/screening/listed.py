"""Watchlist entries and their names as columns, before anything is said about how rare a word is.

Entries are kept as MessagePack and names as word numbers; both become objects when asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.chinese import spellings
from esclusa.analysis.screening.columns import (
    GONE,
    Bools,
    Ints,
    Keys,
    Longs,
    Texts,
    ends_of,
    hashed,
    renumbered,
    spread,
)
from esclusa.analysis.screening.identifiers import identifier_key
from esclusa.analysis.screening.normalise import Name
from esclusa.analysis.screening.sound import fold_joined, fold_two
from esclusa.analysis.screening.stated import nations_of, stated
from esclusa.model import ListEntry

GLUE_CHARS: Final = 24
"""Two words that make more than this are never written as one by accident."""

WHOLE_CHARS: Final = 60
"""Longer names lose a blank without losing the match."""

_BITS: Final = {"person": 1, "organisation": 2, "vessel": 4, "aircraft": 16, "document": 16}
_OTHER: Final = 8

_ENTRIES_KEPT: Final = 1024
"""Entries held as objects: the same few are hit again and again."""

NAMES_KEPT: Final = 16_384
"""Names held as objects, at some 300 bytes each: many parties are compared with the same ones."""

_Packed: Final = msgspec.defstruct(
    "_Packed",
    [(field.name, field.type) for field in msgspec.structs.fields(ListEntry)],
    array_like=True,
)
"""An entry without the names of its fields, which are half of it otherwise."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Packed).decode


class ListedName(msgspec.Struct, frozen=True, gc=False):
    """One name of an entry. ``entry`` is the entry's number; ``words`` are vocabulary ids."""

    entry: int
    text: str
    weak: bool
    words: tuple[int, ...]
    form: str
    is_firm: bool


class Listed(msgspec.Struct, frozen=True):
    """Entries and names by number. ``first_name`` and ``first_word`` have one more at the end.

    ``tokens`` are all words in alphabetical order; ``forms`` number the legal forms of
    ``form_names``. ``glued``, ``whole``, ``uids`` and ``identifiers`` find names and entries by the
    sound of two words joined, by that of all words joined, by list and own id, and by value.
    ``stated`` and ``nations`` are of each name's entry, see :mod:`~.stated`.
    """

    packed: Texts
    first_name: Longs
    texts: Texts
    first_word: Longs
    words: Ints
    tokens: tuple[str, ...]
    kinds: npt.NDArray[np.uint8]
    stated: npt.NDArray[np.uint8]
    nations: npt.NDArray[np.uint64]
    weak: Bools
    firm: Bools
    forms: npt.NDArray[np.int16]
    form_names: tuple[str, ...]
    glued: Keys
    whole: Keys
    uids: Keys
    identifiers: Keys

    @property
    def entry_of(self) -> Ints:
        """Return name → its entry."""
        counts = np.diff(self.first_name)
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


class Entries(Sequence[ListEntry]):
    """The entries of an index, in their order."""

    def __init__(self, packed: Texts) -> None:
        self._packed: Final = packed
        self._entry: Final = lru_cache(_ENTRIES_KEPT)(partial(_unpacked, packed))

    def __reduce__(self) -> tuple[type[Entries], tuple[Texts]]:
        """The entries travel, what is remembered of them does not."""
        return Entries, (self._packed,)

    def __len__(self) -> int:
        return len(self._packed)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        return self._entry(range(len(self))[number])

    def __iter__(self) -> Iterator[ListEntry]:
        return (_unpacked(self._packed, number) for number in range(len(self)))


def _unpacked(packed: Texts, number: int) -> ListEntry:
    return ListEntry(**msgspec.structs.asdict(_decode(packed[number])))


class Names(Sequence[ListedName]):
    """The names of an index: those of the first entry, then those of the second, and so on."""

    def __init__(self, listed: Listed, entry_of: Ints) -> None:
        self._listed: Final = listed
        self._entry_of: Final = entry_of
        self._name: Final = lru_cache(NAMES_KEPT)(partial(_named, listed, entry_of))

    def __reduce__(self) -> tuple[type[Names], tuple[Listed, Ints]]:
        """The names travel, what is remembered of them does not."""
        return Names, (self._listed, self._entry_of)

    def __len__(self) -> int:
        return len(self._entry_of)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        return self._name(range(len(self))[number])


def _named(of: Listed, entry_of: Ints, number: int) -> ListedName:
    first, last = of.first_word.item(number), of.first_word.item(number + 1)
    return ListedName(
        entry_of.item(number),
        str(of.texts[number], "utf-8"),
        of.weak.item(number),
        tuple(of.words[first:last].tolist()),
        of.form_names[of.forms.item(number)],
        of.firm.item(number),
    )


class Identifiers:
    """Which entries have a number."""

    def __init__(self, keys: Keys, entries: Entries) -> None:
        self._keys: Final = keys
        self._entries: Final = entries

    def get(
        self, value: str, default: tuple[tuple[int, str], ...] = ()
    ) -> tuple[tuple[int, str], ...]:
        """Return (entry, scheme) of each entry with an identifier, in the order of the entries."""
        found: dict[tuple[int, str], None] = {}
        for number in self._keys.get(hashed(value)).tolist():
            for scheme, listed in _numbers(self._entries[number]):
                if listed == value:
                    found[number, scheme] = None
        return tuple(found) or default


def whole(tokens: Sequence[str]) -> str:
    """Return how a name sounds without its blanks, "" for one that is a single letter, too long or
    has digits."""
    joined = "".join(tokens)
    fits = 1 < len(joined) <= WHOLE_CHARS and joined.isalpha()
    return fold_joined(tokens) if fits else ""


def kind_bit(kind: str) -> int:
    """Return the bit of an entry's type; a query of a kind meets its own and ``other``."""
    return _BITS.get(kind, _OTHER)


def glued(left: str, right: str) -> str:
    """Return how two words sound when written as one, "" when they are too long or have digits."""
    if len(left) + len(right) > GLUE_CHARS:
        return ""
    if left.isalpha() and right.isalpha():
        return fold_two(left, right)
    joined = left + right
    return fold_joined((left, right)) if joined.isalpha() else ""


def uid_key(list_id: str, uid: str) -> int:
    """Return the key under which an entry is found."""
    return hashed(f"{list_id}\0{uid}")


def read(entries: Iterable[ListEntry]) -> Listed:
    """Return entries as columns; only those of the present entry are held as objects."""
    work = _Work()
    for entry in entries:
        work.add(entry)
    return work.done()


def changed(old: Listed, kept: Bools, more: Listed) -> tuple[Listed, Ints, Ints]:
    """Return the entries of ``kept``, then those of ``more``, and how both count their words now.

    :returns: the columns, and old word → new word for ``old`` and for ``more``.
    """
    names = np.repeat(kept, np.diff(old.first_name))
    lengths = np.diff(old.first_word)
    words = old.words[np.repeat(names, lengths)]
    tokens, ours, theirs = _joined_tokens(old.tokens, words, more.tokens)
    form_names = tuple(dict.fromkeys((*old.form_names, *more.form_names)))
    forms = np.array([form_names.index(form) for form in more.form_names], dtype=np.int16)
    entry_moved, name_moved = renumbered(kept), renumbered(names)
    entries_before, names_before = int(kept.sum()), int(names.sum())
    theirs_entries = np.arange(len(more.packed), dtype=np.int32) + np.int32(entries_before)
    theirs_names = np.arange(len(more.texts), dtype=np.int32) + np.int32(names_before)
    nothing = Keys.of((), ())
    found = Listed(
        packed=old.packed.changed(kept, more.packed),
        first_name=_ends(old.first_name, kept, more.first_name),
        texts=old.texts.changed(names, more.texts),
        first_word=_ends(old.first_word, names, more.first_word),
        words=np.concatenate((ours[words], theirs[more.words])),
        tokens=tokens,
        kinds=np.concatenate((old.kinds[names], more.kinds)),
        stated=np.concatenate((old.stated[names], more.stated)),
        nations=np.concatenate((old.nations[names], more.nations)),
        weak=np.concatenate((old.weak[names], more.weak)),
        firm=np.concatenate((old.firm[names], more.firm)),
        forms=np.concatenate((old.forms[names], forms[more.forms])),
        form_names=form_names,
        glued=old.glued.changed(name_moved, more.glued.changed(theirs_names, nothing)),
        whole=old.whole.changed(name_moved, more.whole.changed(theirs_names, nothing)),
        uids=old.uids.changed(entry_moved, more.uids.changed(theirs_entries, nothing)),
        identifiers=old.identifiers.changed(
            entry_moved, more.identifiers.changed(theirs_entries, nothing)
        ),
    )
    return found, ours, theirs


def _ends(old: Longs, kept: Bools, more: Longs) -> Longs:
    return ends_of(np.concatenate((np.diff(old)[kept], np.diff(more))))


def _joined_tokens(
    old: tuple[str, ...], used: Ints, more: tuple[str, ...]
) -> tuple[tuple[str, ...], Ints, Ints]:
    """A word that no name has any more is forgotten, as if it had never been there."""
    alive = np.flatnonzero(np.bincount(used, minlength=len(old)))
    stay = [old[word] for word in alive.tolist()]
    tokens = tuple(sorted({*stay, *more}))
    ids = {token: number for number, token in enumerate(tokens)}
    ours = np.full(len(old), GONE, dtype=np.int32)
    ours[alive] = [ids[token] for token in stay]
    return tokens, ours, np.array([ids[token] for token in more], dtype=np.int32)


class _Work:
    """The columns while they grow."""

    def __init__(self) -> None:
        self.packed, self.packed_ends = bytearray(), array("q", [0])
        self.texts, self.text_ends = bytearray(), array("q", [0])
        self.first_name, self.first_word = array("q", [0]), array("q", [0])
        self.words, self.ids = array("i"), dict[str, int]()
        self.kinds, self.weak, self.firm = array("B"), array("B"), array("B")
        self.stated, self.nations = array("B"), array("Q")
        self.forms, self.form_ids = array("h"), dict[str, int]()
        self.whole, self.whole_names = array("I"), array("i")
        self.uids = array("I")
        self.values, self.value_entries = array("I"), array("i")

    def add(self, entry: ListEntry) -> None:
        number = len(self.uids)
        for text, weak, name in _spellings(entry):
            self._name(text, weak, name, entry.type)
        names = len(self.kinds) - len(self.stated)
        self.stated.extend([stated(entry)] * names)
        self.nations.extend([nations_of(entry)] * names)
        self.first_name.append(len(self.kinds))
        self.packed += _encode(msgspec.structs.astuple(entry))
        self.packed_ends.append(len(self.packed))
        self.uids.append(uid_key(entry.list_id, entry.uid))
        for _, value in _numbers(entry):
            self.values.append(hashed(value))
            self.value_entries.append(number)

    def _name(self, text: str, weak: bool, name: Name, kind: str) -> None:
        ids, tokens = self.ids, name.tokens
        self.words.extend([ids.setdefault(token, len(ids)) for token in tokens])
        self.first_word.append(len(self.words))
        heard = whole(tokens)
        if heard:
            self.whole.append(hashed(heard))
            self.whole_names.append(len(self.kinds))
        self.texts += text.encode()
        self.text_ends.append(len(self.texts))
        self.kinds.append(kind_bit(kind))
        self.weak.append(weak)
        self.firm.append(name.is_firm)
        self.forms.append(self.form_ids.setdefault(name.form, len(self.form_ids)))

    def done(self) -> Listed:
        tokens = tuple(sorted(self.ids))
        moved = np.empty(len(tokens), dtype=np.int32)
        moved[[self.ids[token] for token in tokens]] = np.arange(len(tokens), dtype=np.int32)
        words, first_word = moved[np.array(self.words, dtype=np.int32)], _column(self.first_word)
        return Listed(
            packed=Texts(self.packed, _column(self.packed_ends)),
            first_name=_column(self.first_name),
            texts=Texts(self.texts, _column(self.text_ends)),
            first_word=first_word,
            words=words,
            tokens=tokens,
            kinds=np.array(self.kinds, dtype=np.uint8),
            stated=np.array(self.stated, dtype=np.uint8),
            nations=np.array(self.nations, dtype=np.uint64),
            weak=np.array(self.weak, dtype=np.bool_),
            firm=np.array(self.firm, dtype=np.bool_),
            forms=np.array(self.forms, dtype=np.int16),
            form_names=tuple(self.form_ids),
            glued=_glued_pairs(words, first_word, tokens),
            whole=Keys.of(self.whole, self.whole_names),
            uids=Keys.of(self.uids, range(len(self.uids))),
            identifiers=Keys.of(self.values, self.value_entries),
        )


def _column(ends: array[int]) -> Longs:
    return np.array(ends, dtype=np.int64)


def _spellings(entry: ListEntry) -> Iterable[tuple[str, bool, Name]]:
    """Return the entry's different names; of equal ones the first stays, strong before weak."""
    written = [(entry.name, False)] + [(alias.name, alias.weak) for alias in entry.aliases]
    found: dict[tuple[str, ...], tuple[str, bool, Name]] = {}
    for text, weak in sorted(written, key=lambda one: one[1]):
        for name in spellings(text, entry.type):
            if name.tokens:
                found.setdefault(name.tokens, (text, weak, name))
    return found.values()


def _numbers(entry: ListEntry) -> list[tuple[str, str]]:
    keys = (identifier_key(number.scheme, number.value) for number in entry.identifiers)
    return [key for key in keys if key[1]]


def _glued_pairs(words: Ints, first_word: Longs, tokens: tuple[str, ...]) -> Keys:
    """Return the names by the sound of each two neighbouring words; each two are heard once."""
    counts = np.maximum(np.diff(first_word) - 1, 0)
    places = spread(first_word[:-1], counts)
    codes = words[places].astype(np.int64) * len(tokens) + words[places + 1]
    distinct, which = np.unique(codes, return_inverse=True)
    heard = array("q")
    first, second = np.divmod(distinct, max(len(tokens), 1))
    for left, right in zip(first.tolist(), second.tolist(), strict=True):
        sound = glued(tokens[left], tokens[right])
        heard.append(hashed(sound) if sound else GONE)
    keys = np.array(heard, dtype=np.int64)[which]
    names = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return Keys.of(keys[keys != GONE], names[keys != GONE])
