"""Who is behind a token, in how many statements."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from pointsbank.access import operations, queries, rules
from pointsbank.core import clock
from pointsbank.core.actor import Actor, Role
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
