"""Who leaves or dies keeps her history; who is erased leaves figures under a number."""

import zlib
from base64 import b85decode
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from pointsbank.access import operations as access
from pointsbank.access import queries as access_queries
from pointsbank.attendance import operations as attendance
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.database import Database, snapshot, transaction
from pointsbank.core.encryption import unseal
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.enrolment import operations as enrolment
from pointsbank.events.models import Event
from pointsbank.keys.rotation import sealed_tables
from pointsbank.ledger import queries as ledger
from pointsbank.ledger.models import TransferText
from pointsbank.ledger.rules import MINUTES, MORALITY, PARTY
from pointsbank.ledger.verify import verify
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import (
    Consent,
    Leaving,
    MemberLeft,
    NewMember,
    NoSuchMember,
    Relation,
)
from pointsbank.passbook import queries as passbook
from pointsbank.passbook.rules import Whose
from pointsbank.persons import operations, queries, rules
from pointsbank.persons.models import Departure, Erasure
from pointsbank.persons.rules import ErasureAsked, PointsOnLeaving
from pointsbank.transfers import operations as transfers
from pointsbank.transfers import queries as transfer_queries
from tests.community import SINCE
from tests.enrolment.importing import begun
from tests.exchange.test_two_clerks import at_once
from tests.joint import give_at_home, household
from tests.persons.conftest import Twice, earn
from tests.persons.test_merge import join, part

PHONE = "13800000001"


def leave(twice: Twice, actor: Actor | None = None, **changes: Any) -> Departure:
    asked = {
        "member_id": twice.kept, "leaving": Leaving.LEFT, "on": clock.today(), "key": "leave-now",
        "at": clock.now(), **changes,
    }  # fmt: skip
    with transaction() as session:
        return operations.leave(session, actor or twice.shop.people.secretary, **asked)


def erase(twice: Twice, actor: Actor | None = None, **changes: Any) -> Erasure:
    asked = {
        "member_id": twice.kept, "asked": ErasureAsked.IN_WRITING, "asked_on": clock.today(),
        "number": "2026000001", "key": "erase-now", "at": clock.now(), **changes,
    }  # fmt: skip
    with transaction() as session:
        return operations.erase(session, actor or twice.shop.people.administrator, **asked)


@pytest.mark.parametrize("leaving", [Leaving.LEFT, Leaving.DIED])
def test_who_leaves_or_dies_keeps_hours_and_by_the_standing_rule_points(
    twice: Twice, leaving: Leaving
) -> None:
    people = twice.shop.people
    with transaction() as session:
        asked = transfers.request(
            session, people.volunteer, member_id=twice.kept, relation=Relation.RESIDENCE,
            to_org_id=people.other_grid, key="to-be-ended", at=clock.now(),
        ).id  # fmt: skip
    gone = leave(twice, leaving=leaving, on=clock.today() - timedelta(days=0), reason=" 搬走 ")
    assert (gone.points_given_up, gone.reason) == ({}, "搬走")
    with snapshot() as session:
        record = member_queries.member(session, twice.kept)
        assert (record.leaving, record.left_on) == (leaving, clock.today())
        assert ledger.balances(session, twice.kept) == {MINUTES: 120, MORALITY: 120, PARTY: 30}
        assert transfer_queries.transfer(session, asked).state == "withdrawn"


def adopt(twice: Twice, points: PointsOnLeaving, **changes: Any) -> Any:
    asked = {
        "org_id": twice.shop.people.community, "from_on": SINCE, "at": clock.now(), **changes,
    }  # fmt: skip
    with transaction() as session:
        actor = asked.pop("actor", SYSTEM)
        return operations.adopt_leaving_rule(session, actor, points=points, **asked)


def test_points_end_with_the_membership_where_the_rule_says_so(twice: Twice) -> None:
    adopt(twice, PointsOnLeaving.EXPIRE)
    gone = leave(twice)
    assert gone.points_given_up == {MORALITY: 120, PARTY: 30}
    with snapshot() as session:
        assert ledger.balances(session, twice.kept) == {MINUTES: 120, MORALITY: 0, PARTY: 0}
        assert verify(session).fault is None


def test_she_leaves_by_herself_but_does_not_die_by_herself(twice: Twice) -> None:
    volunteer = twice.shop.people.volunteer
    with pytest.raises(Forbidden):
        leave(twice, volunteer, leaving=Leaving.DIED)
    assert leave(twice, volunteer).leaving is Leaving.LEFT


