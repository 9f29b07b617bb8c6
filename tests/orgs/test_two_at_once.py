"""Two writers at the tree at once: what one has begun the other waits for, and then knows of."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.errors import Refused
from pointsbank.enrolment import operations as enrolment
from pointsbank.enrolment import report_ins
from pointsbank.enrolment.models import Application, ReportIn
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.models import Affiliation, Member
from pointsbank.members.rules import Consent, Leaving, NewMember, PartyStatus, Relation
from pointsbank.orgs import operations, plans
from pointsbank.orgs.models import Organisation, OrganisationReach
from pointsbank.orgs.rules import (
    AlreadyThere,
    OrganisationClosed,
    StillHasChildren,
    StillInUse,
)
from pointsbank.transfers import operations as transfers
from pointsbank.transfers import queries as transfer_queries
from pointsbank.transfers.models import MembershipTransfer
from tests.community import build
from tests.exchange.test_two_clerks import at_once
from tests.orgs.tree import Two, grow_two

Body = Callable[[Session], Any]
VISITOR = Actor("visitor", 0, address="10.0.0.9")
SHORTLY = 0.4


@pytest.fixture
def two(bank: Database) -> Two:
    with transaction() as session:
        return grow_two(session)


def overlapping(bank: Database, first: Body, second: Body) -> tuple[Any, Any]:
    """The second begins when the first has done its work and not yet committed; both outcomes."""
    done = threading.Event()
    outcomes: list[Any] = [None, None]

    def run(place: int, body: Body) -> None:
        try:
            with bank.transaction() as session:
                outcomes[place] = body(session)
                if place == 0:
                    done.set()
                    threading.Event().wait(SHORTLY)
        except Refused as refused:
            outcomes[place] = refused
        finally:
            done.set()

    threads = [threading.Thread(target=run, args=(0, first))]
    threads[0].start()
    done.wait(30)
    threads.append(threading.Thread(target=run, args=(1, second)))
    threads[1].start()
    for thread in threads:
        thread.join(30)
    return outcomes[0], outcomes[1]


def close(org_id: int) -> Body:
    return lambda session: operations.close(
        session, SYSTEM, org_id=org_id, on=clock.today(), key=f"close-{org_id}", at=clock.now()
    )


def merge(org_id: int, successor_id: int) -> Body:
    return lambda session: operations.merge(
        session, SYSTEM, org_id=org_id, successor_id=successor_id, on=clock.today(),
        key=f"merge-{org_id}", at=clock.now(),
    )  # fmt: skip


def move(org_id: int, parent_id: int) -> Body:
    return lambda session: operations.move(
        session, SYSTEM, org_id=org_id, parent_id=parent_id, on=clock.today(),
        key=f"move-{org_id}-{parent_id}", at=clock.now(),
    )  # fmt: skip


def register(org_id: int, name: str = "王桂芳", **more: Any) -> Body:
    return lambda session: (
        members.register(session, SYSTEM, name=name, residence_id=org_id, at=clock.now(), **more).id
    )


def nobody_belongs_to_what_has_ended() -> None:
    with snapshot() as session:
        astray = session.execute(
            select(col(Affiliation.member_id), col(Organisation.name))
            .join(Organisation, col(Organisation.id) == col(Affiliation.org_id))
            .where(col(Affiliation.until_on).is_(None), col(Organisation.closed_on).is_not(None))
        )
        assert list(astray) == []
        homeless = select(col(Member.id)).join(
            Organisation, col(Organisation.id) == col(Member.residence_id)
        )
        gone = homeless.where(
            col(Organisation.closed_on).is_not(None), col(Member.left_on).is_(None)
        )
        assert list(session.execute(gone)) == []


def the_reach_is_that_of_the_parents() -> None:
    with snapshot() as session:
        parents = dict(
            session.execute(select(col(Organisation.id), col(Organisation.parent_id))).all()
        )
        written = {
            (ancestor, org_id, depth)
            for ancestor, org_id, depth in session.execute(
                select(
                    col(OrganisationReach.ancestor_id),
                    col(OrganisationReach.organisation_id),
                    col(OrganisationReach.depth),
                )
            )
        }
    expected = set()
    for org_id in parents:
        above, depth = org_id, 0
        while above is not None:
            expected.add((above, org_id, depth))
            above, depth = parents[above], depth + 1
            assert depth < 20, "a circle"
    assert written == expected


def test_crossing_moves_leave_one_tree(two: Two, bank: Database) -> None:
    first, second = overlapping(bank, move(two.group, two.grid_beside), move(two.beside, two.other))
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    the_reach_is_that_of_the_parents()
    outcomes = at_once(
        bank,
        [
            move(two.group, two.grid), move(two.community, two.other),
            move(two.beside, two.street), move(two.branch, two.beside),
        ],
    )  # fmt: skip
    assert [one for one in outcomes if isinstance(one, Refused)] == []
    the_reach_is_that_of_the_parents()


def test_the_same_move_asked_by_two_is_made_once(two: Two, bank: Database) -> None:
    def again(session: Session) -> Any:
        return operations.move(
            session, SYSTEM, org_id=two.group, parent_id=two.grid_beside, on=clock.today(),
            key="by-somebody-else", at=clock.now(),
        )  # fmt: skip

    _, second = overlapping(bank, move(two.group, two.grid_beside), again)
    assert isinstance(second, AlreadyThere)
    the_reach_is_that_of_the_parents()


def test_what_closes_takes_nothing_in_meanwhile(two: Two, bank: Database) -> None:
    with transaction() as session:
        close(two.group)(session)
    _, second = overlapping(bank, move(two.grid_beside, two.community), close(two.community))
    assert isinstance(second, StillHasChildren)
    _, second = overlapping(bank, close(two.grid), move(two.grid_beside, two.street))
    the_reach_is_that_of_the_parents()


def test_who_is_registered_while_her_home_closes_is_seen(two: Two, bank: Database) -> None:
    first, second = overlapping(bank, register(two.group), close(two.group))
    assert not isinstance(first, Refused)
    assert isinstance(second, StillInUse)
    first, second = overlapping(bank, close(two.grid_beside), register(two.grid_beside, "李建国"))
    assert not isinstance(first, Refused)
    assert isinstance(second, OrganisationClosed)
    nobody_belongs_to_what_has_ended()


def test_who_moves_or_joins_a_team_while_it_closes_is_seen(two: Two, bank: Database) -> None:
    with transaction() as session:
        her = register(two.grid)(session)
        teams = [
            operations.found(
                session, SYSTEM, parent_id=two.community, kind="team", name=name,
                on=clock.today(), at=clock.now(),
            ).id
            for name in ("红马甲志愿服务队", "夕阳红巡逻队")
        ]  # fmt: skip
    asked: dict[str, Any] = {"member_id": her, "on": clock.today(), "at": clock.now()}

    def join(team_id: int) -> Body:
        return lambda session: members.join_team(session, SYSTEM, team_id=team_id, **asked)

    def go(org_id: int) -> Body:
        return lambda session: members.move_member(session, SYSTEM, residence_id=org_id, **asked)

    _, second = overlapping(bank, join(teams[0]), close(teams[0]))
    assert isinstance(second, StillInUse)
    _, second = overlapping(bank, close(teams[1]), join(teams[1]))
    assert isinstance(second, OrganisationClosed)
    _, second = overlapping(bank, close(two.group), go(two.group))
    assert isinstance(second, OrganisationClosed)
    _, second = overlapping(bank, go(two.grid_beside), close(two.grid_beside))
    assert isinstance(second, StillInUse)
    nobody_belongs_to_what_has_ended()


def test_who_leaves_while_her_home_is_merged_is_neither_lost_nor_stuck(
    two: Two, bank: Database
) -> None:
    with transaction() as session:
        ids = [register(two.grid, name)(session) for name in ("王桂芳", "李建国")]

    def leave(member_id: int) -> Body:
        return lambda session: members.leave(
            session, SYSTEM, member_id=member_id, leaving=Leaving.LEFT, on=clock.today(),
            at=clock.now(),
        )  # fmt: skip

    outcomes = at_once(bank, [leave(ids[0]), merge(two.grid, two.grid_beside), leave(ids[1])])
    assert [one for one in outcomes if isinstance(one, Refused)] == []
    assert len(outcomes) == 3
    nobody_belongs_to_what_has_ended()


@pytest.fixture
def applied(bank: Database) -> Any:
    """幸福社区 and 光明社区, with somebody who applied in the one, and a transfer to it."""
    with transaction() as session:
        place = build(session)
        at = clock.now()
        person = NewMember(
            "郑秀兰", place.community, "13900000001", consents=(Consent.REGISTRATION,)
        )
        enrolment.apply(session, VISITOR, person=person, key="applied-once", at=at)
        transfers.request(
            session, place.other_volunteer, member_id=place.zhou, relation=Relation.RESIDENCE,
            to_org_id=place.community, key="asked-once", at=at,
        )  # fmt: skip
        return place


def approve(session: Session) -> Any:
    return enrolment.approve(session, SYSTEM, application_id=1, at=clock.now())


def accept(session: Session) -> Any:
    return transfers.accept(session, SYSTEM, transfer_id=1, key="accepted", at=clock.now())


def waiting(session: Session, org_id: int) -> dict[str, int]:
    plan = plans.plan_split(
        session, SYSTEM, org_id=org_id, name="新社区", child_ids=(), on=clock.today(),
        today=clock.today(),
    )  # fmt: skip
    return {tie.label: tie.count for tie in plan.ties}


def test_an_organisation_with_applications_report_ins_or_transfers_does_not_close(
    applied: Any,
) -> None:
    with transaction() as session:
        her: dict[str, Any] = {"member_id": applied.sun, "on": clock.today(), "at": clock.now()}
        members.change_party_status(session, SYSTEM, status=PartyStatus.FULL, **her)
        report_ins.report_in(session, SYSTEM, key="reported-once", **her)
        told = waiting(session, applied.community)
        for label in ("待审核的登记申请", "有效的双报到", "未办结的关系转接"):
            assert told[label] == 1
        with pytest.raises(StillHasChildren):
            close(applied.community)(session)
        merge(applied.community, applied.other_community)(session)
        session.expire_all()
        assert waiting(session, applied.other_community)["待审核的登记申请"] == 1
        [application] = session.execute(select(Application)).scalars()
        [reported] = session.execute(select(ReportIn)).scalars()
        assert application.org_id == reported.community_id == applied.other_community
        moved = transfer_queries.transfer(session, 1)
        assert moved.to_org_id == applied.other_community


def test_a_transfer_between_two_that_become_one_ends(applied: Any) -> None:
    with transaction() as session:
        transfers.withdraw(
            session, applied.other_volunteer, transfer_id=1, key="withdrawn", at=clock.now()
        )
        members.move_member(
            session, SYSTEM, member_id=applied.zhou, residence_id=applied.other_community,
            on=clock.today() + timedelta(days=0), at=clock.now(),
        )  # fmt: skip
        asked = transfers.request(
            session, applied.other_volunteer, member_id=applied.zhou,
            relation=Relation.RESIDENCE, to_org_id=applied.community, key="asked-again",
            at=clock.now(),
        ).id  # fmt: skip
        merge(applied.other_community, applied.community)(session)
        session.expire_all()
        assert transfer_queries.transfer(session, asked).state == "withdrawn"


def test_an_application_approved_while_its_community_is_merged_goes_along(
    applied: Any, bank: Database
) -> None:
    first, second = overlapping(bank, merge(applied.community, applied.other_community), approve)
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    with snapshot() as session:
        her = member_queries.member(session, second.member.id)
        assert her.residence_id == applied.other_community
    nobody_belongs_to_what_has_ended()


def test_who_was_approved_first_is_merged_with_the_others(applied: Any, bank: Database) -> None:
    first, second = overlapping(bank, approve, merge(applied.community, applied.other_community))
    assert not isinstance(second, Refused)
    with snapshot() as session:
        her = member_queries.member(session, first.member.id)
        assert her.residence_id == applied.other_community
    nobody_belongs_to_what_has_ended()


@pytest.mark.parametrize("merger_first", [True, False])
def test_a_transfer_accepted_while_its_target_is_merged_goes_along(
    applied: Any, bank: Database, merger_first: bool
) -> None:
    bodies: tuple[Body, Body] = (merge(applied.community, applied.other_community), accept)
    first, second = overlapping(bank, *(bodies if merger_first else bodies[::-1]))
    assert not isinstance(first, Refused)
    assert not isinstance(second, Refused)
    with snapshot() as session:
        home = member_queries.member(session, applied.zhou).residence_id
        assert home == applied.other_community
        [transfer] = session.execute(select(MembershipTransfer)).scalars()
        assert transfer.state == "accepted"
    nobody_belongs_to_what_has_ended()
