"""What comes in, at the edge: numbers, texts, instants that are not what they should be."""

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask

from pointsbank.web.schemas import Instant, Request, Text, Whole


class Asked(Request):
    count = Whole(1, 100)
    title = Text(10)
    at = Instant()


@pytest.fixture(autouse=True)
def _in_chinese(app: Flask) -> Any:
    with app.test_request_context():
        yield


@pytest.mark.parametrize("count", [1, 100, "7", "100"])
def test_whole_numbers_come_from_json_and_from_forms(count: int | str) -> None:
    assert Asked().load({"count": count})["count"] == int(count)


@pytest.mark.parametrize(
    "count", [0, 101, -1, 2.0, 1.5, True, None, "", "1.0", "１", "1e2", 10**400, "9" * 30, [], {}]
)
def test_what_is_no_whole_number_in_range_is_refused(count: Any) -> None:
    with pytest.raises(ma.ValidationError) as refused:
        Asked().load({"count": count})
    assert "整数" in str(refused.value.messages["count"][0]) or count is None


@pytest.mark.parametrize("title", ["十个字十个字十个字十", "  两边空格  "])
def test_a_text_is_trimmed(title: str) -> None:
    assert Asked().load({"title": title})["title"] == title.strip()


@pytest.mark.parametrize("title", ["", "   ", "十" * 11, "a\x00b", "\ud800", 5, None, ["a"]])
def test_what_is_no_text_of_that_length_is_refused(title: Any) -> None:
    with pytest.raises(ma.ValidationError):
        Asked().load({"title": title})


def test_an_instant_without_an_offset_is_local() -> None:
    assert Asked().load({"at": "2026-11-21T09:02"})["at"] == datetime(
        2026, 11, 21, 1, 2, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "at", ["2026-02-30T09:00", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "now", 5]
)
def test_an_impossible_instant_is_refused(at: Any) -> None:
    with pytest.raises(ma.ValidationError):
        Asked().load({"at": at})


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ma.ValidationError) as refused:
        Asked().load({"role": "auditor"})
    assert str(refused.value.messages["role"][0]) == "没有这一项。"
