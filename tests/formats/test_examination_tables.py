"""An inspection service's table: what can stand is read whole, what cannot is refused with its place.

CPU: about a second.
"""

from __future__ import annotations

import datetime as dt
import io
from importlib.resources import files
from pathlib import Path

import pytest
from openpyxl import Workbook

from esclusa.codes.examination import faults, lists
from esclusa.formats import read_file
from esclusa.formats.limits import DEFAULT
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.csv_reader import read
from esclusa.formats.tabular.fields import plain
from esclusa.formats.tabular.mapping import Mapping, load_mapping
from esclusa.model import Defect, Examination, Finding, Message, Severity

SAMPLES = files("esclusa.samples")
MAPPING = load_mapping(SAMPLES.joinpath("examinations.toml").read_bytes())
HEAD = "Agency,Number,Result,Container,Bills,Started,Completed,Reported,Methods,Cause,Category,Found,Quantity,Unit,Lane,Probability"
GOOD = "MC,1,nothing found,CSQU3054383,B1,2026-03-01 08:00,2026-03-01 09:00,2026-03-02,scan,,,,,,value,0.5"
STYLE = Style()


def table(*rows: str, mapping: Mapping = MAPPING, head: str = HEAD) -> list[Message]:
    data = "\n".join([head, *rows]).encode() + b"\n"
    found = read(io.BytesIO(data), file="t.csv", limits=DEFAULT, mapping=mapping)
    return [item for item in found if isinstance(item, Message)]


def row(**changed: str) -> str:
    told = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    return ",".join({**told, **changed}.values())


def body(message: Message) -> Examination:
    (made,) = message.statements
    assert isinstance(made, Examination)
    return made


def reasons(message: Message) -> list[str]:
    assert message.statements == ()
    return [defect.reason for defect in message.defects if defect.severity is Severity.FATAL]


def test_the_shipped_sample_is_read_by_the_shipped_mapping_without_a_defect() -> None:
    path = Path(str(SAMPLES.joinpath("examinations-marisol.csv")))
    items = list(read_file(path, mapping=MAPPING))
    found = [body(item) for item in items if isinstance(item, Message)]
    assert [item for item in items if isinstance(item, Defect)] == []
    assert all(item.defects == () for item in items if isinstance(item, Message))
    assert [(one.number, one.result, len(one.findings)) for one in found] == [
        ("MC-2026-1", "nothing_found", 0), ("MC-2026-2", "nothing_found", 0),
        ("MC-2026-3", "found", 2), ("P-77", "found", 1), ("MC-2026-4", "inconclusive", 0),
        ("MC-2026-5", "found", 1), ("MC-2026-6", "nothing_found", 0),
        ("MC-2026-7", "not_performed", 0), ("MC-2026-8", "not_performed", 0),
    ]  # fmt: skip
    assert [faults(one) for one in found] == [()] * 9
    third = found[2]
    assert third.findings[1] == Finding(
        category="security", what="SPARE SEALS", quantity=4.0, unit="C62"
    )
    assert (third.methods, third.event) == (("dogs", "physical_full"), "OP-0412-3")
    assert found[7].cause == "waived"


def test_a_workbook_says_the_same_as_the_text_file() -> None:
    from esclusa.formats.tabular.xlsx_reader import read as read_xlsx

    book, sink = Workbook(), io.BytesIO()
    sheet = book.active
    for line in (HEAD, GOOD, row(Number="2", Result="positivo", Category="drogas", Quantity="46")):
        sheet.append(line.split(","))
    book.save(sink)
    sink.seek(0)
    found = read_xlsx(sink, file="t.xlsx", limits=DEFAULT, mapping=MAPPING)
    made = [body(item) for item in found if isinstance(item, Message)]
    text = table(GOOD, row(Number="2", Result="positivo", Category="drogas", Quantity="46"))
    assert made == [body(item) for item in text]
    assert made[1].findings == (Finding(category="drugs", quantity=46.0),)


