"""Codes as an independent reader sees them."""

import io

import pytest
import zxingcpp
from PIL import Image

from pointsbank.core import qr

CONTENTS = [
    "12345678901234567890",
    "https://points.example.gov.cn/c/K7M2QX",
    "http://192.168.1.20:8000/c/K7M2QX",
    "https://a-rather-long-name.of-a-county.example.gov.cn:8443/points/c/K7M2QX",
]


@pytest.mark.parametrize("content", CONTENTS)
def test_another_reader_reads_what_was_drawn(content: str) -> None:
    image = Image.open(io.BytesIO(qr.png(content))).convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [content]


def test_a_small_and_turned_print_is_still_read() -> None:
    image = Image.open(io.BytesIO(qr.png(CONTENTS[1], module_pixels=3))).convert("L")
    turned = image.rotate(17, expand=True, fillcolor=255)
    assert [found.text for found in zxingcpp.read_barcodes(turned)] == [CONTENTS[1]]


def test_the_same_content_gives_the_same_picture() -> None:
    assert qr.svg(CONTENTS[0]) == qr.svg(CONTENTS[0])
    assert 'aria-label="我的码"' in qr.svg(CONTENTS[0], "我的码")
    assert 'aria-label="&quot;&gt;"' in qr.svg(CONTENTS[0], '">')
