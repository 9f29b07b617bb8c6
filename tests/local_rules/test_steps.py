"""A version that has not begun is taken back; an organisation goes by the rule above it again."""

from datetime import date, timedelta
from typing import Any

import pytest
from community import Community, submit
from sqlmodel import Session, col, select

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Forbidden
from pointsbank.earning.models import PointsRuleRow
from pointsbank.hours.operations import adopt_hour_rule
from pointsbank.hours.rules import STANDING_RULE
from pointsbank.local_rules import operations, queries
from pointsbank.local_rules.models import LocalRule
from pointsbank.local_rules.rules import (
    LaterRuleStands,
    NoSuchVersion,
    NothingOwn,
    RuleBackdated,
    VersionBegun,
)
from pointsbank.members import queries as members
from pointsbank.members.adoptions import adopt_consent_text, adopt_registration_rule
from pointsbank.members.rules import CONSENT_TEXTS, PROGRAM_TEXT, Consent
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed
from pointsbank.stars.operations import adopt_star_ladder
from pointsbank.stars.queries import ladder_in_force
from pointsbank.stars.rules import NATIONAL, Window
from tests.exchange.test_two_clerks import at_once
from tests.local_rules.test_pages import by, text_of, url
from tests.local_rules.test_queries import points

__all__ = ["by"]

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
NEXT_MONTH, NEW_YEAR = date(2026, 12, 1), date(2027, 1, 1)
KIND = queries.rule_kind("points-rules", "morality")


def recall(session: Session, place: Community, version: int, **changes: Any) -> LocalRule:
    asked = {"org_id": place.community, "part": "morality", "actor": place.secretary, **changes}
    actor = asked.pop("actor")
    return operations.recall(session, actor, KIND, version=version, at=clock.now(), **asked)


def back(session: Session, place: Community, from_on: date, **changes: Any) -> LocalRule:
    asked = {"org_id": place.community, "part": "morality", "actor": place.secretary, **changes}
    actor = asked.pop("actor")
    return operations.follow_above(session, actor, KIND, from_on=from_on, at=clock.now(), **asked)


def rate(session: Session, org_id: int, on: date) -> int:
    """Points an hour that decide for an organisation; the city's are 10."""
    rule = queries.rule_in_force(session, PointsRuleRow, org_id, on, "morality")
    assert rule is not None
    return rule.points_per_hour


def rates(session: Session, place: Community, *days: date) -> list[int]:
    return [rate(session, place.grid, day) for day in days]


def test_what_held_before_goes_on_when_a_version_is_taken_back(
    session: Session, place: Community
) -> None:
    held = points(session, place.community, TODAY, 8)
    points(session, place.community, NEXT_MONTH, 9)
    points(session, place.community, NEW_YEAR, 12)
    recall(session, place, 2)
    assert rates(session, place, TODAY, NEXT_MONTH, NEW_YEAR) == [8, 8, 12]
    found = queries.rule_in_force(session, PointsRuleRow, place.community, NEXT_MONTH, "morality")
    assert found is not None
    assert found.id == held, "the very version that was"
    recall(session, place, 3)
    assert rates(session, place, NEW_YEAR) == [8]
    points(session, place.community, NEXT_MONTH, 11)
    assert rates(session, place, TODAY, NEXT_MONTH) == [8, 11]
    own = queries.own_versions(session, PointsRuleRow, place.community, "morality")
    assert [one.version for one in own] == [6, 1], "a number is given once"


