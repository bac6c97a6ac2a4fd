"""IMO company and registered owner numbers (IMO resolution MSC.160(78))."""

from __future__ import annotations

import csv
import gzip
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.codes import imo, imo_company, schemes

SIX = st.text("0123456789", min_size=6, max_size=6)


def test_worked_example() -> None:
    assert imo_company.check_digit("123456") == "5"
    assert imo_company.is_valid("IMO 1234565") and imo_company.is_valid("IMO company no. 1234565")


def test_the_firms_of_the_published_ofac_list_keep_the_rule_and_not_that_of_ships() -> None:
    data = gzip.decompress(files("esclusa.samples").joinpath("lists/ofac_sdn.csv.gz").read_bytes())
    remarks = " ".join(cell for row in csv.reader(data.decode("utf-8", "replace").splitlines())
                       for cell in row)  # fmt: skip
    label = r"(?<!Vessel Registration )(?:Company Number|Identification Number) IMO (\d{7})"
    numbers = set(re.findall(label, remarks))
    assert len(numbers) > 50
    assert [number for number in numbers if not imo_company.is_valid(number)] == []
    assert sum(map(imo.is_valid, numbers)) < len(numbers) / 4


@given(SIX)
def test_one_check_digit_alone_is_valid(base: str) -> None:
    if base != "000000":
        found = [d for d in "0123456789" if imo_company.is_valid(base + d)]
        assert found == [imo_company.check_digit(base)]


@pytest.mark.parametrize(
    "text", ["0000000", "", "IMO", "123456", "12345655", "１２３４５６５"], ids=repr
)
def test_other_forms_are_refused_with_a_reason(text: str) -> None:
    assert not imo_company.is_valid(text)
    assert "is not seven digits" in imo_company.fault(text)


def test_the_reason_names_found_and_expected_digit_and_the_scheme_is_known() -> None:
    assert "ends in 7, its check digit is 5" in schemes.fault("imo_company", "1234567")
    assert schemes.check("imo_company", "1234565") is True
    assert schemes.normalise("imo_company", "IMO 1234565") == "1234565"
    assert imo_company.check_digit("12345x") == ""
