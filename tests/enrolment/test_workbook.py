"""Workbooks of every kind read, and those made to harm refused."""

from datetime import date, datetime, time, timedelta

import pytest

from pointsbank.enrolment import workbook
from pointsbank.enrolment.workbook import (
    NoSuchSheet,
    WorkbookEmpty,
    WorkbookTooLarge,
    WorkbookUnreadable,
    text_of,
)
from tests.enrolment.sheets import bomb, comma_separated, endless_rows, with_cell_at, xlsx
from tests.enrolment.xls import xls

PEOPLE = [("姓名", "手机号"), ("王桂芳", "13800000001"), ("㛃𠅤", "13800000002")]
AS_LISTS = [list(row) for row in PEOPLE]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_read_in_every_unicode(encoding: str, separator: str) -> None:
    assert workbook.read(comma_separated(PEOPLE, encoding, separator)).rows == AS_LISTS


def test_chinese_text_of_before_unicode_is_read() -> None:
    assert workbook.read(comma_separated(PEOPLE, "gb18030")).rows == AS_LISTS


def test_both_formats_of_excel_are_read() -> None:
    assert workbook.read(xlsx(PEOPLE)).rows == AS_LISTS
    old = workbook.read(xls([("姓名", "手机号"), ("王桂芳", 13800000001.0)]))
    assert (old.sheet, old.rows) == ("名册", AS_LISTS[:2])


def test_the_sheet_that_names_people_is_found_and_another_can_be_asked_for() -> None:
    content = xlsx(PEOPLE, before=[("请按要求填写",)])
    found = workbook.read(content)
    assert (found.sheet, found.others, found.rows) == ("名册", ("填表说明",), AS_LISTS)
    assert workbook.read(content, sheet="填表说明").rows == [["请按要求填写"]]
    with pytest.raises(NoSuchSheet):
        workbook.read(content, sheet="没有")


def test_a_sheet_without_names_is_read_when_there_is_no_better() -> None:
    assert workbook.read(xlsx([("a", "b", "c")], before=[()])).rows == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" 王桂芳　", "王桂芳"),
        ("'13800000001", "13800000001"),
        ('="0138"', "0138"),
        ("'=1+1", "=1+1"),
        ("'王", "'王"),
        ("a\x07b", "a b"),
        (13800000001.0, "13800000001"),
        (1.5, "1.5"),
        (4.4052418800101e17, "4.4052418800101e+17"),
        (True, "是"),
        (False, "否"),
        (date(1980, 1, 31), "1980-01-31"),
        (datetime(1980, 1, 31), "1980-01-31"),  # noqa: DTZ001 - as the reader gives it
        (datetime(1980, 1, 31, 8, 5), "1980-01-31 08:05"),  # noqa: DTZ001
        (time(8, 5), "08:05:00"),
        (timedelta(hours=1), "1:00:00"),
        (7, "7"),
        (None, ""),
    ],
)
def test_a_cell_is_read_as_a_person_reads_it(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (with_cell_at("XFD1048576"), WorkbookTooLarge),
        (with_cell_at("A1048576"), WorkbookTooLarge),
        (with_cell_at("XFD1"), WorkbookTooLarge),
        (endless_rows(150_000), WorkbookTooLarge),
        (xlsx([["x"] * 61]), WorkbookTooLarge),
        (comma_separated([["x" * 1001]]), WorkbookTooLarge),
        (comma_separated([["x"]] * 100_001), WorkbookTooLarge),
        (bomb(700), WorkbookUnreadable),
        (b"PK\x03\x04 no archive", WorkbookUnreadable),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no container", WorkbookUnreadable),
        (bytes(range(256)), WorkbookUnreadable),
        (b"\xff\xff\xff", WorkbookUnreadable),
        (b'"' + b"x" * 200_000, WorkbookUnreadable),
        (b"", WorkbookEmpty),
        (b",,\r\n,,", WorkbookEmpty),
        (xlsx([]), WorkbookEmpty),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "file",
)
def test_what_would_exhaust_the_reader_is_refused(content: bytes, refusal: type) -> None:
    with pytest.raises(refusal):
        workbook.read(content)


def test_a_reader_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SECONDS", 0.001)
    with pytest.raises(WorkbookUnreadable):
        workbook.read(xlsx(PEOPLE))
