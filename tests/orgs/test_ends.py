"""What ends with an organisation, and what goes to its successor: people, roles, goods, events."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.access import operations as access
from pointsbank.access.queries import actor_of_token
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.earning.rules import DeedCategory
from pointsbank.events import operations as events
from pointsbank.exchange import operations as exchange
from pointsbank.ledger.operations import declare_default_units
from pointsbank.members import operations as members
from pointsbank.members.models import Affiliation, Member
from pointsbank.members.rules import Leaving
from pointsbank.orgs import operations, plans
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import (
    BeforeFounding,
    BeforeLastChange,
    DayToCome,
    KeyReused,
    NoSuchOrganisation,
    OrganisationClosed,
    StillHasChildren,
    StillInUse,
)
from tests.orgs.tree import Two, grow_two, staff

ON = date(2026, 6, 1)
BEFORE = ON - timedelta(days=1)


@pytest.fixture
def two(session: Session) -> Two:
    declare_default_units(session, SYSTEM, at=clock.now())
    return grow_two(session)


def close(session: Session, org_id: int, actor: Actor = SYSTEM, **asked: Any) -> Organisation:
    asked = {"on": ON, "key": f"close-{org_id}", "at": clock.now(), **asked}
    return operations.close(session, actor, org_id=org_id, **asked)


def merge(session: Session, org_id: int, successor_id: int, on: date = ON) -> Organisation:
    return operations.merge(
        session, SYSTEM, org_id=org_id, successor_id=successor_id, on=on, key="merge",
        at=clock.now(),
    )  # fmt: skip


def enrol(session: Session, **where: Any) -> Member:
    return members.register(
        session, SYSTEM, name="王桂芳", registered_on=date(2024, 3, 1), at=clock.now(), **where
    )


def ties(session: Session, member: Member) -> list[tuple[str, int, date, date | None]]:
    rows = session.execute(
        select(Affiliation)
        .where(col(Affiliation.member_id) == member.id)
        .order_by(col(Affiliation.relation), col(Affiliation.from_on))
    ).scalars()
    return [(row.relation.value, row.org_id, row.from_on, row.until_on) for row in rows]


def test_a_hopeless_closing_is_refused_fault_by_fault(session: Session, two: Two) -> None:
    boss = staff(session, Role.ADMINISTRATOR, two.street)
    own = staff(session, Role.ADMINISTRATOR, two.community)
    close(session, two.group, on=date(2026, 5, 1), key="before")
    close(session, two.branch)
    with pytest.raises(KeyReused):
        close(session, 999_999, own, key="before")
    with pytest.raises(NoSuchOrganisation):
        close(session, 999_999, own)
    with pytest.raises(Forbidden):
        close(session, two.community, own)
    with pytest.raises(OrganisationClosed):
        close(session, two.branch, boss, key="again")
    with pytest.raises(DayToCome):
        close(session, two.grid, boss, on=date(2027, 1, 1))
    with pytest.raises(BeforeFounding):
        close(session, two.grid, boss, on=date(2019, 1, 1))
    with pytest.raises(BeforeLastChange):
        close(session, two.grid, boss, on=date(2026, 4, 1))
    with pytest.raises(StillHasChildren) as refusal:
        close(session, two.community, boss)
    assert refusal.value.facts == {"count": 1}
    wang = enrol(session, residence_id=two.grid)
    with pytest.raises(StillInUse) as used:
        close(session, two.grid, boss)
    assert used.value.facts == {"what": "登记的成员", "count": 1}
    members.move_member(
        session, SYSTEM, member_id=wang.id, residence_id=two.grid_beside, on=ON, at=clock.now()
    )
    assert close(session, two.grid, boss).closed_on == ON
    assert close(session, two.community, boss).closed_on == ON


def test_residents_branch_and_team_go_to_the_successor_by_dated_ties(
    session: Session, two: Two
) -> None:
    wang = enrol(session, residence_id=two.community)
    late = members.register(
        session, SYSTEM, name="李建国", residence_id=two.community,
        registered_on=date(2026, 8, 1), at=clock.now(),
    )  # fmt: skip
    gone = members.register(
        session, SYSTEM, name="周明", residence_id=two.community,
        registered_on=date(2025, 1, 1), at=clock.now(),
    )  # fmt: skip
    members.leave(
        session, SYSTEM, member_id=gone.id, leaving=Leaving.LEFT, on=date(2026, 3, 1),
        at=clock.now(),
    )  # fmt: skip
    plan = plans.plan_merge(
        session, SYSTEM, org_id=two.community, successor_id=two.beside, on=ON,
        today=clock.today(),
    )  # fmt: skip
    assert [(tie.label, tie.count) for tie in plan.ties] == [("登记的成员", 2)]
    merge(session, two.community, two.beside)
    session.refresh(wang)
    assert wang.residence_id == two.beside
    assert ties(session, wang) == [
        ("residence", two.community, date(2024, 3, 1), BEFORE),
        ("residence", two.beside, ON, None),
    ]
    assert ties(session, late) == [("residence", two.beside, date(2026, 8, 1), None)]
    assert ties(session, gone) == [
        ("residence", two.community, date(2025, 1, 1), date(2026, 3, 1)),
    ]


def test_who_is_in_both_teams_is_in_the_successor_once(session: Session, two: Two) -> None:
    teams = [
        operations.found(
            session, SYSTEM, parent_id=two.community, kind="team", name=name, on=date(2024, 1, 1),
            at=clock.now(),
        ).id
        for name in ("红马甲志愿服务队", "夕阳红巡逻队")
    ]  # fmt: skip
    both = enrol(session, residence_id=two.grid, team_ids=tuple(teams))
    merge(session, teams[0], teams[1])
    assert [tie for tie in ties(session, both) if tie[0] == "team"] == [
        ("team", teams[0], date(2024, 3, 1), BEFORE),
        ("team", teams[1], date(2024, 3, 1), None),
    ]


def test_an_organisation_with_events_or_goods_neither_closes_nor_merges(
    session: Session, two: Two
) -> None:
    begin = clock.now() + timedelta(days=1)
    event = events.plan(
        session, SYSTEM, org_id=two.beside, title="清扫", kind=DeedCategory.ENVIRONMENT,
        place="广场", starts_at=begin, ends_at=begin + timedelta(hours=1), key="plan",
        at=clock.now(),
    )  # fmt: skip
    with pytest.raises(StillInUse) as refusal:
        merge(session, two.beside, two.community)
    assert refusal.value.facts["what"] == "未结束的活动"
    events.cancel(session, SYSTEM, event_id=event.id, reason="下雨", at=clock.now())
    soap = exchange.add_goods(
        session, SYSTEM, org_id=two.beside, name="香皂", unit_name="块", price_points=4,
        at=clock.now(),
    )  # fmt: skip
    exchange.stock_in(session, SYSTEM, goods_id=soap.goods_id, quantity=3, key="in", at=clock.now())
    with pytest.raises(StillInUse):
        merge(session, two.beside, two.community)
    exchange.withdraw_goods(session, SYSTEM, goods_id=soap.goods_id, at=clock.now())
    assert merge(session, two.beside, two.community).successor_id == two.community


def test_nothing_begins_at_a_closed_organisation(session: Session, two: Two) -> None:
    close(session, two.branch)
    begin = clock.now() - timedelta(days=9)
    with pytest.raises(OrganisationClosed):
        events.plan(
            session, SYSTEM, org_id=two.branch, title="清扫", kind=DeedCategory.ENVIRONMENT,
            place="广场", starts_at=begin, ends_at=begin, key="plan", at=clock.now(),
        )  # fmt: skip
    with pytest.raises(OrganisationClosed):
        exchange.add_goods(
            session, SYSTEM, org_id=two.branch, name="香皂", unit_name="块", price_points=0,
            at=clock.now(),
        )  # fmt: skip


def secretary(session: Session, org_id: int) -> int:
    """A secretary of one organisation: her user."""
    at = clock.now()
    user = access.open_user(
        session, SYSTEM, org_id=org_id, staff_name=f"staff{org_id}", display_name="测试", at=at
    )
    grant(session, user.id, org_id)
    return user.id


def grant(session: Session, user_id: int, org_id: int) -> None:
    access.grant_role(
        session, SYSTEM, user_id=user_id, role=Role.SECRETARY, org_id=org_id,
        from_on=date(2024, 1, 1), at=clock.now(),
    )  # fmt: skip


def held(session: Session, user_id: int) -> tuple[frozenset[Role], frozenset[int]]:
    """Her roles and their reach, as at a request of hers."""
    token = access.open_session(session, user_id=user_id, at=clock.now()).token
    actor = actor_of_token(session.connection(), token, clock.now())
    assert actor is not None
    return actor.roles, actor.reach(*Role)


def test_a_role_held_for_a_closed_organisation_is_none_any_more(session: Session, two: Two) -> None:
    user = secretary(session, two.branch)
    assert held(session, user) == ({Role.SECRETARY}, {two.branch})
    close(session, two.branch)
    assert held(session, user) == (frozenset(), frozenset())


def test_a_role_held_for_a_merged_organisation_is_held_for_its_successor_by_a_new_grant(
    session: Session, two: Two
) -> None:
    user = secretary(session, two.beside)
    assert two.grid_beside in held(session, user)[1]
    merge(session, two.beside, two.community)
    assert held(session, user) == (frozenset(), frozenset())
    grant(session, user, two.community)
    assert {two.community, two.grid_beside} <= held(session, user)[1]


def test_a_role_held_above_reaches_a_moved_organisation_where_it_stands_now(
    session: Session, two: Two
) -> None:
    user = secretary(session, two.street)
    other = secretary(session, two.other)
    operations.move(
        session, SYSTEM, org_id=two.community, parent_id=two.other, on=ON, key="move",
        at=clock.now(),
    )  # fmt: skip
    assert two.grid not in held(session, user)[1]
    assert two.grid in held(session, other)[1]


def test_who_comes_back_belongs_to_the_successors_of_what_she_left(
    session: Session, two: Two
) -> None:
    teams = [
        operations.found(
            session, SYSTEM, parent_id=two.community, kind="team", name=name, on=date(2024, 1, 1),
            at=clock.now(),
        ).id
        for name in ("红马甲志愿服务队", "夕阳红巡逻队")
    ]  # fmt: skip
    her = enrol(session, residence_id=two.grid, branch_id=two.branch, team_ids=tuple(teams))
    late = members.register(
        session, SYSTEM, name="李建国", residence_id=two.grid_beside,
        registered_on=date(2024, 3, 1), at=clock.now(),
    )  # fmt: skip
    for one in (her, late):
        members.leave(
            session, SYSTEM, member_id=one.id, leaving=Leaving.LEFT, on=BEFORE, at=clock.now()
        )
    merge(session, two.grid, two.grid_beside)
    close(session, two.branch)
    close(session, teams[0])
    members.come_back(session, SYSTEM, member_id=her.id, on=clock.today(), at=clock.now())
    session.refresh(her)
    assert (her.residence_id, her.branch_id) == (two.grid_beside, None)
    assert [tie[:2] for tie in ties(session, her) if tie[3] is None] == [
        ("residence", two.grid_beside), ("team", teams[1]),
    ]  # fmt: skip
    members.move_member(
        session, SYSTEM, member_id=her.id, residence_id=two.community, on=clock.today(),
        at=clock.now(),
    )  # fmt: skip
    close(session, two.group)
    close(session, two.grid_beside)
    with pytest.raises(OrganisationClosed):
        members.come_back(session, SYSTEM, member_id=late.id, on=clock.today(), at=clock.now())
