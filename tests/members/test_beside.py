"""What is kept beside a record: consents, notes, households."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor, Role
from pointsbank.core.errors import Forbidden
from pointsbank.ledger import operations as ledger
from pointsbank.ledger.queries import balances
from pointsbank.ledger.rules import MORALITY, Posting, SystemKind, member_account, system_account
from pointsbank.members import operations, queries
from pointsbank.members.models import DeputyRole, HonourRecord, Household, TrainingRecord
from pointsbank.members.rules import (
    AlreadyDeputy,
    Consent,
    ConsentWay,
    DayInFuture,
    DeputyKind,
    HeadStays,
    HonourLevel,
    InAHousehold,
    Leaving,
    MemberLeft,
    MoveBackdated,
    NewMember,
    NoSuchConsent,
    NoSuchHousehold,
    NoSuchNote,
    NoteInvalid,
    NoteKind,
    NotOfHousehold,
    TermOver,
    TooLong,
    TrainingTooLong,
)
from tests.orgs.tree import Tree, staff

DAY, TODAY = date(2026, 11, 1), date(2026, 11, 21)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def people(session: Session, tree: Tree) -> list[int]:
    rows = [
        NewMember(name, tree.grid, registered_on=date(2024, 1, 1))
        for name in ("王桂芳", "李建国", "赵晓梅")
    ]
    rows.append(NewMember("周明", tree.beside, registered_on=date(2024, 1, 1)))
    return operations.register_many(session, SYSTEM, rows, at=clock.now())


def test_consents_are_given_renewed_and_withdrawn(
    session: Session, tree: Tree, people: list[int]
) -> None:
    at, her = clock.now(), people[0]
    herself = Actor("user", 1, member_id=her)
    stranger = staff(session, Role.SECRETARY, tree.beside)

    def give(actor: Actor) -> int:
        given = operations.give_consent(
            session, actor, member_id=her, kind=Consent.PUBLICATION, way=ConsentWay.ONLINE, at=at
        )
        return given.text_version

    def withdraw(actor: Actor) -> None:
        operations.withdraw_consent(session, actor, member_id=her, kind=Consent.PUBLICATION, at=at)

    with pytest.raises(Forbidden):
        give(stranger)
    assert (give(herself), give(herself)) == (1, 1)
    assert len(queries.consents(session, her)) == 1
    adopt: dict[str, Any] = {"kind": Consent.PUBLICATION, "from_on": TODAY, "at": at}
    with pytest.raises(Forbidden):
        operations.adopt_consent_text(session, SYSTEM, org_id=tree.street, body="新文本", **adopt)
    with pytest.raises(Forbidden):
        operations.adopt_consent_text(session, stranger, org_id=tree.city, body="新", **adopt)
    with pytest.raises(TooLong):
        operations.adopt_consent_text(session, SYSTEM, org_id=tree.city, body=" ", **adopt)
    city_secretary = staff(session, Role.SECRETARY, tree.city)
    for _ in range(2):  # a repeat is an answer
        assert operations.adopt_consent_text(
            session, city_secretary, org_id=tree.city, body=" 新文本 ", **adopt
        ) == 2  # fmt: skip
    assert queries.consent_text(session, Consent.PUBLICATION, 2) == "新文本"
    assert queries.consent_text(session, Consent.PUBLICATION, 1) != "新文本"
    assert give(staff(session, Role.SECRETARY, tree.community)) == 2
    with pytest.raises(Forbidden):
        withdraw(stranger)
    withdraw(herself)
    assert queries.standing_consents(session, her) == {}
    with pytest.raises(NoSuchConsent):
        withdraw(herself)
    operations.leave(session, SYSTEM, member_id=her, leaving=Leaving.LEFT, on=TODAY, at=at)
    with pytest.raises(MemberLeft):
        give(herself)


def test_notes_are_made_ended_and_struck_out(
    session: Session, tree: Tree, people: list[int]
) -> None:
    her = people[0]
    stranger = staff(session, Role.SECRETARY, tree.beside)
    common: dict[str, Any] = {"member_id": her, "at": clock.now()}
    training = {"title": "急救", "provider": "", "on": DAY, "minutes": 90, **common}
    honour = {
        "title": "优秀志愿者", "awarded_by": "社区", "level": HonourLevel.COMMUNITY, "on": DAY,
        **common,
    }  # fmt: skip
    deputy = {"kind": DeputyKind.CPPCC_MEMBER, "body": "第三届", "on": DAY, **common}
    for verb, good in (
        (operations.note_training, training),
        (operations.note_honour, honour),
        (operations.note_deputy_role, deputy),
    ):
        with pytest.raises(Forbidden):
            verb(session, stranger, **good)  # type: ignore[operator]
        with pytest.raises(NoteInvalid):
            text = "body" if "body" in good else "title"
            verb(session, SYSTEM, **{**good, text: " "})  # type: ignore[operator]
        with pytest.raises(DayInFuture):
            verb(session, SYSTEM, **{**good, "on": TOMORROW})  # type: ignore[operator]
    with pytest.raises(TrainingTooLong):
        operations.note_training(session, SYSTEM, **{**training, "minutes": -1})
    noted = {
        NoteKind.TRAINING: operations.note_training(session, SYSTEM, **training),
        NoteKind.HONOUR: operations.note_honour(session, SYSTEM, **honour),
        NoteKind.DEPUTY_ROLE: operations.note_deputy_role(session, SYSTEM, **deputy),
    }
    with pytest.raises(AlreadyDeputy):
        operations.note_deputy_role(session, SYSTEM, **deputy)
    term = {"note_id": noted[NoteKind.DEPUTY_ROLE], **common}
    for wrong in ({"note_id": 999_999}, {"member_id": people[1]}):
        with pytest.raises(NoSuchNote):
            operations.end_deputy_role(session, SYSTEM, **{**term, **wrong}, on=TODAY)
    with pytest.raises(DayInFuture):
        operations.end_deputy_role(session, SYSTEM, **term, on=TOMORROW)
    with pytest.raises(MoveBackdated):
        operations.end_deputy_role(session, SYSTEM, **term, on=date(2026, 1, 1))
    operations.end_deputy_role(session, SYSTEM, **term, on=TODAY)
    session.expire_all()
    with pytest.raises(TermOver):
        operations.end_deputy_role(session, SYSTEM, **term, on=TODAY)
    for kind, note_id in noted.items():
        with pytest.raises(NoSuchNote):
            operations.strike_out(
                session, SYSTEM, member_id=people[1], kind=kind, note_id=note_id, at=clock.now()
            )
        operations.strike_out(session, SYSTEM, kind=kind, note_id=note_id, **common)
    assert queries.noted(session, TrainingRecord, [her]) == []
    assert queries.noted(session, HonourRecord, [her]) == []
    assert queries.noted(session, DeputyRole, [her]) == []


def test_a_household_is_founded_joined_and_left(
    session: Session, tree: Tree, people: list[int]
) -> None:
    at = clock.now()
    wang, li, zhao, zhou = people
    secretary = staff(session, Role.SECRETARY, tree.community)
    street = staff(session, Role.SECRETARY, tree.street)

    def found(actor: Actor, head: int, others: tuple[int, ...] = (), on: date = DAY) -> Household:
        return operations.found_household(
            session, actor, head_id=head, member_ids=others, on=on, at=at
        )

    with pytest.raises(Forbidden):
        found(secretary, wang, (zhou,))
    with pytest.raises(DayInFuture):
        found(secretary, wang, on=TOMORROW)
    with pytest.raises(MoveBackdated):
        found(secretary, wang, on=date(2023, 1, 1))
    home = found(secretary, wang, (li,)).id
    with pytest.raises(InAHousehold):
        found(secretary, li)
    assert [row.member_id for row in queries.household_members(session, home)] == [wang, li]

    def join(actor: Actor, member_id: int, on: date = DAY, household_id: int = home) -> None:
        operations.join_household(
            session, actor, household_id=household_id, member_id=member_id, on=on, at=at
        )

    def leave(member_id: int, on: date = TODAY, household_id: int = home) -> None:
        operations.leave_household(
            session, secretary, household_id=household_id, member_id=member_id, on=on, at=at
        )

    with pytest.raises(NoSuchHousehold):
        join(street, zhou, household_id=999_999)
    with pytest.raises(Forbidden):
        join(staff(session, Role.SECRETARY, tree.beside), zhou)
    with pytest.raises(MoveBackdated):
        join(street, zhou, date(2026, 10, 1))
    join(street, zhou)
    with pytest.raises(Forbidden):
        leave(zhou)
    with pytest.raises(NotOfHousehold):
        leave(zhao)
    with pytest.raises(DayInFuture):
        leave(li, TOMORROW)
    with pytest.raises(HeadStays):
        leave(wang)
    with pytest.raises(MoveBackdated):
        leave(li, date(2026, 10, 1))
    leave(li)
    with pytest.raises(MoveBackdated):
        found(secretary, li, on=TODAY)

    def head(member_id: int) -> None:
        operations.change_head(session, street, household_id=home, head_id=member_id, at=at)

    with pytest.raises(NotOfHousehold):
        head(zhao)
    head(zhou)
    assert queries.household(session, home).head_id == zhou
    leave(wang)
    operations.leave_household(session, street, household_id=home, member_id=zhou, on=TODAY, at=at)
    assert queries.household(session, home).ended_on == TODAY
    operations.leave(session, SYSTEM, member_id=zhao, leaving=Leaving.LEFT, on=TODAY, at=at)
    with pytest.raises(MemberLeft):
        found(secretary, zhao)


def test_a_household_passes_on_when_its_head_leaves_the_register(
    session: Session, tree: Tree, people: list[int]
) -> None:
    at = clock.now()
    wang, li, _, _ = people
    home = operations.found_household(
        session, SYSTEM, head_id=wang, member_ids=[li], on=DAY, at=at
    ).id
    for member_id, leaving in ((wang, Leaving.DIED), (li, Leaving.LEFT)):
        operations.leave(session, SYSTEM, member_id=member_id, leaving=leaving, on=TODAY, at=at)
        found = queries.household(session, home)
        assert found.head_id == li
    assert found.ended_on == TODAY
    operations.come_back(session, SYSTEM, member_id=li, on=TODAY, at=at)
    assert queries.household(session, home).ended_on is None
    assert [row.member_id for row in queries.household_members(session, home)] == [li]


def test_joining_and_leaving_a_household_moves_no_balance(
    session: Session, tree: Tree, people: list[int]
) -> None:
    at = clock.now()
    wang, li, _, _ = people
    ledger.declare_default_units(session, SYSTEM, at=at)
    issued = system_account(MORALITY, SystemKind.ISSUED, "help")
    ledger.post_all(
        session, SYSTEM,
        [Posting("one", issued, member_account(wang, MORALITY), 9, DAY, "service")], at=at,
    )  # fmt: skip
    home = operations.found_household(session, SYSTEM, head_id=li, on=DAY, at=at).id
    operations.join_household(session, SYSTEM, household_id=home, member_id=wang, on=DAY, at=at)
    operations.leave_household(session, SYSTEM, household_id=home, member_id=wang, on=TODAY, at=at)
    assert balances(session, wang)[MORALITY] == 9
    assert balances(session, li)[MORALITY] == 0
