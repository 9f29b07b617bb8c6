"""How people come in one by one: they apply and are approved, or are enrolled at a desk."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from pointsbank.access import operations as access
from pointsbank.access import queries as access_queries
from pointsbank.access.rules import first_password
from pointsbank.core import audit, clock
from pointsbank.core.actor import SYSTEM, Actor
from pointsbank.core.database import rows_changed
from pointsbank.core.encryption import digest
from pointsbank.enrolment import queries
from pointsbank.enrolment.applicants import applicant_sealed
from pointsbank.enrolment.models import Application, DeskEnrolment
from pointsbank.enrolment.report_ins import end_report_ins
from pointsbank.enrolment.rules import (
    APPLICATION_KEPT,
    APPLICATION_WINDOW,
    APPLICATIONS_AN_HOUR,
    RECEIVERS,
    ApplicationDecided,
    ApplicationState,
    ConsentMissing,
    ConsentOutdated,
    KeyReused,
    NoSuchApplication,
    NotACommunity,
    NotInThisCommunity,
    SimilarMember,
    TooManyApplications,
    application_code,
)
from pointsbank.members import operations as members
from pointsbank.members import queries as member_queries
from pointsbank.members.models import Member
from pointsbank.members.rules import Consent, ConsentWay, NewMember, checked
from pointsbank.orgs import queries as orgs
from pointsbank.orgs.rules import COMMUNITY, OrganisationClosed

__all__ = [
    "Enrolled", "apply", "approve", "end_report_ins", "enrol", "forget_old", "refuse",
    "renew_password", "show_contact",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A member and the first password of her new account, which is stored nowhere."""

    member: Member
    password: str


def apply(session: Session, actor: Actor, *, person: NewMember, key: str, at: datetime) -> str:
    """Ask to be registered in a community, ``person.residence_id``; the code to ask after it by.

    ``person.consents`` are those given. Anybody may; whether her phone is registered already is
    told to the staff and not to her. A repeat with the same key is answered with the same code.
    Refuses: TooManyApplications (``actor.address``), NoSuchOrganisation, NotACommunity,
    OrganisationClosed, ConsentMissing, and what ``members.rules.checked`` refuses.
    """
    code = application_code(digest(key, "application code"))
    earlier = select(col(Application.id)).where(col(Application.key) == key)
    if session.execute(earlier).first():
        return code
    address = digest(actor.address, "address")
    _check_few(session, address, at)
    orgs.hold_tree(session)
    place = orgs.organisation(session, person.residence_id)
    if place.kind != COMMUNITY:
        raise NotACommunity
    if place.closed_on is not None:
        raise OrganisationClosed(closed_on=place.closed_on)
    if Consent.REGISTRATION not in person.consents:
        raise ConsentMissing
    on = clock.local_day(at)
    rule = member_queries.registration_rules(session, [place.id], on)[place.id]
    good = checked(person, on=on, rule=rule, skills=member_queries.skills(session))
    good = replace(good, consent_way=ConsentWay.ONLINE)
    application = Application(
        key=key, code_digest=queries.code_digest(code), org_id=place.id,
        state=ApplicationState.PENDING, content_sealed=applicant_sealed(good),
        address_digest=address, text_versions=_versions(session, at), applied_at=at,
    )  # fmt: skip
    session.add(application)
    session.flush()
    audit.record(
        session, actor, "enrolment.applied", ("application", application.id), at=at, org_id=place.id
    )
    return code


def _versions(session: Session, at: datetime) -> dict[str, int]:
    """Which texts she agrees to, or would agree to."""
    found = member_queries.text_versions(session, clock.local_day(at))
    return {str(kind): version for kind, version in found.items()}


def _check_few(session: Session, address: bytes, at: datetime) -> None:
    wanted = (
        select(col(Application.applied_at))
        .where(
            col(Application.address_digest) == address,
            col(Application.applied_at) > at - APPLICATION_WINDOW,
        )
        .order_by(col(Application.applied_at).desc())
        .limit(APPLICATIONS_AN_HOUR)
    )
    lately = list(session.execute(wanted).scalars())
    if len(lately) == APPLICATIONS_AN_HOUR:
        raise TooManyApplications(until=lately[-1] + APPLICATION_WINDOW)


def approve(
    session: Session,
    actor: Actor,
    *,
    application_id: int,
    residence_id: int | None = None,
    although_similar: bool = False,
    at: datetime,
) -> Enrolled:
    """Register an applicant, in a part of her community where one is named, and open her account.

    Refuses: NoSuchApplication (also outside the actor's reach: organiser, secretary or
    administrator of the community), ApplicationDecided, ConsentOutdated, NotInThisCommunity,
    SimilarMember, and what ``members.register_many`` refuses, PhoneTaken and DocumentTaken too.
    """
    orgs.hold_tree(session)
    application = _pending(session, actor, application_id)
    if application.text_versions != _versions(session, at):
        raise ConsentOutdated
    person = queries.applicant(application)
    person = replace(person, residence_id=_home(session, application.org_id, residence_id))
    if not although_similar and queries.has_similar(session, person):
        raise SimilarMember
    member = _registered(session, person, at)
    password = _open_account(session, member.id, at)
    _decide(application, actor, ApplicationState.APPROVED, at)
    application.member_id = member.id
    session.add(application)
    session.flush()
    audit.record(
        session, actor, "enrolment.approved", ("member", member.id), at=at,
        org_id=application.org_id, application=application.id,
    )  # fmt: skip
    return Enrolled(member, password)