def test_a_hopeless_leaving_is_refused_in_order(twice: Twice) -> None:
    people = twice.shop.people
    leave(twice, member_id=people.li, key="used")
    assert leave(twice, member_id=people.li, key="used").member_id == people.li
    later = clock.today() + timedelta(days=1)
    asked: dict[str, Any] = {
        "key": "used", "member_id": 999, "leaving": Leaving.MERGED, "on": later,
        "reason": "长" * 201,
    }  # fmt: skip

    def refusal(actor: Actor) -> type[Refused]:
        with pytest.raises(Refused) as refused:
            leave(twice, actor, **asked)
        return type(refused.value)

    assert refusal(people.stranger) is rules.KeyTaken
    asked["key"] = "fresh"
    assert refusal(people.stranger) is NoSuchMember
    asked["member_id"] = people.li
    assert refusal(people.secretary) is Forbidden  # to be merged is no leaving
    asked["leaving"] = Leaving.LEFT
    assert refusal(people.stranger) is Forbidden
    assert refusal(people.secretary) is MemberLeft
    asked["member_id"] = twice.kept
    give_role(twice, people.volunteer.id)
    assert refusal(people.secretary) is rules.HoldsRoles
    asked["member_id"] = people.zhao
    assert refusal(people.secretary) is rules.LeavingInFuture
    asked["on"] = clock.today()
    assert refusal(people.secretary) is rules.ReasonTooLong
    asked["reason"] = "长" * 200
    assert leave(twice, people.secretary, **asked).left_on == clock.today()


def give_role(twice: Twice, user_id: int) -> None:
    with transaction() as session:
        access.grant_role(
            session, SYSTEM, user_id=user_id, role=Role.CLERK,
            org_id=twice.shop.people.community, from_on=clock.today(), at=clock.now(),
        )  # fmt: skip


def test_an_erasure_leaves_figures_under_a_number_and_nothing_of_the_person(
    twice: Twice, bank: Database
) -> None:
    people = twice.shop.people
    with transaction() as session:
        earn(session, twice.kept, MORALITY, 9, text="王桂芳帮邻居买菜")
    with snapshot() as session:
        assert session.execute(select(TransferText)).first()
    done = erase(twice)
    assert done.points_given_up == {MORALITY: 129, PARTY: 30}
    with snapshot() as session:
        record = member_queries.member(session, twice.kept)
        assert (record.name, record.number) == ("已注销成员", "2026000001")
        assert record.leaving is Leaving.ERASED
        assert (record.phone_sealed, record.phone_digest, record.phone_tail) == (None, None, "")
        assert member_queries.member_by_phone(session, "13800000001") is None
        assert ledger.balances(session, twice.kept) == {MINUTES: 120, MORALITY: 0, PARTY: 0}
        assert session.execute(select(TransferText)).first() is None
        user = access_queries.user(session, people.volunteer.id)
        assert user.disabled_at is not None
        assert user.password_hash == ""
        assert verify(session).fault is None
        assert queries.erasure_of(session, twice.kept) is not None


def test_nothing_sealed_says_who_she_was_whoever_wrote_it(twice: Twice) -> None:
    """She came to an event unregistered, stands in a workbook that registered nobody, and applied
    once more: by her phone, which the register forgets last.
    """
    people, at = twice.shop.people, clock.now()
    rows = [["郑秀兰", "13900000001"], ["王桂芳", "13800000001"]]
    person = NewMember("王桂芳", people.community, PHONE, consents=(Consent.REGISTRATION,))
    with transaction() as session:
        event_id = session.execute(select(Event.id)).scalars().first() or 0
        attendance.note_walk_in(
            session, SYSTEM, event_id=event_id, name="王桂芳", phone=PHONE, key="walked", at=at
        )
        begun(session, people.community, rows)
        visitor = Actor("visitor", 0, address="192.0.2.7")
        enrolment.apply(session, visitor, person=person, key="applied", at=at)
    before = sealed_texts()
    assert sum("王桂芳" in text for text in before) == 3  # walk-in, workbook, application
    erase(twice)
    after = sealed_texts()
    assert any("郑秀兰" in text for text in after)
    for secret in ("王桂芳", PHONE):
        assert not [text for text in after if secret in text], secret


def sealed_texts() -> list[str]:
    """Whatever the bank holds sealed, opened."""
    found = []
    with snapshot() as session:
        for held in sealed_tables():
            for row in session.execute(select(*(held.table.c[name] for name in held.sealed))):
                found += [unseal(value) for value in row if value is not None]
    return [_unpacked(text) for text in found]


def _unpacked(text: str) -> str:
    """A workbook's rows are pressed before they are sealed."""
    try:
        return zlib.decompress(b85decode(text)).decode()
    except (ValueError, zlib.error):
        return text


