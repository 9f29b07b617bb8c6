"""Applications and the desk: who comes in, in which order it is refused, what is kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import Session, col

from pointsbank.access import queries as access
from pointsbank.core import clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.audit import AuditEntry
from pointsbank.core.errors import Forbidden
from pointsbank.enrolment import operations, queries
from pointsbank.enrolment.models import Application
from pointsbank.enrolment.rules import (
    APPLICATION_KEPT,
    APPLICATIONS_AN_HOUR,
    CODE_LENGTH,
    ApplicationDecided,
    ApplicationState,
    ConsentMissing,
    ConsentOutdated,
    KeyReused,
    NoSuchApplication,
    NoSuchPerson,
    NotACommunity,
    NotInThisCommunity,
    SimilarMember,
    TooManyApplications,
)
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.rules import (
    Consent,
    Document,
    DocumentKind,
    DocumentTaken,
    Guardian,
    GuardianMissing,
    NameInvalid,
    NewMember,
    PhoneTaken,
    Sex,
)
from pointsbank.orgs.models import Organisation
from pointsbank.orgs.rules import NoSuchOrganisation, OrganisationClosed
from tests.community import Community
from tests.enrolment.sheets import id_number

VISITOR = Actor(kind="visitor", id=0, address="192.0.2.7")


def wish(community: Community, **more: object) -> NewMember:
    person = NewMember(
        "郑秀兰", community.community, "13900000001", consents=(Consent.REGISTRATION,),
        document=Document(DocumentKind.ID_CARD, id_number(2)), skills=("理发",),
    )  # fmt: skip
    return replace(person, **more)


def applied(session: Session, community: Community, key: str = "key-1", **more: object) -> int:
    code = operations.apply(
        session, VISITOR, person=wish(community, **more), key=key, at=clock.now()
    )
    return queries.application_by_code(session, code).id


def test_a_hopeless_application_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    at = clock.now()
    person = NewMember(" ", 999_999, "13900000001")

    def ask(who: Actor = VISITOR) -> str:
        return operations.apply(session, who, person=person, key="key-a", at=at)

    with pytest.raises(NoSuchOrganisation):
        ask()
    person = replace(person, residence_id=community.grid)
    with pytest.raises(NotACommunity):
        ask()
    person = replace(person, residence_id=community.other_community)
    closing = update(Organisation).where(col(Organisation.id) == community.other_community)
    session.execute(closing.values(closed_on=date(2026, 1, 1)))
    session.expire_all()
    with pytest.raises(OrganisationClosed):
        ask()
    person = replace(person, residence_id=community.community)
    with pytest.raises(ConsentMissing):
        ask()
    person = replace(person, consents=(Consent.REGISTRATION,))
    with pytest.raises(NameInvalid):
        ask()
    person = replace(person, name="郑小兰", birth_on=date(2010, 1, 1))
    with pytest.raises(GuardianMissing):
        ask()
    person = replace(person, guardian=Guardian("郑强", "13900000009", "父亲"))
    code = ask()
    assert len(code) == CODE_LENGTH
    assert ask() == code
    assert session.execute(select(Application)).scalars().all()[0].state is ApplicationState.PENDING


def test_one_address_applies_so_often_an_hour_and_no_oftener(
    session: Session, community: Community
) -> None:
    for n in range(APPLICATIONS_AN_HOUR):
        applied(session, community, f"key-{n}")
    with pytest.raises(TooManyApplications) as refusal:
        applied(session, community, "key-more")
    assert refusal.value.facts["until"] == clock.now() + timedelta(hours=1)
    other = replace(VISITOR, address="192.0.2.8")
    assert operations.apply(session, other, person=wish(community), key="ok", at=clock.now())
    later = clock.now() + timedelta(minutes=61)
    assert operations.apply(session, VISITOR, person=wish(community), key="late", at=later)


def test_whoever_asks_learns_nothing_of_who_is_registered(
    session: Session, community: Community
) -> None:
    known = applied(session, community, "key-1", phone="13800000001")
    new = applied(session, community, "key-2")
    states = {queries.application(session, SYSTEM, one).state for one in (known, new)}
    assert states == {ApplicationState.PENDING}


def test_the_code_finds_its_application_however_it_is_typed(
    session: Session, community: Community
) -> None:
    code = operations.apply(session, VISITOR, person=wish(community), key="key-1", at=clock.now())
    typed = f" {code[:4].lower()}-{code[4:]} "
    assert queries.application_by_code(session, typed).org_id == community.community
    with pytest.raises(NoSuchApplication):
        queries.application_by_code(session, "ACDEFGHJKMNP")


def test_a_hopeless_approval_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    at = clock.now()
    members.register_many(
        session, SYSTEM, at=at,
        rows=[
            NewMember("郑秀兰", community.grid, birth_on=date(1980, 1, 31)),
            NewMember("郑秀兰", community.other_grid, birth_on=date(1980, 1, 31)),
        ],
    )  # fmt: skip
    asked: dict[str, object] = {"application_id": 999_999, "residence_id": community.other_grid}

    def approve(who: Actor = community.organiser) -> operations.Enrolled:
        return operations.approve(session, who, **asked, at=at)  # type: ignore[arg-type]

    with pytest.raises(NoSuchApplication):
        approve()
    asked["application_id"] = applied(session, community, phone="13800000001")
    with pytest.raises(NoSuchApplication):
        approve(community.stranger)
    with pytest.raises(NoSuchApplication):
        approve(community.clerk)
    members.adopt_consent_text(
        session,
        SYSTEM,
        org_id=community.city,
        kind=Consent.SHARING,
        body="新的文本",
        from_on=clock.today(),
        at=at,
    )
    with pytest.raises(ConsentOutdated):
        approve()
    asked["application_id"] = applied(session, community, "key-1b", phone="13800000001")
    with pytest.raises(NotInThisCommunity):
        approve()
    asked["residence_id"] = community.grid
    with pytest.raises(SimilarMember):
        approve()
    asked["although_similar"] = True
    with pytest.raises(PhoneTaken):
        approve()
    asked["application_id"] = applied(session, community, "key-2")
    done = approve()
    with pytest.raises(ApplicationDecided):
        approve()
    again = applied(session, community, "key-3", phone="13900000002")
    asked["application_id"] = again
    with pytest.raises(DocumentTaken):
        approve()
    assert done.member.residence_id == community.grid


def test_an_approved_applicant_is_a_member_with_an_account_and_a_password_to_print(
    session: Session, community: Community
) -> None:
    one = applied(session, community, available="周末", sex=Sex.FEMALE)
    done = operations.approve(session, community.secretary, application_id=one, at=clock.now())
    member = done.member
    assert (member.name, member.sex, member.residence_id) == (
        "郑秀兰", Sex.FEMALE, community.community,
    )  # fmt: skip
    assert (member.birth_on, member.skills, member.available) == (
        date(1980, 1, 31), ["理发"], "周末",
    )  # fmt: skip
    consents = member_queries.standing_consents(session, member.id)
    assert set(consents) == {Consent.REGISTRATION}
    assert consents[Consent.REGISTRATION].way.value == "online"
    user = access.user_of_member(session, member.id)
    assert user is not None
    assert user.must_change
    assert len(done.password) == 6
    decided = queries.application(session, community.secretary, one)
    assert (decided.state, decided.content_sealed) == (ApplicationState.APPROVED, None)
    with pytest.raises(ApplicationDecided):
        queries.applicant(decided)
    renewed = operations.renew_password(
        session, community.secretary, application_id=one, at=clock.now()
    )
    assert renewed.member.id == member.id
    assert user.password_hash


def test_a_refused_applicant_sees_why_and_nothing_of_her_is_kept(
    session: Session, community: Community
) -> None:
    one = applied(session, community)
    refused = operations.refuse(
        session, community.organiser, application_id=one, reason="请到户籍社区登记", at=clock.now()
    )
    assert (refused.state, refused.reason) == (ApplicationState.REFUSED, "请到户籍社区登记")
    assert refused.content_sealed is None
    with pytest.raises(ApplicationDecided):
        operations.refuse(
            session, community.organiser, application_id=one, reason="x", at=clock.now()
        )
    with pytest.raises(NoSuchApplication):
        operations.renew_password(session, community.organiser, application_id=one, at=clock.now())
    shown = queries.applications(session, community.organiser, state=ApplicationState.REFUSED)
    assert [found.id for found in shown] == [one]
    assert queries.applications(session, community.stranger, state=ApplicationState.REFUSED) == []


def test_a_look_at_an_applicants_phone_is_recorded(session: Session, community: Community) -> None:
    one = applied(session, community)
    phone = operations.show_contact(
        session, community.organiser, application_id=one, at=clock.now()
    )
    assert phone == "13900000001"
    last = session.execute(select(AuditEntry).order_by(col(AuditEntry.id).desc())).scalars().first()
    assert last is not None
    assert (last.action, last.subject_id) == ("enrolment.contact_shown", one)


def test_old_applications_go_and_approved_ones_stay(session: Session, community: Community) -> None:
    kept = applied(session, community, "key-1")
    operations.approve(session, SYSTEM, application_id=kept, at=clock.now())
    applied(session, community, "key-2")
    assert operations.forget_old(session, at=clock.now()) == 0
    assert operations.forget_old(session, at=clock.now() + APPLICATION_KEPT) == 1
    assert session.execute(select(col(Application.id))).scalars().all() == [kept]


def test_a_hopeless_enrolment_is_refused_fault_by_fault(
    session: Session, community: Community
) -> None:
    at = clock.now()
    person = NewMember("王桂芳", 999_999, "13800000001", birth_on=date(1960, 1, 1))
    members.register_many(
        session, SYSTEM, [NewMember("王桂芳", community.grid, birth_on=date(1960, 1, 1))], at=at
    )

    def enrol(who: Actor, key: str = "key-1", **more: bool) -> int:
        return operations.enrol(session, who, person=person, key=key, at=at, **more).id

    with pytest.raises(NoSuchOrganisation):
        enrol(community.clerk)
    person = replace(person, residence_id=community.building_group)
    with pytest.raises(Forbidden):
        enrol(community.clerk)
    with pytest.raises(SimilarMember):
        enrol(community.organiser)
    with pytest.raises(PhoneTaken):
        enrol(community.organiser, although_similar=True)
    person = replace(person, phone="13900000001")
    one = enrol(community.organiser, although_similar=True)
    assert enrol(community.organiser) == one
    with pytest.raises(KeyReused):
        enrol(community.secretary)
    person = replace(person, name="别人")
    with pytest.raises(KeyReused):
        enrol(community.organiser)
    lately = queries.lately_enrolled(session, community.organiser)
    assert [(row.member.id, row.at) for row in lately] == [(one, at)]


def test_who_may_be_the_same_person_is_found_by_document_phone_and_birth(
    session: Session, community: Community
) -> None:
    one = applied(session, community)
    done = operations.approve(session, SYSTEM, application_id=one, at=clock.now())
    like = queries.alike(session, wish(community, birth_on=date(1980, 1, 31)))
    assert [(found.member.id, found.by) for found in like] == [
        (done.member.id, ("document", "phone", "birth"))
    ]
    assert queries.alike(session, NewMember("无", 0)) == []
    there = wish(community, residence_id=community.other_grid, birth_on=date(1980, 1, 31))
    assert not queries.has_similar(session, there)


def test_a_person_is_sought_by_her_whole_phone_or_number(
    session: Session, community: Community
) -> None:
    wang = member_queries.member(session, community.wang)
    for typed in ("13800000001", f" {wang.number} "):
        assert queries.person_sought(session, community.organiser, typed).id == wang.id
    for typed in ("1380000", "王桂芳", "13800000006"):
        with pytest.raises(NoSuchPerson):
            queries.person_sought(session, community.organiser, typed)


def test_a_place_is_known_by_its_name_near_by(session: Session, community: Community) -> None:
    assert queries.org_named(session, "employer", "洮北区教育局", community.grid) == (
        community.employer
    )
    assert queries.org_named(session, "building_group", "1号楼", community.grid) == (
        community.building_group
    )
    assert queries.org_named(session, "employer", "没有", community.grid) is None
    homes = dict(queries.homes_in_reach(session, community.organiser))
    assert homes[community.building_group] == "幸福社区 幸福社区第一网格 1号楼"
    assert [name for _, name in queries.open_communities(session)] == ["幸福社区", "光明社区"]
