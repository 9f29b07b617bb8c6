"""The two files, read again with other libraries than the one that wrote them."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from pointsbank.evaluation.sheet import Kind, Sheet, SheetColumn, guarded, write_csv, write_xlsx

COLUMNS = (
    SheetColumn("编号", Kind.TEXT, 14),
    SheetColumn("姓名", Kind.TEXT, 10),
    SheetColumn("时长", Kind.HOURS, 9),
    SheetColumn("积分", Kind.NUMBER, 9),
)
ROWS = (("020260001", "王桂芳", 125, 1200), ("020260002", "=HYPERLINK(0)", 0, None))


def a_sheet(rows: Sequence[Sequence[str | int | None]] = ROWS) -> Sheet:
    return Sheet(
        name="2026",
        title="幸福社区2026年度评议参考表",
        notes=("仅供参考", "第二行"),
        columns=COLUMNS,
        rows=rows,
        sums=("合计", "2人", 125, 1200),
        dated=datetime(2026, 12, 28, 1, 30, tzinfo=UTC),
        frozen_columns=2,
        footer="页脚&R",
    )


def xlsx(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    write_xlsx(out, sheet)
    return out.getvalue()


def read_csv(sheet: Sheet) -> list[list[str]]:
    out = io.BytesIO()
    write_csv(out, sheet)
    return list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_numbers_are_numbers_and_numbers_of_people_are_text() -> None:
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet())))["2026"]
    assert [cell.value for cell in page[5]] == ["020260001", "王桂芳", 12.5, 1200]
    assert [cell.data_type for cell in page[5]] == ["s", "s", "n", "n"]
    assert [cell.number_format for cell in page[5]] == ["@", "@", "#,##0.0", "#,##0"]


def test_title_notes_header_and_sums_are_where_people_look() -> None:
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet())))["2026"]
    assert [page["A1"].value, page["A2"].value, page["A3"].value] == [
        "幸福社区2026年度评议参考表", "仅供参考", "第二行",
    ]  # fmt: skip
    assert [cell.value for cell in page[4]] == ["编号", "姓名", "时长", "积分"]
    assert [cell.value for cell in page[7]] == ["合计", "2人", 12.5, 1200]
    assert {str(merged) for merged in page.merged_cells.ranges} == {"A1:D1", "A2:D2", "A3:D3"}


def test_it_prints_on_a4_across_with_the_header_on_every_page() -> None:
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet())))["2026"]
    assert (page.page_setup.orientation, int(page.page_setup.paperSize)) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0  # as many pages down as it takes
    assert page.print_title_rows == "$1:$4"
    assert page.freeze_panes == "C5"


def test_an_ampersand_in_the_footer_stays_one() -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx(a_sheet()))) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "&amp;L&amp;8页脚&amp;&amp;R&amp;R" in page


def test_a_second_reader_sees_the_same() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx(a_sheet())))
    rows = book.get_sheet_by_name("2026").to_python()
    assert rows[4:6] == [
        ["020260001", "王桂芳", 12.5, 1200],
        ["020260002", "'=HYPERLINK(0)", 0, ""],
    ]


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert xlsx(a_sheet()) == xlsx(a_sheet())


def test_csv_is_what_a_chinese_excel_opens() -> None:
    out = io.BytesIO()
    write_csv(out, a_sheet())
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    assert out.getvalue().count(b"\r\n") == 3
    assert out.getvalue().count(b"\n") == 3


def test_csv_holds_header_and_rows_and_nothing_else() -> None:
    assert read_csv(a_sheet()) == [
        ["编号", "姓名", "时长", "积分"],
        ["020260001", "王桂芳", "12.5", "1200"],
        ["020260002", "'=HYPERLINK(0)", "0.0", ""],
    ]


def test_csv_leaves_hours_empty_where_there_are_none() -> None:
    assert read_csv(a_sheet([("1", None, None, -3)]))[1] == ["1", "", "", "-3"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_becomes_a_formula(start: str) -> None:
    text = f"{start}SUM(A1)"
    assert guarded(text) == f"'{text}"
    assert read_csv(a_sheet([(text, "", 0, 0)]))[1][0] == f"'{text}"
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet([(text, "", 0, 0)]))))["2026"]
    assert page["A5"].data_type == "s"
    assert str(page["A5"].value).startswith("'")


@pytest.mark.parametrize("text", ["", "王桂芳", "0123", "a=b", "汉字𠮷𡈽"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet([("1", text, 0, 0)]))))["2026"]
    assert (page["B5"].value or "") == text


def test_an_empty_sheet_still_has_its_sums() -> None:
    page = openpyxl.load_workbook(io.BytesIO(xlsx(a_sheet([]))))["2026"]
    assert page["A5"].value == "合计"
