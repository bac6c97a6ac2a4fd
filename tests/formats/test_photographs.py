"""Photographs are known by content: JPEG and PNG from end to end, and nothing else. Under 1 s."""

from __future__ import annotations

import random

import pytest

from esclusa.errors import FormatError
from esclusa.formats.photographs import photograph
from photos import jpeg, png


def test_jpeg_and_png_are_told_apart_with_their_size() -> None:
    assert photograph(jpeg(640, 480)).__struct_fields__ == ("kind", "width", "height")
    one, other = photograph(jpeg(640, 480)), photograph(png(3, 2))
    assert (one.kind, one.width, one.height) == ("jpeg", 640, 480)
    assert (other.kind, other.width, other.height) == ("png", 3, 2)
    trailer = photograph(jpeg(640, 480) + b"what a camera writes behind it")
    assert (trailer.width, trailer.height) == (640, 480)


@pytest.mark.parametrize("data", [
    b"", b"MZ\x90\x00", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a",
    b"\xff\xd8\xff a photo by its first bytes alone", b"\x89PNG\r\n\x1a\n",
    b"PK\x03\x04" + jpeg(640, 480),
])  # fmt: skip
def test_what_is_no_photograph_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"byte \d+"):
        photograph(data, file="a.jpg")


def test_a_picture_that_is_cut_off_anywhere_is_refused() -> None:
    for data in (jpeg(640, 480), png(3, 2)):
        for end in range(len(data)):
            with pytest.raises(FormatError):
                photograph(data[:end])


def test_every_flipped_byte_of_a_png_and_what_stands_behind_it_is_refused() -> None:
    data = png(3, 2)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(FormatError):
            photograph(bytes(changed))
    with pytest.raises(FormatError, match="behind its end"):
        photograph(data + b"<script>")


def test_no_bytes_make_it_fail_otherwise() -> None:
    chance = random.Random(3)
    for _ in range(3000):
        start = chance.choice((b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b""))
        data = bytearray(chance.choice((jpeg(9, 9), png(2, 2), start + chance.randbytes(60))))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            photograph(bytes(data))
        except FormatError as error:
            assert str(error)