def refuse(
    session: Session, actor: Actor, *, application_id: int, reason: str, at: datetime
) -> Application:
    """Tell an applicant no, and why; what she wrote goes. Refuses: NoSuchApplication,
    ApplicationDecided.
    """
    application = _pending(session, actor, application_id)
    _decide(application, actor, ApplicationState.REFUSED, at)
    application.reason = reason
    session.add(application)
    session.flush()
    audit.record(
        session, actor, "enrolment.refused", ("application", application.id), at=at,
        org_id=application.org_id,
    )  # fmt: skip
    return application


def show_contact(session: Session, actor: Actor, *, application_id: int, at: datetime) -> str:
    """The applicant's phone number in full, to call her; the look is recorded.

    Refuses: NoSuchApplication, ApplicationDecided.
    """
    application = _pending(session, actor, application_id)
    audit.record(
        session, actor, "enrolment.contact_shown", ("application", application.id), at=at,
        org_id=application.org_id,
    )  # fmt: skip
    return queries.applicant(application).phone


def renew_password(
    session: Session, actor: Actor, *, application_id: int, at: datetime
) -> Enrolled:
    """Print another first password for who was approved and lost hers.

    Refuses: NoSuchApplication (also one that was not approved), and as ``access.set_password``.
    """
    application = queries.application(session, actor, application_id)
    member_id = application.member_id
    user = access_queries.user_of_member(session, member_id) if member_id else None
    if member_id is None or user is None:
        raise NoSuchApplication
    password = first_password(secrets.randbelow, staff=False)
    access.set_password(session, actor, user_id=user.id, password=password, at=at)
    return Enrolled(member_queries.member(session, member_id), password)


def enrol(
    session: Session,
    actor: Actor,
    *,
    person: NewMember,
    key: str,
    although_similar: bool = False,
    at: datetime,
) -> Member:
    """Register somebody at a desk or at her door, on paper consent.

    A repeat with the same key is an answer. Refuses: KeyReused (somebody else's, or of another
    person), NoSuchOrganisation, Forbidden (organiser, secretary or administrator of the
    residence), SimilarMember, and what ``members.register_many`` refuses.
    """
    earlier = session.get(DeskEnrolment, key)
    if earlier is not None:
        known = member_queries.member(session, earlier.member_id)
        if earlier.enrolled_by != actor.id or known.name != person.name.strip():
            raise KeyReused
        return known
    orgs.hold_tree(session)
    place = orgs.organisation(session, person.residence_id)
    actor.require(*RECEIVERS, org_id=place.id)
    if not although_similar and queries.has_similar(session, person):
        raise SimilarMember
    member = _registered(session, person, at)
    session.add(DeskEnrolment(key=key, member_id=member.id, enrolled_by=actor.id, enrolled_at=at))
    session.flush()
    audit.record(
        session, actor, "enrolment.enrolled", ("member", member.id), at=at, org_id=place.id
    )
    return member


def forget_old(session: Session, *, at: datetime) -> int:
    """Remove applications that nobody decided in their time, and decided ones as old; how many."""
    old = delete(Application).where(
        col(Application.applied_at) <= at - APPLICATION_KEPT, col(Application.member_id).is_(None)
    )
    return rows_changed(session.execute(old))


def _pending(session: Session, actor: Actor, application_id: int) -> Application:
    """The application, which nobody else may decide until this transaction ends."""
    wanted = select(Application).where(col(Application.id) == application_id).with_for_update()
    found: Application | None = session.execute(wanted).scalar()
    if found is None or not actor.may(*RECEIVERS, org_id=found.org_id):
        raise NoSuchApplication
    if found.decided_at is not None:
        raise ApplicationDecided(decided_on=clock.local_day(found.decided_at))
    return found


def _decide(application: Application, actor: Actor, state: ApplicationState, at: datetime) -> None:
    """What she wrote is in the register now, or is nobody's business any more."""
    application.state = state
    application.decided_at, application.decided_by = at, actor.id
    application.content_sealed = None


def _home(session: Session, community_id: int, residence_id: int | None) -> int:
    """Where in the community she lives. Refuses: NotInThisCommunity."""
    if residence_id is None:
        return community_id
    if residence_id not in orgs.below(session, [community_id])[community_id]:
        raise NotInThisCommunity
    return residence_id


def _registered(session: Session, person: NewMember, at: datetime) -> Member:
    """Whoever received her may not keep the register: her word is what lets her in."""
    ids = members.register_many(session, SYSTEM, [person], at=at)
    return member_queries.member(session, ids[0])


def _open_account(session: Session, member_id: int, at: datetime) -> str:
    user = access.open_user(session, SYSTEM, member_id=member_id, at=at)
    password = first_password(secrets.randbelow, staff=False)
    access.set_password(session, SYSTEM, user_id=user.id, password=password, at=at)
    return password
