"""The evaluation's decisions, without a database."""

import hashlib
from datetime import UTC, date, datetime

import pytest

from pointsbank.evaluation.rules import (
    NO_SEAL_BEFORE,
    Column,
    EvaluationRule,
    PointsUnit,
    Relation,
    SealDayImpossible,
    SealedFigures,
    TooEarlyToSeal,
    check_seal_day,
    check_sealable,
    columns_of_book,
    columns_of_total,
    hour_tenths,
    in_order,
    measure_of,
    relation_of,
    seal_digest,
)

UNITS = (PointsUnit("morality", "道德积分"), PointsUnit("party", "党员积分"))
CATEGORIES = {"environment": "环境整治", "patrol": "治安巡逻"}
LINE = SealedFigures(7, 3, None, 5, "full", (750, 120))
HEAD = {
    "org_id": 9,
    "year": 2026,
    "sealed_at": datetime(2026, 12, 28, 1, 30, tzinfo=UTC),
    "sealed_by": 4,
    "previous": NO_SEAL_BEFORE,
    "columns": (
        Column("hours", "服务时长", "minutes"),
        Column("earned.party", "党员积分", "points"),
    ),
    "rows": (LINE,),
}


@pytest.mark.parametrize(
    ("line", "relation"),
    [
        ("territory", Relation.RESIDENCE),
        ("party", Relation.BRANCH),
        ("employer", Relation.EMPLOYER),
        ("team", Relation.TEAM),
    ],
)
def test_an_organisation_s_line_says_which_relation_is_read(line: str, relation: Relation) -> None:
    assert relation_of(line) is relation


@pytest.mark.parametrize(
    ("unit", "kind", "category", "columns"),
    [
        ("minutes", "issued", "scanned", {"hours": 1}),
        ("minutes", "issued", "supplemented", {"hours": 1, "hours.supplemented": 1}),
        ("minutes", "issued", "imported", {"hours": 1, "hours.supplemented": 1}),
        ("minutes", "adjusted", "", {"hours": 1}),
        ("party", "issued", "patrol", {"earned.party": 1, "earned.party.patrol": 1}),
        ("party", "issued", "", {"earned.party": 1, "earned.party.": 1}),
        ("party", "redeemed", "", {"redeemed.party": -1}),
        ("party", "expired", "", {"expired.party": -1}),
        ("party", "adjusted", "", {"adjusted.party": 1}),
        ("party", "transit", "", {}),
    ],
)
def test_each_sum_of_the_book_goes_into_its_columns(
    unit: str, kind: str, category: str, columns: dict[str, int]
) -> None:
    assert dict(columns_of_total(unit, kind, category)) == columns


@pytest.mark.parametrize(
    ("column", "measure"),
    [
        ("hours", "minutes"),
        ("hours.supplemented", ""),
        ("earned.party", "in.party"),
        ("earned.party.patrol", ""),
        ("redeemed.party", "out.party"),
        ("expired.party", ""),
    ],
)
def test_only_whole_sums_count_in_a_roll_up(column: str, measure: str) -> None:
    assert measure_of(column) == measure


def test_hours_and_points_have_columns_even_where_there_is_nothing() -> None:
    names = [column.name for column in columns_of_book(UNITS, (), CATEGORIES)]
    assert names == ["hours", "earned.morality", "earned.party"]


def test_categories_stand_in_their_order_and_unknown_ones_after_them() -> None:
    found = {
        "hours.supplemented", "earned.party.patrol", "earned.party.environment", "earned.party.zzz",
        "earned.party.", "adjusted.party", "expired.morality",
    }  # fmt: skip
    labels = [column.label for column in columns_of_book(UNITS, found, CATEGORIES)]
    assert labels == [
        "服务时长", "其中补录", "道德积分", "道德积分·已到期", "党员积分", "党员积分·环境整治",
        "党员积分·治安巡逻", "党员积分·其他", "党员积分·zzz", "党员积分·调整",
    ]  # fmt: skip