def test_an_erasure_takes_all_records_of_a_person(twice: Twice) -> None:
    merge = join(twice)
    done = erase(twice)
    assert done.points_given_up == {MORALITY: 180, PARTY: 30}
    with snapshot() as session:
        assert member_queries.member(session, twice.other).name == "已注销成员"
        assert ledger.balances(session, twice.other)[MORALITY] == 0
    with pytest.raises(rules.ErasedMeanwhile):
        part(twice, merge.id)


def test_who_left_may_be_erased_later(twice: Twice) -> None:
    leave(twice, on=clock.today() - timedelta(days=0))
    erase(twice)
    with snapshot() as session:
        assert member_queries.member(session, twice.kept).leaving is Leaving.ERASED


def test_a_hopeless_erasure_is_refused_in_order(twice: Twice) -> None:
    people = twice.shop.people
    with snapshot() as session:
        number = member_queries.member(session, people.li).number
    first = erase(twice, member_id=people.li, number=number, key="used")
    assert erase(twice, member_id=people.li, number=number, key="used").id == first.id
    asked: dict[str, Any] = {
        "key": "used", "member_id": 999, "asked_on": clock.today() + timedelta(days=1),
        "number": "1",
    }  # fmt: skip

    def refusal(actor: Actor) -> type[Refused]:
        with pytest.raises(Refused) as refused:
            erase(twice, actor, **asked)
        return type(refused.value)

    assert refusal(people.secretary) is rules.KeyTaken
    asked["key"] = "fresh"
    assert refusal(people.secretary) is NoSuchMember
    asked["member_id"] = twice.kept
    assert refusal(people.secretary) is Forbidden
    own = Actor("user", 1, member_id=twice.kept, grants=people.administrator.grants)
    assert refusal(own) is rules.OwnErasure
    asked["member_id"] = people.li
    assert refusal(people.administrator) is rules.AlreadyErased
    merge = join(twice)
    asked["member_id"] = twice.other
    assert refusal(people.administrator) is rules.AlreadyMerged
    part(twice, merge.id)
    asked["member_id"] = twice.kept
    give_role(twice, people.volunteer.id)
    assert refusal(people.administrator) is rules.HoldsRoles
    asked["member_id"] = people.zhao
    assert refusal(people.administrator) is rules.LeavingInFuture
    asked["asked_on"] = clock.today()
    assert refusal(people.administrator) is rules.NumberDiffers


def test_two_who_erase_at_once_erase_once(twice: Twice, bank: Database) -> None:
    administrator = twice.shop.people.administrator

    def erasing(key: str) -> Any:
        return lambda session: operations.erase(
            session, administrator, member_id=twice.kept, asked=ErasureAsked.IN_PERSON,
            asked_on=clock.today(), number="2026000001", key=key, at=clock.now(),
        )  # fmt: skip

    outcomes = at_once(bank, [erasing(f"key-{n}") for n in range(4)])
    names = sorted(type(one).__name__ for one in outcomes)
    assert names == ["AlreadyErased"] * 3 + ["Erasure"]
    with snapshot() as session:
        assert verify(session).fault is None


def test_only_she_herself_takes_everything_out(twice: Twice) -> None:
    people = twice.shop.people
    with transaction() as session:
        with pytest.raises(Forbidden):
            operations.take_out(session, people.administrator, at=clock.now())
        found = operations.take_out(session, people.volunteer, at=clock.now())
    headings = [section.heading for section in found]
    assert headings[0] == "登记信息"
    assert {"流水", "账户", "登录账号"} <= set(headings)
    [record] = found[0].rows
    assert record["手机号"] == "13800000001"
    join(twice)
    with transaction() as session:
        both = operations.take_out(session, people.volunteer, at=clock.now())
    assert len(both[0].rows) == 2
    assert {"参加的活动", "积分兑换", "登记合并"} <= {section.heading for section in both}


def test_everything_about_her_has_her_households_statement_as_her_passbook_has(
    twice: Twice,
) -> None:
    people = twice.shop.people
    with transaction() as session:
        home = household(session, twice.other, twice.kept)
        for points in (40, 2):
            give_at_home(session, home, points)

    def lines() -> list[tuple[int, int]]:
        with transaction() as session:
            found = {s.heading: s for s in operations.take_out(session, people.volunteer, at=now)}
            given = found["家庭积分流水"]
            assert set(given.columns).isdisjoint({"说明", "姓名"})
            shown, _ = passbook.lines(session, twice.kept, MORALITY, whose=Whose.HOUSEHOLD)
            told = [(row["流水号"], row["记后余额"]) for row in given.rows]
            assert told == [(line.entry.id, line.entry.balance) for line in reversed(shown)]
            return [(row["数量"], row["记后余额"]) for row in given.rows]

    now = clock.now()
    assert lines() == [(40, 40), (2, 42)]
    join(twice)
    assert lines() == [(40, 40), (2, 42)], "once for both her records"
