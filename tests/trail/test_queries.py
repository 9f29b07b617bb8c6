"""What an auditor sees of the trail, and how she searches it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from pointsbank.access import operations
from pointsbank.access import queries as access
from pointsbank.access.models import User
from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.models import Member
from pointsbank.trail import queries
from pointsbank.trail.rules import TrailLine
from tests.community import Community


@pytest.fixture
def written(community: Community) -> Community:
    """A day of entries: in both communities, in none, by staff, by a member and by the system."""
    with transaction() as session:
        for actor, action, org_id in (
            (community.clerk, "exchange.stock_in", community.community),
            (community.stranger, "exchange.stock_in", community.other_community),
            (SYSTEM, "ledger.seal", None),
            (community.volunteer, "members.card_lost", community.building_group),
        ):
            audit.record(
                session, actor, action, ("thing", 1), at=clock.now() + timedelta(days=2),
                org_id=org_id, count=3,
            )  # fmt: skip
    return community


def trail(actor: Actor, **asked: object) -> list[TrailLine]:
    with snapshot() as session:
        return queries.trail(session, actor, **asked)  # type: ignore[arg-type]


def test_the_trail_stands_newest_first_with_names(written: Community) -> None:
    lines = trail(written.auditor, most=4)
    assert [(line.action, line.actor_name) for line in lines] == [
        ("members.card_lost", "王桂芳"),
        ("ledger.seal", ""),
        ("exchange.stock_in", "测试stranger"),
        ("exchange.stock_in", "测试clerk"),
    ]
    assert lines[3].roles == ("clerk",)
    assert lines[0].roles == ()
    assert lines[3].facts == {"count": 3}


def test_an_auditor_sees_her_organisations_and_the_topmost_what_concerns_the_bank(
    written: Community,
) -> None:
    with transaction() as session:
        user = operations.open_user(
            session, SYSTEM, org_id=written.community, staff_name="local", display_name="监",
            at=clock.now(),
        )  # fmt: skip
        operations.grant_role(
            session, SYSTEM, user_id=user.id, role=Role.AUDITOR, org_id=written.community,
            from_on=clock.today(), at=clock.now(),
        )  # fmt: skip
        session.execute(update(User).values(must_change=False))
        token = operations.open_session(session, user_id=user.id, at=clock.now()).token
        local = access.actor_of_token(session.connection(), token, clock.now())
    assert local is not None
    seen = trail(local)
    assert {line.org_id for line in seen} <= {
        written.community, written.grid, written.building_group, written.branch, written.team,
    }  # fmt: skip
    assert "测试clerk" in {line.actor_name for line in seen}
    assert "测试stranger" not in {line.actor_name for line in seen}
    assert "ledger.seal" not in {line.action for line in seen}
    assert "ledger.seal" in {line.action for line in trail(written.auditor)}


def test_who_is_no_auditor_anywhere_sees_no_organisation_s_entries(written: Community) -> None:
    assert trail(written.secretary) == []


def test_the_trail_is_narrowed_by_action_person_and_days(written: Community) -> None:
    stock = trail(written.auditor, action="exchange.stock_in")
    assert len(stock) == 2
    hers = trail(written.auditor, actor_id=written.clerk.id)
    assert {line.actor_id for line in hers} == {written.clerk.id}
    assert [line.action for line in trail(written.auditor, since=date(2026, 11, 23))] == [
        "members.card_lost", "ledger.seal", "exchange.stock_in", "exchange.stock_in",
    ]  # fmt: skip
    assert trail(written.auditor, since=date(2026, 11, 24)) == []
    before = trail(written.auditor, until=date(2026, 11, 22), most=200)
    assert "exchange.stock_in" not in {line.action for line in before}
    assert len(trail(written.auditor, until=date(2026, 11, 23), most=200)) == len(before) + 4


def test_pages_of_the_trail_follow_one_another_without_gaps(written: Community) -> None:
    whole = [line.id for line in trail(written.auditor, most=200)]
    paged: list[int] = []
    before = None
    while lines := trail(written.auditor, before=before, most=3):
        paged += [line.id for line in lines]
        before = paged[-1]
    assert paged == whole


def test_the_trail_is_narrowed_by_organisation_and_by_a_volunteer_s_number(
    written: Community,
) -> None:
    here = trail(written.auditor, org_id=written.community, most=200)
    assert {line.action for line in here} >= {"exchange.stock_in", "members.card_lost"}
    assert "测试stranger" not in {line.actor_name for line in here}
    with snapshot() as session:
        number = session.get_one(Member, written.wang).number
    about = trail(written.auditor, number=number, most=200)
    assert "members.card_lost" in {line.action for line in about}
    assert {line.subject_id for line in about if line.subject_kind == "user"} == {
        written.volunteer.id
    }
    assert trail(written.auditor, number="0") == []


def test_she_may_choose_among_her_organisations_down_to_communities(written: Community) -> None:
    with snapshot() as session:
        shown = dict(queries.places(session, written.auditor))
    assert written.city in shown
    assert shown[written.community] == "幸福社区"
    assert written.grid not in shown