def test_star_and_activities_follow_the_hours_and_other_features_come_last() -> None:
    book = columns_of_book(UNITS[:1], (), CATEGORIES)
    contributed = [
        Column("wishes", "微心愿", "count"),
        Column("activities", "活动次数", "count"),
        Column("star", "星级", "count"),
    ]
    names = [column.name for column in in_order(book, contributed)]
    assert names == ["hours", "star", "activities", "earned.morality", "wishes"]


def test_stars_are_not_added_up() -> None:
    assert not Column("star", "星级", "count").summed
    assert Column("activities", "活动次数", "count").summed


@pytest.mark.parametrize(("minutes", "tenths"), [(0, 0), (5, 0), (6, 1), (750, 125), (-1, -1)])
def test_hours_are_whole_tenths_rounded_down(minutes: int, tenths: int) -> None:
    assert hour_tenths(minutes) == tenths


def test_a_year_may_be_sealed_from_the_first_of_december() -> None:
    check_sealable(2026, on=date(2026, 12, 1), rule=EvaluationRule())
    check_sealable(2025, on=date(2026, 3, 1), rule=EvaluationRule())
    with pytest.raises(TooEarlyToSeal) as refused:
        check_sealable(2026, on=date(2026, 11, 30), rule=EvaluationRule())
    assert refused.value.facts == {"year": "2026", "from_on": date(2026, 12, 1)}


def test_a_local_rule_moves_that_day() -> None:
    check_sealable(2026, on=date(2026, 11, 20), rule=EvaluationRule(11, 20))


@pytest.mark.parametrize(("month", "day"), [(0, 1), (13, 1), (12, 0), (2, 29)])
def test_a_day_that_not_every_year_has_is_refused(month: int, day: int) -> None:
    with pytest.raises(SealDayImpossible):
        check_seal_day(month, day)


def test_the_last_possible_seal_day_is_taken() -> None:
    check_seal_day(12, 28)


def test_the_digest_is_that_of_the_written_encoding() -> None:
    """Byte for byte as the docstring says, so that an auditor can recompute it with other tools."""

    def whole(number: int, size: int = 8) -> bytes:
        return number.to_bytes(size, "big", signed=size == 8)

    def text(value: str) -> bytes:
        return whole(len(value.encode()), 4) + value.encode()

    micros = int(datetime(2026, 12, 28, 1, 30, tzinfo=UTC).timestamp()) * 1_000_000
    encoded = b"PBYEAR01" + whole(9) + (2026).to_bytes(4, "big") + whole(micros) + whole(4)
    encoded += bytes(32) + whole(2, 4)
    for part in ("hours", "服务时长", "minutes", "earned.party", "党员积分", "points"):
        encoded += text(part)
    encoded += whole(0, 4) + whole(7) + whole(3) + whole(0) + whole(5) + whole(2, 4)
    encoded += text("full") + whole(750) + whole(120)
    assert seal_digest(**HEAD) == hashlib.sha256(encoded).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"org_id": 10},
        {"year": 2025},
        {"sealed_at": datetime(2026, 12, 28, 1, 30, 0, 1, tzinfo=UTC)},
        {"sealed_by": 5},
        {"previous": bytes(31) + b"\1"},
        {"columns": (Column("hours", "时长", "minutes"), HEAD["columns"][1])},
        {"rows": ()},
        {"rows": (SealedFigures(8, 3, None, 5, "full", (750, 120)),)},
        {"rows": (SealedFigures(7, 3, 5, None, "full", (750, 120)),)},
        {"rows": (SealedFigures(7, 3, None, 5, "probationary", (750, 120)),)},
        {"rows": (SealedFigures(7, 3, None, 5, "full", (750, 121)),)},
    ],
)
def test_whatever_changes_changes_the_digest(change: dict[str, object]) -> None:
    assert seal_digest(**(HEAD | change)) != seal_digest(**HEAD)
