"""Tables as XLSX and CSV files: the only file that knows the spreadsheet writer."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO

import xlsxwriter

from pointsbank.core.courtesy import giving_way

FILE_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}

_A4 = 9
# A Chinese Excel takes the wide signs for the beginning of a formula too.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


class Kind(StrEnum):
    """How a column is written: text stays text whatever it looks like; hours come as tenths."""

    TEXT = "text"
    NUMBER = "number"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """``width`` is in characters of the standard font."""

    label: str
    kind: Kind
    width: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a title, notes above the header, and a last row of sums (None: an empty cell).

    ``frozen_columns`` stay in sight on the left. ``dated`` is the only instant in the file: the
    same sheet gives the same bytes.
    """

    name: str
    title: str
    notes: Sequence[str]
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[str | int | None]]
    sums: Sequence[str | int | None]
    dated: datetime
    frozen_columns: int = 0
    footer: str = ""


def guarded(text: str) -> str:
    """Text that no spreadsheet program takes for a formula, here or once saved again as CSV."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


@giving_way()
def write_csv(out: BinaryIO, sheet: Sheet) -> None:
    """Header and rows for other programs (no title, no sums): UTF-8 with BOM, lines end in CRLF."""
    out.write(b"\xef\xbb\xbf")
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([guarded(column.label) for column in sheet.columns])
    as_text = [_CSV_CELL[column.kind] for column in sheet.columns]
    for row in sheet.rows:
        lines.writerow([cell(value) for cell, value in zip(as_text, row, strict=True)])
    text.detach()


_CSV_CELL: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: lambda value: guarded(value or ""),
    Kind.NUMBER: lambda value: "" if value is None else value,
    Kind.HOURS: lambda value: "" if value is None else f"{value / 10:.1f}",
}


@giving_way()
def write_xlsx(out: BinaryIO, sheet: Sheet) -> None:
    """Title, notes, header, rows, sums; ready to print on A4 across. Holds one row in memory."""
    book = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": sheet.title, "created": sheet.dated.replace(tzinfo=None)})
    page = book.add_worksheet(guarded(sheet.name)[:31])
    looks = _looks(book)
    top = _write_head(page, sheet, looks)
    last = _write_rows(page, top, sheet.columns, sheet.rows, looks["body"])
    _write_rows(page, last, sheet.columns, [sheet.sums], looks["sums"])
    _set_up_print(page, sheet, top)
    book.close()


def _looks(book: Any) -> dict[str, Any]:
    """The cell formats: one a kind of column, for the body and for the row of sums."""
    font = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter"}
    cell = font | {"border": 1, "border_color": "#A6A6A6"}
    strong = cell | {"bold": True, "bg_color": "#F2F2F2"}
    numbers = {Kind.TEXT: "@", Kind.NUMBER: "#,##0", Kind.HOURS: "#,##0.0"}
    return {
        "title": book.add_format({"font_name": "黑体", "font_size": 16, "align": "center"}),
        "note": book.add_format(font | {"font_size": 9, "font_color": "#595959"}),
        "header": book.add_format(strong | {"align": "center", "text_wrap": True}),
        "body": {k: book.add_format(cell | {"num_format": form}) for k, form in numbers.items()},
        "sums": {k: book.add_format(strong | {"num_format": form}) for k, form in numbers.items()},
    }


def _write_head(page: Any, sheet: Sheet, looks: dict[str, Any]) -> int:
    """Title, notes and header; the number of the row below them."""
    last_column = len(sheet.columns) - 1
    page.set_row(0, 28)
    page.merge_range(0, 0, 0, last_column, guarded(sheet.title), looks["title"])
    for place, note in enumerate(sheet.notes, start=1):
        page.merge_range(place, 0, place, last_column, guarded(note), looks["note"])
    header = len(sheet.notes) + 1
    page.set_row(header, 32)
    for place, column in enumerate(sheet.columns):
        page.write_string(header, place, guarded(column.label), looks["header"])
        page.set_column(place, place, column.width)
    return header + 1


def _write_rows(
    page: Any,
    top: int,
    columns: Sequence[SheetColumn],
    rows: Iterable[Sequence[str | int | None]],
    looks: dict[Kind, Any],
) -> int:
    """Write rows from ``top`` on; the number of the row below them."""
    styles = [(place, looks[column.kind], column.kind) for place, column in enumerate(columns)]
    at = top - 1
    for at, row in enumerate(rows, start=top):
        for (place, look, kind), value in zip(styles, row, strict=True):
            if value is None:
                page.write_blank(at, place, None, look)
            elif isinstance(value, str):
                page.write_string(at, place, guarded(value), look)
            else:
                page.write_number(at, place, value / 10 if kind is Kind.HOURS else value, look)
    return at + 1


def _set_up_print(page: Any, sheet: Sheet, top: int) -> None:
    page.freeze_panes(top, sheet.frozen_columns)
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, top - 1)
    page.set_footer(f"&L&8{sheet.footer.replace('&', '&&')}&R&8&P / &N")
