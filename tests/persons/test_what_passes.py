"""Teams, branch, employer, party, household, report-in and roles of two records that are one's."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from pointsbank.access import operations as access
from pointsbank.access import queries as access_queries
from pointsbank.access.rules import RolesConflict
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.database import snapshot, transaction
from pointsbank.enrolment import report_ins
from pointsbank.enrolment.models import ReportIn
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MORALITY
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.models import Household
from pointsbank.members.rules import PartyStatus, Relation
from pointsbank.persons.rules import HoldsRoles
from tests.community import SINCE
from tests.joint import give_at_home, household
from tests.persons.conftest import Twice
from tests.persons.test_merge import join, part
from tests.persons.whole import rows

ADMISSION = date(2015, 7, 1)


def belongs(member_id: int) -> dict[str, Any]:
    """What the register says of a record today."""
    with snapshot() as session:
        her = member_queries.member(session, member_id)
        ties = member_queries.affiliations(session, member_id)
        times = member_queries.household_times(session, [member_id])
        return {
            "teams": {t.org_id for t in ties if t.relation is Relation.TEAM and not t.until_on},
            "branch": her.branch_id,
            "employer": her.employer_id,
            "party": (her.party_status, her.joined_party_on),
            "household": [time.household_id for time in times if time.until_on is None],
        }


@pytest.fixture
def serving(twice: Twice) -> int:
    """The second record: in the team of the first and in a station, a party member in service who
    reported in, head of a household with points; that household's id.
    """
    people, at, today = twice.shop.people, clock.now(), clock.today()
    with transaction() as session:
        her: dict[str, Any] = {"member_id": twice.other, "at": at}
        for team in (people.team,):
            members.join_team(session, SYSTEM, team_id=team, on=today, **her)
        members.move_member(
            session, SYSTEM, branch_id=people.branch, employer_id=people.employer, on=today, **her
        )
        members.change_party_status(
            session, SYSTEM, status=PartyStatus.FULL, on=today, joined_on=ADMISSION, **her
        )
        report_ins.report_in(session, people.secretary, on=today, key="reported-once", **her)
        home = household(session, twice.other, people.chen)
        give_at_home(session, home, 40)
    return home


def test_what_the_kept_record_lacks_is_hers_and_goes_back_on_undo(
    twice: Twice, serving: int
) -> None:
    people = twice.shop.people
    with transaction() as session:
        members.leave_team(
            session, SYSTEM, member_id=twice.kept, team_id=people.team,
            on=clock.today() - timedelta(days=0), at=clock.now(),
        )  # fmt: skip
        before = rows(session)
    with clock.frozen(clock.now() + timedelta(days=1)):
        merge = join(twice)
        assert belongs(twice.kept) == {
            "teams": {people.team},
            "branch": people.branch,
            "employer": people.employer,
            "party": (PartyStatus.FULL, ADMISSION),
            "household": [serving],
        }
        with snapshot() as session:
            assert member_queries.household(session, serving).head_id == twice.kept
            assert ledger.household_balances(session, serving)[MORALITY] == 40
            holders = select(col(ReportIn.member_id))
            assert list(session.execute(holders).scalars()) == [twice.kept]
        part(twice, merge.id)
    with transaction() as session:
        after = rows(session)
    for table in (
        "affiliation", "party_standing", "household", "household_member", "report_in",
        "role_grant", "user",
    ):  # fmt: skip
        assert before[table] == after[table], table
    told = [{**row, "version": 0} for row in after["member"]]
    assert told == [{**row, "version": 0} for row in before["member"]]


def test_what_the_kept_record_has_stays_as_it_is(twice: Twice, serving: int) -> None:
    people, at, today = twice.shop.people, clock.now(), clock.today()
    with transaction() as session:
        her: dict[str, Any] = {"member_id": twice.kept, "on": today, "at": at}
        members.move_member(session, SYSTEM, branch_id=people.branch, **her)
        members.move_member(session, SYSTEM, employer_id=people.employer, **her)
        members.change_party_status(session, SYSTEM, status=PartyStatus.APPLICANT, **her)
        own = household(session, twice.kept)
    merge = join(twice)
    found = belongs(twice.kept)
    assert found["party"][0] is PartyStatus.APPLICANT
    assert found["household"] == [own]
    with snapshot() as session:
        assert member_queries.household(session, serving).head_id == people.chen
    part(twice, merge.id)
    with snapshot() as session:
        assert session.execute(select(col(Household.head_id)).where(
            col(Household.id) == serving
        )).scalar_one() == twice.other  # fmt: skip
    assert belongs(twice.kept)["household"] == [own]


def test_what_was_changed_after_the_merge_is_not_taken_back(twice: Twice, serving: int) -> None:
    people = twice.shop.people
    merge = join(twice)
    with clock.frozen(clock.now() + timedelta(days=1)), transaction() as session:
        her: dict[str, Any] = {"member_id": twice.kept, "on": clock.today(), "at": clock.now()}
        members.move_member(session, SYSTEM, branch_id=None, employer_id=None, **her)
        members.change_party_status(session, SYSTEM, status=PartyStatus.NONE, **her)
        members.change_head(
            session, SYSTEM, household_id=serving, head_id=people.chen, at=clock.now()
        )
    part(twice, merge.id)
    assert belongs(twice.kept)["branch"] is None
    assert belongs(twice.other)["branch"] == people.branch
    assert belongs(twice.kept)["party"][0] is PartyStatus.NONE


def test_what_began_and_ended_on_the_day_of_the_merge_does_not_pass(
    twice: Twice, serving: int
) -> None:
    people, at, today = twice.shop.people, clock.now(), clock.today()
    with transaction() as session:
        her: dict[str, Any] = {"member_id": twice.kept, "at": at}
        members.leave_team(session, SYSTEM, team_id=people.team, on=today, **her)
        home = household(session, twice.kept)
        members.leave_household(session, SYSTEM, household_id=home, on=today, **her)
        report = {"on": today, "key": "of-the-first", **her}
        members.move_member(
            session, SYSTEM, branch_id=people.branch, employer_id=people.employer, on=today, **her
        )
        members.change_party_status(session, SYSTEM, status=PartyStatus.FULL, on=today, **her)
        report_ins.report_in(session, people.secretary, **report)
    merge = join(twice)
    assert belongs(twice.kept)["household"] == []
    part(twice, merge.id)
    assert belongs(twice.other)["household"] == [serving]


def grant(user_id: int, role: Role, org_id: int) -> None:
    with transaction() as session:
        access.grant_role(
            session, SYSTEM, user_id=user_id, role=role, org_id=org_id, from_on=SINCE,
            at=clock.now(),
        )  # fmt: skip


def roles(user_id: int) -> list[tuple[Role, int]]:
    with snapshot() as session:
        return sorted((g.role, g.org_id) for g in access_queries.grants_of(session, user_id))


def test_roles_pass_where_who_merges_could_grant_them(twice: Twice) -> None:
    people = twice.shop.people
    kept = people.volunteer.id
    with transaction() as session:
        other = access.open_user(session, SYSTEM, member_id=twice.other, at=clock.now()).id
    for role in (Role.ORGANISER, Role.CLERK):
        grant(other, role, people.community)
    grant(kept, Role.CLERK, people.community)
    with pytest.raises(HoldsRoles):
        join(twice)
    boss = people.administrator
    with pytest.raises(HoldsRoles):
        join(twice, replace(boss, member_id=twice.kept))
    merge = join(twice, boss)
    both = [(Role.CLERK, people.community), (Role.ORGANISER, people.community)]
    assert roles(kept) == both
    assert roles(other) == [(Role.CLERK, people.community)]
    part(twice, merge.id, boss)
    assert (roles(kept), roles(other)) == ([(Role.CLERK, people.community)], both)


def test_auditor_and_administrator_do_not_meet_by_a_merger(twice: Twice) -> None:
    people = twice.shop.people
    with transaction() as session:
        other = access.open_user(session, SYSTEM, member_id=twice.other, at=clock.now()).id
    grant(other, Role.ADMINISTRATOR, people.community)
    grant(people.volunteer.id, Role.AUDITOR, people.community)
    with pytest.raises(RolesConflict):
        join(twice, people.administrator)