def test_refusals_of_taking_back_in_order(session: Session, place: Community) -> None:
    closed = orgs.found(
        session, SYSTEM, parent_id=place.community, kind="grid", name="旧网格", on=TODAY - DAY,
        at=clock.now(),
    ).id  # fmt: skip
    orgs.close(session, SYSTEM, org_id=closed, on=TODAY, key="k", at=clock.now())
    points(session, place.community, TODAY, 8)
    points(session, place.community, NEXT_MONTH, 9)
    hopeless: dict[str, Any] = {"org_id": 999_999, "actor": place.organiser, "version": 7}
    for refusal, mended in (
        (NoSuchOrganisation, {}),
        (Forbidden, {"org_id": closed}),
        (OrganisationClosed, {"actor": SYSTEM}),
        (Forbidden, {"org_id": place.community, "actor": place.stranger}),
        (NoSuchVersion, {"actor": place.secretary}),
        (VersionBegun, {"version": 1}),
    ):
        hopeless |= mended
        with pytest.raises(refusal):
            recall(session, place, **hopeless)
    done = recall(session, place, 2)
    assert recall(session, place, 2) is done
    with pytest.raises(NoSuchVersion):
        recall(session, place, done.version)


def test_from_a_day_on_the_rule_above_decides_again(session: Session, place: Community) -> None:
    points(session, place.community, TODAY, 8)
    points(session, place.city, NEW_YEAR, 7)
    again = back(session, place, NEXT_MONTH)
    assert back(session, place, NEXT_MONTH) is again
    assert rates(session, place, TODAY, NEXT_MONTH, NEW_YEAR) == [8, 10, 7]
    held = queries.holding(session, KIND, "morality", place.community, TODAY)
    assert not held.has_own
    assert [(x.on, x.terms["points_per_hour"]) for x in held.later] == [
        (NEXT_MONTH, 10), (NEW_YEAR, 7),
    ]  # fmt: skip
    recall(session, place, again.version)
    assert rates(session, place, NEXT_MONTH, NEW_YEAR) == [8, 8]
    back(session, place, NEXT_MONTH)
    points(session, place.community, NEW_YEAR, 12)
    assert rates(session, place, NEXT_MONTH, NEW_YEAR) == [10, 12]
    wanted = select(AuditEntry).where(AuditEntry.action == "local_rules.follow_above")
    noted = session.exec(wanted.order_by(col(AuditEntry.id))).all()[0]
    assert (noted.subject_kind, noted.subject_id) == ("points_rule", again.id)
    assert noted.facts == {
        "unit": "morality", "version": 2, "from_on": "2026-12-01", "as_above": True,
    }  # fmt: skip


def test_refusals_of_going_back_in_order(session: Session, place: Community) -> None:
    hopeless: dict[str, Any] = {
        "org_id": 999_999, "actor": place.organiser, "from_on": TODAY - DAY,
    }  # fmt: skip
    for refusal, mended in (
        (NoSuchOrganisation, {}),
        (Forbidden, {"org_id": place.community}),
        (NothingOwn, {"actor": place.secretary}),
    ):
        hopeless |= mended
        with pytest.raises(refusal):
            back(session, place, **hopeless)
    points(session, place.community, NEXT_MONTH, 9)
    with pytest.raises(RuleBackdated):
        back(session, place, **hopeless)
    with pytest.raises(LaterRuleStands):
        back(session, place, NEXT_MONTH)
    back(session, place, NEW_YEAR)
    with pytest.raises(NothingOwn):
        back(session, place, NEW_YEAR + DAY)


