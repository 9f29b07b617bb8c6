"""Rows become bytes in one way only."""

import pytest

from pointsbank.ledger.encoding import UNIT

ROW = (
    1,
    0,
    0,
    1,
    0,
    b"minutes",
    b"\xe6\x97\xb6",
    b"never",
    b"refuse",
    b"2026-11-21 01:02:03.000000",
)
OTHER = (2, -5, 6, 0, 0, b"party", b"", b"months", b"debt", b"2026-11-21 01:02:03.000000")


def test_a_row_alone_is_encoded_as_in_a_block_of_one() -> None:
    assert UNIT.row_encoder()(ROW) == UNIT.encode(list(zip(ROW)))


def test_numbers_are_eight_bytes_and_texts_have_their_lengths() -> None:
    code = UNIT.encode(list(zip(ROW, OTHER, strict=True)))
    assert code[:16] == bytes([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
    assert len(code) == 2 * (5 * 8 + 5 * 4) + sum(
        len(text) for row in (ROW, OTHER) for text in row[5:]
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((b"ab", b"c"), (b"a", b"bc")),
        ((b"", b"abc"), (b"abc", b"")),
    ],
)
def test_texts_that_only_together_are_equal_differ(
    one: tuple[bytes, bytes], two: tuple[bytes, bytes]
) -> None:
    def code(pair: tuple[bytes, bytes]) -> bytes:
        return UNIT.encode(list(zip((*ROW[:5], *pair, *ROW[7:]))))

    assert code(one) != code(two)
