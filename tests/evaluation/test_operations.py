"""Sealing a year: refusals in order, what is written, and that it stays."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.earning.rules import DeedCategory
from pointsbank.evaluation import queries
from pointsbank.evaluation.models import SealedYear
from pointsbank.evaluation.operations import adopt_evaluation_rule, record_export, seal_year
from pointsbank.evaluation.queries import Evaluation, Seal
from pointsbank.evaluation.reference import reference_sheet
from pointsbank.evaluation.rules import (
    NO_SEAL_BEFORE,
    EvaluationRule,
    NobodyToEvaluate,
    NoSuchEvaluation,
    SealDayImpossible,
    SealKeyReused,
    TooEarlyToSeal,
    YearAlreadySealed,
)
from pointsbank.evaluation.sheet import write_csv, write_xlsx
from pointsbank.members.models import Member


def sealed(year: Any, /, **changes: Any) -> Seal:
    asked = {
        "actor": year.place.secretary,
        "org_id": year.place.branch,
        "year": 2026,
        "key": "seal-2026",
        "at": year.end,
    } | changes
    with transaction() as session:
        return seal_year(session, **asked)


def seen(year: Any, org_id: int | None = None) -> Evaluation:
    with snapshot() as session:
        return queries.evaluation(
            session, year.place.secretary, org_id=org_id or year.place.branch, year=2026
        )


def export(found: Evaluation, at: datetime) -> tuple[bytes, bytes]:
    sheet, table = io.BytesIO(), io.BytesIO()
    write_xlsx(sheet, reference_sheet(found, str, at=at))
    write_csv(table, reference_sheet(found, str, at=at))
    return sheet.getvalue(), table.getvalue()


def audited(session: Any) -> list[tuple[str, str, int, dict[str, Any]]]:
    rows = session.execute(
        select(AuditEntry).where(AuditEntry.action.startswith("evaluation."))
    ).scalars()
    return [(row.action, row.subject_kind, row.subject_id, row.facts) for row in rows]


def test_a_hopeless_seal_is_refused_fault_by_fault(year: Any) -> None:
    place = year.place
    first = sealed(year)
    hopeless: dict[str, Any] = {
        "actor": place.volunteer, "org_id": 999_999, "year": 2027, "key": "seal-2026",
    }  # fmt: skip
    with pytest.raises(SealKeyReused):
        sealed(year, **hopeless)
    hopeless["key"] = "another"
    with pytest.raises(NoSuchEvaluation):
        sealed(year, **hopeless)
    hopeless["org_id"] = place.branch
    with pytest.raises(NoSuchEvaluation):
        sealed(year, **hopeless)
    hopeless["actor"] = place.official
    with pytest.raises(Forbidden):
        sealed(year, **hopeless)
    hopeless["actor"] = place.secretary
    with pytest.raises(YearAlreadySealed) as refused:
        sealed(year, **hopeless | {"year": 2026})
    assert refused.value.facts == {"year": "2026", "sealed_at": first.sealed_at}
    with pytest.raises(TooEarlyToSeal) as early:
        sealed(year, **hopeless)
    assert early.value.facts["from_on"] == date(2027, 12, 1)
    hopeless["year"] = 2019  # nobody was registered yet
    with pytest.raises(NobodyToEvaluate):
        sealed(year, **hopeless)
    hopeless["year"] = 2027
    assert sealed(year, **hopeless, at=datetime(2027, 12, 1, tzinfo=UTC)).rows_count == 3


def test_the_same_key_gives_the_same_seal_again(year: Any) -> None:
    first = sealed(year)
    assert sealed(year, at=year.end + timedelta(days=1)) == first
    for change in ({"org_id": year.place.team}, {"year": 2025}, {"actor": SYSTEM}):
        with pytest.raises(SealKeyReused):
            sealed(year, **change)


@pytest.mark.parametrize("keys", [("one", "one"), ("one", "two")])
def test_two_seals_at_once_make_one(year: Any, keys: tuple[str, str]) -> None:
    def attempt(key: str) -> Seal | YearAlreadySealed:
        try:
            return sealed(year, key=key)
        except YearAlreadySealed as refused:
            return refused

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(attempt, keys))
    seals = {answer for answer in answers if isinstance(answer, Seal)}
    assert len(seals) == 1
    refused = [answer for answer in answers if isinstance(answer, YearAlreadySealed)]
    assert len(refused) == len(set(keys)) - 1
    assert len(seen(year).people) == 3


def test_a_secretary_seals_only_at_home(year: Any) -> None:
    with pytest.raises(NoSuchEvaluation):
        sealed(year, actor=year.place.stranger)


def test_sealing_is_written_down(year: Any) -> None:
    first = sealed(year)
    with snapshot() as session:
        ((action, kind, subject_id, facts),) = audited(session)
    assert (action, kind, subject_id) == ("evaluation.seal_year", "sealed_year", first.id)
    assert facts == {"year": 2026, "rows": 3, "digest": first.digest}


def test_taking_a_sheet_away_is_written_down(year: Any) -> None:
    place = year.place
    with transaction() as session:
        record_export(
            session, place.official, org_id=place.branch, year=2026, file_type="csv", at=year.end
        )
        ((action, kind, subject_id, facts),) = audited(session)
    assert (action, kind, subject_id) == ("evaluation.export", "organisation", place.branch)
    assert facts == {"year": 2026, "file_type": "csv"}


def test_nobody_takes_a_sheet_away_from_outside(year: Any) -> None:
    with pytest.raises(NoSuchEvaluation), transaction() as session:
        record_export(
            session, year.place.stranger, org_id=year.place.branch, year=2026, file_type="csv",
            at=year.end,
        )  # fmt: skip


def test_a_sealed_year_holds_its_figures_and_says_so(year: Any) -> None:
    before = seen(year)
    seal = sealed(year)
    after = seen(year)
    assert after.seal == seal
    assert (after.columns, after.people, after.sums) == (before.columns, before.people, before.sums)


def test_rows_of_a_seal_can_be_neither_changed_nor_removed(year: Any, bank: Database) -> None:
    sealed(year)
    for verb in (
        "DELETE FROM sealed_year",
        "DELETE FROM sealed_row",
        "UPDATE sealed_year SET rows_count = 0",
        "UPDATE sealed_row SET member_id = 0",
    ):
        with (
            pytest.raises(Exception, match="append-only"),
            bank.administer() as connection,
        ):
            connection.exec_driver_sql(verb)


def test_the_seal_holds_until_a_row_is_tampered_with(year: Any, bank: Database) -> None:
    sealed(year)
    assert seen(year).seal_holds
    with bank.administer() as connection:
        _unprotect(connection, bank.dialect)
        connection.exec_driver_sql("UPDATE sealed_row SET member_id = 999 WHERE position = 1")
    assert not seen(year).seal_holds


def _unprotect(connection: Any, dialect: str) -> None:
    if dialect == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER sealed_row_no_update")
    else:
        connection.exec_driver_sql("DROP TRIGGER sealed_row_no_change ON sealed_row")


def test_seals_of_an_organisation_are_chained(year: Any) -> None:
    first = sealed(year)
    sealed(year, year=2027, key="seal-2027", at=datetime(2027, 12, 2, tzinfo=UTC))
    other = sealed(year, org_id=year.place.community, key="other")
    with snapshot() as session:
        rows = {row.year: row for row in _seals(session, year.place.branch)}
        (apart,) = _seals(session, year.place.community)
    assert rows[2026].previous_digest == NO_SEAL_BEFORE
    assert rows[2027].previous_digest.hex() == first.digest
    assert apart.previous_digest == NO_SEAL_BEFORE
    assert apart.digest.hex() == other.digest


def _seals(session: Any, org_id: int) -> list[SealedYear]:
    return list(session.execute(select(SealedYear).where(SealedYear.org_id == org_id)).scalars())


def test_a_name_is_joined_and_can_be_erased(year: Any) -> None:
    sealed(year)
    with transaction() as session:
        li = session.get(Member, year.place.li)
        assert li is not None
        li.name = "李建国（更名）"
    names = {person.line.member_id: person.name for person in seen(year).people}
    assert names[year.place.li] == "李建国（更名）"
    told = reference_sheet(
        replace(seen(year), people=(replace(seen(year).people[0], name="", number=""),)),
        str,
        at=year.end,
    )
    assert next(iter(told.rows))[:3] == [1, "", "（已删除）"]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    later=st.lists(
        st.tuples(
            st.sampled_from(["li", "zhao", "sun", "wang"]),
            st.integers(10, 480),
            st.sampled_from(list(DeedCategory)),
            st.integers(1, 28),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_sealed_export_is_the_same_whatever_is_posted_later(
    sealed_once: Any, later: list[tuple[str, int, DeedCategory, int]]
) -> None:
    year, before = sealed_once
    for who, minutes, kind, day in later:
        year.serve(getattr(year.place, who), minutes, kind, (2026, 11, day))
    assert export(seen(year), datetime(2030, 1, 1, tzinfo=UTC)) == before


@pytest.fixture
def sealed_once(year: Any) -> tuple[Any, tuple[bytes, bytes]]:
    sealed(year)
    return year, export(seen(year), year.end)


def test_an_open_year_goes_on_counting(year: Any) -> None:
    before = export(seen(year), year.end)
    year.serve(year.place.sun, 60)
    assert export(seen(year), year.end) != before


def rule_for(year: Any, actor: Actor | None = None, **changes: Any) -> EvaluationRule:
    asked = {
        "org_id": year.place.community, "from_on": date(2026, 12, 28),
        "seal_from_month": 12, "seal_from_day": 20, "at": year.end,
    } | changes  # fmt: skip
    with transaction() as session:
        return adopt_evaluation_rule(session, actor or year.place.secretary, **asked)


def test_a_seal_day_that_not_every_year_has_is_refused_last(year: Any) -> None:
    impossible: dict[str, Any] = {"actor": year.place.official, "seal_from_month": 13}
    with pytest.raises(Forbidden):
        rule_for(year, **impossible)
    impossible["actor"] = year.place.secretary
    with pytest.raises(SealDayImpossible):
        rule_for(year, **impossible)
    assert rule_for(year, **impossible | {"seal_from_month": 11}) == EvaluationRule(11, 20)


def test_the_system_may_adopt_a_rule_of_the_past(year: Any) -> None:
    assert rule_for(year, SYSTEM, from_on=date(2020, 1, 1)) == EvaluationRule(12, 20)


def test_the_nearest_rule_in_force_decides_the_day(year: Any) -> None:
    place = year.place
    rule_for(year, SYSTEM, org_id=place.city, from_on=date(2020, 1, 1), seal_from_month=11)
    rule_for(year, SYSTEM, org_id=place.community, from_on=date(2026, 12, 1), seal_from_month=10)
    with snapshot() as session:
        in_force = queries.rule_in_force
        assert in_force(session, place.branch, date(2026, 12, 1)) == EvaluationRule(10, 20)
        assert in_force(session, place.branch, date(2026, 11, 30)) == EvaluationRule(11, 20)
        assert in_force(session, place.other_grid, date(2026, 12, 1)) == EvaluationRule(11, 20)
        assert in_force(session, place.branch, date(2019, 1, 1)) == EvaluationRule()
    assert sealed(year, year=2027, at=datetime(2027, 10, 20, tzinfo=UTC)).year == 2027