def test_every_feature_that_reads_a_rule_heeds_both(session: Session, place: Community) -> None:
    """Ladders, ages and consent texts are read by ways of their own."""
    at, here = clock.now(), {"org_id": place.community, "from_on": NEXT_MONTH}
    adopt_star_ladder(
        session, SYSTEM, **here, levels=NATIONAL.levels, window=Window.CALENDAR_YEAR, at=at
    )
    adopt_registration_rule(session, SYSTEM, **here, least_age=10, at=at)
    top = {"org_id": place.city, "from_on": NEXT_MONTH}
    sharing = Consent.SHARING
    adopt_consent_text(session, SYSTEM, **top, kind=sharing, body="新文本", at=at)
    adopt_hour_rule(session, SYSTEM, **here, terms=STANDING_RULE.terms, at=at)

    def read(on: date) -> tuple[Window, int, int]:
        age = members.registration_rules(session, [place.grid], on)[place.grid].least_age
        window = ladder_in_force(session, place.grid, on).window
        return window, age, members.text_versions(session, on)[sharing]

    before = (Window.LIFETIME, 14, PROGRAM_TEXT)
    assert read(TODAY) == before
    assert read(NEXT_MONTH) == (Window.CALENDAR_YEAR, 10, PROGRAM_TEXT + 1)
    for path in ("star-ladders", "registration-rules", "consent-texts"):
        part = sharing if path == "consent-texts" else ""
        kind = queries.rule_kind(path, part)
        org_id = place.city if part else place.community
        named = {"org_id": org_id, "part": part, "at": at}
        operations.follow_above(session, SYSTEM, kind, from_on=NEW_YEAR, **named)
        assert queries.holding(session, kind, part, org_id, NEW_YEAR).terms == kind.standing[part]
    assert read(NEW_YEAR) == before
    for path, version in (("star-ladders", 1), ("registration-rules", 1), ("consent-texts", 2)):
        part = sharing if path == "consent-texts" else ""
        org_id = place.city if part else place.community
        kind = queries.rule_kind(path, part)
        operations.recall(session, SYSTEM, kind, org_id=org_id, part=part, version=version, at=at)
    assert read(NEXT_MONTH) == before
    assert members.consent_text(session, sharing, PROGRAM_TEXT) == CONSENT_TEXTS[sharing]


def test_who_take_back_at_once_take_back_once(place: Community, bank: Database) -> None:
    with transaction() as session:
        points(session, place.community, NEXT_MONTH, 9)

    def take(session: Session) -> LocalRule:
        return recall(session, place, 1)

    outcomes = at_once(bank, [take] * 4)
    with snapshot() as session:
        written = queries.written_versions(session, PointsRuleRow, place.community, "morality")
    assert [one.recalls for one in written] == [1, None]
    assert {one.id for one in outcomes} == {written[0].id}


def test_on_the_page_both_are_seen_before_they_are_done(place: Community, by: Any) -> None:
    with transaction() as session:
        points(session, place.community, TODAY, 8)
        points(session, place.community, NEXT_MONTH, 9)
    secretary, address = by(place.secretary), url(place.community)
    page = secretary.get(address).text
    assert page.count("撤回这一版") == 1
    assert "撤回这一版" not in by(place.volunteer).get(address).text

    asked: dict[str, Any] = {"part": "morality", "version": 2}
    recalls = f"{address}/points-rules/recalls"
    preview = submit(secretary, recalls, **asked)
    assert (preview.status_code, "治安巡逻 2 小时 18 分 16 分" in text_of(preview)) == (200, True)
    assert submit(secretary, recalls, **asked | {"version": 1}).status_code == 409
    done = submit(secretary, recalls, **asked, confirmed="1")
    assert (done.status_code, done.location) == (303, f"{address}#points-rules-morality")
    assert "自12月1日起改为" not in text_of(secretary.get(address))

    form = secretary.get(url(place.community, "points-rules") + "?part=morality").text
    assert "恢复执行上级的规则" in form
    asked, returns = {"part": "morality"}, f"{address}/points-rules/return"
    wrong = submit(secretary, returns, **asked, from_on="2026-11-20")
    assert (wrong.status_code, "最早从11月21日起" in wrong.text) == (409, True)
    assert submit(secretary, returns, **asked, from_on="").status_code == 422
    asked["from_on"] = "2026-12-01"
    preview = submit(secretary, returns, **asked)
    assert "治安巡逻 2 小时 16 分 20 分" in text_of(preview)
    with snapshot() as session:
        assert rate(session, place.community, NEXT_MONTH) == 8
    assert submit(secretary, returns, **asked, confirmed="1").status_code == 303
    page = text_of(secretary.get(address))
    assert "自12月1日起改为 白城市第1版 治安巡逻 2 小时 16 分 → 20 分" in page.replace(
        "环境整治 2 小时 16 分 → 20 分 ", ""
    )
    assert "恢复执行上级的规则" in page
    form = secretary.get(url(place.community, "points-rules") + "?part=morality").text
    assert "恢复执行上级的规则" not in form
    asked["from_on"] = "2026-12-02"
    assert submit(by(place.stranger), returns, **asked).status_code == 403
