"""The workbook given back with what is wrong beside each row: the file that knows the writer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import xlsxwriter

from pointsbank.enrolment.chunks import Head

FILE_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # a Chinese Excel takes the wide ones too
_TONES = {"bad": "#F8D7DA", "doubtful": "#FFF3CD", "known": "#E2E3E5"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it came, with what became of it; ``tone`` colours its last two cells."""

    cells: Sequence[str]
    result: str
    reason: str
    tone: str


def guarded(text: str) -> str:
    """Text that no spreadsheet program takes for a formula, here or once saved again as CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write(out: BinaryIO, head: Head, lines: Iterable[Line], labels: tuple[str, str]) -> None:
    """The sheet as it came, every cell as text, and two columns more: result and reason.

    One row in memory at a time.
    """
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    text = book.add_format({"num_format": "@"})
    strong = book.add_format({"num_format": "@", "bold": True, "bg_color": "#F2F2F2"})
    tones = {
        tone: book.add_format({"num_format": "@", "bg_color": colour, "text_wrap": True})
        for tone, colour in _TONES.items()
    }
    page = book.add_worksheet()
    page.set_column(0, head.width - 1, 16, text)
    page.set_column(head.width, head.width, 10)
    page.set_column(head.width + 1, head.width + 1, 48)
    top = len(head.rows) - 1
    for at, row in enumerate(head.rows):
        _write(page, at, row, strong if at == top else text)
    for place, label in enumerate(labels, start=head.width):
        page.write_string(top, place, label, strong)
    at = top
    for at, line in enumerate(lines, start=top + 1):
        _write(page, at, line.cells, text)
        look = tones.get(line.tone, text)
        page.write_string(at, head.width, line.result, look)
        page.write_string(at, head.width + 1, line.reason, look)
    page.freeze_panes(top + 1, 0)
    page.autofilter(top, 0, max(at, top + 1), head.width + 1)
    book.close()


def _write(page: Any, at: int, row: Sequence[str], look: Any) -> None:
    for place, cell in enumerate(row):
        page.write_string(at, place, guarded(cell), look)
