"""Workbooks read: the only file that knows the spreadsheet reader.

A workbook is a stranger's program for the reader: it is taken apart in a process of its own, whose
memory and time are bounded, so that a bomb costs that process and nothing else.
"""

import csv
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from python_calamine import CalamineWorkbook

from pointsbank.core.errors import Invalid, Refused, say
from pointsbank.enrolment.headings import heading_row

MOST_ROWS = 100_000
MOST_COLUMNS = 60
MOST_CHARACTERS = 1_000
MOST_SHEETS = 20
MEMORY_BYTES = 450_000_000
SECONDS = 30

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA_STARTS = tuple("=+-@＝＋－＠")
_EXACT_BELOW = 1e15


class WorkbookUnreadable(Invalid):
    """Not a workbook, damaged, locked by a password, or made to exhaust who reads it."""

    sentence = say("这个文件读不出来。请用 Excel 或 WPS 打开，另存为 xlsx 格式后再上传。")


class WorkbookTooLarge(Invalid):
    sentence = say("表格过大：最多 %(rows)s 行、%(columns)s 列。请拆成几个文件上传。")


class WorkbookEmpty(Invalid):
    sentence = say("这个文件里没有可以导入的内容。")


class NoSuchSheet(Invalid):
    sentence = say("文件里没有这个工作表，请检查名称。")


_REFUSALS: dict[str, type[Refused]] = {
    kind.__name__: kind
    for kind in (WorkbookUnreadable, WorkbookTooLarge, WorkbookEmpty, NoSuchSheet)
}


@dataclass(frozen=True, slots=True)
class Book:
    """One sheet, every cell as text: ``rows[0]`` is its first row. ``others``: sheets not read."""

    sheet: str
    others: tuple[str, ...]
    rows: list[list[str]]


def read(content: bytes, *, sheet: str = "") -> Book:
    """The sheet of this name, or the first that names people.

    XLSX, XLS, or CSV in UTF-8, UTF-16 or GB18030. Refuses: WorkbookUnreadable, NoSuchSheet,
    WorkbookTooLarge, WorkbookEmpty.
    """
    package = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pointsbank.enrolment.workbook"],
            input=json.dumps(sheet).encode() + b"\n" + content,
            capture_output=True,
            timeout=2 * SECONDS,
            check=False,
            env={"PYTHONPATH": str(package), "PYTHONUTF8": "1", "PATH": os.defpath},
        )
    except subprocess.TimeoutExpired:
        raise WorkbookUnreadable from None
    lines = done.stdout.splitlines()
    head = json.loads(lines[0]) if done.returncode == 0 and lines else {"refused": ""}
    if "refused" in head:
        raise _REFUSALS.get(head["refused"], WorkbookUnreadable)(
            rows=MOST_ROWS, columns=MOST_COLUMNS
        )
    return Book(head["sheet"], tuple(head["others"]), [json.loads(line) for line in lines[1:]])


def main(source: BinaryIO, out: TextIO) -> None:
    """What the bounded process does: a head, then a line of JSON a row."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    wanted = json.loads(source.readline())
    try:
        sheet, others, rows = _sheet(source.read(), wanted)
    except Refused as refused:
        out.write(json.dumps({"refused": type(refused).__name__}))
        return
    except Exception:
        # calamine raises its own errors and PanicException; a full memory raises MemoryError
        out.write(json.dumps({"refused": WorkbookUnreadable.__name__}))
        return
    out.write(json.dumps({"sheet": sheet, "others": others}) + "\n")
    out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _sheet(content: bytes, wanted: str) -> tuple[str, list[str], list[list[str]]]:
    if content.startswith((_ZIP, _OLE)):
        return _from_workbook(content, wanted)
    rows = _texts(csv.reader(io.StringIO(_decoded(content), newline=""), _dialect(content)))
    if not rows:
        raise WorkbookEmpty
    return "", [], rows


def _from_workbook(content: bytes, wanted: str) -> tuple[str, list[str], list[list[str]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = book.sheet_names[:MOST_SHEETS]
    if wanted and wanted not in names:
        raise NoSuchSheet
    first: tuple[str, list[list[str]]] | None = None
    for name in [wanted] if wanted else names:
        page = book.get_sheet_by_name(name)
        last_row, last_column = page.end or (-1, -1)
        if last_row >= MOST_ROWS or last_column >= 4 * MOST_COLUMNS:
            raise WorkbookTooLarge  # before every empty cell of it becomes an object
        rows = _texts(page.to_python(skip_empty_area=False))
        if rows and (wanted or heading_row(rows)[1]):
            return name, [other for other in names if other != name], rows
        if rows and first is None:
            first = name, rows
    if first is None:
        raise WorkbookEmpty
    return first[0], [other for other in names if other != first[0]], first[1]


def _texts(rows: Iterable[Iterable[Any]]) -> list[list[str]]:
    """The rows as texts, without the empty ones at their ends."""
    found: list[list[str]] = []
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise WorkbookTooLarge
        cells = [text_of(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MOST_COLUMNS or any(len(cell) > MOST_CHARACTERS for cell in cells):
            raise WorkbookTooLarge
        found.append(cells)
    while found and not found[-1]:
        found.pop()
    return found


def text_of(value: Any) -> str:
    """A cell as a person reads it; a number too long for a spreadsheet keeps its exponent."""
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT_BELOW else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | timedelta) else ""


def _plain(text: str) -> str:
    """What was meant: without blanks around, control characters, and guards against formulas."""
    bare = "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
    if bare.startswith('="') and bare.endswith('"'):
        return bare[2:-1]
    if bare.startswith("'") and (bare[1:2].isdigit() or bare[1:].startswith(_FORMULA_STARTS)):
        return bare[1:]
    return bare


def _decoded(content: bytes) -> str:
    """UTF-16 where a mark says so, else UTF-8, else GB18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise WorkbookUnreadable


def _dialect(content: bytes) -> type[csv.Dialect]:
    head = content[:20_000].replace(b"\x00", b"")
    separator = max(b",\t;", key=head.count)

    class Sniffed(csv.excel):
        delimiter = chr(separator)

    return Sniffed


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout)