def test_cells_of_a_workbook_that_are_dates_and_numbers_are_read_as_such() -> None:
    from esclusa.formats.tabular.xlsx_reader import read as read_xlsx

    told: dict[str, object] = dict(zip(HEAD.split(","), GOOD.split(","), strict=True))
    told |= {
        "Started": dt.datetime(2026, 3, 1, 8), "Completed": dt.datetime(2026, 3, 1, 9, 30),
        "Reported": dt.date(2026, 3, 2), "Probability": 0.05, "Number": 17,
    }  # fmt: skip
    book, sink = Workbook(), io.BytesIO()
    book.active.append(HEAD.split(","))
    book.active.append(list(told.values()))
    book.save(sink)
    sink.seek(0)
    found = read_xlsx(sink, file="t.xlsx", limits=DEFAULT, mapping=MAPPING)
    (made,) = [body(item) for item in found if isinstance(item, Message)]
    assert (made.started, made.completed) == ("2026-03-01T13:00Z", "2026-03-01T14:30Z")
    assert (made.reported, made.probability, made.number) == ("2026-03-02", 0.05, "17")


def test_times_become_utc_by_the_zone_written_or_by_the_offset_given() -> None:
    made = body(table(row(Started="2026-03-01T23:30:15-05:00", Completed="2026-03-02 00:10"))[0])
    assert (made.started, made.completed) == ("2026-03-02T04:30:15Z", "2026-03-02T05:10Z")
    assert made.reported == "2026-03-02"  # a day alone has no zone


def test_a_time_without_a_zone_is_not_guessed() -> None:
    bare = load_mapping(
        SAMPLES.joinpath("examinations.toml").read_bytes().replace(b'"-05:00"', b'"Z"')
    )
    assert body(table(GOOD, mapping=bare)[0]).started == "2026-03-01T08:00Z"
    import msgspec

    without = msgspec.structs.replace(bare, constants={})
    told = reasons(table(GOOD, mapping=without)[0])
    assert told == [
        f"row 2: {name} 2026-03-01T{hour}:00 has no zone, and no column or constant gives utc_offset"
        for name, hour in (("started", "08"), ("completed", "09"))
    ]


BAD = [
    (
        {"Completed": "2026-03-01 07:59"},
        "completed 2026-03-01T12:59Z is before started 2026-03-01T13:00Z",
    ),
    ({"Reported": "2026-02-28"}, "reported 2026-02-28 is before completed 2026-03-01T14:00Z"),
    ({"Completed": "2026-02-30 08:00"}, "for completed is not a day of the calendar"),
    ({"Completed": ""}, "result nothing_found, and no time of completion is given"),
    ({"Probability": "0"}, "probability 0 is not above 0 and at most 1"),
    ({"Probability": "1.01"}, "probability 1.01 is not above 0 and at most 1"),
    ({"Probability": "-0.5"}, "probability -0.5 is not above 0 and at most 1"),
    ({"Probability": "often"}, "'often' for probability is not a number"),
    ({"Result": "clean"}, "'clean' for result is not a code or word known for this column"),
    ({"Result": ""}, "result '' is not one of nothing_found, found, inconclusive, not_performed"),
    ({"Methods": "sniffing"}, "'sniffing' for methods is not a code or word"),
    ({"Methods": "scan;sniffing"}, "'scan;sniffing' for methods is not a code or word"),
    ({"Methods": ""}, "result nothing_found, and no method is given"),
    ({"Lane": "hunch"}, "'hunch' for lane is not a code or word"),
    ({"Result": "found"}, "result found, and no finding is given"),
    ({"Category": "drugs"}, "result nothing_found, and yet a finding is given"),
    ({"Result": "found", "Found": "PACKAGES"}, "category '' is not one of drugs"),
    ({"Result": "found", "Category": "gold"}, "'gold' for finding.category is not a code or word"),
    ({"Result": "not performed"}, "not performed, and no cause is given"),
    ({"Result": "not performed", "Cause": "waived"}, "not performed, and yet a method is given"),
    ({"Cause": "waived"}, "result nothing_found, and yet a cause why it was not performed"),
    ({"Cause": "whim"}, "'whim' for cause is not a code or word"),
    ({"Container": "", "Bills": ""}, "neither an equipment number nor a bill of lading"),
    ({"Agency": ""}, "the examining agency and its own number are needed"),
]


