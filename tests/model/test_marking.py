"""The marking algebra: join is a least upper bound, and nothing unknown is accepted."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import MarkingError
from esclusa.model import EVERYONE, OPEN, Level, Marking, join_all, parse_marking
from esclusa.sharing.policy import is_below, may_see
from esclusa.sharing.reader import Reader, Role

WORDS = st.frozensets(st.sampled_from(["marisol", "northreach", "altamira"]), max_size=3)
CAVEATS = st.frozensets(st.sampled_from(["H0", "H1", "ORCON", "PAX"]), max_size=4)
PURPOSES = st.one_of(
    st.just(frozenset({EVERYONE})),
    st.frozensets(st.sampled_from(["targeting", "sanctions"]), max_size=2),
)
DATES = st.none() | st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2030, 1, 1))
MARKINGS = st.builds(
    Marking,
    level=st.sampled_from(Level),
    releasable_to=WORDS | st.just(frozenset({EVERYONE})),
    caveats=CAVEATS,
    purposes=PURPOSES,
    source_grade=st.sampled_from("ABCX"),
    information_grade=st.sampled_from("1234"),
    retain_until=DATES,
)
READERS = st.builds(
    Reader,
    name=st.just("officer"),
    role=st.sampled_from(Role),
    agency=st.sampled_from(["marisol", "northreach", "altamira"]),
    clearance=st.sampled_from(Level),
    caveats=CAVEATS | st.just(frozenset({EVERYONE})),
    purpose=st.sampled_from(["targeting", "sanctions", "investigation"]),
)
DAY = dt.date(2026, 11, 23)


@given(MARKINGS, MARKINGS)
def test_join_is_commutative(a: Marking, b: Marking) -> None:
    assert a.join(b) == b.join(a)


@given(MARKINGS, MARKINGS, MARKINGS)
def test_join_is_associative(a: Marking, b: Marking, c: Marking) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))


@given(MARKINGS)
def test_join_is_idempotent_and_open_is_neutral(a: Marking) -> None:
    assert a.join(a) == a
    assert a.join(OPEN) == a
    assert join_all([]) == OPEN


@given(MARKINGS, MARKINGS)
def test_join_is_the_least_upper_bound(a: Marking, b: Marking) -> None:
    both = a.join(b)
    assert is_below(a, both)
    assert is_below(b, both)
    for upper in (a, b, OPEN):
        if is_below(a, upper) and is_below(b, upper):
            assert is_below(both, upper)


@given(MARKINGS, MARKINGS, READERS)
def test_a_reader_sees_the_join_exactly_when_he_sees_both_sides(
    a: Marking, b: Marking, reader: Reader
) -> None:
    other = "someone_else"  # the originator's own right is outside the algebra
    sees_both = may_see(reader, other, a, DAY) and may_see(reader, other, b, DAY)
    assert may_see(reader, other, a.join(b), DAY) == sees_both


@given(MARKINGS, MARKINGS, READERS)
def test_a_lower_marking_never_shows_less(a: Marking, b: Marking, reader: Reader) -> None:
    if is_below(a, b) and may_see(reader, "someone_else", b, DAY):
        assert may_see(reader, "someone_else", a, DAY)


@given(MARKINGS)
def test_a_marking_reads_back_from_its_text(a: Marking) -> None:
    assert parse_marking(a.canonical()) == a


@given(MARKINGS, MARKINGS)
def test_equal_markings_have_one_text(a: Marking, b: Marking) -> None:
    assert (a.canonical() == b.canonical()) == (a == b)
    for same in (a.join(OPEN), a.join(a), parse_marking(a.canonical())):
        assert same == a
        assert same.canonical() == a.canonical()  # however it came about


def test_a_marking_that_says_what_is_usual_anyway_has_the_same_bytes() -> None:
    said = Marking(purposes=frozenset({EVERYONE}), caveats=frozenset({"PAX"}) - {"PAX"})
    assert said.canonical() == Marking().canonical()


def test_empty_releasable_to_means_the_originator_alone() -> None:
    reader = Reader(name="o", role=Role.ANALYST, agency="northreach", clearance=Level.SECRET)
    assert not may_see(reader, "marisol", Marking(), DAY)
    assert may_see(reader, "northreach", Marking(), DAY)


def test_empty_purposes_mean_no_purpose_at_all() -> None:
    reader = Reader(name="o", role=Role.ANALYST, agency="marisol", clearance=Level.SECRET)
    assert not may_see(reader, "marisol", Marking(purposes=frozenset()), DAY)


def test_a_marking_past_its_end_hides_the_record() -> None:
    reader = Reader(name="o", role=Role.ANALYST, agency="marisol")
    ended = Marking(retain_until=DAY - dt.timedelta(days=1))
    assert not may_see(reader, "marisol", ended, DAY)
    assert may_see(reader, "marisol", Marking(retain_until=DAY), DAY)


@pytest.mark.parametrize(
    "text",
    [
        "{}garbage",
        '{"level": 7}',
        '{"level": "high"}',
        '{"source_grade": "Z"}',
        '{"information_grade": ""}',
        '{"only_for": ["x"]}',
        '{"releasable_to": [""]}',
        '{"caveats": ["a,b"]}',
        "[]",
        "",
    ],
)
def test_an_unknown_or_malformed_marking_fails_closed(text: str) -> None:
    with pytest.raises(MarkingError):
        parse_marking(text)
