"""Workbooks for tests, written by other programs than the one that reads them."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]

HEADINGS = ("序号", "姓名", "性别", "身份证号", "联系电话", "所在社区", "所属网格", "政治面貌")


def xlsx(rows: Rows, *, sheet: str = "名册", before: Rows | None = None) -> bytes:
    """A workbook with a sheet of these rows; ``before``: another sheet that stands first."""
    book = openpyxl.Workbook()
    page = book.active
    if before is not None:
        page.title = "填表说明"
        for row in before:
            page.append(list(row))
        page = book.create_sheet()
    page.title = sheet
    for row in rows:
        page.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def comma_separated(rows: Rows, encoding: str = "utf-8", separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def id_number(serial: int, born: date = date(1980, 1, 31)) -> str:
    """A number with the check digit of GB 11643; an odd serial is a man's."""
    head = f"220802{born:%Y%m%d}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(d) for w, d in zip(weights, head, strict=True))
    return head + "10X98765432"[total % 11]


def with_cell_at(place: str) -> bytes:
    """A tiny workbook whose one value stands very far away."""
    book = openpyxl.Workbook()
    book.active["A1"] = "姓名"
    out = io.BytesIO()
    book.save(out)
    return _changed(out.getvalue(), "xl/worksheets/sheet1.xml", b'r="A1"', f'r="{place}"'.encode())


def bomb(megabytes: int) -> bytes:
    """A workbook of a few kilobytes whose sheet is as large as this."""
    good = xlsx([("姓名",)])
    filler = b"<!--" + b"x" * (megabytes * 1_000_000) + b"-->"
    return _changed(good, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData>" + filler)


def endless_rows(count: int) -> bytes:
    """A workbook with so many rows of one value, pressed to little."""
    good = xlsx([("姓名",)])
    row = b'<row><c t="inlineStr"><is><t>x</t></is></c></row>'
    return _changed(
        good, "xl/worksheets/sheet1.xml", b"</sheetData>", row * count + b"</sheetData>"
    )


def _changed(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for item in before.infolist():
            data = before.read(item.filename)
            after.writestr(item.filename, data.replace(old, new) if item.filename == name else data)
    return out.getvalue()