@pytest.mark.parametrize(("changed", "reason"), BAD)
def test_what_cannot_stand_is_refused_with_its_place_and_its_neighbours_stay(
    changed: dict[str, str], reason: str
) -> None:
    bad = row(Number="2", **changed)
    before, found, after = table(GOOD, bad, row(Number="3"))
    assert (body(before).number, body(after).number) == ("1", "3")
    told = reasons(found)
    assert any(reason in each for each in told), told
    assert all(each.startswith("row 3: ") for each in told)
    assert found.offset == len(HEAD) + len(GOOD) + 2
    assert found.length == len(bad) + 1


def test_every_fault_of_a_row_is_told_at_once() -> None:
    found = table(row(Probability="7", Result="found", Completed="2026-02-01 08:00"))
    assert len(reasons(found[0])) == 3


def test_rows_of_one_number_are_one_examination_and_may_not_differ() -> None:
    first = row(Result="found", Category="drugs", Quantity="2")
    second = row(Result="", Category="security", Quantity="1", Completed="", Methods="")
    (one,) = table(first, second)
    assert [each.category for each in body(one).findings] == ["drugs", "security"]
    other = table(first, row(Result="found", Category="security", Completed="2026-03-01 10:00"))
    assert reasons(other[0]) == ["row 3: completed differs from an earlier row of the same number"]
    apart = table(first, row(Agency="PO", Result="found", Category="security"))
    assert [body(each).agency for each in apart] == ["MC", "PO"]


def test_a_row_without_a_number_adds_to_the_one_above() -> None:
    first = row(Result="found", Category="drugs")
    more = row(Agency="", Number="", Result="", Category="culture", Started="", Completed="",
               Reported="", Methods="", Lane="", Probability="")  # fmt: skip
    (one,) = table(first, more)
    assert [each.category for each in body(one).findings] == ["drugs", "culture"]
    import msgspec

    alone = table(first, more, mapping=msgspec.structs.replace(MAPPING, blank_continues=False))
    assert len(body(alone[0]).findings) == 1
    assert reasons(alone[1])


def test_a_wrong_check_digit_is_kept_and_flagged() -> None:
    (found,) = table(row(Container="CSQU3054384"))
    assert body(found).equipment == "CSQU3054384"
    assert [defect.code for defect in found.defects] == ["value.container"]


def test_the_words_of_each_list_are_distinct_and_both_languages_are_read() -> None:
    for name in ("method", "result", "cause", "category", "lane"):
        codes = getattr(lists(), name)
        given = [{plain(w) for w in (code, t.en, t.es, *t.words)} for code, t in codes.items()]
        assert sum(map(len, given)) == len(set().union(*given)), name
        for code, texts in codes.items():
            assert all(plain(word) == word for word in texts.words)
            for word in (code, texts.en, texts.es.upper(), *texts.words):
                assert KINDS[f"examination_{name}"](word, STYLE) == code


@pytest.mark.parametrize(
    ("text", "offset"),
    [("-05:00", "-05:00"), ("UTC-5", "-05:00"), ("+0530", "+05:30"), ("Z", "+00:00"),
     ("utc", "+00:00"), ("GMT+1", "+01:00")],
)  # fmt: skip
def test_offsets(text: str, offset: str) -> None:
    assert KINDS["utc_offset"](text, STYLE) == offset


@pytest.mark.parametrize("text", ["", "5", "America/Panama", "-15:00", "+05:99", "EST"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        KINDS["utc_offset"](text, STYLE)
