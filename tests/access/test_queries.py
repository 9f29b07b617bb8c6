"""Who is behind a token, in how many statements; what an auditor sees of the trail."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from pointsbank.access import operations, queries, rules
from pointsbank.access.models import User
from pointsbank.access.rules import TrailLine
from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.members.models import Member
from tests.community import Community
from tests.statements import noting


def token_of(actor: Actor) -> str:
    with transaction() as session:
        return operations.open_session(session, user_id=actor.id, at=clock.now()).token


def statements_for(token: str) -> int:
    """How many statements it takes to know who is behind a token."""
    with snapshot() as session:
        connection = session.connection()
        with noting(connection) as seen:
            queries.actor_of_token(connection, token, clock.now())
    return len(seen)


def test_a_volunteer_costs_one_statement_and_staff_two(community: Community) -> None:
    assert statements_for(token_of(community.volunteer)) == 1
    assert statements_for(token_of(community.stranger)) == 2


def test_the_actor_carries_name_roles_reach_and_address(community: Community) -> None:
    token = token_of(community.official)
    with snapshot() as session:
        actor = queries.actor_of_token(session.connection(), token, clock.now(), address="10.0.0.9")
    assert actor is not None
    assert (actor.name, actor.address) == ("测试official", "10.0.0.9")
    assert actor.reach(Role.OFFICIAL) >= {community.street, community.other_building_group}
    assert not actor.may(Role.OFFICIAL, org_id=community.county)


@pytest.mark.parametrize("token", ["", "x", "王" * 100, "\x00"])
def test_an_unknown_token_is_nobody(community: Community, token: str) -> None:
    with snapshot() as session:
        assert queries.actor_of_token(session.connection(), token, clock.now()) is None


def test_a_session_ends_at_its_instant(community: Community) -> None:
    token = token_of(community.clerk)
    for seconds, alive in ((86_399, True), (86_400, False)):
        at = clock.now() + timedelta(seconds=seconds)
        with snapshot() as session:
            assert (queries.actor_of_token(session.connection(), token, at) is not None) is alive


def test_who_left_the_register_is_nobody(community: Community) -> None:
    token = token_of(community.volunteer)
    with transaction() as session:
        session.execute(
            update(Member).where(Member.id == community.wang).values(left_on=clock.today())
        )
    with snapshot() as session:
        assert queries.actor_of_token(session.connection(), token, clock.now()) is None


def test_a_person_is_found_by_phone_or_staff_name(community: Community) -> None:
    with snapshot() as session:
        assert queries.user_by_name(session, "13800000001").id == community.volunteer.id  # type: ignore[union-attr]
        assert queries.user_by_name(session, "Clerk").id == community.clerk.id  # type: ignore[union-attr]
        assert queries.user_by_name(session, "13800000002") is None
        assert queries.user_by_name(session, "nobody") is None


def test_who_is_signed_in_proves_her_own_password(community_with_passwords: Community) -> None:
    with snapshot() as session:
        own = queries.own_credentials(
            session, community_with_passwords.clerk.id, address="", at=clock.now()
        )
        typed = queries.credentials(session, name="clerk", address="", at=clock.now())
        assert own == typed
        with pytest.raises(rules.NoSuchUser):
            queries.own_credentials(session, 99, address="", at=clock.now())


def test_the_topmost_organisations_are_those_without_a_parent(community: Community) -> None:
    with snapshot() as session:
        assert [org.id for org in queries.topmost(session)] == [community.city]


# The audit trail


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


def test_an_auditor_sees_her_organisations_and_what_concerns_the_bank(
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
        local = queries.actor_of_token(session.connection(), token, clock.now())
    assert local is not None
    seen = trail(local)
    assert {line.org_id for line in seen} <= {
        None, written.community, written.grid, written.building_group, written.branch, written.team,
    }  # fmt: skip
    assert "测试clerk" in {line.actor_name for line in seen}
    assert "测试stranger" not in {line.actor_name for line in seen}
    assert "ledger.seal" in {line.action for line in seen}


def test_who_is_no_auditor_anywhere_sees_no_organisation_s_entries(written: Community) -> None:
    assert {line.org_id for line in trail(written.secretary)} == {None}


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
