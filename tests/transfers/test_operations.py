"""A member's way from one organisation to another, step by step, and what is refused on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.database import Database, Session, transaction
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY
from pointsbank.ledger.verify import verify
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import (
    Leaving,
    MemberLeft,
    NoSuchMember,
    NotAHome,
    Relation,
    WrongLine,
)
from pointsbank.orgs import operations as orgs
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NewOrganisation, NoSuchOrganisation, OrganisationClosed
from pointsbank.stars.queries import standing
from pointsbank.transfers import operations, queries, rules
from pointsbank.transfers.models import TransferStep
from pointsbank.transfers.rules import PointsOnTransfer, Side, Step, TransferState
from tests.community import SINCE
from tests.exchange.test_two_clerks import at_once
from tests.transfers.conftest import Stage


def test_a_member_asks_and_is_taken_in(stage: Stage) -> None:
    people = stage.people
    asked = stage.ask(note="搬到女儿家")
    assert (asked.state, asked.asked_by) == (TransferState.AWAITING_ACCEPTANCE, Side.MEMBER)
    done = stage.do(operations.accept, stage.receiver, asked.id)
    assert (done.state, done.points_lapsed) == (TransferState.ACCEPTED, 0)
    with transaction() as session:
        wang = member_queries.member(session, people.wang)
        assert (wang.residence_id, wang.number) == (people.other_grid, "2026000001")
        ties = member_queries.affiliations(session, people.wang)
        homes = [tie for tie in ties if tie.relation is Relation.RESIDENCE]
        # She moved on the day of her registration: only the last tie of a day is kept; the
        # transfer itself keeps where she came from.
        assert [tie.org_id for tie in homes] == [people.other_grid]
        assert ledger.balances(session, people.wang) == {MINUTES: 600, MORALITY: 80, PARTY: 0}
        assert standing(session, people.wang, clock.today()).minutes == 600
        steps = [step.step for step in queries.steps_of(session, asked.id)]
        assert steps == [Step.REQUESTED, Step.ACCEPTED]
    assert done.from_org_id == people.building_group


def test_the_file_keeps_where_she_came_from(stage: Stage) -> None:
    people = stage.people
    later = clock.now() + timedelta(days=30)
    with clock.frozen(later):
        asked = stage.ask()
        stage.do(operations.accept, stage.receiver, asked.id)
    with transaction() as session:
        ties = member_queries.affiliations(session, people.wang)
        homes = {tie.org_id: tie.until_on for tie in ties if tie.relation is Relation.RESIDENCE}
        last = clock.local_day(later) - timedelta(days=1)
        assert homes == {people.building_group: last, people.other_grid: None}


@pytest.mark.parametrize("side", [Side.SOURCE, Side.TARGET])
def test_either_organisation_asks_and_she_consents(stage: Stage, side: Side) -> None:
    people = stage.people
    asking = people.secretary if side is Side.SOURCE else stage.receiver
    asked = stage.ask(asking)
    assert (asked.state, asked.asked_by) == (TransferState.AWAITING_CONSENT, side)
    with pytest.raises(rules.ConsentMissing):
        stage.do(operations.accept, stage.receiver, asked.id)
    agreed = stage.do(operations.consent, people.volunteer, asked.id)
    assert agreed.state == TransferState.AWAITING_ACCEPTANCE
    assert stage.do(operations.accept, stage.receiver, asked.id).state == TransferState.ACCEPTED


def test_a_signed_sheet_is_recorded_by_one_and_accepted_by_another(stage: Stage) -> None:
    asked = stage.ask(stage.receiver, member_id=stage.people.chen)
    stage.do(operations.consent, stage.receiver, asked.id)
    with pytest.raises(rules.ConsentBySamePerson):
        stage.do(operations.accept, stage.receiver, asked.id)
    stage.do(operations.accept, stage.second_receiver, asked.id)
    with transaction() as session:
        steps = [step.step for step in queries.steps_of(session, asked.id)]
    assert steps == [Step.REQUESTED, Step.CONSENTED_ON_PAPER, Step.ACCEPTED]


def adopt(org_id: int, points: PointsOnTransfer = PointsOnTransfer.EXPIRE) -> None:
    with transaction() as session:
        operations.adopt_transfer_rule(
            session, SYSTEM, org_id=org_id, from_on=SINCE, points=points, at=clock.now()
        )


def test_points_end_where_the_scheme_that_she_leaves_says_so(stage: Stage, bank: Database) -> None:
    adopt(stage.people.community)
    done = stage.do(operations.accept, stage.receiver, stage.ask().id)
    assert (done.points_lapsed, done.rule_version) == (80, 1)
    with transaction() as session:
        assert ledger.balances(session, stage.people.wang) == {MINUTES: 600, MORALITY: 0, PARTY: 0}
        [entry] = ledger.transfers_of(session, "membership_transfer", done.id)
        assert (entry.amount, entry.key) == (80, entry.key)
        assert verify(session).fault is None


def test_points_stay_within_the_scheme(stage: Stage) -> None:
    adopt(stage.people.street)
    assert stage.do(operations.accept, stage.receiver, stage.ask().id).points_lapsed == 0


def test_a_keeping_rule_keeps(stage: Stage) -> None:
    adopt(stage.people.community, PointsOnTransfer.KEEP)
    assert stage.do(operations.accept, stage.receiver, stage.ask().id).points_lapsed == 0


def close(session: Session, org_id: int) -> None:
    session.execute(
        update(Organisation).where(Organisation.id == org_id).values(closed_on=clock.today())
    )


def branch_of(stage: Stage, org_id: int, kind: str = "party_branch") -> int:
    with transaction() as session:
        row = NewOrganisation(kind, f"新的{kind}", SINCE, parent_id=org_id)
        return orgs.found_many(session, SYSTEM, [row], at=clock.now())[0]


def test_a_party_member_goes_to_another_branch_with_her_party_points_by_its_rule(
    stage: Stage,
) -> None:
    people = stage.people
    adopt(people.branch)
    branch = branch_of(stage, people.other_community)
    asked = stage.ask(
        people.secretary, member_id=people.li, relation=Relation.BRANCH, to_org_id=branch
    )
    stage.do(operations.consent, people.secretary, asked.id)
    done = stage.do(operations.accept, stage.reaching_now(), asked.id)
    assert done.points_lapsed == 30
    with transaction() as session:
        assert member_queries.member(session, people.li).branch_id == branch


def test_who_had_no_employer_gets_one_and_loses_nothing(stage: Stage) -> None:
    adopt(stage.people.community)
    employer = branch_of(stage, stage.people.other_community, "employer")
    asked = stage.ask(relation=Relation.EMPLOYER, to_org_id=employer)
    assert asked.from_org_id is None
    done = stage.do(operations.accept, stage.reaching_now(), asked.id)
    assert done.points_lapsed == 0
    with transaction() as session:
        assert member_queries.member(session, stage.people.wang).employer_id == employer


def test_a_refusal_says_why_and_ends_it(stage: Stage) -> None:
    asked = stage.ask()
    refused = stage.do(operations.refuse, stage.receiver, asked.id, reason=" 未在本社区居住 ")
    assert (refused.state, refused.reason) == (TransferState.REFUSED, "未在本社区居住")
    with transaction() as session:
        wang = member_queries.member(session, stage.people.wang)
        assert wang.residence_id == stage.people.building_group
    assert stage.ask().state == TransferState.AWAITING_ACCEPTANCE  # and may be asked for again


def test_who_asked_withdraws_and_so_may_she(stage: Stage) -> None:
    people = stage.people
    asked = stage.ask(people.secretary)
    with pytest.raises(Forbidden):
        stage.do(operations.withdraw, stage.receiver, asked.id)
    assert stage.do(operations.withdraw, people.secretary, asked.id).state == "withdrawn"
    asked = stage.ask(stage.receiver)
    stage.do(operations.consent, people.volunteer, asked.id)
    assert stage.do(operations.withdraw, people.volunteer, asked.id).state == "withdrawn"


def test_a_repeated_key_is_answered_and_does_nothing_more(stage: Stage) -> None:
    people = stage.people
    with pytest.raises(rules.KeyTaken):
        stage.ask(key="one")
        stage.ask(key="one", to_org_id=people.other_community)
    asked = stage.ask(people.secretary, member_id=people.li, key="two")
    again = stage.ask(people.secretary, member_id=people.li, key="two")
    assert again.id == asked.id
    for verb, actor, more in (
        (operations.consent, people.secretary, {}),
        (operations.accept, stage.receiver, {}),
    ):
        first = stage.do(verb, actor, asked.id, key=verb.__name__, **more)
        assert stage.do(verb, actor, asked.id, key=verb.__name__, **more).state == first.state
    with pytest.raises(rules.KeyTaken):
        stage.do(operations.accept, stage.receiver, asked.id, key="two")
    other = stage.ask(people.secretary, member_id=people.zhao)
    for verb, more in ((operations.refuse, {"reason": "否"}), (operations.withdraw, {})):
        with pytest.raises(rules.KeyTaken):
            stage.do(verb, stage.receiver, other.id, key="accept", **more)
    stage.do(operations.refuse, stage.receiver, other.id, key="refuse", reason="否")
    assert stage.do(operations.refuse, stage.receiver, other.id, key="refuse", reason="否").id
    third = stage.ask(people.secretary, member_id=people.zhao)
    stage.do(operations.withdraw, people.secretary, third.id, key="withdraw")
    assert stage.do(operations.withdraw, people.secretary, third.id, key="withdraw").id == third.id
    with transaction() as session:
        steps = session.execute(select(func.count()).select_from(TransferStep)).scalar()
        audited = session.execute(
            select(func.count()).where(AuditEntry.action.startswith("transfers."))
        ).scalar()
    assert steps == audited == 8


def test_a_hopeless_request_is_refused_in_order(stage: Stage) -> None:
    people = stage.people
    stage.ask(key="used")
    stage.do(operations.withdraw, people.volunteer, 1)
    asked: dict[str, Any] = {
        "key": "used", "member_id": 999, "to_org_id": 999, "relation": Relation.BRANCH,
        "note": "长" * 201,
    }  # fmt: skip
    assert refusal(stage, people.stranger, asked) is rules.KeyTaken
    asked["key"] = "fresh"
    assert refusal(stage, people.stranger, asked) is NoSuchMember
    asked["member_id"] = people.chen
    assert refusal(stage, people.stranger, asked) is NoSuchOrganisation
    asked["to_org_id"] = people.team
    assert refusal(stage, people.stranger, asked) is Forbidden
    with transaction() as session:
        members.leave(
            session, SYSTEM, member_id=people.chen, leaving=Leaving.LEFT, on=clock.today(),
            at=clock.now(),
        )  # fmt: skip
    assert refusal(stage, people.secretary, asked) is MemberLeft
    asked["member_id"] = people.li
    assert refusal(stage, people.secretary, asked) is WrongLine
    assert refusal(stage, people.secretary, asked | {"relation": Relation.RESIDENCE}) is NotAHome
    asked["to_org_id"] = people.branch
    with transaction() as session:
        closed = orgs.found_many(
            session, SYSTEM, [NewOrganisation("party_branch", "旧", SINCE, people.community)],
            at=clock.now(),
        )[0]  # fmt: skip
        close(session, closed)
    assert refusal(stage, people.secretary, asked | {"to_org_id": closed}) is OrganisationClosed
    assert refusal(stage, people.secretary, asked) is rules.AlreadyThere
    asked["to_org_id"] = branch_of(stage, people.other_community)
    first = stage.ask(people.secretary, **asked | {"note": "", "key": "first"})
    assert refusal(stage, people.secretary, asked) is rules.TransferUnderWay
    stage.do(operations.withdraw, people.secretary, first.id)
    assert refusal(stage, people.secretary, asked) is rules.ReasonTooLong
    asked["note"] = "长" * 200
    assert stage.ask(people.secretary, **asked).state == TransferState.AWAITING_CONSENT


def refusal(stage: Stage, actor: Actor, asked: dict[str, Any]) -> type[Refused]:
    with pytest.raises(Refused) as refused:
        stage.ask(actor, **asked)
    return type(refused.value)


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        (operations.consent, {}),
        (operations.accept, {}),
        (operations.refuse, {"reason": "否"}),
        (operations.withdraw, {}),
    ],
)
def test_each_step_asks_whether_it_is_there_and_whose_it_is_and_whether_it_is_over(
    stage: Stage, verb: Callable[..., Any], more: dict[str, str]
) -> None:
    people = stage.people
    with pytest.raises(rules.NoSuchTransfer):
        stage.do(verb, people.clerk, 999, **more)
    asked = stage.ask(people.secretary)
    for actor in (people.clerk, people.other_volunteer):
        with pytest.raises(Forbidden):
            stage.do(verb, actor, asked.id, **more)
    stage.do(operations.withdraw, people.secretary, asked.id)
    allowed = stage.receiver if verb is operations.accept else people.volunteer
    with pytest.raises(rules.TransferSettled):
        stage.do(verb, allowed, asked.id, **more)


def test_consent_is_given_once_and_a_reason_has_an_end(stage: Stage) -> None:
    asked = stage.ask()
    with pytest.raises(rules.ConsentGiven):
        stage.do(operations.consent, stage.people.volunteer, asked.id)
    with pytest.raises(rules.ReasonTooLong):
        stage.do(operations.refuse, stage.receiver, asked.id, reason="长" * 201)


def test_nobody_is_taken_in_who_left_or_moved_or_to_a_place_that_closed(stage: Stage) -> None:
    people = stage.people
    asked = stage.ask(to_org_id=people.other_building_group)
    with transaction() as session:
        members.move_member(
            session, SYSTEM, member_id=people.wang, residence_id=people.grid, on=clock.today(),
            at=clock.now(),
        )  # fmt: skip
    with pytest.raises(rules.MovedMeanwhile):
        stage.do(operations.accept, stage.receiver, asked.id)
    stage.do(operations.withdraw, people.volunteer, asked.id)
    grid = branch_of(stage, people.other_community, "grid")
    asked = stage.ask(to_org_id=grid)
    with transaction() as session:
        close(session, grid)
    with pytest.raises(OrganisationClosed):
        stage.do(operations.accept, stage.reaching_now(), asked.id)
    with transaction() as session:
        members.leave(
            session, SYSTEM, member_id=people.wang, leaving=Leaving.DIED, on=clock.today(),
            at=clock.now(),
        )  # fmt: skip
    with pytest.raises(MemberLeft):
        stage.do(operations.accept, stage.reaching_now(), asked.id)
    with transaction() as session:
        ended = operations.end_transfers(
            session, people.secretary, member_id=people.wang, at=clock.now()
        )
        assert ended == 1
        assert queries.transfer(session, asked.id).state == TransferState.WITHDRAWN


def test_two_who_accept_at_once_take_her_in_once(stage: Stage, bank: Database) -> None:
    adopt(stage.people.community)
    asked = stage.ask()

    def accepting(actor: Actor, key: str) -> Callable[..., Any]:
        return lambda session: operations.accept(
            session, actor, transfer_id=asked.id, key=key, at=clock.now()
        )

    bodies = [accepting(stage.receiver, "a"), accepting(stage.second_receiver, "b")] * 2
    outcomes = at_once(bank, bodies)
    assert sorted(type(one).__name__ for one in outcomes) in (
        ["MembershipTransfer"] * 2 + ["TransferSettled"] * 2,
    )
    with transaction() as session:
        assert ledger.balances(session, stage.people.wang)[MORALITY] == 0
        assert len(ledger.transfers_of(session, "membership_transfer", asked.id)) == 1
        assert verify(session).fault is None


def test_she_is_asked_for_once_however_many_ask(stage: Stage, bank: Database) -> None:
    def asking(n: int) -> Callable[..., Any]:
        return lambda session: operations.request(
            session, stage.people.volunteer, member_id=stage.people.wang,
            relation=Relation.RESIDENCE, to_org_id=stage.people.other_grid, key=f"ask-{n}",
            at=clock.now(),
        )  # fmt: skip

    outcomes = at_once(bank, [asking(n) for n in range(4)])
    names = sorted(type(one).__name__ for one in outcomes)
    assert names == ["MembershipTransfer"] + ["TransferUnderWay"] * 3
