"""Changing a record, local rules on age, skills, and the looks at what is masked."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Role
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden, Refused
from pointsbank.members import operations, queries
from pointsbank.members.models import Member
from pointsbank.members.rules import (
    Consent,
    Document,
    DocumentInvalid,
    DocumentKind,
    DocumentTaken,
    Guardian,
    GuardianMissing,
    LeastAgeOutOfRange,
    Leaving,
    MemberChanged,
    MemberLeft,
    NameInvalid,
    NewMember,
    NoSuchMember,
    NoSuchSkill,
    NothingToShow,
    PhoneInvalid,
    PhoneTaken,
    ReasonMissing,
    Secret,
    TooLong,
    TooYoung,
)
from pointsbank.orgs.rules import NoSuchOrganisation
from tests.orgs.tree import Tree, staff

CARD = Document(DocumentKind.ID_CARD, "11010519491231002X")
FATHER = Guardian("王大山", "139 0000 9999", "父亲")
TODAY = date(2026, 11, 21)


@pytest.fixture
def wang(session: Session, tree: Tree) -> Member:
    return operations.register(
        session, SYSTEM, name="王桂芳", phone="13800000001", residence_id=tree.grid, document=CARD,
        consents=(Consent.REGISTRATION, Consent.REGISTRATION), at=clock.now(),
    )  # fmt: skip


def test_what_is_registered_is_sealed_and_found_again(
    session: Session, tree: Tree, wang: Member
) -> None:
    assert (wang.birth_on, wang.document_tail) == (date(1949, 12, 31), "002X")
    assert b"11010519491231002X" not in (wang.document_sealed or b"")
    assert set(queries.standing_consents(session, wang.id)) == {Consent.REGISTRATION}
    for again in (CARD, Document(DocumentKind.ID_CARD, "11010519491231002x")):
        with pytest.raises(DocumentTaken):
            operations.register(
                session, SYSTEM, name="李建国", residence_id=tree.grid, document=again,
                at=clock.now(),
            )  # fmt: skip
    two = [
        NewMember("李建国", tree.grid, document=Document(DocumentKind.PASSPORT, "E12345678"))
    ] * 2
    with pytest.raises(DocumentTaken):
        operations.register_many(session, SYSTEM, two, at=clock.now())


def test_a_hopeless_change_is_refused_fault_by_fault(
    session: Session, tree: Tree, wang: Member
) -> None:
    at = clock.now()
    operations.register(
        session, SYSTEM, name="李建国", phone="13800000002", residence_id=tree.grid,
        document=Document(DocumentKind.PASSPORT, "E12345678"), at=at,
    )  # fmt: skip
    operations.leave(session, SYSTEM, member_id=wang.id, leaving=Leaving.LEFT, on=TODAY, at=at)
    asked: dict[str, Any] = {
        "member_id": 999_999, "version": 1, "name": " ", "phone": "1", "available": "久" * 201,
        "document": Document(DocumentKind.PASSPORT, "1"), "birth_on": date(2015, 1, 1),
        "skills": ("飞行",),
    }  # fmt: skip
    stranger = staff(session, Role.SECRETARY, tree.beside)
    secretary = staff(session, Role.SECRETARY, tree.community)

    def refused(kind: type[Refused], **mending: Any) -> None:
        with pytest.raises(kind):
            operations.change_member(session, actor, **asked, at=at)
        asked.update(mending)

    actor = stranger
    refused(NoSuchMember, member_id=wang.id)
    refused(Forbidden)
    actor = secretary
    refused(MemberLeft)
    operations.come_back(session, SYSTEM, member_id=wang.id, on=TODAY, at=at)
    refused(MemberChanged, version=3)
    refused(NameInvalid, name="王贵芳")
    refused(PhoneInvalid, phone="13800000002")
    refused(DocumentInvalid, document=Document(DocumentKind.PASSPORT, "E12345678"))
    refused(TooYoung, birth_on=date(2010, 1, 1))
    refused(GuardianMissing, guardian=FATHER)
    refused(NoSuchSkill, skills=("理发",))
    refused(TooLong, available="周末")
    refused(PhoneTaken, phone="13811112222")
    refused(DocumentTaken, document=None)
    changed = operations.change_member(session, actor, **asked, at=at)
    assert (changed.version, changed.name, changed.document_kind) == (4, "王贵芳", None)
    guardian = queries.guardian(session, wang.id)
    assert guardian is not None
    assert guardian.relation == "父亲"


def test_a_change_is_written_down_masked(session: Session, tree: Tree, wang: Member) -> None:
    operations.change_member(
        session, SYSTEM, member_id=wang.id, version=1, phone="", name="王贵芳", at=clock.now()
    )
    wanted = select(AuditEntry).where(col(AuditEntry.action) == "members.changed")
    facts = session.execute(wanted).scalar_one().facts
    assert (facts["before"], facts["after"]) == ({"phone": "138****0001"}, {"phone": ""})
    assert facts["fields"] == ["name", "phone"]
    assert "王桂芳" not in str(facts)


def test_what_is_not_named_stays(session: Session, tree: Tree, wang: Member) -> None:
    changed = operations.change_member(
        session, SYSTEM, member_id=wang.id, version=1, available="周末", at=clock.now()
    )
    assert (changed.name, changed.phone_tail, changed.document_tail) == ("王桂芳", "0001", "002X")
    with pytest.raises(GuardianMissing):
        operations.change_member(
            session, SYSTEM, member_id=wang.id, version=2, document=None,
            birth_on=date(2010, 1, 1), at=clock.now(),
        )  # fmt: skip
    young = operations.change_member(
        session, SYSTEM, member_id=wang.id, version=2, document=None, birth_on=date(2010, 1, 1),
        guardian=FATHER, at=clock.now(),
    )  # fmt: skip
    again = operations.change_member(
        session, SYSTEM, member_id=wang.id, version=3, sex=None, at=clock.now()
    )
    assert again.birth_on == young.birth_on == date(2010, 1, 1)
    gone = operations.change_member(
        session, SYSTEM, member_id=wang.id, version=4, birth_on=None, guardian=None,
        at=clock.now(),
    )  # fmt: skip
    assert gone.birth_on is None
    assert queries.guardian(session, wang.id) is None


def test_a_look_needs_role_reason_and_something_to_see(
    session: Session, tree: Tree, wang: Member
) -> None:
    secretary = staff(session, Role.SECRETARY, tree.community)

    def look(what: Secret, reason: str = "核对身份", role: Role | None = None) -> str:
        actor = staff(session, role, tree.community) if role else secretary
        return operations.show(
            session, actor, member_id=wang.id, what=what, reason=reason, at=clock.now()
        )

    with pytest.raises(Forbidden):
        look(Secret.DOCUMENT, role=Role.CLERK)
    with pytest.raises(Forbidden):
        look(Secret.DOCUMENT, role=Role.OFFICIAL)
    with pytest.raises(ReasonMissing):
        look(Secret.DOCUMENT, " ")
    with pytest.raises(TooLong):
        look(Secret.DOCUMENT, "久" * 201)
    with pytest.raises(NothingToShow):
        look(Secret.GUARDIAN_PHONE)
    assert look(Secret.DOCUMENT) == CARD.number
    assert look(Secret.PHONE, role=Role.ADMINISTRATOR) == "13800000001"


def test_the_youngest_are_registered_where_a_rule_allows(session: Session, tree: Tree) -> None:
    at = clock.now()
    child: dict[str, Any] = {
        "name": "王小宝", "residence_id": tree.grid, "birth_on": date(2015, 1, 1),
        "guardian": FATHER,
    }  # fmt: skip

    def adopt(org_id: int, least_age: int, from_on: date = TODAY, role: Role | None = None) -> None:
        operations.adopt_registration_rule(
            session, staff(session, role, tree.beside) if role else SYSTEM, org_id=org_id,
            least_age=least_age, from_on=from_on, at=at,
        )  # fmt: skip

    with pytest.raises(TooYoung):
        operations.register(session, SYSTEM, **child, at=at)
    with pytest.raises(NoSuchOrganisation):
        adopt(999_999, 10)
    with pytest.raises(Forbidden):
        adopt(tree.community, 10, role=Role.SECRETARY)
    with pytest.raises(LeastAgeOutOfRange):
        adopt(tree.community, 19)
    adopt(tree.city, 16)
    adopt(tree.community, 10)
    adopt(tree.community, 18, date(2027, 1, 1))
    assert operations.register(session, SYSTEM, **child, at=at).name == "王小宝"
    with pytest.raises(TooYoung):
        operations.register(session, SYSTEM, **{**child, "residence_id": tree.beside}, at=at)


def test_a_town_adds_skills_of_its_own(session: Session, tree: Tree) -> None:
    at = clock.now()
    with pytest.raises(NoSuchOrganisation):
        operations.add_skill(session, SYSTEM, name="剪纸", org_id=999_999, at=at)
    with pytest.raises(Forbidden):
        clerk = staff(session, Role.CLERK, tree.community)
        operations.add_skill(session, clerk, name="剪纸", org_id=tree.community, at=at)
    with pytest.raises(TooLong):
        operations.add_skill(session, SYSTEM, name=" ", org_id=tree.community, at=at)
    for _ in range(2):
        operations.add_skill(session, SYSTEM, name=" 剪纸 ", org_id=tree.community, at=at)
    assert queries.skills(session)[-1] == "剪纸"
    assert queries.skills(session).count("剪纸") == 1
